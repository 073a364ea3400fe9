/** An estimate held against a margin: the one-sided bounds decide, never the value itself. */
import { shareBound } from "../compare/binomial.js";
import type { Estimate } from "../compare/estimate.js";
import type { Shape } from "./answer.js";
import { type GateResult, LOOK_ALPHA, type Operator } from "./judgement.js";

export interface Held {
  readonly result: "pass" | "fail" | "inconclusive";
  readonly lower: number | null;
  readonly upper: number | null;
  readonly decides: GateResult["decides"];
}

/** Of an estimate that has a value and no doubt. */
export function hold(estimate: Estimate, shape: Shape, op: Operator, margin: number): Held {
  const value = estimate.value as number;
  if (shape === "observed") {
    return { result: compares(value, op, margin) ? "pass" : "fail", lower: null, upper: null, decides: null };
  }
  const lower = estimate.bound("lower", LOOK_ALPHA);
  const upper = estimate.bound("upper", LOOK_ALPHA);
  // What a bound says of the truth: it lies there or farther.
  const [near, far] = op.startsWith("<") ? [upper, lower] : [lower, upper];
  const passes = near !== null && compares(near, op, margin);
  const fails = far !== null && !compares(far, op, margin);
  const result = passes ? "pass" : fails ? "fail" : "inconclusive";
  return { result, lower, upper, decides: result === "inconclusive" ? decides(estimate, shape, op, margin) : null };
}

export function compares(value: number, op: Operator, margin: number): boolean {
  switch (op) {
    case "<":
      return value < margin;
    case "<=":
      return value <= margin;
    case ">":
      return value > margin;
    case ">=":
      return value >= margin;
    case "==":
      return value === margin;
    case "!=":
      return value !== margin;
  }
}

/**
 * The values beyond which this very run, with the same error, would have passed or failed. Null where the error would
 * not have been the same: order statistics, and differences of few events.
 */
function decides(estimate: Estimate, shape: Shape, op: Operator, margin: number): GateResult["decides"] {
  const value = estimate.value as number;
  const [lower, upper] = [estimate.bound("lower", LOOK_ALPHA), estimate.bound("upper", LOOK_ALPHA)];
  const up = op.startsWith("<");
  if (shape === "counts") return estimate.method === "exact" ? countsThatDecide(estimate.n, op, margin) : null;
  const ofCounts = estimate.method === "exact" || estimate.method === "cases";
  if (shape === "rank" || (shape === "difference" && ofCounts)) return null;
  const moved = (bound: number | null): number | null => {
    if (bound === null || !Number.isFinite(bound) || !Number.isFinite(value)) return null;
    if (shape === "difference") return margin + (value - bound);
    return bound > 0 ? (margin * value) / bound : null;
  };
  const [pass, fail] = up ? [moved(upper), moved(lower)] : [moved(lower), moved(upper)];
  return pass === null && fail === null ? null : { pass, fail };
}

/** Shares of `n` whose exact bounds would have decided. */
function countsThatDecide(n: number, op: Operator, margin: number): GateResult["decides"] {
  const up = op.startsWith("<");
  const bound = (side: "lower" | "upper", count: number): number => shareBound(side, count, n, LOOK_ALPHA);
  // Bounds grow with the count: "<" passes up to a count and fails from one on, ">" the other way round.
  const passes = (count: number): boolean => compares(bound(up ? "upper" : "lower", count), op, margin);
  const fails = (count: number): boolean => !compares(bound(up ? "lower" : "upper", count), op, margin);
  const [pass, fail] = up ? [lastOf(n, passes), firstOf(n, fails)] : [firstOf(n, passes), lastOf(n, fails)];
  if (pass === null && fail === null) return null;
  return { pass: pass === null ? null : pass / n, fail: fail === null ? null : fail / n };
}

/** The least count up to `n` from which a test holds; null when it never does. */
function firstOf(n: number, holds: (count: number) => boolean): number | null {
  if (!holds(n)) return null;
  let [low, high] = [0, n];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The greatest count up to which a test holds. */
function lastOf(n: number, holds: (count: number) => boolean): number | null {
  const first = firstOf(n, (count) => !holds(count));
  if (first === null) return n;
  return first === 0 ? null : first - 1;
}
