/**
 * The typical paired shift candidate / baseline of one metric. Rounds are the unit of time: noise within a moment is
 * correlated, so that cases of one round are no independent evidence.
 */
import { tCritical, tTwoSidedP } from "./t-distribution.js";

/** One pair's values; null where that side has none. */
export interface PairValue {
  readonly caseId: string;
  readonly round: number;
  readonly baseline: number | null;
  readonly candidate: number | null;
}

export type ShiftMethod = "rounds" | "within-this-moment" | "cases" | "none";

export interface Shift {
  /** Typical ratio; null when no pair has both values. */
  readonly ratio: number | null;
  /** Two-sided 95 % interval; null when it cannot be given. */
  readonly lo: number | null;
  readonly hi: number | null;
  readonly p: number | null;
  readonly rounds: number;
  readonly pairs: number;
  readonly dropped: { readonly baseline: number; readonly candidate: number };
  readonly method: ShiftMethod;
  /** The pairs that are left are not those that were planned: the numbers stand, a reading of them does not. */
  readonly doubtful: boolean;
  readonly notes: readonly string[];
}

/** Fewer rounds than this cannot carry an interval over rounds. */
const MIN_ROUNDS = 6;
const TRIM = 0.1;
const MAX_DROPPED_DIFFERENCE = 0.02;

interface LogRatio {
  readonly caseId: string;
  readonly round: number;
  readonly value: number;
}

/** Shift of one metric over the pairs in which it applies at all. Order of `pairs` does not matter. */
export function pairedShift(pairs: readonly PairValue[]): Shift {
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
  const common = { rounds: byRound.size, pairs: logs.length, dropped, doubtful: lopsided || manyZeros };
  const estimate = estimateOf(averaged, byRound);
  if (estimate === null)
    return {
      ratio: null,
      lo: null,
      hi: null,
      p: null,
      ...common,
      method: "none",
      notes: [...notes, "no pair has both values"],
    };
  return { ...estimate, ...common, notes: [...notes, ...estimate.notes] };
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

type Estimate = Pick<Shift, "ratio" | "lo" | "hi" | "p" | "method" | "notes">;

function estimateOf(logs: readonly LogRatio[], byRound: ReadonlyMap<number, LogRatio[]>): Estimate | null {
  if (logs.length === 0) return null;
  if (byRound.size >= MIN_ROUNDS) {
    return interval(
      [...byRound.values()].map((round) => trimmedMean(round.map(({ value }) => value))),
      "rounds",
      [],
    );
  }
  const byCase = [...groupBy(logs, (log) => log.caseId).values()].map((group) => group.map(({ value }) => value));
  // One case asked several times in one round (phase solo) varies within itself; there are no cases to be the unit.
  if (byRound.size > 1 || byCase.length === 1) {
    const stratified = stratifiedByCase(byCase);
    if (stratified !== null) return stratified;
  }
  const why = byRound.size === 1 ? "one round" : "no case has two values";
  return interval(byCase.map(mean), "cases", [
    `${why}: cases are the unit, so the interval says nothing about other moments`,
  ]);
}

/** Mean of the cases' means; its error from the variation of each case over rounds, pooled. */
function stratifiedByCase(byCase: readonly number[][]): Estimate | null {
  const df = byCase.reduce((total, values) => total + values.length - 1, 0);
  if (df < 1) return null;
  const squares = byCase.reduce((total, values) => {
    const center = mean(values);
    return total + values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  }, 0);
  const variance = squares / df;
  const error = Math.sqrt(variance * byCase.reduce((total, values) => total + 1 / values.length, 0)) / byCase.length;
  const why = byCase.length === 1 ? "one case" : `fewer than ${MIN_ROUNDS} rounds`;
  return fromT(mean(byCase.map(mean)), error, df, "within-this-moment", [
    `${why}: the interval holds within this moment, not for another hour`,
  ]);
}

function interval(values: readonly number[], method: ShiftMethod, notes: readonly string[]): Estimate {
  const center = method === "cases" ? trimmedMean(values) : mean(values);
  if (values.length < 2) {
    return {
      ratio: Math.exp(center),
      lo: null,
      hi: null,
      p: null,
      method,
      notes: [...notes, "one value gives no interval"],
    };
  }
  const spread = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - spread) ** 2, 0) / (values.length - 1);
  return fromT(center, Math.sqrt(variance / values.length), values.length - 1, method, notes);
}

function fromT(center: number, error: number, df: number, method: ShiftMethod, notes: readonly string[]): Estimate {
  // Identical values leave no variation to test against; rounding alone is none.
  if (error < 1e-12) {
    const p = Math.abs(center) < 1e-12 ? 1 : null;
    return { ratio: Math.exp(center), lo: Math.exp(center), hi: Math.exp(center), p, method, notes };
  }
  const half = tCritical(0.05, df) * error;
  return {
    ratio: Math.exp(center),
    lo: Math.exp(center - half),
    hi: Math.exp(center + half),
    p: tTwoSidedP(center / error, df),
    method,
    notes,
  };
}

/** Mean without the lowest and highest tenth, rounded down. */
export function trimmedMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(TRIM * sorted.length);
  return mean(sorted.slice(cut, sorted.length - cut));
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
