/** Masks personal data in an attempt: what was said, not what clients decide by. */
import type { Attempt } from "../recording/recording.js";
import { type BodyMask, isJsonLike, textView } from "./body-mask.js";
import { maskNumbers } from "./matches.js";
import { openedBody, withBody } from "./opened.js";
import { emailAddressesIn, type Found, personalDataIn } from "./personal-data.js";
import { SpelledText } from "./spelled-text.js";
import { type TextStream, withoutScalars } from "./text-path.js";
import { textsIn } from "./text-scan.js";

/** Of personal data; keys are masked by asterisks, so that the two can be told apart. */
const MARK = 0x23;

/** Values that are secrets of a session. */
const SESSION: ReadonlySet<string> = new Set([
  "set-cookie",
  "set-cookie2",
  "cookie",
  "authorization",
  "proxy-authorization",
]);

/** The attempt without personal data, and how many pieces of it were masked in its body. */
export function redactedAttempt(attempt: Attempt): { attempt: Attempt; masked: number } {
  const headers = attempt.headers?.map(([name, value]) => [name, redactedHeader(name, value)] as const);
  const clean: Attempt = headers === undefined ? attempt : { ...attempt, headers };
  const opened = openedBody(attempt);
  if (opened.closed)
    return { attempt: withBody(clean, { ...opened, body: Buffer.alloc(opened.body.length) }), masked: 0 };
  const masked = redactBody(opened.body);
  return { attempt: masked.changed ? withBody(clean, opened) : clean, masked: masked.pieces };
}

/** A text of the endpoint's outside its answers, such as the message of a preflight. */
export function redactedText(text: string): string {
  return covered(text, personalDataIn(text));
}

function redactedHeader(name: string, value: string): string {
  if (SESSION.has(name)) return "#".repeat(value.length);
  return value.includes("@") ? covered(value, emailAddressesIn(value)) : value;
}

function covered(text: string, found: readonly Found[]): string {
  let shown = "";
  let from = 0;
  for (const { start, end } of found) {
    shown += text.slice(from, start) + "#".repeat(end - start);
    from = end;
  }
  return shown + text.slice(from);
}

function redactBody(body: Buffer): BodyMask {
  const { streams, whole, numbers } = textsIn(body);
  let pieces = 0;
  for (const stream of streams) if (stream.kind !== "embedding") pieces += redactStream(body, stream);
  pieces += redactStream(body, whole);
  // Log probabilities tell the bytes of each token once more, as numbers.
  if (pieces > 0) maskNumbers(body, numbers);
  return { pieces, changed: pieces > 0 };
}

function redactStream(body: Buffer, stream: TextStream): number {
  const spans = withoutScalars(stream.spans);
  if (spans.length === 0) return 0;
  const spelled = new SpelledText(body, spans);
  const view = textView(spelled, stream.kind === "arguments" || isJsonLike(spelled.text));
  const found = personalDataIn(view.text);
  for (const { start, end } of found) view.mask(start, end, MARK);
  return found.length;
}
