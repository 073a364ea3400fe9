/**
 * What an endpoint sends is hostile: before it reaches a terminal or a page, control sequences become visible text.
 */

const UNSAFE_RANGES = [
  "\\u0000-\\u0008\\u000b-\\u001f", // C0 without tab and line feed
  "\\u007f-\\u009f", // DEL and C1
  "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069", // direction marks, overrides, isolates
  "\\u2028\\u2029\\ufeff", // separators that are line ends in some places, and the BOM
  "\\u206a-\\u206f\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}", // deprecated formats, annotations, tags: text that nobody sees
];
const UNSAFE = new RegExp(`[${UNSAFE_RANGES.join("")}]`, "gu");

/** The text with every control character and direction override replaced by a visible escape such as `\u{202e}`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === "\r" ? "\\r" : `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}

/** A value as indented JSON that a terminal may show: the same value, in which no control character stands as itself. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNSAFE, (characters) =>
    // A program reads it: the escapes are those of JSON, half a surrogate pair at a time.
    Array.from(
      { length: characters.length },
      (_, index) => `\\u${characters.charCodeAt(index).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/** As {@link printable}, on one line and at most `maxCharacters` long, with `…` where it was cut. */
export function printableLine(text: string, maxCharacters = 200): string {
  const line = printable(text.slice(0, maxCharacters * 4)).replace(/[\n\t]/g, (character) =>
    character === "\n" ? "⏎" : " ",
  );
  const characters = [...line];
  return characters.length > maxCharacters || text.length > maxCharacters * 4
    ? `${characters.slice(0, Math.max(0, maxCharacters - 1)).join("")}…`
    : line;
}
