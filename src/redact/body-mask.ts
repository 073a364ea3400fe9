/** A text as a person reads it, also where it is JSON itself: arguments, and answers in a format that was asked for. */
import { hexInPlaceOf, type SpelledText } from "./spelled-text.js";

/** What became of a body. */
export interface BodyMask {
  /** Pieces that were masked. */
  readonly pieces: number;
  readonly changed: boolean;
}

export interface TextView {
  readonly text: string;
  /** Overwrites characters so that what they stand in stays what it is: JSON within a text too. */
  mask(start: number, end: number, ascii: number): void;
}

/** Whether a text may be JSON: bounded, since it is asked of every text. */
export function isJsonLike(text: string): boolean {
  return /^\s{0,200}[[{]/.test(text);
}

export function textView(spelled: SpelledText, json: boolean): TextView {
  return json && spelled.text.includes("\\") ? new JsonTextView(spelled) : new PlainView(spelled);
}

/** A bare number of JSON: digits of its own are put in its place. */
const BARE_BEFORE = /[:,[]\s{0,20}$/;
const BARE_AFTER = /^\s{0,20}[,}\]]/;
const ONE = 0x31;

function isBareNumber(text: string, start: number, end: number): boolean {
  return (
    /^-?\d[\d.eE+-]*$/.test(text.slice(start, end)) &&
    BARE_BEFORE.test(text.slice(Math.max(0, start - 21), start)) &&
    BARE_AFTER.test(text.slice(end, end + 21))
  );
}

function maskDigits(spelled: SpelledText, unit: number): void {
  const code = spelled.text.charCodeAt(unit);
  if (code >= 0x30 && code <= 0x39) spelled.mask(unit, ONE);
}

class PlainView implements TextView {
  readonly text: string;

  constructor(readonly spelled: SpelledText) {
    this.text = spelled.text;
  }

  mask(start: number, end: number, ascii: number): void {
    const bare = isBareNumber(this.text, start, end);
    for (let unit = start; unit < end; unit++) {
      if (bare) maskDigits(this.spelled, unit);
      else this.spelled.mask(unit, ascii);
    }
  }
}

/** A text with the escapes in it read: each character knows the units that spell it. */
class JsonTextView implements TextView {
  readonly text: string;
  readonly #starts: Int32Array;

  constructor(readonly spelled: SpelledText) {
    const { text } = spelled;
    this.#starts = new Int32Array(text.length + 1);
    const parts: string[] = [];
    let count = 0;
    let plainFrom = 0;
    for (let at = 0; at < text.length; ) {
      this.#starts[count++] = at;
      const size = escapeSize(text, at);
      if (size > 1) {
        parts.push(text.slice(plainFrom, at), meaningOf(text, at, size));
        plainFrom = at + size;
      }
      at += size;
    }
    parts.push(text.slice(plainFrom));
    this.text = parts.join("");
    this.#starts[count] = text.length;
  }

  mask(start: number, end: number, ascii: number): void {
    const { spelled } = this;
    const bare = isBareNumber(this.text, start, end);
    for (let character = start; character < end; character++) {
      const unit = this.#starts[character] as number;
      const size = (this.#starts[character + 1] as number) - unit;
      if (size === 2) spelled.put(unit + 1, SLASH);
      else if (size === 6) putHex(spelled, unit, ascii);
      else if (bare) maskDigits(spelled, unit);
      else spelled.mask(unit, ascii);
    }
  }
}

const SLASH = 0x2f;

/** Makes the escape that begins at a unit spell another character; half of a pair stays one. */
export function putHex(spelled: SpelledText, unit: number, ascii: number): void {
  const value = Number.parseInt(spelled.text.slice(unit + 2, unit + 6), 16);
  const hex =
    value >= 0xd800 && value <= 0xdbff
      ? "d83d"
      : value >= 0xdc00 && value <= 0xdfff
        ? "dd12"
        : hexInPlaceOf(value, ascii);
  for (let i = 0; i < 4; i++) spelled.put(unit + 2 + i, hex.charCodeAt(i));
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '"',
  "/": "/",
  "\\": "\\",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Units of the escape that begins here; 1 where none does. */
export function escapeSize(text: string, at: number): number {
  if (text[at] !== "\\") return 1;
  if (text[at + 1] === "u" && /^[0-9a-f]{4}$/i.test(text.slice(at + 2, at + 6))) return 6;
  return SHORT[text[at + 1] ?? ""] === undefined ? 1 : 2;
}

/** What it spells: one unit. */
export function meaningOf(text: string, at: number, size: number): string {
  if (size === 6) return String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 6), 16));
  return SHORT[text[at + 1] as string] as string;
}
