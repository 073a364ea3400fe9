/** A quantity with its uncertainty: what every comparison gives, and what a gate is held against. */

/**
 * How the bounds were made: over rounds; within one moment (fewer than 6 rounds, stratified by case); over the cases of
 * one round; exactly, from counts; from order statistics; or not at all.
 */
export type EstimateMethod = "rounds" | "within-this-moment" | "cases" | "exact" | "order-statistics" | "none";

export interface Estimate {
  /** Null when no sample has it; may be infinite, where failures stand. */
  readonly value: number | null;
  /** Two-sided p-value of "no difference"; null where there is none to give. */
  readonly p: number | null;
  /** Samples: pairs for comparisons, exchanges for one side. */
  readonly n: number;
  readonly rounds: number;
  readonly method: EstimateMethod;
  /** What is left is not what was planned: the numbers stand, a reading of them does not, and no gate may. */
  readonly doubtful: boolean;
  readonly notes: readonly string[];
  /**
   * One-sided bound: with confidence `1 − alpha` the truth does not lie beyond it. Two bounds at `alpha / 2` make a
   * two-sided interval. Null where the sample carries none; may be infinite.
   */
  bound(side: "lower" | "upper", alpha: number): number | null;
}

/** What intervals speak about: the prompts that were asked, or traffic of which they are a sample. */
export type Estimand = "these prompts" | "traffic like these";

/** An estimate of nothing, with the reason. */
export function noEstimate(reason: string, n = 0, rounds = 0): Estimate {
  return { value: null, p: null, n, rounds, method: "none", doubtful: false, notes: [reason], bound: () => null };
}

/** The two-sided interval at confidence `1 − alpha`; null where either bound is missing. */
export function intervalOf(estimate: Estimate, alpha = 0.05): { readonly lo: number; readonly hi: number } | null {
  const [lo, hi] = [estimate.bound("lower", alpha / 2), estimate.bound("upper", alpha / 2)];
  return lo === null || hi === null ? null : { lo, hi };
}
