/** Rules about answers that come as one body, and about what stands in place of the answer. */
import { header } from "../../recording/headers.js";
import { anomalyRules, type Rule, rule, type WireView } from "./rule.js";
import { anomalyEvidence, firstText, isWhole } from "./wire.js";

const seen = anomalyRules("bodies", [
  {
    kind: "body-for-stream",
    severity: "breaks",
    message:
      "a whole answer came in place of a stream: parsers of events find none, or a `message` where they read `delta`",
    clients: "openai-node and openai-python read events whatever the content type is, find none, and raise no error",
    when: ({ completion }) => completion.error === null,
  },
  {
    kind: "stream-for-body",
    severity: "breaks",
    message: "server-sent events answered a request that did not stream: there is no JSON to parse",
    clients: "openai-node and openai-python return the raw text in place of a completion",
  },
  {
    kind: "whitespace-before-body",
    severity: "note",
    message: "white space stands before the JSON body: the first byte comes long before the answer",
    clients: "deadlines and dashboards that take the first byte for the answer; JSON parsers skip white space",
    when: ({ attempt }) => !startsWithComment(firstText(attempt)),
  },
  {
    id: "comment-before-body",
    kind: "whitespace-before-body",
    severity: "breaks",
    message: "comment lines stand before the JSON body: it is not JSON any more",
    clients: "every client that parses the whole body",
    when: ({ attempt }) => startsWithComment(firstText(attempt)),
  },
  {
    id: "byte-order-mark-in-body",
    kind: "byte-order-mark",
    severity: "note",
    message: "U+FEFF stands before the JSON body: parsers of text refuse it, those of bytes skip it",
    clients: "`JSON.parse(text)` and `json.loads(text)`; openai-node and openai-python parse the bytes",
    when: ({ exchange }) => exchange.variant === "body",
  },
  {
    kind: "empty-body",
    severity: "breaks",
    message: "the body is empty: clients fail while parsing, or take it for an empty answer",
    clients: "every client that parses the body; openai-node returns `undefined` for a length of 0",
    when: ({ attempt }) => attempt.status === undefined || attempt.status < 300,
  },
  {
    kind: "body-not-json",
    severity: "breaks",
    message: "the body is not JSON: clients fail while parsing",
    clients: "every client that parses the body",
    when: (view) => isWhole(view) && !isCompressed(header(view.attempt, "content-encoding")),
  },
  {
    kind: "delta-in-body",
    severity: "breaks",
    message: "a body carries `delta` in place of `message`: reading the message fails",
    clients: "`choices[0].message.content` in every SDK; the Vercel AI SDK's schema requires `message`",
    when: (view) => !hasMessage(view),
  },
  {
    id: "delta-beside-message",
    kind: "delta-in-body",
    severity: "note",
    message: "a body carries `delta` beside `message`: clients that take `delta` for the mark of a stream misread it",
    clients: "code that tells chunks from answers by the key `delta`",
    when: hasMessage,
  },
  {
    kind: "choices-missing",
    severity: "breaks",
    message: "an answer has no `choices`: reading the first one fails",
    clients: "`choices[0]` in every SDK; LangChain raises `Response missing 'choices' key`",
    when: ({ completion }) => completion.error === null,
  },
  {
    kind: "error-in-body",
    severity: "breaks",
    message: "status 200, and the body holds only an error: clients take it for an answer, and do not retry",
    clients: "the OpenAI SDKs raise errors by status: this one becomes a completion without `choices`",
    // OpenAI's own `/responses` puts the error of a failed response into the response.
    when: ({ exchange, golden }) => exchange.variant === "body" && golden.api !== "responses",
  },
]);

/** The evidence is the choice as it was sent. */
function hasMessage(view: WireView): boolean {
  return anomalyEvidence(view, "delta-in-body")?.includes('"message":') ?? false;
}

const startsWithComment = (text: string): boolean => /^\s*:/.test(text);

/** A content coding other than none. */
function isCompressed(coding: string | null): coding is string {
  return coding !== null && !/^\s*(?:identity)?\s*$/i.test(coding);
}

