/**
 * Is tonight one of the nights before it? A one-sided 99 % prediction bound of Student's t; beyond it is `watch`, and `fail`
 * on the second night in a row. It knows numbers alone.
 */
import { tQuantile } from "../compare/t-distribution.js";

/** Earlier nights that a bound needs: the fifteenth night is the first that is judged. */
export const NEEDED_NIGHTS = 14;
/** What is older says little about tonight. */
const MOST_NIGHTS = 60;
const ALPHA = 0.01;

export interface Expected {
  readonly low: number;
  readonly center: number;
  readonly high: number;
  readonly nights: number;
}

/**
 * Both one-sided 99 % prediction bounds of one more value: mean ± t(0.99, n − 1) · s · √(1 + 1/n). Null for fewer than
 * {@link NEEDED_NIGHTS} values.
 * @param leastSpread stands in for a standard deviation below it: values that repeat exactly would make any change an alarm
 */
export function expectedOf(values: readonly number[], leastSpread: number): Expected | null {
  const n = values.length;
  if (n < NEEDED_NIGHTS) return null;
  const center = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (n - 1);
  const reach = quantile(n - 1) * Math.max(leastSpread, Math.sqrt(variance)) * Math.sqrt(1 + 1 / n);
  return { low: center - reach, center, high: center + reach, nights: n };
}

/** Logarithms and shares are of the order of 1. */
const ROUNDING = 1e-9;

/** By degrees of freedom: every night of every series asks for one of a few. */
const quantiles = new Map<number, number>();

function quantile(df: number): number {
  const known = quantiles.get(df) ?? tQuantile(ALPHA, df);
  quantiles.set(df, known);
  return known;
}

export interface NightState {
  readonly state: "none" | "short" | "ok" | "watch" | "fail";
  readonly beyondBetter: boolean;
  readonly expected: Expected | null;
}

export interface Judging {
  /** On which side worse lies. */
  readonly worse: "high" | "low";
  readonly leastSpread: number;
  /** A second question that an alarm has to pass, by the indices of tonight and of the nights that it is held against. */
  readonly confirm?: (tonight: number, reference: readonly number[]) => boolean;
}

/**
 * Every night judged by the nights before it, in order; null where a night has no value, which neither ends nor extends a
 * row of alarms.
 *
 * An alarm is held back from what later nights are held against until the next night is known: a night within the bound
 * makes a lone alarm part of the usual variation, a second alarm makes the whole row no part of it. To keep alarms in
 * would hide a step behind its own first night: one of 4 s after fourteen nights is found on its second night in 78 of 100
 * histories, and in 40 with alarms kept in. To leave every lone one out would shrink s with each, and alarm falsely more often.
 */
export function judgeNights(values: readonly (number | null)[], judging: Judging): NightState[] {
  const reference: number[] = [];
  let row: number[] = [];
  return values.map((value, index) => {
    if (value === null) return { state: "none", beyondBetter: false, expected: null };
    const against = reference.slice(-MOST_NIGHTS);
    const expected = expectedOf(
      against.map((night) => values[night] as number),
      judging.leastSpread,
    );
    if (expected === null) {
      reference.push(index);
      return { state: "short", beyondBetter: false, expected };
    }
    const [above, below] = [value > expected.high, value < expected.low];
    const beyond = judging.worse === "high" ? above : below;
    if (beyond && (judging.confirm?.(index, against) ?? true)) {
      row.push(index);
      return { state: row.length > 1 ? "fail" : "watch", beyondBetter: false, expected };
    }
    if (row.length === 1) reference.push(...row);
    row = [];
    reference.push(index);
    return { state: "ok", beyondBetter: judging.worse === "high" ? below : above, expected };
  });
}

/**
 * The correlation of each value with the next, where it is too great for chance (beyond 2/√n); null otherwise. Bounds take
 * nights as independent: where they are not, false alarms come more often than is promised.
 */
export function neighbourCorrelation(values: readonly number[]): number | null {
  const n = values.length;
  if (n < NEEDED_NIGHTS) return null;
  const center = values.reduce((sum, value) => sum + value, 0) / n;
  const deviations = values.map((value) => value - center);
  const total = deviations.reduce((sum, each) => sum + each ** 2, 0);
  // What is left of nights that repeat exactly is rounding, and its neighbours are all alike.
  if (total <= n * ROUNDING ** 2) return null;
  const shared = deviations.slice(1).reduce((sum, each, index) => sum + each * (deviations[index] as number), 0);
  return shared / total > 2 / Math.sqrt(n) ? shared / total : null;
}
