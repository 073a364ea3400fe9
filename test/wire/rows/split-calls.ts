/** Streamed tool calls that are easily merged, split or doubled. */
import type { AnomalyKind } from "../../../src/decode/anomaly.js";
import { answered, body, COUNTED, chunk, DONE, finish, type Json, ROLE, streamed, usageEvent } from "../row.js";

const OSLO = '{"city":"Oslo"}';
const LIMA = '{"city":"Lima"}';
const calls = (...pieces: Json[]): string => chunk({ tool_calls: pieces });
const begin = (more: Json, named: Json): Json => ({ ...more, type: "function", function: named });
const next = (more: Json, named: Json): Json => ({ ...more, function: named });
const stream = (...events: string[]): string => [ROLE, ...events, finish("tool_calls"), usageEvent(), DONE].join("");

function row(what: string, events: readonly string[], expected: readonly Json[], anomalies: readonly AnomalyKind[]) {
  return streamed({
    row: what,
    seenAt: "gateways",
    bytes: stream(...events),
    expects: { content: "", finishReason: "tool_calls", ...COUNTED, done: true, toolCalls: expected },
    anomalies,
  });
}

const TWICE = [
  { id: null, name: "weather", argumentsText: OSLO },
  { id: null, name: "weather", argumentsText: LIMA },
] as const;
const ONCE = { id: "call_a", name: "weather", argumentsText: OSLO } as const;

export const splitCallRows = [
  row(
    "the same function twice, each begun by empty arguments, without `id` and `index`",
    [
      calls(begin({}, { name: "weather", arguments: "" })),
      calls(next({}, { arguments: OSLO.slice(0, 6) })),
      calls(next({}, { arguments: OSLO.slice(6) })),
      calls(begin({}, { name: "weather", arguments: "" })),
      calls(next({}, { arguments: LIMA.slice(0, 6) })),
      calls(next({}, { arguments: LIMA.slice(6) })),
    ],
    TWICE,
    ["tool-id-missing", "tool-index-missing"],
  ),
  row(
    "the same function twice, each begun by empty arguments, `index` always 0 and `id` empty",
    [
      calls(begin({ index: 0, id: "" }, { name: "weather", arguments: "" })),
      calls(next({ index: 0 }, { arguments: OSLO.slice(0, 6) })),
      calls(next({ index: 0 }, { arguments: OSLO.slice(6) })),
      calls(begin({ index: 0, id: "" }, { name: "weather", arguments: "" })),
      calls(next({ index: 0 }, { arguments: LIMA.slice(0, 6) })),
      calls(next({ index: 0 }, { arguments: LIMA.slice(6) })),
    ],
    TWICE,
    ["tool-id-missing", "tool-index-constant"],
  ),
  row(
    "a last piece that repeats the name with empty arguments, without `id`",
    [
      calls(begin({ index: 0 }, { name: "weather", arguments: OSLO.slice(0, 6) })),
      calls(begin({ index: 0 }, { name: "weather", arguments: OSLO.slice(6) })),
      calls(begin({ index: 0 }, { name: "weather", arguments: "" })),
    ],
    [{ id: null, name: "weather", argumentsText: OSLO }],
    ["tool-id-missing", "tool-name-repeated"],
  ),
  row(
    "the same function twice in one list, without `id`, `index` and arguments",
    [calls(begin({}, { name: "now" }), begin({}, { name: "now" }))],
    [
      { id: null, name: "now", argumentsText: null },
      { id: null, name: "now", argumentsText: null },
    ],
    ["tool-id-missing", "tool-index-missing", "tool-arguments-missing"],
  ),
  row(
    "a name in two pieces",
    [
      calls(begin({ index: 0, id: "call_a" }, { name: "wea" })),
      calls(next({ index: 0 }, { name: "ther" })),
      calls(next({ index: 0 }, { arguments: OSLO.slice(0, 6) })),
      calls(next({ index: 0 }, { arguments: OSLO.slice(6) })),
    ],
    [ONCE],
    [],
  ),
  row(
    "two functions without parameters, `index` always 0 and no `id`",
    [
      calls(begin({ index: 0 }, { name: "time", arguments: "" })),
      calls(begin({ index: 0 }, { name: "date", arguments: "" })),
    ],
    [
      { id: null, name: "time", argumentsText: "" },
      { id: null, name: "date", argumentsText: "" },
    ],
    ["tool-id-missing", "tool-index-constant", "tool-arguments-empty"],
  ),
  row(
    "`id` made up anew and `name` repeated on every piece",
    [
      calls(begin({ index: 0, id: "call_a" }, { name: "weather", arguments: OSLO.slice(0, 6) })),
      calls(begin({ index: 0, id: "call_b" }, { name: "weather", arguments: OSLO.slice(6, 9) })),
      calls(begin({ index: 0, id: "call_c" }, { name: "weather", arguments: OSLO.slice(9) })),
    ],
    [ONCE],
    ["tool-id-changes", "tool-name-repeated"],
  ),
  row(
    "the same function twice with `index` always 0, told apart by `id`",
    [
      calls(begin({ index: 0, id: "call_a" }, { name: "weather", arguments: OSLO })),
      calls(begin({ index: 0, id: "call_b" }, { name: "weather", arguments: LIMA })),
    ],
    [ONCE, { id: "call_b", name: "weather", argumentsText: LIMA }],
    ["tool-index-constant", "tool-arguments-whole"],
  ),
  row(
    "`{}` in place of the arguments that follow",
    [
      calls(begin({ index: 0, id: "call_a" }, { name: "weather", arguments: "{}" })),
      calls(next({ index: 0 }, { arguments: OSLO.slice(0, 6) })),
      calls(next({ index: 0 }, { arguments: OSLO.slice(6) })),
    ],
    [{ ...ONCE, arguments: { city: "Oslo" } }],
    ["tool-arguments-not-json"],
  ),
  row(
    "`tool_calls` and `function_call` say the same",
    [
      chunk({
        tool_calls: [begin({ index: 0, id: "call_a" }, { name: "weather", arguments: "" })],
        function_call: { name: "weather", arguments: "" },
      }),
      chunk({
        tool_calls: [next({ index: 0 }, { arguments: OSLO.slice(0, 6) })],
        function_call: { arguments: OSLO.slice(0, 6) },
      }),
      chunk({
        tool_calls: [next({ index: 0 }, { arguments: OSLO.slice(6) })],
        function_call: { arguments: OSLO.slice(6) },
      }),
    ],
    [ONCE],
    ["function-call-legacy"],
  ),
  answered({
    row: "`tool_calls` and `function_call` say the same, in a body",
    seenAt: "gateways",
    bytes: body(
      {
        content: null,
        tool_calls: [begin({ id: "call_a" }, { name: "weather", arguments: OSLO })],
        function_call: { name: "weather", arguments: OSLO },
      },
      { finish_reason: "tool_calls" },
    ),
    expects: { finishReason: "tool_calls", ...COUNTED, toolCalls: [ONCE] },
    anomalies: ["function-call-legacy"],
  }),
];
