/** Log probabilities that only look like ones: seeded by the text, in OpenAI's shape. */
import { seededRandom } from "../core/random.js";
import { lorem } from "./invented.js";
import type { Piece } from "./pieces.js";

/** One entry a content piece; `from` is the ordinal of the first piece among the answer's tokens. */
export function logprobsOf(pieces: readonly Piece[], from: number, top: number, seed: number): object[] {
  return pieces.flatMap((piece, at) => (piece.kind === "content" ? [logprobOf(piece.text, from + at, top, seed)] : []));
}

function logprobOf(text: string, index: number, top: number, seed: number): object {
  const random = seededRandom(seed, `logprob/${index}/${text}`);
  const own = tokenLogprob(text, -random.next());
  const others = Array.from({ length: Math.max(0, top - 1) }, (_, rank) =>
    tokenLogprob(` ${lorem(text, rank + 1).slice(0, 5)}`, own.logprob - 2 - rank - random.next()),
  );
  return { ...own, top_logprobs: top === 0 ? [] : [own, ...others] };
}

function tokenLogprob(token: string, logprob: number): { token: string; logprob: number; bytes: number[] } {
  return { token, logprob: Math.round(logprob * 1e6) / 1e6, bytes: [...Buffer.from(token)] };
}
