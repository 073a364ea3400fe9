/**
 * The exact conditional test of two binomial samples, stratified by case: given each case's total of events, how many of
 * them fall to the candidate is hypergeometric, and the cases' counts add up. McNemar over cases would see next to nothing,
 * and pooling would mistake hard cases for evidence. Agresti, Categorical Data Analysis, §6.3.5.
 */

/** One case's counts. */
export interface Stratum {
  readonly baseline: { readonly count: number; readonly of: number };
  readonly candidate: { readonly count: number; readonly of: number };
}

/** Two-sided p: the chance, under "no difference in any case", of a total as unlikely as the one that was seen, or more. */
export function exactConditionalP(strata: readonly Stratum[]): number | null {
  let distribution = [1];
  let offset = 0;
  let seen = 0;
  let open = false;
  for (const { baseline, candidate } of strata) {
    if (baseline.of === 0 || candidate.of === 0) continue;
    const events = baseline.count + candidate.count;
    const { from, weights } = hypergeometric(events, candidate.of, baseline.of);
    open ||= weights.length > 1;
    const own = withoutNothing(weights);
    const joint = withoutNothing(convolved(distribution, own.weights));
    distribution = joint.weights;
    offset += from + own.from + joint.from;
    seen += candidate.count;
  }
  if (!open) return strata.some(({ baseline, candidate }) => baseline.of > 0 && candidate.of > 0) ? 1 : null;
  const probability = distribution[seen - offset] ?? 0;
  // Equal probabilities differ in their last digits, by the order in which they were added.
  const limit = probability * (1 + 1e-7);
  return Math.min(
    1,
    distribution.reduce((sum, each) => (each <= limit ? sum + each : sum), 0),
  );
}

/**
 * How many of `events` fall to the `n` draws of one side, and not to the `m` of the other: the chance of each count, from
 * `from` on.
 */
export function hypergeometric(events: number, n: number, m: number): { from: number; weights: number[] } {
  const from = Math.max(0, events - m);
  const to = Math.min(events, n);
  // By logarithms: of six hundred requests a side the likeliest count outweighs the first beyond what a number holds.
  const logs = [0];
  for (let k = from; k < to; k++) {
    const ratio = ((n - k) * (events - k)) / ((k + 1) * (m - events + k + 1));
    logs.push((logs.at(-1) as number) + Math.log(ratio));
  }
  const most = logs.reduce((highest, log) => Math.max(highest, log), 0);
  const weights = logs.map((log) => Math.exp(log - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { from, weights: weights.map((weight) => weight / total) };
}

function convolved(a: readonly number[], b: readonly number[]): number[] {
  const out = new Array<number>(a.length + b.length - 1).fill(0);
  for (let i = 0; i < a.length; i++) {
    const left = a[i] as number;
    for (let j = 0; j < b.length; j++) out[i + j] = (out[i + j] as number) + left * (b[j] as number);
  }
  return out;
}

/** No p that anybody reads has a part of this size; what is smaller still is no number, and slow to count with. */
const NOTHING = 1e-290;

/**
 * Without the ends that nothing falls to. A total spreads with the root of its events: kept whole, each case would cost the
 * square of all events before it.
 */
function withoutNothing(weights: readonly number[]): { from: number; weights: number[] } {
  const from = weights.findIndex((weight) => weight >= NOTHING);
  const to = weights.findLastIndex((weight) => weight >= NOTHING);
  return { from, weights: weights.slice(from, to + 1) };
}
