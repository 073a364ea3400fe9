/** What the bytes say of their characters: decoding hides where a server sent none. */
import { isUtf8 } from "node:buffer";
import type { AnomalyLog } from "./anomaly-log.js";

const REPLACEMENT = "\ufffd";
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

/**
 * Notes bytes that are no UTF-8, and characters that the server itself replaced.
 * @param said everything the answer said, where a replacement may stand as a JSON escape.
 * @param ended whether the endpoint ended the answer: otherwise half a character at its end is nobody's fault.
 */
export function noteCharacters(
  pieces: readonly Buffer[],
  said: readonly string[],
  ended: boolean,
  log: AnomalyLog,
): void {
  const suspect = said.find((text) => text.includes(REPLACEMENT));
  if (suspect === undefined && pieces.every((piece) => isUtf8(piece))) return;
  const bytes = Buffer.concat(pieces);
  const valid = isUtf8(bytes);
  if (suspect === undefined && valid) return;
  const bad = valid ? -1 : invalidAt(bytes);
  if (bad >= 0 && (ended || bytes.length - bad > 3)) {
    log.note("invalid-utf8", `bytes ${bytes.subarray(bad, bad + 8).toString("hex")}`, readOf(pieces, bad));
  }
  const sent = bytes.indexOf(REPLACEMENT_BYTES);
  if (sent >= 0) {
    const around = bytes.toString("utf8", Math.max(0, sent - 40), sent + 40);
    log.note("replacement-character", around, readOf(pieces, sent + REPLACEMENT_BYTES.length - 1));
  } else if (bad < 0 && suspect !== undefined) {
    const at = suspect.indexOf(REPLACEMENT);
    log.note("replacement-character", suspect.slice(Math.max(0, at - 40), at + 40));
  }
}

const BLOCK = 4_096;

/** The offset of the first byte that begins no whole character; -1 where every one does. */
function invalidAt(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    let end = Math.min(at + BLOCK, bytes.length);
    for (let back = 0; back < 3 && isContinuation(bytes[end]); back++) end--;
    if (!isUtf8(bytes.subarray(at, end))) break;
    at = end;
  }
  for (let size = 1; at < bytes.length; at += size) {
    const first = bytes[at] ?? 0;
    size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (at + size > bytes.length || !isUtf8(bytes.subarray(at, at + size))) return at;
  }
  return -1;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function readOf(pieces: readonly Buffer[], offset: number): number {
  let end = 0;
  for (const [read, piece] of pieces.entries()) {
    end += piece.length;
    if (offset < end) return read;
  }
  return Math.max(0, pieces.length - 1);
}
