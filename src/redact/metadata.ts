/**
 * Takes every word out of an attempt and leaves its shape: letters and digits are overwritten, everything by which an answer is
 * decoded and timed stays. White space, punctuation and the number of characters stay, and JSON within a text stays JSON.
 */
import { areFloats } from "../decode/embeddings.js";
import type { Attempt } from "../recording/recording.js";
import { WAKING_WORDS } from "../recording/waking.js";
import { escapeSize, isJsonLike, putHex } from "./body-mask.js";
import { maskNumbers } from "./matches.js";
import { openedBody, withBody } from "./opened.js";
import { SpelledText } from "./spelled-text.js";
import { ESCAPED, RAW, SCALAR, type TextStream, withoutScalars } from "./text-path.js";
import { isIdentifier, textsIn } from "./text-scan.js";

const LETTER = 0x78;
const DIGIT = 0x31;

export function metadataAttempt(attempt: Attempt): Attempt {
  const headers = attempt.headers?.map(([name, value]) => [name, keptHeader(name, value)] as const);
  const clean: Attempt = headers === undefined ? attempt : { ...attempt, headers };
  const opened = openedBody(attempt);
  if (opened.body.length === 0) return clean;
  if (opened.closed) return withBody(clean, { ...opened, body: Buffer.alloc(opened.body.length) });
  maskBody(opened.body, (attempt.status ?? 0) >= 400 ? ERROR_MARKERS : MARKERS);
  return withBody(clean, opened);
}

/** Words of the endpoint's outside its answers: letters and digits are overwritten, a status stays. */
export function metadataText(text: string): string {
  const status = /^HTTP \d{3}/.exec(text)?.[0] ?? "";
  return status + text.slice(status.length).replace(/\p{L}/gu, "x").replace(/\p{N}/gu, "1");
}

/** Headers that say how an answer came, not whose it is. */
const KEPT =
  /^(?:content-(?:type|encoding|length)|transfer-encoding|connection|keep-alive|date|age|server|server-timing|via|vary|cache-control|expires|pragma|alt-svc|retry-after(?:-ms)?|x-should-retry|openai-processing-ms|openai-version|x-ratelimit-[\w-]+|ratelimit[\w-]*|x-request-id|request-id|x-amzn-requestid|apim-request-id|x-ms-request-id|x-trace-id|cf-ray|x-twintail-[\w-]+|x-accel-buffering|x-cache(?:-[\w-]+)?|[\w-]*cache(?:-status)?)$/;

