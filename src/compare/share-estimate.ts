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

/**
 * A share over rounds. Where rounds vary more than chance explains, the bounds are exact for as many independent
 * samples as that variation leaves (Korn and Graubard 1998, Survey Methodology 24, 193–201, with rounds as clusters).
 */
export function shareEstimate(rounds: readonly RoundShare[]): Estimate {
  const { count, of } = totalOf(rounds);
  const used = rounds.filter((round) => round.of > 0);
  const common = { p: null, n: of, rounds: used.length, doubtful: false };
  if (of === 0) {
    return { value: null, method: "none", bound: () => null, notes: ["no exchange of that kind"], ...common };
  }
  const value = count / of;
  const manyRounds = used.length >= MIN_ROUNDS;
  const df = used.length - 1;
  const variance = manyRounds ? errorOf(used.map((round) => (round.count - value * round.of) / of)) ** 2 : 0;
  const binomial = (value * (1 - value)) / of;
  const bursts = variance > binomial * mostByChance(df);
  const within = manyRounds ? [] : [`fewer than ${MIN_ROUNDS} rounds: the interval holds within this moment`];
  return {
    value,
    method: bursts ? "rounds" : "exact",
    notes: within,
    ...common,
    bound: (side, alpha) => {
      if (!bursts) return shareBound(side, count, of, alpha);
      const spread = tQuantile(alpha, df) / tQuantile(alpha, Math.max(1, of - 1));
      const effective = Math.min(of, (value * (1 - value)) / variance / spread ** 2);
      return shareBound(side, value * effective, effective, alpha);
    },
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
 */
export function shareDifference(pairs: readonly PairShare[], p: number | null): Estimate {
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
  const exact = pairedBounds(both) ?? independentBounds(a, b);
  const notes = manyRounds ? [] : [`fewer than ${MIN_ROUNDS} rounds: the interval holds within this moment`];
  const method: EstimateMethod = manyRounds && error > 0 ? "rounds" : "exact";
  return {
    value,
    p,
    n: both.length,
    rounds,
    method,
    doubtful: false,
    notes,
    bound: (side, alpha) => {
      const sign = side === "upper" ? 1 : -1;
      const byRounds = error === 0 ? value : value + sign * tQuantile(alpha, rounds - 1) * error;
      const byPairs = exact(side, alpha);
      const wider = side === "upper" ? Math.max(byRounds, byPairs) : Math.min(byRounds, byPairs);
      return Math.min(1, Math.max(-1, wider));
    },
  };
}

type Bounds = (side: "lower" | "upper", alpha: number) => number;

/** From the pairs in which one side counts and the other does not; null where a side counts more than one each. */
function pairedBounds(pairs: readonly PairShare[]): Bounds | null {
  let up = 0;
  let down = 0;
  for (const { baseline, candidate } of pairs) {
    if (baseline?.[1] !== 1 || candidate?.[1] !== 1 || baseline[0] > 1 || candidate[0] > 1) return null;
    if (candidate[0] > baseline[0]) up++;
    if (candidate[0] < baseline[0]) down++;
  }
  const n = pairs.length;
  if (n === 0) return null;
  return joined(up, n, down, n, (up - down) / n);
}

function independentBounds(baseline: Share, candidate: Share): Bounds {
  const value = candidate.count / candidate.of - baseline.count / baseline.of;
  return joined(candidate.count, candidate.of, baseline.count, baseline.of, value);
}

/** Bounds of `plus / n − minus / m` from the exact bounds of both. */
function joined(plus: number, n: number, minus: number, m: number, value: number): Bounds {
  return (side, alpha) => {
    const other = side === "upper" ? "lower" : "upper";
    const first = shareBound(side, Math.min(plus, n), n, alpha) - plus / n;
    const second = shareBound(other, Math.min(minus, m), m, alpha) - minus / m;
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
