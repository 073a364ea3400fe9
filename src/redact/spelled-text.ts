/**
 * The characters of a text and the bytes that spell each of them: raw, as UTF-8, or as a JSON escape. A character is overwritten
 * by another that takes as many bytes, so that nothing around it moves and JSON stays JSON.
 */
import { ESCAPED } from "./text-path.js";

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const REPLACEMENT = 0xfffd;

/** Escapes of one letter, and what they mean. */
const SHORT: Readonly<Record<number, number>> = {
  34: 0x22,
  47: 0x2f,
  92: 0x5c,
  98: 0x08,
  102: 0x0c,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
};

/** A text over spans of a body: UTF-16 units, and where each is spelled. */
export class SpelledText {
  readonly text: string;
  /** By unit: its first byte, and how many there are; 0 for the second half of a raw surrogate pair. */
  readonly #offsets: Int32Array;
  readonly #lengths: Uint8Array;

  constructor(
    readonly body: Buffer,
    spans: readonly number[],
  ) {
    let bytes = 0;
    for (let i = 0; i < spans.length; i += 3) bytes += (spans[i + 1] as number) - (spans[i] as number);
    const units = new Uint16Array(bytes);
    this.#offsets = new Int32Array(bytes);
    this.#lengths = new Uint8Array(bytes);
    let count = 0;
    for (let i = 0; i < spans.length; i += 3) {
      count = this.#spell(units, count, spans[i] as number, spans[i + 1] as number, spans[i + 2] as number);
    }
    this.text = textOfUnits(units, count);
  }

  /** First byte of a unit. */
  offset(unit: number): number {
    return this.#offsets[unit] as number;
  }

  /** Bytes of a unit. */
  size(unit: number): number {
    return this.#lengths[unit] as number;
  }

  /** Overwrites a unit: by `ascii` where it takes one byte, else by a sign of as many bytes. */
  mask(unit: number, ascii: number): void {
    const at = this.offset(unit);
    const { body } = this;
    switch (this.size(unit)) {
      case 1:
        // A byte that is no UTF-8 stays one.
        if ((body[at] as number) < 0x80) body[at] = ascii;
        return;
      case 2:
        if (body[at] === BACKSLASH) body[at + 1] = 0x2f;
        else body.write("\u00d7", at, "utf8");
        return;
      case 3:
        body.write("\u2022", at, "utf8");
        return;
      case 4:
        body.write("\u{1f512}", at, "utf8");
        return;
      case 6: {
        const code = this.text.charCodeAt(unit);
        if (code >= 0xd800 && code <= 0xdbff) body.write("d83d", at + 2, "latin1");
        else if (code >= 0xdc00 && code <= 0xdfff) body.write("dd12", at + 2, "latin1");
        else body.write(hexInPlaceOf(code, ascii), at + 2, "latin1");
      }
    }
  }

  /** Makes a unit that is ASCII another one, where its spelling allows. */
  put(unit: number, ascii: number): void {
    const at = this.offset(unit);
    const size = this.size(unit);
    if (size === 1) this.body[at] = ascii;
    else if (size === 6) this.body.write(ascii.toString(16).padStart(4, "0"), at + 2, "latin1");
    else if (size === 2 && this.body[at] === BACKSLASH && ascii === 0x2f) this.body[at + 1] = ascii;
  }

  #spell(units: Uint16Array, from: number, start: number, end: number, form: number): number {
    const { body } = this;
    let count = from;
    for (let at = start; at < end; ) {
      const byte = body[at] as number;
      let size = 1;
      let code = byte;
      if (byte === BACKSLASH && form === ESCAPED && at + 1 < end) {
        const letter = body[at + 1] as number;
        const unit = letter === LETTER_U && at + 6 <= end ? hexAt(body, at + 2) : -1;
        size = unit >= 0 ? 6 : 2;
        code = unit >= 0 ? unit : (SHORT[letter] ?? letter);
        // What is no escape stays as it is: two characters.
        if (unit < 0 && SHORT[letter] === undefined) {
          size = 1;
          code = byte;
        }
      } else if (byte >= 0x80) {
        size = sizeAt(body, at, end);
        code = size === 0 ? REPLACEMENT : codeAt(body, at, size);
        size = size === 0 ? 1 : size;
      }
      this.#offsets[count] = at;
      this.#lengths[count] = size;
      if (code > 0xffff) {
        units[count] = 0xd800 + ((code - 0x10000) >> 10);
        count++;
        units[count] = 0xdc00 + ((code - 0x10000) & 0x3ff);
        this.#offsets[count] = at;
        this.#lengths[count] = 0;
      } else units[count] = code;
      count++;
      at += size;
    }
    return count;
  }
}

/** An escape that spells another character: one beyond ASCII stays beyond it, since tokens are counted otherwise there. */
export function hexInPlaceOf(code: number, ascii: number): string {
  return code < 0x80 ? ascii.toString(16).padStart(4, "0") : "00d7";
}

const CHUNK = 8_192;

function textOfUnits(units: Uint16Array, count: number): string {
  let text = "";
  for (let at = 0; at < count; at += CHUNK) {
    text += String.fromCharCode(...units.subarray(at, Math.min(count, at + CHUNK)));
  }
  return text;
}

function hexAt(body: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const unit = body[at + i] as number;
    const low = unit | 0x20;
    const digit = unit >= 0x30 && unit <= 0x39 ? unit - 0x30 : low >= 0x61 && low <= 0x66 ? low - 0x57 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** Bytes of the character that begins here; 0 where none does. */
function sizeAt(body: Uint8Array, at: number, end: number): number {
  const first = body[at] as number;
  const size =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (size === 0 || at + size > end) return 0;
  for (let i = 1; i < size; i++) if (((body[at + i] as number) & 0xc0) !== 0x80) return 0;
  const second = body[at + 1] as number;
  // Overlong forms, surrogates, and what lies beyond Unicode.
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second >= 0xa0) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second >= 0x90) return 0;
  return size;
}

function codeAt(body: Uint8Array, at: number, size: number): number {
  let code = (body[at] as number) & (size === 2 ? 0x1f : size === 3 ? 0x0f : 0x07);
  for (let i = 1; i < size; i++) code = (code << 6) | ((body[at + i] as number) & 0x3f);
  return code;
}

/** The text of spans, near enough to tell whether anything is to be looked for: where nothing is found here, nothing is there. */
export function quickText(body: Buffer, spans: readonly number[]): string {
  let text = "";
  for (let i = 0; i < spans.length; i += 3) {
    if (spans[i + 2] === ESCAPED) return new SpelledText(body, spans).text;
    text += body.toString("utf8", spans[i] as number, spans[i + 1] as number);
  }
  return text;
}
