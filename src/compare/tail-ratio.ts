/**
 * The ratio of two tails, candidate / baseline, by the quantile estimator of Harrell and Davis (1982, Biometrika 69,
 * 635–640): a weighted mean of all order statistics, so that one lucky request does not decide. It is not the quotient of
 * the table's cells.
 */
import { seededRandom } from "../core/random.js";
import { type Estimand, type Estimate, noEstimate } from "./estimate.js";
import { MIN_ROUNDS } from "./shift.js";
import { incompleteBeta, tQuantile } from "./t-distribution.js";

/** One exchange's value; `Infinity` (0 where higher is better) when it failed before it had one. */
export interface TailValue {
  readonly caseId: string;
  readonly round: number;
  readonly value: number;
}

export interface TailRatioInput {
  readonly baseline: readonly TailValue[];
  readonly candidate: readonly TailValue[];
  /** On the scale of values. */
  readonly quantiles: readonly number[];
  readonly resamples: number;
  /** Of the recording: the same recording gives the same interval. */
  readonly seed: number | string;
  readonly estimand: Estimand;
}

/**
 * One estimate a quantile. Its error is the spread of log ratios over resampled rounds (and over resampled cases too for
 * "traffic like these": Owen 2007, Annals of Applied Statistics 1, 386–411), with t in place of the normal since rounds are few.
 */
export function tailRatios(input: TailRatioInput): Estimate[] {
  const { baseline, candidate, quantiles, estimand } = input;
  const rounds = distinct([...baseline, ...candidate].map(({ round }) => round)).sort((a, b) => a - b);
  const n = Math.min(baseline.length, candidate.length);
  if (n === 0) return quantiles.map(() => noEstimate("a side has no value"));
  const cases = distinct([...baseline, ...candidate].map(({ caseId }) => caseId)).sort();
  const sides = [new SortedSide(baseline, rounds, cases), new SortedSide(candidate, rounds, cases)] as const;
  const finite = [...baseline, ...candidate]
    .map(({ value }) => value)
    .filter((value) => value > 0 && Number.isFinite(value));
  const most = finite.reduce((max, value) => Math.max(max, value), 0);
  const weights = sides.map(({ n: size }) => quantiles.map((q) => weightsOf(q, size)));
  const once = { rounds: rounds.map(() => 1), cases: cases.map(() => 1) };
  const logRatios = (of: Multiplicities): number[] => {
    const [b, c] = sides.map((side, index) => side.quantiles(weights[index] as Weights[], of, most));
    return quantiles.map((_, which) => ratioLog(b?.[which] as number, c?.[which] as number));
  };
  const centers = logRatios(once);
  const enough = rounds.length >= MIN_ROUNDS;
  const replicates = quantiles.map(() => new Float64Array(enough ? input.resamples : 0));
  const random = seededRandom(input.seed, "resampled rounds");
  for (let i = 0; enough && i < input.resamples; i++) {
    const drawn: Multiplicities = {
      rounds: drawMultiplicities(rounds.length, random.int),
      cases: estimand === "traffic like these" ? drawMultiplicities(cases.length, random.int) : once.cases,
    };
    for (const [which, ratio] of logRatios(drawn).entries()) (replicates[which] as Float64Array)[i] = ratio;
  }
  const df = Math.min(rounds.length, estimand === "traffic like these" ? cases.length : rounds.length) - 1;
  return centers.map((center, which) =>
    estimateFrom(center, replicates[which] as Float64Array, { n, rounds: rounds.length, df }),
  );
}

interface Multiplicities {
  readonly rounds: readonly number[];
  readonly cases: readonly number[];
}

function estimateFrom(
  center: number,
  replicates: Float64Array,
  { n, rounds, df }: { readonly n: number; readonly rounds: number; readonly df: number },
): Estimate {
  const common = { p: null, n, rounds, doubtful: false };
  if (Number.isNaN(center)) return { ...common, ...noEstimate("neither side reached this quantile", n, rounds) };
  const value = Math.exp(center);
  if (replicates.length === 0) {
    const notes = [`fewer than ${MIN_ROUNDS} rounds: no interval`];
    return { ...common, value, method: "none", notes, bound: () => null };
  }
  const sorted = [...replicates].filter((each) => !Number.isNaN(each)).sort((a, b) => (a === b ? 0 : a - b));
  const finite = sorted.filter(Number.isFinite);
  const mean = finite.reduce((sum, each) => sum + each, 0) / finite.length;
  // Resampling n rounds shows (n − 1) / n of their variance.
  const spread = Math.sqrt(
    (finite.reduce((sum, each) => sum + (each - mean) ** 2, 0) / Math.max(1, finite.length - 1)) *
      (rounds / (rounds - 1)),
  );
  const notes = Number.isFinite(center) ? [] : ["failed exchanges stand at this quantile"];
  return {
    ...common,
    value,
    method: "rounds",
    notes,
    bound: (side, alpha) => {
      const index = Math.round((side === "upper" ? 1 - alpha : alpha) * (sorted.length - 1));
      const percentile = sorted[index] ?? Number.NaN;
      if (Number.isNaN(percentile)) return null;
      if (!Number.isFinite(percentile) || !Number.isFinite(center)) return Math.exp(percentile);
      return Math.exp(center + (side === "upper" ? 1 : -1) * tQuantile(alpha, df) * spread);
    },
  };
}

