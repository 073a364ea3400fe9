/**
 * The typical paired shift candidate / baseline of one metric. Rounds are the unit of time: noise within a moment is
 * correlated, so that cases of one round are no independent evidence.
 */
import type { Estimand, Estimate, EstimateMethod } from "./estimate.js";
import { roundError } from "./round-error.js";
import { tQuantile, tTwoSidedP } from "./t-distribution.js";

/** One pair's values; null where that side has none. */
export interface PairValue {
  readonly caseId: string;
  readonly round: number;
  readonly baseline: number | null;
  readonly candidate: number | null;
}

/** `value` is the typical ratio candidate / baseline, `n` the pairs that have both values. */
export interface Shift extends Estimate {
  /** Pairs without a value, per arm. */
  readonly dropped: { readonly baseline: number; readonly candidate: number };
}

/** Fewer rounds than this cannot carry an interval over rounds. */
export const MIN_ROUNDS = 6;
const TRIM = 0.1;
const MAX_DROPPED_DIFFERENCE = 0.02;

interface LogRatio {
  readonly caseId: string;
  readonly round: number;
  readonly value: number;
}

/** Shift of one metric over the pairs in which it applies at all. Order of `pairs` does not matter. */
export function pairedShift(pairs: readonly PairValue[], estimand: Estimand = "these prompts"): Shift {
  const logs: LogRatio[] = [];
  let zeros = 0;
  const dropped = { baseline: 0, candidate: 0 };
  for (const { caseId, round, baseline, candidate } of pairs) {
    if (baseline === null) dropped.baseline++;
    if (candidate === null) dropped.candidate++;
    if (baseline === null || candidate === null) continue;
    // A span of 0 ms has no logarithm.
    if (baseline <= 0 || candidate <= 0) {
      zeros++;
      continue;
    }
    logs.push({ caseId, round, value: Math.log(candidate / baseline) });
  }
  const averaged = averageRepeats(logs);
  averaged.sort(
    (a, b) => a.round - b.round || (a.caseId < b.caseId ? -1 : a.caseId > b.caseId ? 1 : a.value - b.value),
  );
  const byRound = groupBy(averaged, (log) => log.round);
  const notes: string[] = [];
  const lopsided = Math.abs(dropped.baseline - dropped.candidate) > MAX_DROPPED_DIFFERENCE * pairs.length;
  const manyZeros = zeros > MAX_DROPPED_DIFFERENCE * pairs.length;
  if (zeros > 0) notes.push(`${zeros} of ${pairs.length} pairs have a value of 0 on one side and no ratio`);
  if (lopsided) {
    notes.push(
      `pairs without a value differ by more than 2 points (baseline ${dropped.baseline}, candidate ${dropped.candidate} of ${pairs.length}): the shift covers only the rest`,
    );
  }
  const common = { rounds: byRound.size, n: logs.length, dropped, doubtful: lopsided || manyZeros };
  const estimate = logEstimateOf(averaged, byRound, estimand);
  if (estimate === null) {
    return {
      value: null,
      p: null,
      method: "none",
      bound: () => null,
      ...common,
      notes: [...notes, "no pair has both values"],
    };
  }
  return { ...ratioOf(estimate), ...common, notes: [...notes, ...estimate.notes] };
}

/**
 * Repeats of one case in one round are one observation: they are not independent. A single case asked several times in
 * a single round (phase solo) has nothing else to vary, and keeps its values.
 */
function averageRepeats(logs: readonly LogRatio[]): LogRatio[] {
  const groups = [...groupBy(logs, ({ caseId, round }) => `${round} ${caseId}`).values()];
  if (groups.length === 1) return [...logs];
  return groups.map((group) => ({
    caseId: (group[0] as LogRatio).caseId,
    round: (group[0] as LogRatio).round,
    value: mean(group.map(({ value }) => value).sort((a, b) => a - b)),
  }));
}

/** A mean of log ratios, with its standard error; null where one value leaves none to know. */
interface LogEstimate {
  readonly center: number;
  readonly error: number | null;
  readonly df: number;
  readonly method: EstimateMethod;
  readonly notes: readonly string[];
}

