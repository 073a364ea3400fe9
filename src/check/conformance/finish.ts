/** Rules about how an answer says that it has ended. */
import type { ToolCall } from "../../decode/completion.js";
import { isObject } from "../json.js";
import { isCutJson } from "./cut-json.js";
import { anomalyRules, type Rule, rule } from "./rule.js";
import { anomalyEvidence, firstText, hasChoices, isWholeAnswer, isWholeStream, lastText } from "./wire.js";

const seen = anomalyRules("finish", [
  {
    kind: "finish-reason-absent",
    severity: "note",
    message: "events before the last lack the key `finish_reason`, which OpenAI sends as null",
    clients: 'code that reads the key without a default, such as `choice["finish_reason"]` in Python',
  },
  {
    kind: "finish-reason-repeated",
    severity: "note",
    message: "the finish reason came twice: clients that count finished answers count this one twice",
    clients: "code that closes its answer on each finish reason",
  },
  {
    kind: "content-after-finish",
    severity: "differs",
    message: "text or a call came after the finish reason: clients that stop there lose it",
    clients: "loops that end at the first finish reason",
  },
]);

const missing = rule(
  {
    id: "finish-reason-missing",
    subject: "finish",
    severity: "breaks",
    message: "the answer ended without a finish reason: a client cannot tell a whole answer from a broken one",
    clients: "openai-node's `chat.completions.stream()` throws `missing finish_reason for choice 0`",
  },
  (view) => {
    const { completion, exchange, attempt } = view;
    if (!isWholeAnswer(view) || !hasChoices(view) || completion.error !== null) return null;
    // An empty one is another rule's.
    if (completion.finishReason !== null || anomalyEvidence(view, "finish-reason-empty") !== null) return null;
    if (exchange.variant === "stream") return completion.eventCount > 0 ? lastText(attempt) : null;
    return completion.choices > 0 && anomalyEvidence(view, "choices-missing") === null ? firstText(attempt) : null;
  },
);

const empty = rule(
  {
    id: "finish-reason-empty",
    subject: "finish",
    severity: "breaks",
    message: "`finish_reason` is the empty string: loops that wait for anything but null end at once, others never",
    clients:
      "loops that end when `finish_reason` is not null; openai-node's `chat.completions.stream()` takes it for absent",
    covers: ["finish-reason-empty"],
  },
  (view) =>
    anomalyEvidence(view, "finish-reason-empty") ?? (view.completion.finishReason === "" ? 'finish_reason: ""' : null),
);

const STANDARD_REASONS = new Set(["stop", "length", "tool_calls", "content_filter", "function_call", ""]);

const unknown = rule(
  {
    id: "finish-reason-unknown",
    subject: "finish",
    severity: "differs",
    message: "the finish reason is none of OpenAI's words: clients that decide by it take no branch that they know",
    clients: "the Vercel AI SDK maps it to `other`; typed clients with a closed set of words refuse the answer",
  },
  (view) => {
    const { finishReason, error } = view.completion;
    // `error` beside an error is what several gateways say, and the error is the finding.
    if (error !== null || !hasChoices(view) || finishReason === null || STANDARD_REASONS.has(finishReason)) return null;
    return `finish_reason: ${JSON.stringify(finishReason)}`;
  },
);

const stopWithCalls = rule(
  {
    id: "finish-reason-with-calls",
    subject: "finish",
    severity: "breaks",
    message: "an answer with tool calls does not finish with `tool_calls`: agents that decide by it never run the tool",
    clients: 'agent loops of the form `while finish_reason == "tool_calls"`, opencode among them',
  },
  ({ completion: { finishReason, toolCalls }, body }) => {
    if (toolCalls.length === 0 || finishReason === null) return null;
    if (["tool_calls", "function_call", "length", "content_filter", ""].includes(finishReason)) return null;
    // OpenAI itself says `stop` where the request names the tool, and by some reports where it requires any.
    if (isObject(body.tool_choice) || body.tool_choice === "required" || isObject(body.function_call)) return null;
    return `finish_reason: ${JSON.stringify(finishReason)}, call of ${toolCalls[0]?.name ?? ""}`;
  },
);

const cutJson = rule(
  {
    id: "stop-inside-json",
    subject: "finish",
    severity: "breaks",
    message: "JSON breaks off although the finish reason says that the answer is whole: a stop was made up after a cut",
    clients: "everything that trusts `stop` and parses: it throws, and nothing says that the answer was cut",
  },
  (view) => {
    const { completion, body } = view;
    const { finishReason, toolCalls, content } = completion;
    if (finishReason !== "stop" && finishReason !== "tool_calls") return null;
    if (hasStopSequence(body)) return null;
    const cutCall = toolCalls.find(isCutCall);
    if (cutCall !== undefined) return `finish_reason: ${finishReason}, arguments: …${tail(cutCall.argumentsText)}`;
    if (!isObject(body.response_format) || body.response_format.type === "text" || content === null) return null;
    return isCutJson(content) ? `finish_reason: ${finishReason}, content: …${tail(content)}` : null;
  },
);

/** The client's own: it says `stop` wherever it stands, inside JSON too. */
function hasStopSequence({ stop }: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(stop) ? stop.length > 0 : typeof stop === "string" && stop !== "";
}

function isCutCall(call: ToolCall): boolean {
  return !("arguments" in call) && call.argumentsText !== null && isCutJson(call.argumentsText);
}

const tail = (text: string | null): string => (text ?? "").slice(-120);

const emptyStream = rule(
  {
    id: "stream-without-events",
    subject: "finish",
    severity: "breaks",
    message: "status 200, and the stream has no event with data: a client shows an empty answer and no error",
    clients: "openai-node and openai-python end the loop without an event and without an error",
  },
  (view) => {
    const { completion } = view;
    if (!isWholeStream(view) || completion.eventCount > 0 || completion.error !== null) return null;
    const bodyInstead = ["body-for-stream", "empty-body", "body-not-json", "html-body"] as const;
    if (bodyInstead.some((kind) => anomalyEvidence(view, kind) !== null)) return null;
    return completion.content === null && completion.dimensions === null ? firstText(view.attempt) || "no bytes" : null;
  },
);

export const finishRules: readonly Rule[] = [...seen, missing, empty, unknown, stopWithCalls, cutJson, emptyStream];
