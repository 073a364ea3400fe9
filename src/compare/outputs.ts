/**
 * Do the two endpoints answer differently? Two answers of one model differ too, so raw similarity between the endpoints says
 * nothing: distances between arms are held against distances between rounds within each arm.
 */
import { seededRandom } from "../core/random.js";
import { SKETCHED_ROUNDS, type Sketch, sketchDistance } from "../measure/sketch.js";

/** One round's two answers to one case. */
export interface AnswerPair {
  readonly caseId: string;
  readonly round: number;
  readonly baseline: Sketch;
  readonly candidate: Sketch;
}

export interface OutputComparison {
  /** Of one global permutation test; null with fewer than two rounds. */
  readonly p: number | null;
  readonly permutations: number;
  readonly rounds: number;
  /** Mean distances over cases, 0 to 1. */
  readonly within: { readonly baseline: number; readonly candidate: number };
  readonly between: number;
  /** What the move itself changes: `between` less the mean of `within`. */
  readonly excess: number;
  /** By case, the greatest excess first. */
  readonly cases: readonly CaseDistance[];
}

export interface CaseDistance {
  readonly caseId: string;
  readonly within: number;
  readonly between: number;
  readonly excess: number;
}

/**
 * The energy statistic (Székely and Rizzo 2004), summed over cases. Under "no difference" the two answers of a round may be
 * swapped, each case and round by itself. Null where no case has two rounds.
 */
export function compareOutputs(
  pairs: readonly AnswerPair[],
  seed: number | string,
  permutations = 2_000,
): OutputComparison | null {
  const cases = casesOf(pairs);
  if (cases.length === 0) return null;
  const random = seededRandom(seed, "swapped answers");
  const plain = cases.map((each) => distancesOf(each, new Int8Array(each.rounds)));
  const seen = plain.reduce((sum, { excess }) => sum + excess, 0);
  let asFar = 0;
  for (let i = 0; i < permutations; i++) {
    let sum = 0;
    for (const each of cases) {
      const swapped = Int8Array.from({ length: each.rounds }, () => random.int(2));
      sum += distancesOf(each, swapped).excess;
    }
    // A sum that only rounding tells apart is as far.
    if (sum >= seen - 1e-9) asFar++;
  }
  const mean = (pick: (distance: (typeof plain)[number]) => number): number =>
    plain.reduce((sum, each) => sum + pick(each), 0) / plain.length;
  return {
    p: (asFar + 1) / (permutations + 1),
    permutations,
    rounds: cases.reduce((most, { rounds }) => Math.max(most, rounds), 0),
    within: { baseline: mean(({ baseline }) => baseline), candidate: mean(({ candidate }) => candidate) },
    between: mean(({ between }) => between),
    excess: mean(({ excess }) => excess),
    cases: plain
      .map(({ baseline, candidate, between, excess }, index) => ({
        caseId: (cases[index] as CaseMatrix).caseId,
        within: (baseline + candidate) / 2,
        between,
        excess,
      }))
      .sort((a, b) => b.excess - a.excess || (a.caseId < b.caseId ? -1 : 1)),
  };
}

/** Distances of all answers of one case: row and column `2 × round + side`. */
interface CaseMatrix {
  readonly caseId: string;
  readonly rounds: number;
  readonly distances: Float64Array;
}

function casesOf(pairs: readonly AnswerPair[]): CaseMatrix[] {
  const byCase = new Map<string, AnswerPair[]>();
  for (const pair of pairs) {
    const own = byCase.get(pair.caseId);
    if (own === undefined) byCase.set(pair.caseId, [pair]);
    else own.push(pair);
  }
  return [...byCase]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([caseId, own]) => {
      const kept = own.sort((a, b) => a.round - b.round).slice(0, SKETCHED_ROUNDS);
      if (kept.length < 2) return [];
      const answers = kept.flatMap(({ baseline, candidate }) => [baseline, candidate]);
      const size = answers.length;
      const distances = new Float64Array(size * size);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < i; j++) {
          const distance = sketchDistance(answers[i] as Sketch, answers[j] as Sketch);
          distances[i * size + j] = distance;
          distances[j * size + i] = distance;
        }
      }
      return [{ caseId, rounds: kept.length, distances }];
    });
}

/** Mean distances with the answers of some rounds swapped. Answers of one round never meet: within an arm there are none. */
function distancesOf({ rounds, distances }: CaseMatrix, swapped: Int8Array) {
  const size = 2 * rounds;
  let baseline = 0;
  let candidate = 0;
  let between = 0;
  for (let i = 0; i < rounds; i++) {
    const a = 2 * i + (swapped[i] as number);
    for (let j = 0; j < i; j++) {
      const b = 2 * j + (swapped[j] as number);
      baseline += distances[a * size + b] as number;
      candidate += distances[(a ^ 1) * size + (b ^ 1)] as number;
      between += (distances[a * size + (b ^ 1)] as number) + (distances[(a ^ 1) * size + b] as number);
    }
  }
  const pairs = (rounds * (rounds - 1)) / 2;
  const means = { baseline: baseline / pairs, candidate: candidate / pairs, between: between / (2 * pairs) };
  return { ...means, excess: means.between - (means.baseline + means.candidate) / 2 };
}
