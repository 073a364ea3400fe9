/**
 * Removes keys from an exchange before it is written. A key is masked by as many asterisks as it has bytes, in
 * place, so that reads keep their boundaries and timing still scores.
 */

import { decodeBytes, encodeBytes } from "../recording/reads.js";
import type { Attempt, Exchange, Outcome, RecordedRead } from "../recording/recording.js";

/** The exchange without any of the keys; the same object when none occurs. */
export function withoutKeys(exchange: Exchange, keys: readonly string[]): Exchange {
  if (keys.length === 0) return exchange;
  return { ...exchange, attempts: exchange.attempts.map((attempt) => cleanAttempt(attempt, keys)) };
}

/** The text with each key replaced by asterisks. */
export function maskKeys(text: string, keys: readonly string[]): string {
  return keys.reduce((clean, key) => clean.replaceAll(key, "*".repeat(key.length)), text);
}

function cleanAttempt(attempt: Attempt, keys: readonly string[]): Attempt {
  return {
    ...attempt,
    ...(attempt.headers === undefined
      ? {}
      : { headers: attempt.headers.map(([name, value]) => [maskKeys(name, keys), maskKeys(value, keys)] as const) }),
    reads: cleanReads(attempt.reads, keys),
    outcome: cleanOutcome(attempt.outcome, keys),
  };
}

function cleanOutcome(outcome: Outcome, keys: readonly string[]): Outcome {
  return "message" in outcome ? { ...outcome, message: maskKeys(outcome.message, keys) } : outcome;
}

/** A key may lie across reads, so the whole body is searched and each read is cut from the masked bytes. */
function cleanReads(reads: readonly RecordedRead[], keys: readonly string[]): readonly RecordedRead[] {
  const parts = reads.map(([, bytes]) => decodeBytes(bytes));
  const body = Buffer.concat(parts);
  let found = false;
  for (const key of keys) {
    const needle = Buffer.from(key, "utf8");
    for (let at = body.indexOf(needle); at >= 0; at = body.indexOf(needle, at + needle.length)) {
      body.fill("*", at, at + needle.length);
      found = true;
    }
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
