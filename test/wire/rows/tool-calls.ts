/** Tool calls, streamed and whole. */
import type { AnomalyKind } from "../../../src/decode/anomaly.js";
import { answered, body, COUNTED, chunk, DONE, finish, type Json, ROLE, streamed, text, usageEvent } from "../row.js";

const ARGUMENTS = '{"city":"Oslo"}';
const WEATHER = { id: "call_a", name: "weather", argumentsText: ARGUMENTS, arguments: { city: "Oslo" } };
const TIME = { id: "call_b", name: "time", argumentsText: '{"zone":"CET"}' };
const CALLED = { content: "", finishReason: "tool_calls", ...COUNTED, done: true } as const;
const calls = (...pieces: unknown[]): string => chunk({ tool_calls: pieces });
/** A piece of a call. */
const piece = (more: Json, named: Json): Json => ({ ...more, function: named });
const head = (index: number, id: string, name: string): Json =>
  piece({ index, id, type: "function" }, { name, arguments: "" });
const tail = (index: number, fragment: string): Json => piece({ index }, { arguments: fragment });
const stream = (...events: string[]): string => [ROLE, ...events, finish("tool_calls"), usageEvent(), DONE].join("");

/** A stream of one call, `weather`, with its drift. */
function drift(
  row: string,
  seenAt: string,
  events: readonly string[],
  anomalies: readonly AnomalyKind[],
  call: Json = WEATHER,
) {
  return streamed({ row, seenAt, bytes: stream(...events), expects: { ...CALLED, toolCalls: [call] }, anomalies });
}

const whole = (call: Json, more: Json = {}): Json => ({
  id: "call_a",
  type: "function",
  function: { name: "weather", arguments: ARGUMENTS, ...call },
  ...more,
});
const SAID = { finishReason: "tool_calls", ...COUNTED };

/** A body of one call, `weather`, with its drift. */
function drifted(row: string, seenAt: string, call: Json, anomalies: readonly AnomalyKind[], expected: Json = WEATHER) {
  const bytes = body({ content: null, tool_calls: [call] }, { finish_reason: "tool_calls" });
  return answered({ row, seenAt, bytes, expects: { ...SAID, toolCalls: [expected] }, anomalies });
}

