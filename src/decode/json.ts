/** Access to JSON from an endpoint: anything may be anything, so nothing here throws. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text, or null for anything else and for the empty string. */
export function asText(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** More tokens than any request can have: beyond it a count is noise, and sums of it would not be exact. */
const MAX_COUNT = 1e9;

/** A count: a number from 0 to a billion, rounded; null for anything else. */
export function asCount(value: unknown): number | null {
  return typeof value === "number" && value >= 0 && value <= MAX_COUNT ? Math.round(value) : null;
}

/** The value of JSON text, or undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Unicode characters (code points) of a text. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next <= 0xdfff) {
        count--;
        i++;
      }
    }
  }
  return count;
}

/** A value as text for a person: text as it is, anything else as JSON; empty where it has none. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    // Parsing is not bounded in depth, and writing is: a value nested ten thousand deep cannot be written.
    return JSON.stringify(value) ?? "";
  } catch {
    return "";
  }
}
