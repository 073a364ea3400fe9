/**
 * A share, and the difference of two, with bounds that hold for few events and for events that come in bursts: the wider
 * of an exact binomial bound and a t-interval over rounds.
 */
import { shareBound } from "./binomial.js";
import type { Estimate, EstimateMethod } from "./estimate.js";
import type { Share } from "./rates.js";
import { roundError } from "./round-error.js";
import { MIN_ROUNDS } from "./shift.js";
import { tQuantile } from "./t-distribution.js";

/** One round's counts of one side. */
export interface RoundShare extends Share {
  readonly round: number;
}

/** What the counts are, beyond their numbers. */
export interface ShareKind {
  /** An exchange may count more than once, such as its retries: no share, so that no binomial bounds it. */
  readonly many?: boolean;
  /** How many cases stand behind it, where cases are the samples ("traffic like these"); null for these prompts. */
  readonly cases?: number | null;
}

/**
 * A share over rounds. Where rounds vary more than chance explains, the bounds are exact for as many independent
 * samples as that variation leaves (Korn and Graubard 1998, Survey Methodology 24, 193–201, with rounds as clusters).
 */
export function shareEstimate(rounds: readonly RoundShare[], { many = false, cases = null }: ShareKind = {}): Estimate {
  const { count, of } = totalOf(rounds);
  const used = rounds.filter((round) => round.of > 0);
  const common = { p: null, n: cases ?? of, rounds: used.length, doubtful: false };
  if (of === 0) {
    return { value: null, method: "none", bound: () => null, notes: ["no exchange of that kind"], ...common };
  }
  const value = count / of;
  const manyRounds = used.length >= MIN_ROUNDS;
  const df = used.length - 1;
  if (many) {
    const error = manyRounds ? errorOf(used.map((round) => (round.count - value * round.of) / of)) : 0;
    const bound = countBounds(value, Math.max(error, Math.sqrt(count) / of), df, manyRounds && cases === null);
    return {
      value,
      ...common,
      ...bound,
      bound: (side, alpha) => {
        const found = bound.bound(side, alpha);
        return found === null ? null : Math.max(0, found);
      },
    };
  }
  const variance = manyRounds ? errorOf(used.map((round) => (round.count - value * round.of) / of)) ** 2 : 0;
  const binomial = (value * (1 - value)) / of;
  const bursts = variance > binomial * mostByChance(df);
  const within = manyRounds ? [] : [`fewer than ${MIN_ROUNDS} rounds: the interval holds within this moment`];
  return {
    value,
    method: cases !== null ? "cases" : bursts ? "rounds" : "exact",
    notes: cases === null ? within : [...within, CASES_ARE_SAMPLES],
    ...common,
    bound: (side, alpha) => {
      // A case varies at most as much as one request would.
      const byCases = cases === null ? value : shareBound(side, value * cases, cases, alpha);
      const farther = (bound: number): number =>
        side === "upper" ? Math.max(bound, byCases) : Math.min(bound, byCases);
      if (!bursts) return farther(shareBound(side, count, of, alpha));
      const spread = tQuantile(alpha, df) / tQuantile(alpha, Math.max(1, of - 1));
      const effective = Math.min(of, (value * (1 - value)) / variance / spread ** 2);
      return farther(shareBound(side, value * effective, effective, alpha));
    },
  };
}

const CASES_ARE_SAMPLES = "cases are the samples";

/**
 * Of what may count more than once an exchange: the t over rounds, and none where rounds are too few or where cases are the
 * samples.
 * @param error no less than events that come one by one would leave (Poisson)
 */
function countBounds(
  value: number,
  error: number,
  df: number,
  bounded: boolean,
): Pick<Estimate, "method" | "notes" | "bound"> {
  if (!bounded) {
    const notes = [`counted more than once a request: bounds need ${MIN_ROUNDS} rounds, and speak of these prompts`];
    return { method: "none", notes, bound: () => null };
  }
  return {
    method: "rounds",
    notes: [],
    bound: (side, alpha) => value + (side === "upper" ? 1 : -1) * tQuantile(alpha, df) * error,
  };
}

/** Few events fall unevenly by chance: a ratio of variances up to this says nothing (95 % point of χ² / df, Wilson and Hilferty). */
function mostByChance(df: number): number {
  return df < 1 ? Number.POSITIVE_INFINITY : (1 - 2 / (9 * df) + 1.645 * Math.sqrt(2 / (9 * df))) ** 3;
}

/** One pair: what each side counted, and of how many; null where the rate does not apply there. */
export interface PairShare {
  readonly round: number;
  readonly baseline: readonly [number, number] | null;
  readonly candidate: readonly [number, number] | null;
}

/**
 * Candidate − baseline. Over rounds by the t, and never narrower than what the pairs alone say: where each side counts 0
 * or 1, only pairs in which the two differ carry evidence, so that a case that fails on both sides adds no doubt. Their two
 * exact bounds are joined by squares (Zou and Donner 2008, Statistics in Medicine 27, 1693–1702).
 * @param p of the test of no difference that belongs to the rate
 * @param cases how many stand behind the pairs, where cases are the samples; null for these prompts
 */
