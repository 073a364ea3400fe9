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
  const tables = sides.map(({ n: size }) => quantiles.map((q) => betaTable(q, size)));
  const once = { rounds: rounds.map(() => 1), cases: cases.map(() => 1) };
  const logRatios = (of: Multiplicities): number[] => {
    const [b, c] = sides.map((side, index) => side.quantiles(quantiles, tables[index] as Float64Array[], of, most));
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
  /** How often each value was drawn; written anew for each draw. */
  readonly #times: Float64Array;

  constructor(values: readonly TailValue[], rounds: readonly number[], cases: readonly string[]) {
    const ofRound = new Map(rounds.map((round, index) => [round, index]));
    const ofCase = new Map(cases.map((caseId, index) => [caseId, index]));
    const sorted = [...values].sort((a, b) => (a.value === b.value ? 0 : a.value - b.value));
    this.n = sorted.length;
    this.#times = new Float64Array(this.n);
    this.#values = Float64Array.from(sorted, ({ value }) => value);
    this.#rounds = Int32Array.from(sorted, ({ round }) => ofRound.get(round) as number);
    this.#cases = Int32Array.from(sorted, ({ caseId }) => ofCase.get(caseId) as number);
  }

  /**
   * One a quantile; infinite where more exchanges failed than lie beyond it.
   * @param tables {@link betaTable} of each quantile
   * @param most stands in for the failed exchanges beyond a quantile: they have weight, and no value
   */
  quantiles(qs: readonly number[], tables: readonly Float64Array[], of: Multiplicities, most: number): number[] {
    const { n } = this;
    const [values, times] = [this.#values, this.#times];
    let total = 0;
    let failed = 0;
    for (let i = 0; i < n; i++) {
      const drawn = (of.rounds[this.#rounds[i] as number] as number) * (of.cases[this.#cases[i] as number] as number);
      times[i] = drawn;
      total += drawn;
      if (values[i] === Number.POSITIVE_INFINITY) failed += drawn;
    }
    if (total === 0) return qs.map(() => Number.NaN);
    const step = n / total;
    return qs.map((q, which) => {
      if (failed > total - Math.ceil(q * total - 1e-9)) return Number.POSITIVE_INFINITY;
      const table = tables[which] as Float64Array;
      let position = 0;
      let before = 0;
      let sum = 0;
      for (let i = 0; i < n; i++) {
        if (times[i] === 0) continue;
        position += (times[i] as number) * step;
        const below = Math.min(n - 1, Math.floor(position));
        const left = table[below] as number;
        const share = left + (position - below) * ((table[below + 1] as number) - left);
        sum += (share - before) * Math.min(most, values[i] as number);
        before = share;
      }
      return sum;
    });
  }
}

/** I(i / n; (n + 1) q, (n + 1)(1 − q)) for i from 0 to n. */
function betaTable(q: number, n: number): Float64Array {
  return Float64Array.from({ length: n + 1 }, (_, i) => incompleteBeta((n + 1) * q, (n + 1) * (1 - q), i / n));
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
