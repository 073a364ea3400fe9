/** What an attempt says of an endpoint that wakes: capture asks again by it, and judgement counts by it. */
import type { Attempt } from "./recording.js";

/**
 * Statuses that say "not yet": the endpoint's own 202 and 503, and those of gateways and balancers that give up on it long
 * before it is up (502, 504 and 408 after a minute or so, 429 while no instance is there, 52x).
 */
const WAKING: ReadonlySet<number> = new Set([202, 408, 425, 429, 502, 503, 504, 521, 522, 523, 524, 529]);
/** How a 503 says that the model is on its way. */
export const WAKING_WORDS =
  /\b(?:loading|warming up|waking|wak(?:es|e) up|cold start|start(?:ing|s) up|is starting|scal(?:ing|es) (?:up|from)|spinning up|booting|initiali[sz]ing)\b/i;
/** No waiting mends a certificate, or a server that speaks no TLS. */
const LASTING_TLS = /CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO/;

/** The request was put off: asked again later, it may be answered. */
export function isPutOff({
  outcome,
  status,
}: {
  readonly outcome: Attempt["outcome"];
  readonly status?: number | undefined;
}): boolean {
  const notYet = status !== undefined && WAKING.has(status);
  switch (outcome.kind) {
    case "staleConnection":
      return true;
    case "complete":
      return notYet;
    case "network":
      // Of an answer that had begun nobody knows what it said, unless its status did.
      if (outcome.phase === "body") return notYet;
      return !(outcome.phase === "tls" && LASTING_TLS.test(outcome.code));
    case "timeout":
      return outcome.phase === "connect";
    default:
      return false;
  }
}
