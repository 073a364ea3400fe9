/**
 * How checks quote what they saw: short, on one line, never cut inside a character. Escaping for a terminal or a
 * page is the report's.
 */

/** The longest evidence of a finding, in code points. */
const MAX_EVIDENCE = 200;

/** The first `max` code points, with `…` in place of the last one where something was cut. */
export function cut(text: string, max: number = MAX_EVIDENCE): string {
  if (text.length <= max) return text;
  const characters = Array.from(text.slice(0, max * 2));
  return characters.length > max || text.length > max * 2 ? `${characters.slice(0, max - 1).join("")}…` : text;
}

/** A value as one line of JSON, cut to `max` code points; for values that JSON cannot say, a word in brackets. */
export function shown(value: unknown, max = 80): string {
  // A hostile text may be megabytes long: cut before it is quoted, not after.
  if (typeof value === "string" && value.length > max) return cut(JSON.stringify(cut(value, max)), max + 2);
  try {
    return cut(JSON.stringify(value) ?? "[nothing]", max);
  } catch {
    return "[nested too deeply to print]";
  }
}