export function shareDifference(pairs: readonly PairShare[], p: number | null, cases: number | null = null): Estimate {
  const baseline = sideOf(pairs, "baseline");
  const candidate = sideOf(pairs, "candidate");
  const [a, b] = [totalOf(baseline), totalOf(candidate)];
  const both = pairs.filter((pair) => pair.baseline !== null && pair.candidate !== null);
  const rounds = new Set(both.map(({ round }) => round)).size;
  if (a.of === 0 || b.of === 0) {
    const notes = ["no exchange of that kind"];
    return { value: null, p: null, n: both.length, rounds, method: "none", doubtful: false, bound: () => null, notes };
  }
  const value = b.count / b.of - a.count / a.of;
  const manyRounds = rounds >= MIN_ROUNDS;
  const error = manyRounds ? errorOverRounds(baseline, candidate) : 0;
  const common = { value, p, n: cases ?? both.length, rounds, doubtful: false };
  if (pairs.some((pair) => isMany(pair.baseline) || isMany(pair.candidate))) {
    const alone = Math.hypot(Math.sqrt(a.count) / a.of, Math.sqrt(b.count) / b.of);
    return { ...common, ...countBounds(value, Math.max(error, alone), rounds - 1, manyRounds && cases === null) };
  }
  const exact = pairedBounds(both) ?? independentBounds(a, b);
  const byCases = cases === null ? null : (pairedBounds(both, cases) ?? independentBounds(a, b, Math.max(1, cases)));
  const notes = [
    ...(manyRounds ? [] : [`fewer than ${MIN_ROUNDS} rounds: the interval holds within this moment`]),
    ...(cases === null ? [] : [CASES_ARE_SAMPLES]),
  ];
  const method: EstimateMethod = cases !== null ? "cases" : manyRounds && error > 0 ? "rounds" : "exact";
  return {
    ...common,
    method,
    notes,
    bound: (side, alpha) => {
      const sign = side === "upper" ? 1 : -1;
      const byRounds = error === 0 ? value : value + sign * tQuantile(alpha, rounds - 1) * error;
      const bounds = [byRounds, exact(side, alpha), ...(byCases === null ? [] : [byCases(side, alpha)])];
      const wider = side === "upper" ? Math.max(...bounds) : Math.min(...bounds);
      return Math.min(1, Math.max(-1, wider));
    },
  };
}

type Bounds = (side: "lower" | "upper", alpha: number) => number;

function isMany(counted: PairShare["baseline"]): boolean {
  return counted !== null && counted[0] > counted[1];
}

/**
 * From the pairs in which one side counts and the other does not; null where a side counts of more than one each.
 * @param samples as many as the pairs are worth
 */
function pairedBounds(pairs: readonly PairShare[], samples = pairs.length): Bounds | null {
  let up = 0;
  let down = 0;
  for (const { baseline, candidate } of pairs) {
    if (baseline?.[1] !== 1 || candidate?.[1] !== 1 || baseline[0] > 1 || candidate[0] > 1) return null;
    if (candidate[0] > baseline[0]) up++;
    if (candidate[0] < baseline[0]) down++;
  }
  const n = pairs.length;
  if (n === 0) return null;
  const worth = samples / n;
  return joined(up * worth, samples, down * worth, samples, (up - down) / n);
}

function independentBounds(baseline: Share, candidate: Share, samples?: number): Bounds {
  const [a, b] = [baseline.count / baseline.of, candidate.count / candidate.of];
  const [n, m] = [samples ?? candidate.of, samples ?? baseline.of];
  return joined(b * n, n, a * m, m, b - a);
}

/** Bounds of `plus / n − minus / m` from the exact bounds of both. */
function joined(plus: number, n: number, minus: number, m: number, value: number): Bounds {
  return (side, alpha) => {
    const other = side === "upper" ? "lower" : "upper";
    const first = shareBound(side, plus, n, alpha) - plus / n;
    const second = shareBound(other, minus, m, alpha) - minus / m;
    return value + (side === "upper" ? 1 : -1) * Math.hypot(first, second);
  };
}

function sideOf(pairs: readonly PairShare[], side: "baseline" | "candidate"): RoundShare[] {
  const rounds = new Map<number, { count: number; of: number }>();
  for (const pair of pairs) {
    const counted = pair[side];
    if (counted === null) continue;
    const round = rounds.get(pair.round) ?? { count: 0, of: 0 };
    round.count += counted[0];
    round.of += counted[1];
    rounds.set(pair.round, round);
  }
  return [...rounds].sort(([a], [b]) => a - b).map(([round, share]) => ({ round, ...share }));
}

function errorOverRounds(baseline: readonly RoundShare[], candidate: readonly RoundShare[]): number {
  const [a, b] = [totalOf(baseline), totalOf(candidate)];
  const deviations = new Map<number, number>();
  for (const { round, count, of } of candidate) deviations.set(round, (count - (b.count / b.of) * of) / b.of);
  for (const { round, count, of } of baseline) {
    deviations.set(round, (deviations.get(round) ?? 0) - (count - (a.count / a.of) * of) / a.of);
  }
  return errorOf([...deviations.values()]);
}

/** Standard error of a total whose rounds deviate so from their expectation (linearised ratio). */
function errorOf(deviations: readonly number[]): number {
  return roundError(deviations.map((deviation) => deviation * deviations.length)).error;
}

function totalOf(rounds: readonly Share[]): Share {
  return rounds.reduce((sum, { count, of }) => ({ count: sum.count + count, of: sum.of + of }), { count: 0, of: 0 });
}
