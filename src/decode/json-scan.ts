/** Finds where a JSON value ends without parsing it, over any number of pieces: each character is looked at once. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Follows one object or array. What it takes for a value may still be no JSON. */
export class JsonScan {
  #depth = 0;
  #inText = false;
  #escaped = false;
  /** The value began, and has ended. */
  ended = false;

  /** Feeds a piece from an offset; returns the offset after the end of the value, or -1 when it goes on. */
  push(text: string, from = 0): number {
    for (let at = from; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (unit === BACKSLASH) this.#escaped = true;
        else if (unit === QUOTE) this.#inText = false;
      } else if (unit === QUOTE) this.#inText = true;
      else if (unit === 0x7b || unit === 0x5b) this.#depth++;
      else if ((unit === 0x7d || unit === 0x5d) && --this.#depth <= 0) {
        this.ended = true;
        return at + 1;
      }
    }
    return -1;
  }
}

/** Several JSON values that share a text, with `[DONE]` among them; `rest` is what is no value. */
export function splitValues(text: string): { values: string[]; rest: string } {
  const values: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isBetween(text.charCodeAt(at))) at++;
    if (text.startsWith("data:", at)) {
      at += "data:".length;
      continue;
    }
    if (at >= text.length) return { values, rest: "" };
    const first = text[at];
    const done = text.startsWith("[DONE]", at);
    const end = done ? at + "[DONE]".length : first === "{" || first === "[" ? new JsonScan().push(text, at) : -1;
    if (end < 0) return { values, rest: text.slice(at) };
    values.push(text.slice(at, end));
    at = end;
  }
}

/** White space, or the comma and the record separator that some put between values. */
function isBetween(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09 || unit === 0x2c || unit === 0x1e;
}
