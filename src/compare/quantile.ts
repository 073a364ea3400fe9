/** A quantile of one side with its order-statistic interval: no shape is assumed, and few samples give no bound. */
import type { ScoredExchange } from "../measure/scored.js";
import { quantileRank } from "./binomial.js";
import { type Estimand, type Estimate, noEstimate } from "./estimate.js";

/**
 * Quantile `q` of a metric, nearest rank. An exchange that failed before its value stands at the slow end, as infinity.
 * For "traffic like these" the cases are the samples, each by its median.
 * @param exchanges of one side
 * @param q on the scale of values: 0.95 is slow for a latency, 0.05 for a rate
 */
export function quantileOf(
  exchanges: readonly ScoredExchange[],
  metric: string,
  q: number,
  better: "lower" | "higher" | "neither",
  estimand: Estimand = "these prompts",
): Estimate {
  const values = valuesOf(exchanges, metric, better, estimand);
  const rounds = new Set(exchanges.map(({ round }) => round)).size;
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

function valuesOf(
  exchanges: readonly ScoredExchange[],
  metric: string,
  better: "lower" | "higher" | "neither",
  estimand: Estimand,
): number[] {
  const slowEnd = better === "higher" ? 0 : Number.POSITIVE_INFINITY;
  const byCase = new Map<string, number[]>();
  for (const { bucket, caseId, variant, scalars } of exchanges) {
    const scalar = scalars[metric];
    if (scalar === undefined || bucket === "none") continue;
    if ("none" in scalar && !scalar.failed) continue;
    const key = `${caseId} ${variant}`;
    const own = byCase.get(key);
    const value = "value" in scalar ? scalar.value : slowEnd;
    if (own === undefined) byCase.set(key, [value]);
    else own.push(value);
  }
  const ascending = (a: number, b: number): number => (a === b ? 0 : a - b);
  if (estimand === "these prompts") return [...byCase.values()].flat().sort(ascending);
  return [...byCase.values()].map((own) => own.sort(ascending)[own.length >> 1] as number).sort(ascending);
}
