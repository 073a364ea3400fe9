/** The bytes of an attempt as one body, opened where they came compressed, and cut into its reads again. */
import { AnomalyLog } from "../decode/anomaly-log.js";
import { openReads } from "../decode/compression.js";
import { header } from "../recording/headers.js";
import { decodeBytes, encodeBytes } from "../recording/reads.js";
import type { Attempt } from "../recording/recording.js";

export interface OpenedBody {
  /** Free to be overwritten: no other has these bytes. */
  readonly body: Buffer;
  /** Of each read. */
  readonly lengths: readonly number[];
  /** How it was compressed; null when it was not. */
  readonly coding: string | null;
  /** It is compressed, and nobody here can open it. */
  readonly closed: boolean;
}

export function openedBody(attempt: Attempt): OpenedBody {
  const reads = attempt.reads.map(([, bytes]) => decodeBytes(bytes));
  const given = header(attempt, "content-encoding")?.trim() ?? "";
  if (given === "" || given.toLowerCase() === "identity") return { ...joined(reads), coding: null, closed: false };
  const { pieces, problem } = openReads(attempt, reads, new AnomalyLog());
  if (problem !== null) return { ...joined(reads), coding: null, closed: true };
  const opened = pieces !== reads && pieces.some((piece, index) => piece !== reads[index]);
  return { ...joined(reads.map((_, index) => pieces[index] ?? EMPTY)), coding: opened ? given : null, closed: false };
}

const EMPTY = Buffer.alloc(0);

function joined(pieces: readonly Buffer[]): { body: Buffer; lengths: readonly number[] } {
  return { body: Buffer.concat(pieces), lengths: pieces.map(({ length }) => length) };
}

/**
 * The attempt with a body that was overwritten. Masks cannot be put into compressed bytes, so that a compressed body is written
 * down opened, as if identity had been sent; `openedFrom` keeps what it was.
 */
export function withBody(attempt: Attempt, { body, lengths, coding }: OpenedBody): Attempt {
  let start = 0;
  const reads = attempt.reads.map(([atNs], index) => {
    const bytes = body.subarray(start, start + (lengths[index] ?? 0));
    start += bytes.length;
    return [atNs, encodeBytes(bytes)] as const;
  });
  if (coding === null) return { ...attempt, reads };
  const headers = (attempt.headers ?? []).map(
    ([name, value]) => [name, name === "content-encoding" ? "identity" : value] as const,
  );
  return { ...attempt, headers, reads, openedFrom: coding.slice(0, 100) };
}
