/** Rules about how a stream is framed and how it ends. */
import { isObject } from "../json.js";
import { type Rule, rule } from "./rule.js";
import { header, isEventStream, isWholeStream, lastText } from "./wire.js";

const usageMissing = rule(
  "usage-missing",
  "breaks",
  "usage was asked for and the stream carries none: token accounting and budgets have nothing to count",
  (view) => {
    const { completion, body } = view;
    if (!isWholeStream(view) || completion.finishReason === null || completion.error !== null) return null;
    const asked = isObject(body.stream_options) && body.stream_options.include_usage === true;
    return asked && completion.usage === null ? lastText(view.attempt) : null;
  },
);

const finishMissing = rule(
  "finish-reason-missing",
  "breaks",
  "the stream ended without a finish reason: a client cannot tell a whole answer from a broken one",
  (view) => {
    const { completion, golden } = view;
    if (!isWholeStream(view) || completion.error !== null || golden.api === "embeddings") return null;
    return completion.finishReason === null && completion.eventCount > 0 ? lastText(view.attempt) : null;
  },
);

const doneMissing = rule(
  "done-missing",
  "differs",
  "the stream ended without `data: [DONE]`: clients that wait for it hang until the connection closes",
  (view) => {
    const { completion, golden } = view;
    const due = (golden.api === "chat" || golden.api === "completions") && isWholeStream(view) && isEventStream(view);
    // A stream that broke off is another rule's.
    return due && completion.finishReason !== null && !completion.done ? lastText(view.attempt) : null;
  },
);

const contentType = rule(
  "stream-content-type",
  "differs",
  "the stream is not sent as text/event-stream: strict clients refuse it, and proxies may buffer it",
  ({ exchange, attempt }) => {
    if (exchange.variant !== "stream" || attempt.status !== 200) return null;
    const type = header(attempt, "content-type");
    if (type !== null && /^\s*text\/event-stream\s*(?:;|$)/i.test(type)) return null;
    return type === null ? "no content-type header" : `content-type: ${type}`;
  },
);

export const streamRules: readonly Rule[] = [usageMissing, finishMissing, doneMissing, contentType];
