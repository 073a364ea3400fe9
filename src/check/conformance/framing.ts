/** Rules about how a stream is framed as server-sent events. */
import { header } from "../../recording/headers.js";
import { anomalyRules, type Rule, rule } from "./rule.js";
import { hasChoices, isEventStream, isWhole, isWholeStream, lastText } from "./wire.js";

const seen = anomalyRules("framing", [
  {
    kind: "byte-order-mark",
    severity: "breaks",
    message:
      "U+FEFF stands before the first event: parsers that keep it take it for part of a field name and lose that event",
    clients: "openai-python decodes each line as plain UTF-8 and drops the first event; openai-node strips the mark",
    when: ({ exchange }) => exchange.variant === "stream",
  },
  {
    kind: "carriage-return",
    severity: "differs",
    message: "lines end in CR or CRLF: parsers that split at two line feeds never find the end of an event",
    clients:
      "hand-written readers that split at `\\n\\n`; the OpenAI SDKs and eventsource-parser read all three line ends",
  },
  {
    kind: "comment",
    severity: "note",
    message: "comment lines are sent between events: readers that parse every line as data fail on them",
    clients: "hand-written readers that parse any line that is not empty; every standard parser skips comments",
  },
  {
    kind: "data-without-space",
    severity: "differs",
    message: "`data:` is not followed by a space: readers that cut six characters off lose the first one of the JSON",
    clients: "hand-written readers that test for `data: ` or use `line.slice(6)`; standard parsers take both forms",
  },
  {
    kind: "multi-line-data",
    severity: "differs",
    message: "one event has several `data:` lines: readers that take a line for an event parse halves of JSON",
    clients: "hand-written readers that parse line by line; the OpenAI SDKs join the lines",
  },
  {
    kind: "unknown-field",
    severity: "note",
    message: "lines have a field that server-sent events do not know: parsers ignore it, with whatever it was to say",
    clients: "none that follow the standard, which has such lines ignored",
  },
  {
    kind: "unterminated-line",
    severity: "breaks",
    message: "the stream ended inside a line: its last event is lost, with the finish reason or usage it carried",
    clients: "openai-node and openai-python deliver an event at its blank line only, and drop what has none",
    when: isWhole,
  },
  {
    kind: "unterminated-event",
    severity: "breaks",
    message: "the stream ended before the blank line of its last event: parsers drop that event, and often it is usage",
    clients: "openai-node, openai-python and eventsource-parser deliver an event at its blank line only",
    when: (view) => isWhole(view) && !view.completion.anomalies.some(({ kind }) => kind === "unterminated-line"),
  },
  {
    kind: "done-unterminated",
    severity: "note",
    message:
      "`data: [DONE]` came without its blank line: parsers do not deliver it, and end with the connection instead",
    clients: "clients that take a stream without `[DONE]` for broken",
    when: isWhole,
  },
  {
    kind: "events-without-blank-line",
    severity: "breaks",
    message: "several JSON values share one event: joined, they are not JSON",
    clients: "openai-node (`JSON.parse`) and openai-python (`json.loads`) throw on the joined data",
  },
  {
    kind: "empty-data",
    severity: "breaks",
    message: "an event carries no data: clients that parse the data of each event throw",
    clients: "openai-node and openai-python parse the empty string as JSON and throw",
  },
  {
    kind: "event-not-json",
    severity: "breaks",
    message: "an event is not JSON: clients throw in the middle of the answer",
    clients: "openai-node, openai-python; the Vercel AI SDK ends the answer with an error part",
    when: isWhole,
  },
  {
    kind: "raw-json-in-stream",
    severity: "breaks",
    message:
      "JSON stands in the stream outside any `data:` field: parsers ignore the line, and an error in it goes unseen",
    clients: "every parser that follows the standard: the stream ends as if it were whole",
  },
  {
    kind: "error-field",
    severity: "breaks",
    message: "an error came in a field named `error:`, which parsers ignore: the stream ends as if it were whole",
    clients: "every parser that follows the standard",
  },
  {
    kind: "data-after-done",
    severity: "differs",
    message: "events came after `[DONE]`: clients have stopped reading there",
    clients: "openai-node and openai-python end at `[DONE]`; usage sent after it is lost",
  },
  {
    kind: "named-event",
    severity: "differs",
    message: "events carry an `event:` name: listeners for unnamed messages never hear them",
    clients: "browser `EventSource` with `onmessage`; the OpenAI SDKs ignore the name",
  },
  {
    kind: "invalid-utf8",
    severity: "breaks",
    message: "bytes are not UTF-8: strict decoders throw, others show a replacement character",
    clients: "openai-python decodes each line strictly and raises UnicodeDecodeError",
    when: isWhole,
  },
  {
    kind: "replacement-character",
    severity: "differs",
    message: "the server itself sends U+FFFD: a character was cut between two tokens, and no client can mend it",
    clients: "everything that shows or compares text outside ASCII",
  },
]);

const doneMissing = rule(
  {
    id: "done-missing",
    subject: "framing",
    severity: "differs",
    message: "the stream ended without `data: [DONE]`: clients that wait for it hang until the connection closes",
    clients:
      "clients that take `[DONE]` for the only proof of a whole answer; the OpenAI SDKs also end with the connection",
  },
  (view) => {
    if (!hasChoices(view) || !isWholeStream(view) || !isEventStream(view)) return null;
    const { completion } = view;
    if (completion.done || completion.eventCount === 0 || completion.error !== null) return null;
    // A stream that broke off is another rule's, and so is a `[DONE]` that lacks its blank line.
    if (completion.finishReason === null || completion.anomalies.some(({ kind }) => kind === "done-unterminated"))
      return null;
    return lastText(view.attempt);
  },
);

const contentType = rule(
  {
    id: "stream-content-type",
    subject: "framing",
    severity: "differs",
    message: "the stream is not sent as text/event-stream: strict clients refuse it, and proxies may buffer it",
    clients: "@microsoft/fetch-event-source and browser `EventSource` refuse other types; the OpenAI SDKs do not look",
  },
  ({ exchange, attempt }) => {
    if (exchange.variant !== "stream" || attempt.status !== 200) return null;
    const type = header(attempt, "content-type");
    if (type !== null && /^\s*text\/event-stream\s*(?:;|$)/i.test(type)) return null;
    return type === null ? "no content-type header" : `content-type: ${type}`;
  },
);

export const framingRules: readonly Rule[] = [...seen, doneMissing, contentType];
