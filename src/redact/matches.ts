/** Overwrites what a pattern finds in a body: in its bytes as they are, and in the texts that they spell. */
import { quickText, SpelledText } from "./spelled-text.js";
import type { TextStream } from "./text-path.js";
import { textsIn } from "./text-scan.js";

const STAR = 0x2a;
const BACKSLASH = 0x5c;

/**
 * @param pattern global
 * @param secrets what it finds: where a body was cut off, the beginning of one may stand at its end.
 * @returns whether anything was found.
 */
export function overwriteMatches(body: Buffer, pattern: RegExp, secrets: readonly string[]): boolean {
  if (body.length === 0) return false;
  const inBytes = overwriteBytes(body, pattern, secrets);
  const { streams, whole, numbers } = textsIn(body);
  let inTexts = false;
  for (const stream of streams)
    if (stream.kind !== "embedding") inTexts = overwriteText(body, stream, pattern, secrets) || inTexts;
  inTexts = overwriteText(body, whole, pattern, secrets) || inTexts;
  // Log probabilities tell the bytes of each token once more, as numbers.
  if (inBytes || inTexts) maskNumbers(body, numbers);
  return inBytes || inTexts;
}

/** A shorter beginning is no secret. */
const SHORTEST_BEGINNING = 6;

/** How much of a secret a text ends with; 0 where it is not enough to matter. */
function beginningAtEnd(text: string, secrets: readonly string[]): number {
  for (const secret of secrets) {
    for (let length = secret.length - 1; length >= SHORTEST_BEGINNING; length--) {
      if (text.endsWith(secret.slice(0, length))) return length;
    }
  }
  return 0;
}

function overwriteBytes(body: Buffer, pattern: RegExp, secrets: readonly string[]): boolean {
  let found = false;
  // One character a byte: what is matched has the offsets and the length of the bytes.
  const text = body.toString("latin1");
  for (const match of text.matchAll(pattern)) {
    const start = afterEscape(text, match.index);
    body.fill(STAR, start, match.index + match[0].length);
    found = true;
  }
  const begun = beginningAtEnd(body.toString("latin1", Math.max(0, body.length - LONGEST_SECRET)), secrets);
  body.fill(STAR, body.length - begun);
  return found || begun > 0;
}

const LONGEST_SECRET = 10_000;

function overwriteText(body: Buffer, { spans }: TextStream, pattern: RegExp, secrets: readonly string[]): boolean {
  if (spans.length === 0) return false;
  pattern.lastIndex = 0;
  const quick = quickText(body, spans);
  const begun = beginningAtEnd(quick, secrets);
  if (begun === 0 && quick.search(pattern) < 0) return false;
  const spelled = new SpelledText(body, spans);
  for (const match of spelled.text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    for (let unit = afterEscape(spelled.text, match.index); unit < end; unit++) spelled.mask(unit, STAR);
  }
  for (let unit = spelled.text.length - begun; unit < spelled.text.length; unit++) spelled.mask(unit, STAR);
  return true;
}

/** Where a match begins that is no part of an escape: the letter behind a backslash belongs to it. */
function afterEscape(text: string, index: number): number {
  let backslashes = 0;
  while (backslashes < index && text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++;
  if (backslashes % 2 === 0) return index;
  return index + (/^u[0-9a-f]{4}/i.test(text.slice(index, index + 5)) ? 5 : 1);
}

const ONE = 0x31;
const ZERO = 0x30;

/**
 * Digits become ones, in place: a number stays one, and as long.
 * @param numbers `start, end, in a list` of each; zeros stay where it stands in no list, so that it is written as long again.
 */
export function maskNumbers(body: Buffer, numbers: readonly number[]): void {
  for (let i = 0; i < numbers.length; i += 3) {
    const [start, end, listed] = [numbers[i], numbers[i + 1], numbers[i + 2]] as [number, number, number];
    let first = true;
    for (let at = start; at < end; at++) {
      const unit = body[at] as number;
      if (unit < ZERO || unit > 0x39) continue;
      // A number does not begin with a zero and go on.
      if (unit !== ZERO || (listed === 1 && !first)) body[at] = ONE;
      first = false;
    }
  }
}
