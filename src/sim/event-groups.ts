/** Which tokens share an event. A group is sent with its last token. */
import { seededRandom } from "../core/random.js";
import type { Dialect } from "./dialect.js";
import type { Piece } from "./pieces.js";

/** Pieces of one kind, and of one call, in order. */
export interface EventGroup {
  readonly pieces: readonly Piece[];
  /** Ordinal of its first piece among the tokens. */
  readonly from: number;
}

/** The groups of an answer by the index of the token that each is sent with. */
export function eventGroups(pieces: readonly Piece[], dialect: Dialect, seed: number): ReadonlyMap<number, EventGroup> {
  const { tokensPerEvent } = dialect.chunks;
  const wholeCalls = dialect.calls.arguments !== "fragments";
  const random = seededRandom(seed, `events/${pieces.length}`);
  const groups = new Map<number, EventGroup>();
  for (let from = 0; from < pieces.length; ) {
    const first = pieces[from] as Piece;
    const whole = wholeCalls && first.kind === "call";
    const size = tokensPerEvent <= 1 ? 1 : 1 + random.int(2 * tokensPerEvent - 1);
    let to = from + 1;
    while (to < pieces.length && (whole || to - from < size) && belongs(first, pieces[to] as Piece, whole)) to++;
    groups.set(to - 1, { pieces: pieces.slice(from, to), from });
    from = to;
  }
  return groups;
}

function belongs(first: Piece, next: Piece, whole: boolean): boolean {
  if (whole) return next.kind === "arguments";
  if (first.kind === "call" || next.kind !== first.kind) return false;
  return !("call" in next && "call" in first) || next.call === first.call;
}
