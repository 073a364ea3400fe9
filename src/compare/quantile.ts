/** A quantile of one side with its order-statistic interval: no shape is assumed, and few samples give no bound. */
import { quantileRank } from "./binomial.js";
import { type Estimand, type Estimate, noEstimate } from "./estimate.js";
import type { TailValue } from "./tail-ratio.js";

export interface QuantileQuestion {
  /** On the scale of values: 0.95 is slow for a latency, 0.05 for a rate. */
  readonly q: number;
  /** Rounds that the side was asked in. */
  readonly rounds: number;
  readonly estimand: Estimand;
}

/**
 * Quantile `q` of the values of one side, nearest rank. For "traffic like these" the cases are the samples, each by its
 * median.
 */
export function quantileOf(given: readonly TailValue[], { q, rounds, estimand }: QuantileQuestion): Estimate {
  const values = samplesOf(given, estimand);
  if (values.length === 0) return noEstimate("no exchange has this value");
  const n = values.length;
  const value = values[Math.min(n, Math.max(1, Math.ceil(q * n - 1e-9))) - 1] as number;
  const unit = estimand === "these prompts" ? [] : ["cases are the samples, each by its median"];
  return {
    value,
    p: null,
    n,
    rounds,
    method: "order-statistics",
    doubtful: false,
    notes: unit,
    bound: (side, alpha) => {
      const rank = quantileRank(side, n, q, alpha);
      return rank === null ? null : (values[rank - 1] as number);
    },
  };
}

function samplesOf(given: readonly TailValue[], estimand: Estimand): number[] {
  const ascending = (a: number, b: number): number => (a === b ? 0 : a - b);
  if (estimand === "these prompts") return given.map(({ value }) => value).sort(ascending);
  const byCase = new Map<string, number[]>();
  for (const { caseId, value } of given) {
    const own = byCase.get(caseId);
    if (own === undefined) byCase.set(caseId, [value]);
    else own.push(value);
  }
  return [...byCase.values()].map((own) => own.sort(ascending)[own.length >> 1] as number).sort(ascending);
}