const html = rule(
  {
    id: "html-answer",
    subject: "bodies",
    everyAttempt: true,
    severity: "breaks",
    message: "HTML came instead of JSON: clients fail while parsing, and the real error is lost",
    clients: "the OpenAI SDKs put the page into the message of an error without code and type",
    covers: ["html-body"],
  },
  (view) => {
    const start = firstText(view.attempt);
    const isHtml =
      anomalyEvidence(view, "html-body") !== null ||
      /^\s*text\/html\b/i.test(header(view.attempt, "content-type") ?? "") ||
      /^\s*<(?:!doctype html|html)\b/i.test(start);
    return isHtml ? start || "content-type: text/html" : null;
  },
);

const contentType = rule(
  {
    id: "body-content-type",
    subject: "bodies",
    severity: "breaks",
    message: "a JSON body is not sent as JSON: SDKs that look at its type return text in place of an object",
    clients: "openai-node parses a body only if its type contains `application/json` or ends in `+json`",
  },
  ({ exchange, attempt, completion }) => {
    if (exchange.variant !== "body" || attempt.status !== 200 || completion.error !== null) return null;
    const type = header(attempt, "content-type");
    const media = type?.split(";")[0]?.trim().toLowerCase() ?? "";
    if (media.includes("application/json") || media.endsWith("+json")) return null;
    // Events in place of a body, and pages, are other rules'.
    if (media === "text/event-stream" || media === "text/html") return null;
    return type === null ? "no content-type header" : `content-type: ${type}`;
  },
);

const compressed = rule(
  {
    id: "compressed-body",
    subject: "bodies",
    severity: "note",
    message: "the body is compressed although identity was asked for: clients without a decoder read garbage",
    clients: "raw HTTP clients; openai-node and openai-python decompress",
    covers: ["compressed-body"],
  },
  (view) => {
    if (view.exchange.variant !== "body") return null;
    const coding = header(view.attempt, "content-encoding");
    if (isCompressed(coding)) return `content-encoding: ${coding}`;
    return anomalyEvidence(view, "compressed-body");
  },
);

const compressedStream = rule(
  {
    id: "stream-compressed",
    subject: "bodies",
    severity: "differs",
    message: "the stream is compressed although identity was asked for: events wait until a block is full",
    clients: "clients that show tokens as they come; raw readers of events see compressed bytes",
  },
  (view) => {
    if (view.exchange.variant !== "stream") return null;
    const coding = header(view.attempt, "content-encoding");
    if (isCompressed(coding)) return `content-encoding: ${coding}`;
    return anomalyEvidence(view, "compressed-body");
  },
);

/** What fetch and httpx ask for and can undo. */
const KNOWN_CODINGS = new Set(["identity", "gzip", "x-gzip", "deflate", "br", "zstd"]);

const unknownCoding = rule(
  {
    id: "content-coding-unknown",
    subject: "bodies",
    severity: "breaks",
    message: "the answer is in a content coding that clients cannot undo: they read garbage",
    clients: "fetch and httpx undo gzip, deflate, br and zstd at most",
  },
  ({ attempt }) => {
    const value = header(attempt, "content-encoding");
    const codings = (value ?? "").split(",").map((coding) => coding.trim().toLowerCase());
    return codings.some((coding) => coding !== "" && !KNOWN_CODINGS.has(coding)) ? `content-encoding: ${value}` : null;
  },
);

const otherSuccess = rule(
  {
    id: "status-not-200",
    subject: "bodies",
    severity: "differs",
    message: "the status is a success other than 200: clients that test for 200 take the answer for an error",
    clients: "code that tests `status === 200`; openai-node returns null for 204",
  },
  ({ attempt: { status } }) => (status !== undefined && status > 200 && status < 300 ? `status ${status}` : null),
);

export const bodyRules: readonly Rule[] = [
  ...seen,
  html,
  contentType,
  compressed,
  compressedStream,
  unknownCoding,
  otherSuccess,
];
