/** Cold trials, one by one: so few can never make a tail. */
import { NS_PER_MS } from "../core/units.js";
import { wake } from "../measure/metrics/wake.js";
import type { DecodedSample } from "../measure/sample.js";
import type { ColdTrial } from "../report/summary.js";
import { rounded } from "./tails.js";

/** A trial within this many warm references was never cold. */
const NOT_COLD_FACTOR = 3;

export interface ColdFacts {
  readonly endpoint: "baseline" | "candidate";
  readonly trial: Omit<ColdTrial, "verdict" | "note">;
  readonly message: string;
}

/** What a cold exchange was spent on. */
export function coldFactsOf(sample: DecodedSample): ColdFacts {
  const { exchange, attempt, completion, failure } = sample;
  let refusedNs = 0;
  let unavailableNs = 0;
  for (const [index, each] of exchange.attempts.entries()) {
    const next = exchange.attempts[index + 1];
    if (next === undefined) break;
    const spentNs = next.dispatchedAtNs - each.dispatchedAtNs;
    if (each.status === undefined) refusedNs += spentNs;
    else unavailableNs += spentNs;
  }
  const connectedNs = attempt.tlsEndAtNs ?? attempt.tcpEndAtNs;
  const firstNs = completion.tokenEvents[0]?.atNs;
  const ms = (fromNs: number | undefined, toNs: number | undefined): number | null =>
    fromNs === undefined || toNs === undefined ? null : (rounded((toNs - fromNs) / NS_PER_MS) as number);
  return {
    endpoint: exchange.endpoint,
    trial: {
      exchangeId: exchange.id,
      wakeMs: wakeMsOf(sample),
      attempts: exchange.attempts.length,
      parts: {
        refusedMs: rounded(refusedNs / NS_PER_MS) as number,
        unavailableMs: rounded(unavailableNs / NS_PER_MS) as number,
        connectMs: ms(attempt.dispatchedAtNs, connectedNs) ?? 0,
        headersMs: ms(attempt.sentAtNs, attempt.headersAtNs),
        firstTokenMs: ms(attempt.headersAtNs, firstNs),
      },
    },
    message: failure?.message ?? "",
  };
}

function wakeMsOf(sample: DecodedSample): number | null {
  const measurement = wake.measure(sample);
  return "values" in measurement ? rounded(measurement.values[0] ?? null) : null;
}

/** Judges a trial against the endpoint's warm time to first token (median, ms; null when there is none). */
export function judgeCold({ trial, message }: ColdFacts, warmTtftMs: number | null): ColdTrial {
  if (trial.wakeMs === null) return { ...trial, verdict: "failed", note: message };
  if (warmTtftMs === null) return { ...trial, verdict: "no warm reference", note: "no warm request to compare with" };
  if (trial.wakeMs <= NOT_COLD_FACTOR * warmTtftMs) {
    return { ...trial, verdict: "not cold", note: `within ${NOT_COLD_FACTOR} times the warm time to first token` };
  }
  return { ...trial, verdict: "cold", note: message };
}
