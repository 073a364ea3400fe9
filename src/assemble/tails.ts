/** Tails and shifts as `report.json` has them: unsupported cells blank, each with its reason. */
import { type Estimate, intervalOf } from "../compare/estimate.js";
import { differenceReading, shiftReading } from "../compare/reading.js";
import type { Shift } from "../compare/shift.js";
import type { Better, Metric } from "../measure/metric.js";
import { neededFor, supportedShare, type TailFigures } from "../measure/tail.js";
import type { DifferenceSummary, ShiftSummary } from "../report/decision.js";
import type { TailSummary } from "../report/summary.js";

type Cell = "p1" | "p5" | "p10" | "p50" | "p90" | "p95" | "p99";

const FAST_TO_SLOW: readonly (readonly [Cell, number])[] = [
  ["p50", 0.5],
  ["p90", 0.9],
  ["p95", 0.95],
  ["p99", 0.99],
];
const SLOW_END_LOW: readonly (readonly [Cell, number])[] = [
  ["p50", 0.5],
  ["p10", 0.1],
  ["p5", 0.05],
  ["p1", 0.01],
];
/** A distribution that is described rather than judged: the middle and both ends, without the order-statistic rule. */
const DESCRIBED: readonly (readonly [Cell, number])[] = [
  ["p10", 0.1],
  ["p50", 0.5],
  ["p90", 0.9],
];

/** @param cases that the tail rests on, where cases are the samples; null where requests are */
export function tailSummary(metric: Metric, tail: TailFigures | null, cases: number | null = null): TailSummary | null {
  if (tail === null || (tail.n === 0 && Object.keys(tail.missing).length === 0)) return null;
  const cells: Record<Cell, number | null> = {
    p1: null,
    p5: null,
    p10: null,
    p50: null,
    p90: null,
    p95: null,
    p99: null,
  };
  const notes: string[] = [];
  const better: Better = metric.better;
  const wanted = better === "higher" ? SLOW_END_LOW : better === "lower" ? FAST_TO_SLOW : DESCRIBED;
  for (const [cell, q] of wanted) {
    const slowness = better === "higher" ? 1 - q : q;
    const needed = better === "neither" ? 1 : neededFor(slowness);
    if (tail.n === 0) continue;
    if (cases !== null && cases < needed) {
      notes.push(`${cell} not estimable (${cases} case${cases === 1 ? "" : "s"} < ${needed})`);
      continue;
    }
    if (tail.n < needed) {
      if (cell === "p50") notes.push(`${cell} not estimable (n = ${tail.n} < ${needed})`);
      else notes.push(notEstimable(cell, metric, tail, needed));
      continue;
    }
    const quantile = tail.quantile(q);
    const unreached = quantile === null || !Number.isFinite(quantile) || (better === "higher" && quantile === 0);
    if (unreached) notes.push(`${cell} not reached: ${tail.failed} of ${tail.n} failed before they had a value`);
    else cells[cell] = rounded(quantile);
  }
  if (tail.overflow > 0)
    notes.push(`${tail.overflow} values beyond one hour stand at the histogram's edge; max is exact`);
  return {
    n: tail.n,
    values: tail.values,
    failed: tail.failed,
    missing: { ...tail.missing },
    min: rounded(tail.min),
    ...cells,
    max: rounded(tail.max),
    mean: rounded(tail.mean),
    sum: rounded(tail.sum),
    notes,
  };
}

function notEstimable(cell: Cell, metric: Metric, tail: TailFigures, needed: number): string {
  const lower = metric.better === "lower";
  const edge = lower ? tail.max : tail.min;
  const head = `${cell} not estimable (n = ${tail.n} < ${needed})`;
  if (edge === null || tail.failed > 0 || tail.n < neededFor(0.5)) return head;
  const share = (100 * supportedShare(tail.n)).toFixed(1);
  const value = `${lower ? "max" : "min"} ${rounded(edge)} ${metric.unit}`;
  return `${head}; ${value}; 95 % confident that ≥ ${share} % of requests are ${lower ? "below" : "above"} it`;
}

/** Six significant digits: more would be noise in a file that is compared by eye. */
export function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6));
}

/** @param pHolm of the family that it belongs to; null for what a gate asks about */
export function shiftSummary(metric: Metric, shift: Shift, pHolm: number | null): ShiftSummary {
  const interval = intervalOf(shift);
  return {
    ratio: rounded(shift.value),
    lo: rounded(interval?.lo ?? null),
    hi: rounded(interval?.hi ?? null),
    p: roundedP(shift.p),
    pHolm: roundedP(pHolm),
    rounds: shift.rounds,
    pairs: shift.n,
    dropped: { ...shift.dropped },
    method: shift.method,
    reads: shiftReading(metric.better, shift, pHolm),
    notes: [...shift.notes],
  };
}

export function roundedP(p: number | null): number | null {
  return p === null ? null : Number(p.toPrecision(3));
}

/**
 * Null where a side has no sample.
 * @param better of the rate
 */
export function differenceSummary(
  better: "lower" | "higher",
  estimate: Estimate,
  pHolm: number | null,
): DifferenceSummary | null {
  if (estimate.value === null) return null;
  const interval = intervalOf(estimate);
  return {
    value: rounded(estimate.value),
    lo: rounded(interval?.lo ?? null),
    hi: rounded(interval?.hi ?? null),
    p: roundedP(estimate.p),
    pHolm: roundedP(pHolm),
    rounds: estimate.rounds,
    method: estimate.method,
    reads: differenceReading(better, estimate, pHolm),
    notes: [...estimate.notes],
  };
}