/** The values of one side in order, each with the places of its round and its case. */
class SortedSide {
  readonly n: number;
  readonly #values: Float64Array;
  readonly #rounds: Int32Array;
  readonly #cases: Int32Array;
  /** How many values did not fail: those that did stand last. */
  readonly #finite: number;
  /** How many were drawn up to each value, itself included; written anew for each draw. */
  readonly #drawn: Float64Array;

  constructor(values: readonly TailValue[], rounds: readonly number[], cases: readonly string[]) {
    const ofRound = new Map(rounds.map((round, index) => [round, index]));
    const ofCase = new Map(cases.map((caseId, index) => [caseId, index]));
    const sorted = [...values].sort((a, b) => (a.value === b.value ? 0 : a.value - b.value));
    this.n = sorted.length;
    this.#drawn = new Float64Array(this.n);
    this.#values = Float64Array.from(sorted, ({ value }) => value);
    this.#rounds = Int32Array.from(sorted, ({ round }) => ofRound.get(round) as number);
    this.#cases = Int32Array.from(sorted, ({ caseId }) => ofCase.get(caseId) as number);
    const failed = sorted.findIndex(({ value }) => value === Number.POSITIVE_INFINITY);
    this.#finite = failed === -1 ? this.n : failed;
  }

  /**
   * One a quantile; infinite where more exchanges failed than lie beyond it.
   * @param weights of each quantile, for as many values as there are
   * @param most stands in for the failed exchanges beyond a quantile: they have weight, and no value
   */
  quantiles(weights: readonly Weights[], of: Multiplicities, most: number): number[] {
    const drawn = this.#drawn;
    let total = 0;
    for (let i = 0; i < this.n; i++) {
      total += (of.rounds[this.#rounds[i] as number] as number) * (of.cases[this.#cases[i] as number] as number);
      drawn[i] = total;
    }
    if (total === 0) return weights.map(() => Number.NaN);
    const failed = total - (this.#finite === 0 ? 0 : (drawn[this.#finite - 1] as number));
    return weights.map((each) =>
      failed > total - Math.ceil(each.q * total - 1e-9)
        ? Number.POSITIVE_INFINITY
        : this.#weighted(each, this.n / total, most),
    );
  }

  /** The sum of all values by their weights. Those that weigh nothing are not looked at: they are most of a long tail. */
  #weighted({ from, running }: Weights, step: number, most: number): number {
    const [values, drawn, n] = [this.#values, this.#drawn, this.n];
    const last = running.length - 1;
    let before = 0;
    let sum = 0;
    for (let i = firstBeyond(drawn, from / step); i < n && before < 1; i++) {
      const position = (drawn[i] as number) * step - from;
      const below = Math.min(last, Math.max(0, Math.floor(position)));
      const left = running[below] as number;
      const share = below === last ? left : left + (position - below) * ((running[below + 1] as number) - left);
      sum += (share - before) * Math.min(most, values[i] as number);
      before = share;
    }
    return sum;
  }
}

/** The first place of an ascending list whose number is greater. */
function firstBeyond(ascending: Float64Array, limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The running sum of the weights of `n` values in order, I(i / n; (n + 1) q, (n + 1)(1 − q)): `running[j]` is that of the first
 * `from + j`. Up to `from` it is nothing, and at the end of the list it is 1.
 */
interface Weights {
  readonly q: number;
  readonly from: number;
  readonly running: Float64Array;
}

/** A share of less than this changes no digit of a sum. */
const NOTHING = 1e-30;

function weightsOf(q: number, n: number): Weights {
  const sumOf = (i: number): number => incompleteBeta((n + 1) * q, (n + 1) * (1 - q), i / n);
  const leastWhere = (reached: (sum: number) => boolean): number => {
    let low = 0;
    let high = n;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (reached(sumOf(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const from = Math.max(0, leastWhere((sum) => sum >= NOTHING) - 1);
  const until = leastWhere((sum) => sum >= 1);
  return { q, from, running: Float64Array.from({ length: until - from + 1 }, (_, j) => sumOf(from + j)) };
}

function drawMultiplicities(count: number, int: (bound: number) => number): number[] {
  const drawn = new Array<number>(count).fill(0);
  for (let i = 0; i < count; i++) {
    const index = int(count);
    drawn[index] = (drawn[index] as number) + 1;
  }
  return drawn;
}

/** NaN where neither side has the quantile. */
function ratioLog(baseline: number, candidate: number): number {
  if (baseline <= 0 && candidate <= 0) return Number.NaN;
  return Math.log(candidate) - Math.log(baseline);
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
