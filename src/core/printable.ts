/**
 * What an endpoint sends is hostile: before it reaches a terminal or a page, control sequences become visible text.
 */

// C0 (without tab and line feed), DEL, C1, bidirectional overrides and isolates, zero-width and line separators.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is looked for
const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** The text with every control character and direction override replaced by a visible escape such as `\u{202e}`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === "\r" ? "\\r" : `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
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
