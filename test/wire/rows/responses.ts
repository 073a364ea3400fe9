/** `/responses`. */
import type { AnomalyKind } from "../../../src/decode/anomaly.js";
import { answered, type Expected, type Json, streamed } from "../row.js";
import { responsesMatchRows } from "./responses-match.js";

const api = "responses" as const;
const USAGE = {
  input_tokens: 9,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 14,
};
const COUNTED = { usage: { inputTokens: 9, outputTokens: 5, cachedTokens: 4, reasoningTokens: 2 }, choices: 0 };
const response = (status: string, output: readonly Json[], more: Json = {}): Json => ({
  id: "resp_1",
  object: "response",
  created_at: 1752000000,
  status,
  error: null,
  incomplete_details: null,
  model: "m-1",
  output,
  usage: status === "in_progress" ? null : USAGE,
  store: false,
  ...more,
});

/** A stream of named events with their `type` and `sequence_number`. */
function events(...list: readonly (readonly [type: string, more: Json])[]): string {
  return list
    .map(
      ([type, more], index) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more, sequence_number: index })}\n\n`,
    )
    .join("");
}

const CREATED = ["response.created", { response: response("in_progress", []) }] as const;
const PROGRESS = ["response.in_progress", { response: response("in_progress", []) }] as const;
const completed = (...output: Json[]) => ["response.completed", { response: response("completed", output) }] as const;
const added = (output_index: number, item: Json) => ["response.output_item.added", { output_index, item }] as const;
const done = (output_index: number, item: Json) => ["response.output_item.done", { output_index, item }] as const;

const part = (text: string): Json => ({ type: "output_text", text, annotations: [] });
const message = (text: string | null): Json => ({
  id: "msg_1",
  type: "message",
  status: text === null ? "in_progress" : "completed",
  role: "assistant",
  content: text === null ? [] : [part(text)],
});
const delta = (text: string, output_index = 0) =>
  ["response.output_text.delta", { item_id: "msg_1", output_index, content_index: 0, delta: text }] as const;
const textDone = (text: string, output_index = 0) =>
  ["response.output_text.done", { item_id: "msg_1", output_index, content_index: 0, text }] as const;
const partAdded = [
  "response.content_part.added",
  { item_id: "msg_1", output_index: 0, content_index: 0, part: part("") },
] as const;
const partDone = [
  "response.content_part.done",
  { item_id: "msg_1", output_index: 0, content_index: 0, part: part("Hello") },
] as const;
const HELLO = [
  CREATED,
  PROGRESS,
  added(0, message(null)),
  partAdded,
  delta("Hel"),
  delta("lo"),
  textDone("Hello"),
  partDone,
  done(0, message("Hello")),
] as const;

const call = (args: string | null): Json => ({
  id: "fc_1",
  type: "function_call",
  status: args === null ? "in_progress" : "completed",
  call_id: "call_a",
  name: "weather",
  arguments: args ?? "",
});
const ARGUMENTS = '{"city":"Oslo"}';
const argsDelta = (text: string, output_index = 0) =>
  ["response.function_call_arguments.delta", { item_id: "fc_1", output_index, delta: text }] as const;
const argsDone = (output_index = 0) =>
  ["response.function_call_arguments.done", { item_id: "fc_1", output_index, arguments: ARGUMENTS }] as const;
const CALL = { id: "call_a", index: 0, name: "weather", argumentsText: ARGUMENTS, arguments: { city: "Oslo" } };

const summary = (text: string | null): Json => ({
  id: "rs_1",
  type: "reasoning",
  summary: text === null ? [] : [{ type: "summary_text", text }],
});

const SAID = { content: "Hello", finishReason: "stop", done: true, ...COUNTED };

function row(
  what: string,
  seenAt: string,
  bytes: string,
  expects: Expected = SAID,
  anomalies: readonly AnomalyKind[] = [],
) {
  return streamed({ row: `\`/responses\`: ${what}`, seenAt, api, bytes, expects, anomalies });
}

function whole(what: string, seenAt: string, value: Json, expects: Expected, anomalies: readonly AnomalyKind[] = []) {
  return answered({ row: `\`/responses\`, whole: ${what}`, seenAt, api, bytes: value, expects, anomalies });
}