export const toolCallRows = [
  drift(
    "a call in fragments",
    "OpenAI",
    [calls(head(0, "call_a", "weather")), calls(tail(0, '{"city":')), calls(tail(0, '"Oslo"}'))],
    [],
  ),
  streamed({
    row: "parallel calls, one after the other",
    seenAt: "OpenAI",
    bytes: stream(
      calls(head(0, "call_a", "weather")),
      calls(tail(0, '{"city":')),
      calls(tail(0, '"Oslo"}')),
      calls(head(1, "call_b", "time")),
      calls(tail(1, '{"zone":')),
      calls(tail(1, '"CET"}')),
    ),
    expects: { ...CALLED, toolCalls: [WEATHER, TIME] },
  }),
  streamed({
    row: "parallel calls interleaved",
    seenAt: "gateways",
    bytes: stream(
      calls(head(0, "call_a", "weather"), head(1, "call_b", "time")),
      calls(tail(0, '{"city":')),
      calls(tail(1, '{"zone":')),
      calls(tail(0, '"Oslo"}')),
      calls(tail(1, '"CET"}')),
    ),
    expects: { ...CALLED, toolCalls: [WEATHER, TIME] },
    anomalies: ["tool-calls-interleaved"],
  }),
  drift(
    "`index` missing",
    "Gemini, Ollama, Mistral",
    [calls(piece({ id: "call_a", type: "function" }, { name: "weather", arguments: ARGUMENTS }))],
    ["tool-index-missing", "tool-arguments-whole"],
  ),
  streamed({
    row: "`index` missing, two calls",
    seenAt: "Gemini, Ollama, Mistral",
    bytes: stream(
      calls(
        piece({ id: "call_a", type: "function" }, { name: "weather", arguments: ARGUMENTS }),
        piece({ id: "call_b", type: "function" }, { name: "time", arguments: '{"zone":"CET"}' }),
      ),
    ),
    expects: { ...CALLED, toolCalls: [WEATHER, TIME] },
    anomalies: ["tool-index-missing", "tool-arguments-whole"],
  }),
  streamed({
    row: "`index` always 0",
    seenAt: "LiteLLM–Gemini",
    bytes: stream(
      calls(piece({ index: 0, id: "call_a", type: "function" }, { name: "weather", arguments: ARGUMENTS })),
      calls(piece({ index: 0, id: "call_b", type: "function" }, { name: "time", arguments: '{"zone":"CET"}' })),
    ),
    expects: { ...CALLED, toolCalls: [WEATHER, TIME] },
    anomalies: ["tool-index-constant", "tool-arguments-whole"],
  }),
  streamed({
    row: "`index` always 0 and `id` empty: the same function twice",
    seenAt: "Gemini",
    bytes: stream(
      calls(piece({ index: 0, id: "", type: "function" }, { name: "weather", arguments: ARGUMENTS })),
      calls(piece({ index: 0, id: "", type: "function" }, { name: "weather", arguments: '{"city":"Rome"}' })),
    ),
    expects: {
      ...CALLED,
      toolCalls: [
        { ...WEATHER, id: null },
        { id: null, name: "weather", argumentsText: '{"city":"Rome"}' },
      ],
    },
    anomalies: ["tool-index-constant", "tool-id-missing", "tool-arguments-whole"],
  }),
  drift(
    "`id` empty",
    "Gemini",
    [calls(head(0, "", "weather")), calls(tail(0, '{"city":')), calls(tail(0, '"Oslo"}'))],
    ["tool-id-missing"],
    { ...WEATHER, id: null },
  ),
  drift(
    "`id` repeated on each delta",
    "Mistral, DashScope",
    [
      calls(head(0, "call_a", "weather")),
      calls({ ...tail(0, '{"city":'), id: "call_a" }),
      calls({ ...tail(0, '"Oslo"}'), id: "call_a" }),
    ],
    ["tool-id-repeated"],
  ),
  drift(
    "`id` absent at first",
    "gateways",
    [
      calls(piece({ index: 0, type: "function" }, { name: "weather", arguments: "" })),
      calls({ ...tail(0, '{"city":'), id: "call_a" }),
      calls(tail(0, '"Oslo"}')),
    ],
    ["tool-id-late"],
  ),
  drift(
    "`id` made up anew for every piece",
    "gateways that do not keep it",
    [
      calls(head(0, "call_a", "weather")),
      calls({ ...tail(0, '{"city":'), id: "call_x" }),
      calls({ ...tail(0, '"Oslo"}'), id: "call_y" }),
    ],
    ["tool-id-changes"],
  ),
  streamed({
    row: "`id` shared by two calls",
    seenAt: "gateways",
    bytes: stream(
      calls(piece({ index: 0, id: "call_a", type: "function" }, { name: "weather", arguments: ARGUMENTS })),
      calls(piece({ index: 1, id: "call_a", type: "function" }, { name: "time", arguments: '{"zone":"CET"}' })),
    ),
    expects: { ...CALLED, toolCalls: [WEATHER, { ...TIME, id: "call_a" }] },
    anomalies: ["tool-id-shared", "tool-arguments-whole"],
  }),
  drift(
    "`name` repeated",
    "gateways",
    [
      calls(head(0, "call_a", "weather")),
      calls(piece({ index: 0 }, { name: "weather", arguments: '{"city":' })),
      calls(piece({ index: 0 }, { name: "weather", arguments: '"Oslo"}' })),
    ],
    ["tool-name-repeated"],
  ),
  drift(
    '`name` `""` later',
    "Qwen on DashScope",
    [
      calls(head(0, "call_a", "weather")),
      calls(piece({ index: 0, id: "" }, { name: "", arguments: '{"city":' })),
      calls(piece({ index: 0, id: "" }, { name: "", arguments: '"Oslo"}' })),
    ],
    ["tool-name-empty"],
  ),
  drift(
    "`name` after the arguments",
    "gateways",
    [
      calls(piece({ index: 0, id: "call_a", type: "function" }, { arguments: '{"city":' })),
      calls(tail(0, '"Oslo"}')),
      calls(piece({ index: 0 }, { name: "weather" })),
    ],
    ["tool-name-late"],
  ),
  drift(
    "`type` absent",
    "Ollama, gateways",
    [
      calls(piece({ index: 0, id: "call_a" }, { name: "weather", arguments: "" })),
      calls(tail(0, '{"city":')),
      calls(tail(0, '"Oslo"}')),
    ],
    ["tool-type-missing"],
  ),
  drift(
    "arguments whole in one event",
    "Groq, xAI, Gemini",
    [calls(piece({ index: 0, id: "call_a", type: "function" }, { name: "weather", arguments: ARGUMENTS }))],
    ["tool-arguments-whole"],
  ),
  drift(
    'arguments `""`',
    "models without parameters",
    [calls(head(0, "call_a", "weather"))],
    ["tool-arguments-empty"],
    { id: "call_a", name: "weather", argumentsText: "" },
  ),
  drift("arguments `{}`", "OpenAI", [calls(head(0, "call_a", "weather")), calls(tail(0, "{}"))], [], {
    id: "call_a",
    name: "weather",
    argumentsText: "{}",
    arguments: {},
  }),
  drift(
    "arguments null",
    "gateways",
    [calls(piece({ index: 0, id: "call_a", type: "function" }, { name: "weather", arguments: null }))],
    ["tool-arguments-null"],
    { id: "call_a", name: "weather", argumentsText: null },
  ),
  drift(
    "arguments missing",
    "gateways",
    [calls(piece({ index: 0, id: "call_a", type: "function" }, { name: "weather" }))],
    ["tool-arguments-missing"],
    { id: "call_a", name: "weather", argumentsText: null },
  ),
  drift(
    "arguments an object",
    "Ollama",
    [calls(piece({ index: 0, id: "call_a", type: "function" }, { name: "weather", arguments: { city: "Oslo" } }))],
    ["tool-arguments-object", "tool-arguments-whole"],
  ),
  drift(
    "arguments that are not JSON",
    "small models",
    [calls(head(0, "call_a", "weather")), calls(tail(0, "{city:")), calls(tail(0, " Oslo}"))],
    ["tool-arguments-not-json"],
    { id: "call_a", name: "weather", argumentsText: "{city: Oslo}" },
  ),
  streamed({
    row: "`function_call` (legacy)",
    seenAt: "old Azure versions, gateways",
    bytes: [
      ROLE,
      chunk({ function_call: { name: "weather", arguments: "" } }),
      chunk({ function_call: { arguments: '{"city":' } }),
      chunk({ function_call: { arguments: '"Oslo"}' } }),
      finish("function_call"),
      usageEvent(),
      DONE,
    ].join(""),
    expects: { ...CALLED, finishReason: "function_call", toolCalls: [{ ...WEATHER, id: null }] },
    anomalies: ["function-call-legacy"],
  }),
  streamed({
    row: "the call on the finish event",
    seenAt: "Mistral",
    bytes: [
      ROLE,
      chunk(
        {
          tool_calls: [piece({ index: 0, id: "call_a", type: "function" }, { name: "weather", arguments: ARGUMENTS })],
        },
        { finish_reason: "tool_calls" },
      ),
      usageEvent(),
      DONE,
    ].join(""),
    expects: { ...CALLED, toolCalls: [WEATHER] },
    anomalies: ["tool-call-on-finish-event", "tool-arguments-whole"],
  }),
  streamed({
    row: "finish reason `stop` with calls",
    seenAt: "Gemini streaming, Cloudflare; OpenAI for a named `tool_choice`",
    bytes: [
      ROLE,
      calls(head(0, "call_a", "weather")),
      calls(tail(0, '{"city":')),
      calls(tail(0, '"Oslo"}')),
      finish("stop"),
      usageEvent(),
      DONE,
    ].join(""),
    expects: { ...CALLED, finishReason: "stop", toolCalls: [WEATHER] },
  }),
  streamed({
    row: "finish reason null with calls",
    seenAt: "Gemini streaming",
    bytes: [
      ROLE,
      calls(head(0, "call_a", "weather")),
      calls(tail(0, '{"city":')),
      calls(tail(0, '"Oslo"}')),
      usageEvent(),
      DONE,
    ].join(""),
    expects: { content: "", ...COUNTED, done: true, toolCalls: [WEATHER] },
  }),
  streamed({
    row: "`tool_calls` null",
    seenAt: "vLLM, NIM",
    bytes: [ROLE, chunk({ content: "Hello", tool_calls: null }), finish(), usageEvent(), DONE].join(""),
    expects: { ...CALLED, content: "Hello", finishReason: "stop" },
    anomalies: ["tool-calls-null"],
  }),
  streamed({
    row: "`tool_calls` `[]`",
    seenAt: "vLLM",
    bytes: [ROLE, chunk({ content: "Hello", tool_calls: [] }), finish(), usageEvent(), DONE].join(""),
    expects: { ...CALLED, content: "Hello", finishReason: "stop" },
    anomalies: ["tool-calls-empty"],
  }),
  ...[
    ["`<tool_call>…`", "Qwen, Hermes", '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>'],
    [
      "Kimi markers",
      "Kimi",
      "<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>{}<|tool_call_end|>",
    ],
    ["`<function=…>`", "Llama, Qwen coder", "<function=weather>{}</function>"],
    ["`[TOOL_CALLS]`", "Mistral", '[TOOL_CALLS][{"name": "weather", "arguments": {}}]'],
  ].map(([what, seenAt = "", leaked = ""]) =>
    streamed({
      row: `the call leaked as text (${what})`,
      seenAt,
      bytes: [ROLE, text(leaked.slice(0, 7)), text(leaked.slice(7)), finish(), usageEvent(), DONE].join(""),
      expects: { ...CALLED, content: leaked, finishReason: "stop" },
      anomalies: ["tool-call-as-text"],
    }),
  ),
  drifted("a call in a body", "OpenAI", whole({}), []),
  drifted("arguments an object, in a body", "Ollama", whole({ arguments: { city: "Oslo" } }), [
    "tool-arguments-object",
  ]),
  drifted("arguments null, in a body", "gateways", whole({ arguments: null }), ["tool-arguments-null"], {
    id: "call_a",
    name: "weather",
    argumentsText: null,
  }),
  drifted(
    "arguments missing, in a body",
    "gateways",
    { id: "call_a", type: "function", function: { name: "weather" } },
    ["tool-arguments-missing"],
    { id: "call_a", name: "weather", argumentsText: null },
  ),
  drifted(
    "`id` and `type` absent, in a body",
    "Ollama",
    { function: { name: "weather", arguments: ARGUMENTS } },
    ["tool-id-missing", "tool-type-missing"],
    { ...WEATHER, id: null },
  ),
  answered({
    row: "the same call twice in a body, without ids",
    seenAt: "Gemini",
    bytes: body(
      { content: null, tool_calls: [whole({}, { id: "" }), whole({}, { id: "" })] },
      { finish_reason: "stop" },
    ),
    expects: {
      ...SAID,
      finishReason: "stop",
      toolCalls: [
        { ...WEATHER, id: null },
        { ...WEATHER, id: null },
      ],
    },
    anomalies: ["tool-id-missing"],
  }),
  answered({
    row: "`function_call` (legacy), in a body",
    seenAt: "old Azure versions",
    bytes: body(
      { content: null, function_call: { name: "weather", arguments: ARGUMENTS } },
      { finish_reason: "function_call" },
    ),
    expects: { ...SAID, finishReason: "function_call", toolCalls: [{ ...WEATHER, id: null }] },
    anomalies: ["function-call-legacy"],
  }),
  answered({
    row: "`tool_calls` `[]`, in a body",
    seenAt: "vLLM",
    bytes: body({ content: "Hello", tool_calls: [] }),
    expects: { content: "Hello", finishReason: "stop", ...COUNTED },
    anomalies: ["tool-calls-empty"],
  }),
  answered({
    row: "Groq's 400 `tool_use_failed`",
    seenAt: "Groq",
    status: 400,
    bytes: {
      error: {
        message: "Failed to call a function.",
        type: "invalid_request_error",
        code: "tool_use_failed",
        failed_generation: "<function=weather>",
      },
    },
    expects: {
      error: {
        message: "Failed to call a function.",
        code: "tool_use_failed",
        codeType: "string",
        envelope: "openai",
        inBand: false,
      },
      choices: 0,
    },
  }),
];
