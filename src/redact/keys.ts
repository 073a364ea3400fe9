/**
 * Removes keys from an exchange before it is written. A key is masked by as many asterisks as it has bytes, in place, so
 * that reads keep their boundaries and timing still scores. It is looked for in the bytes, and in the texts that they spell:
 * a key may lie over many events.
 */
import type { Attempt, Exchange, Outcome } from "../recording/recording.js";
import { patternOf, starred } from "./key-pattern.js";
import { overwriteMatches } from "./matches.js";
import { openedBody, withBody } from "./opened.js";

/** The exchange without any of the keys; the same object when none occurs. */
export function withoutKeys(exchange: Exchange, keys: readonly string[]): Exchange {
  const pattern = patternOf(keys);
  if (pattern === null) return exchange;
  return { ...exchange, attempts: exchange.attempts.map((attempt) => cleanAttempt(attempt, pattern, keys)) };
}

/** The text with each key replaced by asterisks, also where JSON, a URL or HTML escaped it. */
export function maskKeys(text: string, keys: readonly string[]): string {
  const pattern = patternOf(keys);
  return pattern === null ? text : starred(text, pattern);
}

/** Any value of JSON with the keys masked in all of its texts; the same value when none occurs. */
export function maskKeysIn<T>(value: T, keys: readonly string[]): T {
  const pattern = patternOf(keys);
  if (pattern === null || JSON.stringify(value).search(pattern) < 0) return value;
  return deepStarred(value, pattern) as T;
}

function deepStarred(value: unknown, pattern: RegExp): unknown {
  if (typeof value === "string") return starred(value, pattern);
  if (Array.isArray(value)) return value.map((each) => deepStarred(each, pattern));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [starred(key, pattern), deepStarred(each, pattern)]),
  );
}

function cleanAttempt(attempt: Attempt, pattern: RegExp, keys: readonly string[]): Attempt {
  const clean = {
    ...attempt,
    ...(attempt.headers === undefined
      ? {}
      : {
          headers: attempt.headers.map(([name, value]) => [starred(name, pattern), starred(value, pattern)] as const),
        }),
    outcome: cleanOutcome(attempt.outcome, pattern),
  };
  const opened = openedBody(attempt);
  return overwriteMatches(opened.body, pattern, keys) ? withBody(clean, opened) : clean;
}

function cleanOutcome(outcome: Outcome, pattern: RegExp): Outcome {
  return "message" in outcome ? { ...outcome, message: starred(outcome.message, pattern) } : outcome;
}
