/**
 * Which case each request of a sweep asks, in proportion to weights. Drawn in decks: within a deck every case comes as often
 * as its weight says, to within one, so that a window holds the mix and not the luck of its draw.
 */
import { TwintailError } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import type { GoldenCase, Variant } from "../../golden/golden-set.js";

export interface WeightedCase {
  readonly golden: GoldenCase;
  readonly variant: Variant;
  /** Of all requests, 0 to 1. */
  readonly share: number;
}

/** Cases that hang up on purpose are left out: they would measure the plan. */
export function isSwept({ cancel }: GoldenCase): boolean {
  return cancel === undefined;
}

/**
 * @param weights by category; those that it does not name are left out. Absent: each case alike.
 * @throws TwintailError for a category that has no case, or when nothing is left.
 */
export function weightedCases(
  cases: readonly GoldenCase[],
  weights: Readonly<Record<string, number>> | undefined,
): WeightedCase[] {
  const swept = cases.filter(isSwept);
  for (const category of Object.keys(weights ?? {})) {
    if (swept.some((golden) => golden.category === category)) continue;
    const known = [...new Set(swept.map((golden) => golden.category))];
    throw new TwintailError({
      cause: `no case of category "${category}" can be swept`,
      place: "load.mix",
      remedy: `use ${known.join(", ")}`,
    });
  }
  const weightOf = ({ category }: GoldenCase): number => {
    if (weights === undefined) return 1;
    return (weights[category] ?? 0) / swept.filter((golden) => golden.category === category).length;
  };
  const whole = swept.reduce((sum, golden) => sum + weightOf(golden), 0);
  if (whole <= 0) {
    throw new TwintailError({
      cause: "no case is left to load with",
      place: "load.mix",
      remedy: "give a weight above 0",
    });
  }
  return swept
    .filter((golden) => weightOf(golden) > 0)
    .map((golden) => ({ golden, variant: variantOf(golden), share: weightOf(golden) / whole }));
}

/** A stream shows when its first token came. */
function variantOf({ variants }: GoldenCase): Variant {
  return variants.includes("stream") ? "stream" : "body";
}

/** Cards a case of a deck: one where all shares are alike, else so many that rounding moves none by much. */
const CARDS_A_CASE = { alike: 1, weighted: 4 };

export class Decks {
  readonly #size: number;
  #deck: WeightedCase[] = [];

  constructor(
    private readonly cases: readonly WeightedCase[],
    private readonly random: Random,
  ) {
    const alike = cases.every(({ share }) => share === cases[0]?.share);
    this.#size = cases.length * (alike ? CARDS_A_CASE.alike : CARDS_A_CASE.weighted);
  }

  next(): WeightedCase {
    if (this.#deck.length === 0) this.#deck = this.random.shuffle(this.#drawn());
    return this.#deck.pop() as WeightedCase;
  }

  /** Systematic sampling: one random start, then even steps through the cumulative shares. */
  #drawn(): WeightedCase[] {
    const start = this.random.next();
    const drawn: WeightedCase[] = [];
    let upTo = 0;
    for (const each of this.cases) {
      upTo += each.share * this.#size;
      while (drawn.length + start < upTo && drawn.length < this.#size) drawn.push(each);
    }
    while (drawn.length < this.#size) drawn.push(this.cases.at(-1) as WeightedCase);
    return drawn;
  }
}
