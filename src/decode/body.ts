/** A body as text: JSON with what stands before it, or what people and proxies send in its place. */
import type { AnomalyLog } from "./anomaly-log.js";
import { apiErrorIn, plainError } from "./api-error.js";
import type { ApiError } from "./completion.js";
import { parseJson } from "./json.js";
import { lexSse } from "./sse.js";

const BYTE_ORDER_MARK = "\ufeff";

/** Where a text begins that is neither white space nor comment lines, which keep a connection alive meanwhile. */
function startOf(text: string): number {
  let lineBegins = true;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x0a || unit === 0x0d) lineBegins = true;
    else if (unit === 0x3a && lineBegins) {
      while (at + 1 < text.length && text.charCodeAt(at + 1) !== 0x0a && text.charCodeAt(at + 1) !== 0x0d) at++;
    } else if (unit !== 0x20 && unit !== 0x09) return at;
  }
  return text.length;
}

export interface BodyText {
  /** Without its byte order mark. */
  readonly text: string;
  readonly marked: boolean;
  /** Where what it has to say begins; its length where it says nothing. */
  readonly start: number;
}

export function openText(bytes: Buffer): BodyText {
  const whole = bytes.toString("utf8");
  const marked = whole.startsWith(BYTE_ORDER_MARK);
  const text = marked ? whole.slice(1) : whole;
  return { text, marked, start: startOf(text) };
}

/** The JSON of a whole body; undefined when it is none. Notes what stood before it. */
export function bodyJson({ text, marked, start }: BodyText, log: AnomalyLog): unknown {
  const json = parseJson(start === 0 ? text : text.slice(start));
  if (json === undefined) return undefined;
  if (marked) log.note("byte-order-mark", "U+FEFF before the body");
  if (start > 0) log.note("whitespace-before-body", JSON.stringify(text.slice(0, Math.min(start, 100))));
  return json;
}

/** What a body that is no JSON says: nothing at all, a page for people, or half an answer. */
export function unreadable({ text, start }: BodyText, ended: boolean, log: AnomalyLog): ApiError | null {
  if (start === text.length) {
    if (ended) log.note("empty-body", text);
    return null;
  }
  const html = isHtml(text);
  const kind = html ? "html-body" : "body-not-json";
  log.note(kind, text);
  const message = html ? `a page of HTML in place of JSON${titleOf(text)}` : "the body is not JSON";
  return ended ? plainError(message, html ? "html" : "plain", true, kind) : null;
}

/** The error in the body of a status that is no success. */
export function statusError({ text, start }: BodyText): ApiError {
  const known = apiErrorIn(parseJson(text.slice(start)), false);
  if (known !== null) return known;
  const said = text.trim();
  if (said === "") return plainError("no body", "empty", false);
  if (said.startsWith("<")) return plainError(`a page of HTML${titleOf(text)}`, "html", false);
  // An error in the framing of a stream, as servers send it that have begun to stream.
  for (const { data } of lexSse([Buffer.from(text)]).events.slice(0, 10)) {
    const framed = apiErrorIn(parseJson(data), false);
    if (framed !== null) return framed;
  }
  return plainError(said.slice(0, 200), "plain", false);
}

function isHtml(text: string): boolean {
  return /^<(?:!doctype|html|head|body)/i.test(text.trimStart().slice(0, 20));
}

function titleOf(html: string): string {
  const title = /<title[^>]{0,100}>([^<]{1,100})/i.exec(html.slice(0, 10_000))?.[1]?.trim();
  return title === undefined || title === "" ? "" : ` titled "${title}"`;
}
