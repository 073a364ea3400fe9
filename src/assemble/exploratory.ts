/** The family of everything that is tested and that no gate asks about: looked at together, some of it differs by chance. */
import type { RateComparison } from "../compare/comparison.js";
import { holm } from "../compare/holm.js";

export class Exploratory {
  readonly #corrected = new Map<string, number>();
  readonly #asked: ReadonlySet<string>;

  /**
   * @param tests key → p
   * @param asked keys that a gate of the configuration asks about: tested as they are
   */
  constructor(tests: ReadonlyMap<string, number | null>, asked: ReadonlySet<string>) {
    this.#asked = asked;
    const family = [...tests].filter((test): test is [string, number] => test[1] !== null && !asked.has(test[0]));
    const corrected = holm(family.map(([, p]) => p));
    for (const [index, [key]] of family.entries()) this.#corrected.set(key, corrected[index] as number);
  }

  /** Null for what a gate asks about, and where there is no p. */
  correctedP(key: string): number | null {
    return this.#asked.has(key) ? null : (this.#corrected.get(key) ?? null);
  }
}

/** The p of a rate; null where neither side had an event, or both nothing else: there was nothing to test. */
export function testable({ baseline, candidate, difference }: RateComparison): number | null {
  const count = baseline.count + candidate.count;
  return count === 0 || count === baseline.of + candidate.of ? null : difference.p;
}
