/** How many requests may wait for a wake: what the demand says, or what the latency quantiles of the SLO leave. */

const LATENCY_QUANTILE = /\b(?:ttft|ttfa|ttfe|e2e)(?:_intended)?(?:\{[^}]*\})?\s+(?:p(\d+(?:\.\d+)?)|(max))\s*</g;

export interface MayWait {
  readonly share: number;
  /** Who says so, such as `ttft p95 of the SLO`. */
  readonly from: string;
}

/** A wake outlasts any limit on a first token, so 5 % may wait under a p95, and none without a limit that lets any. */
export function mayWaitOf(asked: number | null, slo: string | null): MayWait {
  if (asked !== null) return { share: asked, from: "mayWait of the demand" };
  const left = [...(slo ?? "").matchAll(LATENCY_QUANTILE)].map(([text, percent]) => ({
    share: percent === undefined ? 0 : 1 - Number(percent) / 100,
    from: `${text.replace(/\s*<$/, "")} of the SLO`,
  }));
  const strictest = left.sort((a, b) => a.share - b.share)[0];
  return (
    strictest ?? {
      share: 0,
      from: slo === null ? "no SLO, and no mayWait" : "no latency quantile in the SLO, and no mayWait",
    }
  );
}
