/**
 * JSON values as answers carry them: parsed within bounds, compared by what they mean.
 */
import { canonicalJson } from "../core/digest.js";

/** An answer longer than this (UTF-16 code units) is not read as JSON. */
const MAX_JSON_TEXT = 2_000_000;

export type JsonObject = Readonly<Record<string, unknown>>;

/** Parsed JSON, or the parser's own words for why it is none. */
export type ParsedJson = { readonly value: unknown } | { readonly problem: string };

/** Parses a whole text, surrounding white space allowed. Never throws. */
export function parseJson(text: string): ParsedJson {
  if (text.length > MAX_JSON_TEXT) return { problem: `longer than ${MAX_JSON_TEXT} characters` };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** A JSON object: not null, not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How two values are compared; both are off by default. */
export interface Sameness {
  /** Strings are compared in lower case. */
  readonly ignoreCase?: boolean;
  /** Lists are compared as multisets, at every depth. */
  readonly unordered?: boolean;
}

/**
 * Deep equality. Keys in any order; numbers as numbers; strings after NFC and trim; nothing is coerced. Its depth
 * and time are bounded by `expected`, the side that a person wrote.
 */
export function sameJson(expected: unknown, actual: unknown, how: Sameness = {}): boolean {
  if (typeof expected === "string") {
    return typeof actual === "string" && plainText(expected, how) === plainText(actual, how);
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return false;
    return how.unordered
      ? sameMembers(expected, actual, how)
      : expected.every((item, index) => sameJson(item, actual[index], how));
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return false;
    const keys = Object.keys(expected);
    return (
      keys.length === Object.keys(actual).length &&
      keys.every((key) => Object.hasOwn(actual, key) && sameJson(expected[key], actual[key], how))
    );
  }
  return expected === actual;
}

/** Equality is transitive, so taking the first free equal member is as good as any other. */
function sameMembers(expected: readonly unknown[], actual: readonly unknown[], how: Sameness): boolean {
  const free = [...actual];
  return expected.every((item) => {
    const at = free.findIndex((candidate) => sameJson(item, candidate, how));
    if (at >= 0) free.splice(at, 1);
    return at >= 0;
  });
}

function plainText(text: string, how: Sameness): string {
  const plain = text.normalize("NFC").trim();
  return how.ignoreCase ? plain.toLowerCase() : plain;
}

/** A text that two values share when they are the same JSON; null when the value is nested too deeply to say. */
export function canonicalText(value: unknown): string | null {
  try {
    return canonicalJson(value).normalize("NFC");
  } catch {
    return null;
  }
}