const cut = (reason: string) =>
  [
    "response.incomplete",
    { response: response("incomplete", [message("Hello")], { incomplete_details: { reason } }) },
  ] as const;
const FAILED = { code: "server_error", message: "overloaded" };

export const responsesRows = [
  row("`event:` lines", "OpenAI", events(...HELLO, completed(message("Hello")))),
  row("`[DONE]` at most", "gateways", `${events(...HELLO, completed(message("Hello")))}data: [DONE]\n\n`),
  row(
    "no `event:` lines, the type alone",
    "gateways",
    events(...HELLO, completed(message("Hello"))).replace(/event: .*\n/g, ""),
  ),
  row(
    "padding `obfuscation`",
    "OpenAI",
    events(
      CREATED,
      added(0, message(null)),
      ["response.output_text.delta", { ...delta("Hello")[1], obfuscation: "xx" }],
      done(0, message("Hello")),
      completed(message("Hello")),
    ),
    SAID,
    ["padding-keys"],
  ),
  row(
    "a function call",
    "OpenAI",
    events(
      CREATED,
      added(0, call(null)),
      argsDelta('{"city":'),
      argsDelta('"Oslo"}'),
      argsDone(),
      done(0, call(ARGUMENTS)),
      completed(call(ARGUMENTS)),
    ),
    { finishReason: "tool_calls", toolCalls: [CALL], done: true, ...COUNTED },
  ),
  row(
    "text and two parallel calls",
    "OpenAI",
    events(
      CREATED,
      added(0, message(null)),
      delta("Hello"),
      done(0, message("Hello")),
      added(1, call(null)),
      argsDelta(ARGUMENTS, 1),
      done(1, call(ARGUMENTS)),
      added(2, { ...call(null), id: "fc_2", call_id: "call_b", name: "time" }),
      ["response.function_call_arguments.delta", { item_id: "fc_2", output_index: 2, delta: "{}" }],
      done(2, { ...call("{}"), id: "fc_2", call_id: "call_b", name: "time" }),
      completed(message("Hello"), call(ARGUMENTS), { ...call("{}"), id: "fc_2", call_id: "call_b", name: "time" }),
    ),
    {
      ...SAID,
      finishReason: "tool_calls",
      toolCalls: [
        { ...CALL, index: 1 },
        { id: "call_b", index: 2, name: "time", argumentsText: "{}" },
      ],
    },
  ),
  row(
    "reasoning summary",
    "OpenAI",
    events(
      CREATED,
      added(0, summary(null)),
      ["response.reasoning_summary_text.delta", { item_id: "rs_1", output_index: 0, summary_index: 0, delta: "Hm." }],
      ["response.reasoning_summary_text.done", { item_id: "rs_1", output_index: 0, summary_index: 0, text: "Hm." }],
      done(0, summary("Hm.")),
      added(1, message(null)),
      delta("Hello", 1),
      textDone("Hello", 1),
      done(1, message("Hello")),
      completed(summary("Hm."), message("Hello")),
    ),
    { ...SAID, reasoning: "Hm." },
  ),
  row(
    "reasoning content",
    "vLLM, gpt-oss servers",
    events(
      CREATED,
      added(0, summary(null)),
      ["response.reasoning_text.delta", { item_id: "rs_1", output_index: 0, content_index: 0, delta: "Hm." }],
      done(0, { ...summary(null), content: [{ type: "reasoning_text", text: "Hm." }] }),
      added(1, message(null)),
      delta("Hello", 1),
      done(1, message("Hello")),
      completed({ ...summary(null), content: [{ type: "reasoning_text", text: "Hm." }] }, message("Hello")),
    ),
    { ...SAID, reasoning: "Hm." },
  ),
  row(
    "refusal",
    "OpenAI",
    events(
      CREATED,
      added(0, message(null)),
      ["response.refusal.delta", { item_id: "msg_1", output_index: 0, content_index: 0, delta: "No." }],
      ["response.refusal.done", { item_id: "msg_1", output_index: 0, content_index: 0, refusal: "No." }],
      done(0, { ...message(""), content: [{ type: "refusal", refusal: "No." }] }),
      completed({ ...message(""), content: [{ type: "refusal", refusal: "No." }] }),
    ),
    { refusal: "No.", finishReason: "stop", done: true, ...COUNTED },
  ),
  row("incomplete, max_output_tokens", "OpenAI", events(...HELLO, cut("max_output_tokens")), {
    ...SAID,
    finishReason: "length",
  }),
  row("incomplete, content_filter", "OpenAI, Azure", events(...HELLO, cut("content_filter")), {
    ...SAID,
    finishReason: "content_filter",
  }),
  row(
    "failed",
    "OpenAI",
    events(CREATED, added(0, message(null)), delta("Hel"), [
      "response.failed",
      { response: response("failed", [], { error: FAILED, usage: null }) },
    ]),
    {
      content: "Hel",
      done: true,
      choices: 0,
      error: { message: "overloaded", code: "server_error", inBand: true },
    },
    ["error-in-stream"],
  ),
  row(
    "`error` event",
    "OpenAI",
    `${events(CREATED)}event: error\ndata: ${JSON.stringify({ type: "error", code: "server_error", message: "overloaded", param: null, sequence_number: 1 })}\n\n`,
    {
      choices: 0,
      error: { message: "overloaded", code: "server_error", envelope: "flat", inBand: true },
    },
    ["error-in-stream"],
  ),
  row("no final event", "gateways", events(...HELLO), { content: "Hello", choices: 0 }, ["completed-event-missing"]),
  row(
    "text only in `output_item.done`",
    "gateways that do not stream upstream",
    events(CREATED, added(0, message(null)), done(0, message("Hello")), completed(message("Hello"))),
    SAID,
    ["item-events-missing"],
  ),
  row(
    "text only in the final response object",
    "gateways that do not stream upstream",
    events(CREATED, completed(message("Hello"))),
    SAID,
    ["final-differs"],
  ),
  row(
    "an item without `added`",
    "vLLM builds",
    events(CREATED, delta("Hel"), delta("lo"), done(0, message("Hello")), completed(message("Hello"))),
    SAID,
    ["item-events-missing"],
  ),
  row(
    "an item without `done`",
    "gateways",
    events(CREATED, added(0, message(null)), delta("Hello"), completed(message("Hello"))),
    SAID,
    ["item-events-missing"],
  ),
  row("the final response object lacks the output", "gateways", events(...HELLO, completed()), SAID, ["final-differs"]),
  row(
    "the final response object has more text",
    "gateways that lose deltas",
    events(...HELLO, completed(message("Hello, you"))),
    { ...SAID, content: "Hello, you" },
    ["final-differs"],
  ),
  row(
    "`sequence_number` out of order",
    "gateways",
    events(...HELLO, completed(message("Hello"))).replace('"sequence_number":5', '"sequence_number":9'),
    SAID,
    ["sequence-gap"],
  ),
  row(
    "`sequence_number` missing",
    "gateways",
    events(...HELLO, completed(message("Hello"))).replace(/,"sequence_number":\d+/g, ""),
    SAID,
    ["sequence-gap"],
  ),
  row(
    "the final event twice",
    "gateways that retry",
    events(...HELLO, completed(message("Hello")), completed(message("Hello"))),
  ),
  row(
    "the same reasoning as content and as summary",
    "gpt-oss servers",
    events(
      CREATED,
      added(0, summary(null)),
      ["response.reasoning_text.delta", { item_id: "rs_1", output_index: 0, content_index: 0, delta: "Hm." }],
      done(0, { ...summary("Hm."), content: [{ type: "reasoning_text", text: "Hm." }] }),
      added(1, message(null)),
      delta("Hello", 1),
      done(1, message("Hello")),
      completed({ ...summary("Hm."), content: [{ type: "reasoning_text", text: "Hm." }] }, message("Hello")),
    ),
    { ...SAID, reasoning: "Hm." },
    ["reasoning-twice"],
  ),
  row(
    "inline `<think>`",
    "servers without a reasoning parser",
    events(
      CREATED,
      added(0, message(null)),
      delta("<think>Hm.</thi"),
      delta("nk>\n\nHello"),
      done(0, message("<think>Hm.</think>\n\nHello")),
      completed(message("<think>Hm.</think>\n\nHello")),
    ),
    { ...SAID, reasoning: "Hm." },
    ["reasoning-inline"],
  ),
  row(
    "logprobs with the deltas, and again with the item",
    "OpenAI",
    events(
      CREATED,
      added(0, message(null)),
      [
        "response.output_text.delta",
        { ...delta("Hello")[1], logprobs: [{ token: "Hello", logprob: -0.1, top_logprobs: [] }] },
      ],
      done(0, {
        ...message(""),
        content: [{ ...part("Hello"), logprobs: [{ token: "Hello", logprob: -0.1, top_logprobs: [] }] }],
      }),
      completed({
        ...message(""),
        content: [{ ...part("Hello"), logprobs: [{ token: "Hello", logprob: -0.1, top_logprobs: [] }] }],
      }),
    ),
    { ...SAID, logprobs: { tokens: 1, topPerToken: 0, wellFormed: true } },
  ),
  row(
    "arguments an object",
    "gateways",
    events(
      CREATED,
      added(0, call(null)),
      done(0, { ...call(null), arguments: { city: "Oslo" } }),
      completed({ ...call(null), arguments: { city: "Oslo" } }),
    ),
    { finishReason: "tool_calls", toolCalls: [CALL], done: true, ...COUNTED },
    ["tool-arguments-object", "item-events-missing"],
  ),
  row(
    "empty text",
    "OpenAI",
    events(CREATED, added(0, message(null)), textDone(""), done(0, message("")), completed(message(""))),
    { ...SAID, content: "" },
  ),
  row(
    "items counted from 1",
    "gateways",
    events(CREATED, added(1, message(null)), delta("Hello", 1), done(1, message("Hello")), completed(message("Hello"))),
  ),
  row(
    "a call without `call_id`",
    "gateways",
    events(
      CREATED,
      added(0, { ...call(null), call_id: undefined }),
      argsDelta(ARGUMENTS),
      done(0, { ...call(ARGUMENTS), call_id: undefined }),
      completed({ ...call(ARGUMENTS), call_id: undefined }),
    ),
    { finishReason: "tool_calls", toolCalls: [{ ...CALL, id: null }], done: true, ...COUNTED },
    ["tool-id-missing"],
  ),
  row(
    "a whole JSON body in answer to `stream: true`",
    "gateways",
    JSON.stringify(response("completed", [message("Hello")])),
    { ...SAID, done: false },
    ["body-for-stream"],
  ),
  ...responsesMatchRows,
  whole("text", "OpenAI", response("completed", [message("Hello")]), { ...SAID, done: false }),
  whole("reasoning and a call", "OpenAI", response("completed", [summary("Hm."), call(ARGUMENTS)]), {
    reasoning: "Hm.",
    finishReason: "tool_calls",
    toolCalls: [{ ...CALL, index: 1 }],
    ...COUNTED,
  }),
  whole(
    "incomplete",
    "OpenAI",
    response("incomplete", [message("Hel")], { incomplete_details: { reason: "max_output_tokens" } }),
    { content: "Hel", finishReason: "length", ...COUNTED },
  ),
  whole(
    "failed",
    "OpenAI",
    response("failed", [], { error: FAILED, usage: null }),
    { choices: 0, error: { message: "overloaded", code: "server_error", inBand: true } },
    ["error-in-body"],
  ),
  whole(
    "logprobs",
    "OpenAI",
    response("completed", [
      {
        ...message(""),
        content: [
          {
            ...part("Hello"),
            logprobs: [
              {
                token: "Hello",
                logprob: -0.1,
                top_logprobs: [
                  { token: "Hello", logprob: -0.1 },
                  { token: "Hi", logprob: -2 },
                ],
              },
            ],
          },
        ],
      },
    ]),
    { ...SAID, done: false, logprobs: { tokens: 1, topPerToken: 2, wellFormed: true } },
  ),
  answered({
    row: "`/responses`: `store: false` required by stateless servers",
    seenAt: "Bastion",
    api,
    status: 400,
    bytes: { error: { message: "store must be false", type: "invalid_request_error", param: "store", code: null } },
    expects: {
      choices: 0,
      error: { message: "store must be false", codeType: "null", envelope: "openai", inBand: false },
    },
  }),
];
