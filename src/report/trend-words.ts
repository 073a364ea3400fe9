/** What a trend's numbers read as, the same in the terminal and on the page. */
import { formatChange, formatChangeInterval, formatInstant, formatMs, formatSignificant, plural } from "./numbers.js";
import type { TrendNight, TrendPoint, TrendSeries, TrendSummary } from "./trend-summary.js";

const MINUS = "−";

/** `17 Jan 2026`. */
export function day(iso: string): string {
  return formatInstant(iso).split(",")[0] ?? iso;
}

/** `+2.1 %` of a ratio, `+0.4 pts` of a difference of shares. */
export function valueText({ kind }: Pick<TrendSeries, "kind">, value: number | null): string {
  if (value === null) return "–";
  return kind === "shift" ? formatChange(value) : `${points(value)} pts`;
}

/** `[−6.0, +7.9]`, in the unit of the value; empty where there is none. */
export function expectedText({ kind }: Pick<TrendSeries, "kind">, { expected }: TrendPoint): string {
  if (expected === null) return "";
  if (kind === "shift") return formatChangeInterval(expected.low, expected.high);
  return `[${points(expected.low)}, ${points(expected.high)}]`;
}

function points(share: number): string {
  const text = Math.abs(share * 100).toFixed(1);
  if (Number(text) === 0) return "0.0";
  return `${share < 0 ? MINUS : "+"}${text}`;
}

/** `ok`, `watch`, `fail`, `better`, `9 nights, 14 needed`, or why the night has no value. */
export function stateText(series: TrendSeries, needed: number): string {
  const last = series.points.at(-1);
  if (last === undefined) return "";
  if (last.state === "none") return last.note;
  if (last.state === "short") return `${plural(earlier(series), "night")}, ${needed} needed`;
  return last.beyondBetter ? "better" : last.state;
}

/** Nights with a value before the last. */
function earlier({ points: all }: TrendSeries): number {
  return all.slice(0, -1).filter(({ value }) => value !== null).length;
}

/** Each side's own slow end or count on the last night: `p95 812 ms → 845 ms`, `2 of 380 → 9 of 380`. */
export function rawText({ unit, tailCell, points: all }: TrendSeries): string {
  const last = all.at(-1);
  if (last?.counts) {
    const { baseline, candidate } = last.counts;
    return `${baseline.count} of ${baseline.of} → ${candidate.count} of ${candidate.of}`;
  }
  if (!last?.raw || tailCell === null) return "";
  const { baseline, candidate } = last.raw;
  const [name, from, to] =
    baseline.tail === null || candidate.tail === null
      ? ["p50", baseline.p50, candidate.p50]
      : [tailCell, baseline.tail, candidate.tail];
  if (from === null || to === null) return "";
  if (unit === "ms") return `${name} ${formatMs(from)} → ${formatMs(to)}`;
  return `${name} ${formatSignificant(from)} → ${formatSignificant(to)}`;
}

export const BETTER_NOTE =
  "beyond the bound on the better side: the candidate got better, or the baseline worse; each side's own values tell which";

/** `12 pass, 2 inconclusive, 1 fail`; empty where no night had gates. */
export function verdictCounts(nights: readonly TrendNight[]): string {
  const words = ["pass", "inconclusive", "fail", "invalid"] as const;
  return words
    .map((word) => [nights.filter(({ verdict }) => verdict === word).length, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}

/** `$27.30 in 15 nights, the last $1.82`; null where no night knew its cost. */
export function costText(nights: readonly TrendNight[]): string | null {
  const costs = nights.map(({ cost: { baseline, candidate } }) =>
    baseline === null && candidate === null ? null : (baseline ?? 0) + (candidate ?? 0),
  );
  const known = costs.filter((cost) => cost !== null);
  if (known.length === 0) return null;
  const total = known.reduce((sum, cost) => sum + cost, 0);
  const last = costs.at(-1) ?? null;
  return `${money(total)} in ${plural(known.length, "night")}${last === null ? "" : `, the last ${money(last)}`}`;
}

/** Cents do for a night, but a small set costs less. */
export function money(usd: number): string {
  return `$${usd.toFixed(usd !== 0 && usd < 0.1 ? 4 : 2)}`;
}

export const TREND_WORDS: Readonly<Record<TrendSummary["verdict"], string>> = {
  fail: "Fail",
  watch: "Watch",
  ok: "As before",
  short: "Too few nights",
};
