/** `/responses`: output items whose ids or places differ between the events and the final response. */
import type { AnomalyKind } from "../../../src/decode/anomaly.js";
import { type Expected, type Json, streamed } from "../row.js";

type Event = readonly [type: string, more: Json];

const USAGE = { input_tokens: 9, output_tokens: 5, total_tokens: 14 };
const COUNTED = { usage: { inputTokens: 9, outputTokens: 5 }, choices: 0, done: true } as const;

function events(...list: readonly Event[]): string {
  return list
    .map(([type, more], index) => `data: ${JSON.stringify({ type, ...more, sequence_number: index })}\n\n`)
    .join("");
}

const completed = (...output: Json[]): Event => [
  "response.completed",
  {
    response: {
      id: "resp_1",
      object: "response",
      created_at: 1752000000,
      status: "completed",
      error: null,
      incomplete_details: null,
      model: "m-1",
      output,
      usage: USAGE,
    },
  },
];
const added = (output_index: number, item: Json): Event => ["response.output_item.added", { output_index, item }];
const done = (output_index: number, item: Json): Event => ["response.output_item.done", { output_index, item }];
const message = (id: string, text: string): Json => ({
  id,
  type: "message",
  role: "assistant",
  content: text === "" ? [] : [{ type: "output_text", text, annotations: [] }],
});
const thought = (id: string, text: string): Json => ({
  id,
  type: "reasoning",
  summary: text === "" ? [] : [{ type: "summary_text", text }],
});
const call = (id: string, call_id: string, args: string): Json => ({
  id,
  type: "function_call",
  call_id,
  name: "weather",
  arguments: args,
});
const says = (output_index: number, item_id: string, delta: string): Event => [
  "response.output_text.delta",
  { item_id, output_index, content_index: 0, delta },
];
const thinks = (output_index: number, item_id: string, delta: string): Event => [
  "response.reasoning_summary_text.delta",
  { item_id, output_index, summary_index: 0, delta },
];
const passes = (output_index: number, item_id: string, delta: string): Event => [
  "response.function_call_arguments.delta",
  { item_id, output_index, delta },
];

const OSLO = '{"city":"Oslo"}';
const LIMA = '{"city":"Lima"}';
const SAID: Expected = { content: "Hi there", finishReason: "stop", ...COUNTED };

const HM = [added(0, thought("rs_1", "")), thinks(0, "rs_1", "Hm."), done(0, thought("rs_1", "Hm."))] as const;
const hi = (index: number): readonly Event[] => [
  added(index, message("msg_1", "")),
  says(index, "msg_1", "Hi "),
  says(index, "msg_1", "there"),
  done(index, message("msg_1", "Hi there")),
];

function row(what: string, list: readonly Event[], expects: Expected, anomalies: readonly AnomalyKind[] = []) {
  return streamed({
    row: `\`/responses\`: ${what}`,
    seenAt: "gateways",
    api: "responses",
    bytes: events(...list),
    expects,
    anomalies,
  });
}

export const responsesMatchRows = [
  row(
    "the final response lists reasoning that was not streamed, with fresh ids",
    [...hi(0), completed(thought("rs_9", "Hm."), message("msg_9", "Hi there"))],
    { ...SAID, reasoning: "Hm." },
    ["final-differs"],
  ),
  row(
    "the final response leaves the reasoning out, with fresh ids",
    [...HM, ...hi(1), completed(message("msg_9", "Hi there"))],
    { ...SAID, reasoning: "Hm." },
    ["final-differs"],
  ),
  row(
    "the final response leaves the reasoning before a call out, with fresh ids",
    [
      ...HM,
      added(1, call("fc_1", "call_a", "")),
      passes(1, "fc_1", OSLO),
      done(1, call("fc_1", "call_a", OSLO)),
      completed(call("fc_9", "call_a", OSLO)),
    ],
    {
      reasoning: "Hm.",
      finishReason: "tool_calls",
      toolCalls: [{ id: "call_a", index: 1, name: "weather", argumentsText: OSLO }],
      ...COUNTED,
    },
    ["final-differs"],
  ),
  row(
    "reasoning and message share `output_index` 0",
    [
      added(0, thought("rs_1", "")),
      thinks(0, "rs_1", "Hm."),
      says(0, "msg_1", "Hi there"),
      done(0, message("msg_1", "Hi there")),
      completed(thought("rs_9", "Hm."), message("msg_1", "Hi there")),
    ],
    { ...SAID, reasoning: "Hm." },
    ["item-events-missing"],
  ),
  row(
    "`output_index` always 0, the items told apart by their ids",
    [
      added(0, call("fc_1", "call_a", "")),
      passes(0, "fc_1", OSLO),
      added(0, call("fc_2", "call_b", "")),
      passes(0, "fc_2", LIMA.slice(0, 4)),
      passes(0, "fc_2", LIMA.slice(4)),
      done(0, call("fc_1", "call_a", OSLO)),
      done(0, call("fc_2", "call_b", LIMA)),
      completed(call("fc_1", "call_a", OSLO), call("fc_2", "call_b", LIMA)),
    ],
    {
      finishReason: "tool_calls",
      toolCalls: [
        { id: "call_a", name: "weather", argumentsText: OSLO },
        { id: "call_b", name: "weather", argumentsText: LIMA },
      ],
      ...COUNTED,
    },
  ),
  row(
    "one `item_id` for all items, told apart by `output_index`",
    [
      added(0, call("x", "call_a", "")),
      added(1, call("x", "call_b", "")),
      passes(0, "x", OSLO),
      passes(1, "x", LIMA),
      done(0, call("x", "call_a", OSLO)),
      done(1, call("x", "call_b", LIMA)),
      completed(call("x", "call_a", OSLO), call("x", "call_b", LIMA)),
    ],
    {
      finishReason: "tool_calls",
      toolCalls: [
        { id: "call_a", index: 0, name: "weather", argumentsText: OSLO },
        { id: "call_b", index: 1, name: "weather", argumentsText: LIMA },
      ],
      ...COUNTED,
    },
  ),
];
