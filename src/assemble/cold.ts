/** Cold trials, one by one: so few can never make a tail. */
import { NS_PER_MS } from "../core/units.js";
import { METRICS } from "../measure/catalogue.js";
import { wake } from "../measure/metrics/wake.js";
import type { DecodedSample } from "../measure/sample.js";
import type { TailBook } from "../measure/tail-book.js";
import type { ColdTrial, Summary } from "../report/summary.js";
import { rounded } from "./tails.js";

/** A trial within this many warm references was never cold. */
const NOT_COLD_FACTOR = 3;

export interface ColdFacts {
  readonly endpoint: "baseline" | "candidate";
  readonly trial: Omit<ColdTrial, "verdict" | "note" | "budget" | "cap" | "asleepBy" | "warmTtftMs">;
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
      trial: exchange.round,
      putOff: {},
      backoffMs: 0,
      e2eMs: null,
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

const TTFT = METRICS.find(({ name }) => name === "ttft");

/** The trials of both endpoints, judged against their own warm reference. */
export function coldSummary(cold: readonly ColdFacts[], tails: TailBook): Summary["cold"] {
  // Warm-up first: it asks what the cold trial asked. Then solo, which waits in no queue either.
  const warmOf = (role: "baseline" | "candidate"): number | null => {
    for (const phase of ["warmup", "solo", "warm"] as const) {
      const tail = TTFT === undefined ? null : tails.tail(role, phase, TTFT);
      const median = tail === null || tail.values === 0 ? null : tail.quantile(0.5);
      if (median !== null && Number.isFinite(median)) return rounded(median);
    }
    return null;
  };
  const warmTtftP50 = { baseline: warmOf("baseline"), candidate: warmOf("candidate") };
  const trials = (role: "baseline" | "candidate") =>
    cold.filter(({ endpoint }) => endpoint === role).map((facts) => judgeCold(facts, warmTtftP50[role]));
  return {
    baseline: trials("baseline"),
    candidate: trials("candidate"),
    warmTtftP50,
    interval: { baseline: null, candidate: null },
    unplanned: { baseline: [], candidate: [] },
    promised: { baseline: null, candidate: null },
  };
}

/** Judges a trial against the endpoint's warm time to first token (median, ms; null when there is none). */
function judgeCold({ trial: facts, message }: ColdFacts, warmTtftMs: number | null): ColdTrial {
  const trial = { ...facts, budget: null, cap: null, asleepBy: "assumed" as const, warmTtftMs: [] };
  if (trial.wakeMs === null) return { ...trial, verdict: "failed", note: message };
  if (warmTtftMs === null) return { ...trial, verdict: "no warm reference", note: "no warm request to compare with" };
  if (trial.wakeMs <= NOT_COLD_FACTOR * warmTtftMs) {
    return { ...trial, verdict: "not cold", note: `within ${NOT_COLD_FACTOR} times the warm time to first token` };
  }
  return { ...trial, verdict: "cold", note: message };
}
