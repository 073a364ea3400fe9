/**
 * Removes keys from an exchange before it is written. A key is masked by as many asterisks as it has bytes, in
 * place, so that reads keep their boundaries and timing still scores.
 */

import { AnomalyLog } from "../decode/anomaly-log.js";
import { openReads } from "../decode/compression.js";
import { header } from "../recording/headers.js";
import { decodeBytes, encodeBytes } from "../recording/reads.js";
import type { Attempt, Exchange, Outcome, RecordedRead } from "../recording/recording.js";

/** The exchange without any of the keys; the same object when none occurs. */
export function withoutKeys(exchange: Exchange, keys: readonly string[]): Exchange {
  const pattern = patternOf(keys);
  if (pattern === null) return exchange;
  return { ...exchange, attempts: exchange.attempts.map((attempt) => cleanAttempt(attempt, pattern)) };
}

/** The text with each key replaced by asterisks, also where JSON escaped it. */
export function maskKeys(text: string, keys: readonly string[]): string {
  const pattern = patternOf(keys);
  return pattern === null ? text : masked(text, pattern);
}

function masked(text: string, pattern: RegExp): string {
  return text.replace(pattern, (found) => "*".repeat(found.length));
}

/** Any of the keys, longest first: one may begin with another. Keys are printable ASCII. */
function patternOf(keys: readonly string[]): RegExp | null {
  const written = keys.flatMap((key) => [key, Buffer.from(key).toString("base64").replace(/=+$/, "")]);
  const maskable = [...new Set(written)].sort((a, b) => b.length - a.length);
  if (maskable.length === 0) return null;
  return new RegExp(maskable.map((key) => [...key].map(escapesOf).join("")).join("|"), "gi");
}

/** A character as JSON or a URL may write it: as itself, behind a backslash, as \\u00xx, or as %xx. */
function escapesOf(character: string): string {
  const literal = character.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const hex = character.charCodeAt(0).toString(16).padStart(4, "0");
  // Only these may stand behind a backslash of their own; before another character it belongs to what came before.
  const escaped = '"\\/'.includes(character) ? "\\\\?" : "";
  return `(?:${escaped}${literal}|\\\\u${hex}|%${hex.slice(2)})`;
}

function cleanAttempt(given: Attempt, pattern: RegExp): Attempt {
  const attempt = openedIfItEchoes(given, pattern);
  return {
    ...attempt,
    ...(attempt.headers === undefined
      ? {}
      : { headers: attempt.headers.map(([name, value]) => [masked(name, pattern), masked(value, pattern)] as const) }),
    reads: cleanReads(attempt.reads, pattern),
    outcome: cleanOutcome(attempt.outcome, pattern),
  };
}

/**
 * A compressed body is searched as what it holds. Where that has a key, the body is written down opened, as if identity
 * had been sent: asterisks cannot be put into compressed bytes.
 */
function openedIfItEchoes(attempt: Attempt, pattern: RegExp): Attempt {
  const coding = header(attempt, "content-encoding") ?? "identity";
  if (coding === "identity" || coding === "") return attempt;
  const reads = attempt.reads.map(([, bytes]) => decodeBytes(bytes));
  const { pieces, problem } = openReads(attempt, reads, new AnomalyLog());
  if (problem !== null || Buffer.concat(pieces).toString("latin1").search(pattern) < 0) return attempt;
  return {
    ...attempt,
    headers: (attempt.headers ?? []).map(([name, value]) => [name, name === "content-encoding" ? "identity" : value]),
    reads: attempt.reads.map(([atNs], index) => [atNs, encodeBytes(pieces[index] ?? Buffer.alloc(0))]),
  };
}

function cleanOutcome(outcome: Outcome, pattern: RegExp): Outcome {
  return "message" in outcome ? { ...outcome, message: masked(outcome.message, pattern) } : outcome;
}

/** A key may lie across reads, so the whole body is searched and each read is cut from the masked bytes. */
function cleanReads(reads: readonly RecordedRead[], pattern: RegExp): readonly RecordedRead[] {
  const parts = reads.map(([, bytes]) => decodeBytes(bytes));
  const body = Buffer.concat(parts);
  let found = false;
  // One character a byte: what is matched has the offsets and the length of the bytes.
  for (const match of body.toString("latin1").matchAll(pattern)) {
    body.fill("*", match.index, match.index + match[0].length);
    found = true;
  }
  if (!found) return reads;
  let start = 0;
  return reads.map(([atNs], index) => {
    const length = parts[index]?.length ?? 0;
    const bytes = body.subarray(start, start + length);
    start += length;
    return [atNs, encodeBytes(bytes)] as const;
  });
}
