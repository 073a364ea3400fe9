/**
 * What an answer says, as a set of hashed word pairs: small enough to keep for every answer, and near enough to tell how far
 * two answers lie apart. Not reversible to the text.
 */
import type { Completion } from "../decode/completion.js";

/** Answers of later rounds have none: distances of a case grow with the square of its rounds. */
export const SKETCHED_ROUNDS = 20;

/** The smallest hashes of a set estimate its overlap with another (Broder 1997); this many are enough for ± 3 %. */
const MAX_HASHES = 256;

/** Ascending hashes; `whole` when the answer has no more than are kept. */
export interface Sketch {
  readonly hashes: Uint32Array;
  readonly whole: boolean;
}

export function sketchOf({ content, refusal, toolCalls }: Completion): Sketch {
  const calls = toolCalls.map(({ name, argumentsText }) => `${name} ${argumentsText ?? ""}`);
  const words =
    [content ?? "", refusal ?? "", ...calls]
      .join(" ")
      .normalize("NFC")
      .match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
  const hashes = new Set<number>();
  let previous = 0x811c9dc5;
  for (const word of [...words, ""]) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
    hashes.add(mixed(Math.imul(previous, 31) + hash));
    previous = hash;
  }
  const sorted = Uint32Array.from(hashes).sort();
  return { hashes: sorted.slice(0, MAX_HASHES), whole: sorted.length <= MAX_HASHES };
}

/** murmur3's finaliser: neighbouring sums end far apart. */
function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Jaccard distance, 0 (the same) to 1 (nothing in common). */
export function sketchDistance(a: Sketch, b: Sketch): number {
  const limit = a.whole && b.whole ? Number.POSITIVE_INFINITY : MAX_HASHES;
  let i = 0;
  let j = 0;
  let union = 0;
  let common = 0;
  while (union < limit && (i < a.hashes.length || j < b.hashes.length)) {
    const left = a.hashes[i] ?? Number.POSITIVE_INFINITY;
    const right = b.hashes[j] ?? Number.POSITIVE_INFINITY;
    if (left === right) common++;
    if (left <= right) i++;
    if (right <= left) j++;
    union++;
  }
  return union === 0 ? 0 : 1 - common / union;
}