function keptHeader(name: string, value: string): string {
  if (KEPT.test(name) || (OF_RETRIES.test(name) && /^\d{1,3}$/.test(value))) return value;
  if (name !== "location") return overwritten(value);
  // Where a redirect leads is what it says; what stands behind the path may be anybody's.
  const query = value.search(/[?#]/);
  return query < 0 ? value : value.slice(0, query + 1) + overwritten(value.slice(query + 1));
}

/** Counts that hops set, such as `x-envoy-attempt-count`. */
const OF_RETRIES = /retr(?:y|ies)|attempt/;

/** The mask of a key stays: that the endpoint sent it back is a fact about it. */
function overwritten(value: string): string {
  return value.replace(/[^*]/g, "#");
}

/**
 * What decoding looks for in a text: reasoning inside content, calls that leaked, a page in place of JSON. It waits for the rest
 * of a tag that has begun, so that beginnings stay too.
 */
const MARKERS =
  /<\/?think>|<tool_call>|<\|tool_calls?(?:_section)?_begin\|>|<function=|<\|python_tag\|>|\[TOOL_CALLS\]|<｜tool▁calls▁begin｜>|<(?:!doctype|html|head|body)|<\/?title|<\/?(?:t(?:h(?:i(?:nk?)?)?)?)?/gi;

/** Words of an error by which a cold start is told from an outage, and a model that is not there from an address that is not. */
const ERROR_MARKERS = new RegExp(`${MARKERS.source}|${WAKING_WORDS.source}|\\bmodel\\b`, "gi");

function maskBody(body: Buffer, markers: RegExp): void {
  const { streams, whole, numbers, keys } = textsIn(body);
  const kept = new Kept(body.length);
  for (const stream of [...streams, whole]) markersIn(body, stream, markers, kept);
  for (const stream of streams) maskStream(body, stream, kept);
  maskNumbers(body, numbers);
  for (let i = 0; i < keys.length; i += 3)
    maskKey(body, keys[i] as number, keys[i + 1] as number, keys[i + 2] as number);
}

/** Bytes that stay what they are. */
class Kept {
  #bytes: Uint8Array | null = null;

  constructor(readonly length: number) {}

  add(offset: number): void {
    this.#bytes ??= new Uint8Array(this.length);
    this.#bytes[offset] = 1;
  }

  has(offset: number): boolean {
    return this.#bytes !== null && this.#bytes[offset] === 1;
  }
}

const NOTHING = new Kept(0);

/** Bytes of the markers of a stream. */
function markersIn(body: Buffer, { kind, spans }: TextStream, markers: RegExp, kept: Kept): void {
  if (kind === "aside" || kind === "embedding") return;
  if (markers === MARKERS && !mayHoldMarker(body, spans)) return;
  const spelled = new SpelledText(body, spans);
  for (const match of spelled.text.matchAll(markers)) {
    for (let unit = match.index; unit < match.index + match[0].length; unit++) kept.add(spelled.offset(unit));
  }
}

function mayHoldMarker(body: Buffer, spans: readonly number[]): boolean {
  for (let i = 0; i < spans.length; i += 3) {
    for (let at = spans[i] as number; at < (spans[i + 1] as number); at++) {
      const unit = body[at];
      // `<`, `[`, and a backslash that may spell one of them.
      if (unit === 0x3c || unit === 0x5b || unit === 0x5c) return true;
    }
  }
  return false;
}

function maskStream(body: Buffer, stream: TextStream, kept: Kept): void {
  const { kind, spans, fragments } = stream;
  if (kind === "embedding") {
    for (let i = 0; i < spans.length; i += 3) maskVector(new SpelledText(body, spans.slice(i, i + 3)));
    return;
  }
  if (kind === "name" && isName(body, spans)) return;
  if (kind === "label" && spans.every((end, i) => i % 3 !== 1 || end - (spans[i - 1] as number) <= MAX_LABEL)) return;
  if (spans[2] === RAW || spans[2] === SCALAR) {
    maskText(new SpelledText(body, withoutScalars(spans)), false, kept);
    return;
  }
  if (fragments) {
    maskText(new SpelledText(body, spans), kind === "arguments", kept);
    return;
  }
  // Each is a whole text of its own: what is open at the end of one is none of the next.
  for (let i = 0; i < spans.length; i += 3)
    maskText(new SpelledText(body, spans.slice(i, i + 3)), kind === "arguments", kept);
}

const MAX_NAME = 256;
const MAX_LABEL = 100;

/** The name of a function, also where it comes in pieces; nothing that a person would write. */
function isName(body: Buffer, spans: readonly number[]): boolean {
  let length = 0;
  for (let i = 0; i < spans.length; i += 3) {
    const [start, end] = [spans[i] as number, spans[i + 1] as number];
    if (!isIdentifier(body, start, end)) return false;
    length = Math.max(length, end - start);
  }
  return length <= MAX_NAME;
}

function maskText(spelled: SpelledText, json: boolean, kept: Kept): void {
  if (json || isJsonLike(spelled.text)) {
    maskJson(spelled, kept);
    return;
  }
  for (let unit = 0; unit < spelled.text.length; unit++) maskUnit(spelled, unit, kept);
}

function maskUnit(spelled: SpelledText, unit: number, kept: Kept): void {
  const ascii = maskOf(spelled.text.charCodeAt(unit));
  if (ascii !== null && !kept.has(spelled.offset(unit))) spelled.mask(unit, ascii);
}

/** What takes the place of a character: null for one that stays. */
function maskOf(code: number): number | null {
  if (code < 0x80) {
    if (code >= 0x30 && code <= 0x39) return DIGIT;
    const lower = code | 0x20;
    return lower >= 0x61 && lower <= 0x7a ? LETTER : null;
  }
  // U+FFFD is a fact about the wire.
  return code === 0xfffd || /\s/.test(String.fromCharCode(code)) ? null : LETTER;
}

const WORDS = ["true", "false", "null"] as const;
const WORD = /[A-Za-z]+/y;
const NUMBER = /[\d.]+(?:[eE][+-]?\d*)?/y;

/** Words of JSON, escapes and the beginnings of numbers stay what they are. What is no JSON does not become any. */
function maskJson(spelled: SpelledText, kept: Kept): void {
  const { text } = spelled;
  let inside = false;
  for (let at = 0; at < text.length; ) {
    const character = text[at] as string;
    if (character === '"') {
      inside = !inside;
      at++;
    } else if (inside) {
      const size = escapeSize(text, at);
      if (size === 6) {
        const ascii = maskOf(Number.parseInt(text.slice(at + 2, at + 6), 16));
        if (ascii !== null) putHex(spelled, at, ascii);
      } else if (size === 1) maskUnit(spelled, at, kept);
      at += size;
    } else at = maskBare(spelled, at, kept);
  }
}

/** What stands outside the strings of a JSON text; returns where it ends. */
function maskBare(spelled: SpelledText, at: number, kept: Kept): number {
  const { text } = spelled;
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[0];
  if (word !== undefined) {
    const end = at + word.length;
    // At the end of what came it may be the beginning of one.
    const known = WORDS.some((each) => each === word || (end === text.length && each.startsWith(word)));
    for (let unit = at; !known && unit < end; unit++) maskUnit(spelled, unit, kept);
    return end;
  }
  NUMBER.lastIndex = at;
  const number = NUMBER.exec(text)?.[0];
  if (number === undefined) {
    maskUnit(spelled, at, kept);
    return at + 1;
  }
  for (let i = 0; i < number.length; i++) {
    // A number does not begin with a zero and go on.
    if (/[1-9]/.test(number[i] as string) || (number[i] === "0" && i > 0)) spelled.mask(at + i, DIGIT);
  }
  return at + number.length;
}

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const ZERO_FLOATS = "AAAA";
/** Reads as no float that a model would give, so that it stays a list of integers. */
const NO_FLOATS = "f39/";

/** A vector keeps its length, and what it is taken for. */
function maskVector(spelled: SpelledText): void {
  const { text } = spelled;
  if (!BASE64.test(text)) {
    for (let unit = 0; unit < text.length; unit++) maskUnit(spelled, unit, NOTHING);
    return;
  }
  const digits = areFloats(Buffer.from(text, "base64")) ? ZERO_FLOATS : NO_FLOATS;
  for (let unit = 0; unit < text.length; unit++) {
    if (text[unit] !== "=") spelled.put(unit, digits.charCodeAt(unit % 4));
  }
}

const FIRST_KEY = 0x61;

/** Keys of one object stay apart from each other where they are few. */
function maskKey(body: Buffer, start: number, end: number, ordinal: number): void {
  const spelled = new SpelledText(body, [start, end, ESCAPED]);
  for (let unit = 0; unit < spelled.text.length; unit++) {
    if (maskOf(spelled.text.charCodeAt(unit)) !== null) spelled.mask(unit, FIRST_KEY + (ordinal % 26));
  }
}
