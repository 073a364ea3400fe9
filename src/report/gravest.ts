/** Of more pairs of a case than anybody reads, those that a person should look at. */
import type { CheckOutcome, ParityOutcome } from "../check/finding.js";

/** What one half of a pair came to. */
interface Half {
  readonly ok: boolean;
  readonly check: CheckOutcome;
}

/** A pair, as far as it is ranked. Either half may be missing. */
export interface Ranked {
  readonly baseline: Half | null;
  readonly candidate: Half | null;
  readonly parity: ParityOutcome | null;
}

/** The most pairs of one case that a report shows. */
export const MAX_PAIRS = 60;

const ALIKE = new Set(["bytes", "text", "json", "tool_calls"]);

/** Failed, or was answered otherwise than expected, and counts. */
export function isFailing({ ok, check }: Half): boolean {
  return check.excluded === undefined && (!ok || !check.met);
}

export function isFailingPair({ baseline, candidate }: Ranked): boolean {
  return [baseline, candidate].some((half) => half !== null && isFailing(half));
}

export function isDiffering({ parity }: Pick<Ranked, "parity">): boolean {
  return parity !== null && isUnlike(parity.rung);
}

export function isUnlike(rung: string): boolean {
  return !ALIKE.has(rung);
}

/** Those that failed first, then those that differ, then the earliest; in the order in which they were given. */
export function gravest<T>(pairs: readonly T[], most: number, ranked: (pair: T) => Ranked): readonly T[] {
  if (pairs.length <= most) return pairs;
  const ranks = pairs.map((pair, index) => ({ pair, index, rank: rankOf(ranked(pair)) }));
  return ranks
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, most)
    .sort((a, b) => a.index - b.index)
    .map(({ pair }) => pair);
}

function rankOf(pair: Ranked): number {
  return isFailingPair(pair) ? 0 : isDiffering(pair) ? 1 : 2;
}