function logEstimateOf(
  logs: readonly LogRatio[],
  byRound: ReadonlyMap<number, LogRatio[]>,
  estimand: Estimand,
): LogEstimate | null {
  if (logs.length === 0) return null;
  const byCase = [...groupBy(logs, (log) => log.caseId).values()].map((group) => group.map(({ value }) => value));
  if (byRound.size >= MIN_ROUNDS) {
    const rounds = fromValues(
      [...byRound.values()].map((round) => trimmedMean(round.map(({ value }) => value))),
      "rounds",
      [],
    );
    return estimand === "these prompts" ? rounds : acrossCases(rounds, byCase);
  }
  if (estimand === "traffic like these") {
    return fromValues(byCase.map(mean), "cases", [
      `fewer than ${MIN_ROUNDS} rounds: cases are the unit, so the interval says nothing about other moments`,
    ]);
  }
  // One case asked several times in one round (phase solo) varies within itself; there are no cases to be the unit.
  if (byRound.size > 1 || byCase.length === 1) {
    const stratified = stratifiedByCase(byCase);
    if (stratified !== null) return stratified;
  }
  const why = byRound.size === 1 ? "one round" : "no case has two values";
  return fromValues(byCase.map(mean), "cases", [
    `${why}: cases are the unit, so the interval says nothing about other moments`,
  ]);
}

/** Mean of the cases' means; its error from the variation of each case over rounds, pooled. */
function stratifiedByCase(byCase: readonly number[][]): LogEstimate | null {
  const df = byCase.reduce((total, values) => total + values.length - 1, 0);
  if (df < 1) return null;
  const squares = byCase.reduce((total, values) => total + squaresOf(values), 0);
  const variance = squares / df;
  const error = Math.sqrt(variance * byCase.reduce((total, values) => total + 1 / values.length, 0)) / byCase.length;
  const why = byCase.length === 1 ? "one case" : `fewer than ${MIN_ROUNDS} rounds`;
  return {
    center: mean(byCase.map(mean)),
    error,
    df,
    method: "within-this-moment",
    notes: [`${why}: the interval holds within this moment, not for another hour`],
  };
}

/** Rounds and cases both vary: their squared errors add up, with the fewer degrees of freedom of the two. */
function acrossCases(rounds: LogEstimate, byCase: readonly number[][]): LogEstimate {
  const means = byCase.map(mean);
  if (rounds.error === null || means.length < 2) return { ...rounds, error: null };
  const caseVariance = squaresOf(means) / (means.length - 1);
  return {
    ...rounds,
    error: Math.hypot(rounds.error, Math.sqrt(caseVariance / means.length)),
    df: Math.min(rounds.df, means.length - 1),
  };
}

function fromValues(values: readonly number[], method: EstimateMethod, notes: readonly string[]): LogEstimate {
  const center = method === "cases" ? trimmedMean(values) : mean(values);
  if (values.length < 2) {
    return { center, error: null, df: 0, method, notes: [...notes, "one value gives no interval"] };
  }
  if (method === "rounds") {
    const { error, df, correlation } = roundError(values);
    return { center, error, df, method, notes: [...notes, ...correlationNotes(correlation)] };
  }
  const variance = squaresOf(values) / (values.length - 1);
  return { center, error: Math.sqrt(variance / values.length), df: values.length - 1, method, notes };
}

/** Above this the widened interval is still too narrow (`npm run calibrate`). */
const STRONG_CORRELATION = 0.5;

function correlationNotes(correlation: number): string[] {
  return correlation <= STRONG_CORRELATION
    ? []
    : [
        `rounds that follow each other move together (${correlation.toFixed(2)}): spread them over more time (capture.spread)`,
      ];
}

/** Rounding alone is no variation. */
const NO_VARIATION = 1e-12;

function ratioOf({ center, error, df, method }: LogEstimate): Pick<Estimate, "value" | "p" | "method" | "bound"> {
  const value = Math.exp(center);
  if (error === null) return { value, p: null, method, bound: () => null };
  // Identical values leave no variation to test against.
  if (error < NO_VARIATION) {
    return { value, p: Math.abs(center) < NO_VARIATION ? 1 : null, method, bound: () => value };
  }
  return {
    value,
    p: tTwoSidedP(center / error, df),
    method,
    bound: (side, alpha) => Math.exp(center + (side === "upper" ? 1 : -1) * tQuantile(alpha, df) * error),
  };
}

/** Mean without the lowest and highest tenth, rounded down. */
export function trimmedMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(TRIM * sorted.length);
  return mean(sorted.slice(cut, sorted.length - cut));
}

/** Sum of squared distances from the mean. */
function squaresOf(values: readonly number[]): number {
  const center = mean(values);
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
