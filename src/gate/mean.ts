/** The mean of one side, with the t-interval of its variation over rounds. */
import { type Estimand, type Estimate, noEstimate } from "../compare/estimate.js";
import { MIN_ROUNDS } from "../compare/shift.js";
import { tQuantile } from "../compare/t-distribution.js";
import type { TailValue } from "../compare/tail-ratio.js";

/**
 * Rounds are the unit: their totals, less what the mean would give as many values, vary by the error of the mean
 * (linearised ratio). For "traffic like these" the variation between cases is added. A mean of values that failed
 * requests lack says nothing about the endpoint, so there is none where one failed.
 * @param values of one side, infinite (0 where higher is better) where a request failed
 * @param failed how many of them did
 */
export function meanOf(values: readonly TailValue[], failed: number, estimand: Estimand): Estimate {
  const n = values.length;
  const rounds = deviations(values, ({ round }) => round);
  if (n === 0) return noEstimate("no exchange has this value");
  if (failed > 0) {
    return noEstimate(
      `${failed} of ${n} requests failed before they had a value, so there is no mean; use a percentile`,
      n,
      rounds.length,
    );
  }
  const value = values.reduce((sum, each) => sum + each.value, 0) / n;
  const common = { value, p: null, n, rounds: rounds.length, doubtful: false };
  if (rounds.length < MIN_ROUNDS) {
    return { ...common, method: "none", notes: [`fewer than ${MIN_ROUNDS} rounds: no interval`], bound: () => null };
  }
  const cases = estimand === "traffic like these" ? deviations(values, ({ caseId }) => caseId) : null;
  const error = Math.hypot(errorOf(rounds), cases === null ? 0 : errorOf(cases));
  const df = Math.min(rounds.length, cases?.length ?? rounds.length) - 1;
  if (df < 1) return { ...common, method: "none", notes: ["one case: no interval over cases"], bound: () => null };
  return {
    ...common,
    method: "rounds",
    notes: [],
    bound: (side, alpha) => value + (side === "upper" ? 1 : -1) * tQuantile(alpha, df) * error,
  };
}

/** By how much each group moves the mean of all. */
function deviations<K>(values: readonly TailValue[], key: (value: TailValue) => K): number[] {
  const mean = values.reduce((sum, { value }) => sum + value, 0) / values.length;
  const groups = new Map<K, number>();
  for (const each of values) {
    groups.set(key(each), (groups.get(key(each)) ?? 0) + (each.value - mean) / values.length);
  }
  return [...groups.values()];
}

function errorOf(groups: readonly number[]): number {
  const n = groups.length;
  return Math.sqrt((n / (n - 1)) * groups.reduce((sum, deviation) => sum + deviation ** 2, 0));
}
