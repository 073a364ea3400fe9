/** `/completions`. */
import {
  answered,
  COUNTED,
  chunk,
  DONE,
  data,
  ENVELOPE,
  finish,
  type Json,
  ROLE,
  SAID,
  streamed,
  text,
  USAGE,
  usageEvent,
} from "../row.js";

const piece = (said: string, more: Json = {}): string =>
  data({
    ...ENVELOPE,
    object: "text_completion",
    choices: [{ index: 0, text: said, logprobs: null, finish_reason: null, ...more }],
  });
const LEGACY = (tokens: readonly string[]): Json => ({
  tokens,
  token_logprobs: tokens.map(() => -0.5),
  top_logprobs: tokens.map((token) => ({ [token]: -0.5, x: -2, y: -3 })),
  text_offset: tokens.map((_, index) => index),
});
const whole = (choice: Json): Json => ({
  ...ENVELOPE,
  object: "text_completion",
  choices: [{ index: 0, ...choice }],
  usage: USAGE,
});
const ALL = { ...SAID, ...COUNTED };
const api = "completions" as const;

export const completionsRows = [
  streamed({
    row: "`/completions`, streamed",
    seenAt: "OpenAI",
    api,
    bytes: [piece("Hel"), piece("lo"), piece("", { finish_reason: "stop" }), usageEvent(), DONE].join(""),
    expects: { ...ALL, done: true },
  }),
  streamed({
    row: "`/completions`, the finish reason on the last text",
    seenAt: "vLLM",
    api,
    bytes: [piece("Hel"), piece("lo", { finish_reason: "length" }), usageEvent(), DONE].join(""),
    expects: { ...ALL, finishReason: "length", done: true },
  }),
  streamed({
    row: "`/completions` with legacy logprobs, streamed",
    seenAt: "vLLM",
    api,
    bytes: [
      piece("Hel", { logprobs: LEGACY(["Hel"]) }),
      piece("lo", { logprobs: LEGACY(["lo"]), finish_reason: "stop" }),
      usageEvent(),
      DONE,
    ].join(""),
    expects: { ...ALL, logprobs: { tokens: 2, topPerToken: 3, wellFormed: true }, done: true },
  }),
  streamed({
    row: "`/completions` answered in the shape of chat",
    seenAt: "gateways that know chat alone",
    api,
    bytes: [ROLE, text("Hel"), text("lo"), finish(), usageEvent(), DONE].join(""),
    expects: { ...ALL, done: true },
    anomalies: ["choice-of-other-api"],
  }),
  streamed({
    row: "`/completions` whose text has a tag",
    seenAt: "raw models: the text is what was asked for",
    api,
    bytes: [piece("<think>"), piece("Hm.", { finish_reason: "stop" }), usageEvent(), DONE].join(""),
    expects: { ...ALL, content: "<think>Hm.", done: true },
  }),
  streamed({
    row: "`/completions` with a whole body for `stream: true`",
    seenAt: "gateways",
    api,
    bytes: JSON.stringify(whole({ text: "Hello", logprobs: null, finish_reason: "stop" })),
    expects: ALL,
    anomalies: ["body-for-stream"],
  }),
  streamed({
    row: "`/completions` with `error` in the stream",
    seenAt: "vLLM",
    api,
    bytes: [piece("Hello"), data({ error: { message: "overloaded" } })].join(""),
    expects: { content: "Hello", error: { message: "overloaded", inBand: true } },
    anomalies: ["error-in-stream"],
  }),
  answered({
    row: "`/completions`, whole",
    seenAt: "OpenAI",
    api,
    bytes: whole({ text: "Hello", logprobs: null, finish_reason: "stop" }),
    expects: ALL,
  }),
  answered({
    row: "`/completions` with legacy logprobs and an echoed prompt",
    seenAt: "vLLM",
    api,
    bytes: whole({
      text: "Hello",
      logprobs: { ...LEGACY(["He", "l", "lo"]), token_logprobs: [null, -1, -2] },
      finish_reason: "stop",
    }),
    expects: { ...ALL, logprobs: { tokens: 2, wellFormed: true } },
  }),
  answered({
    row: "`/completions` answered with a `message`",
    seenAt: "gateways that know chat alone",
    api,
    bytes: whole({ message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }),
    expects: ALL,
    anomalies: ["choice-of-other-api"],
  }),
  streamed({
    row: "`/completions` with calls in the shape of chat",
    seenAt: "gateways that know chat alone",
    api,
    bytes: [
      ROLE,
      chunk({ tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "f", arguments: "{}" } }] }),
      finish("tool_calls"),
      DONE,
    ].join(""),
    expects: {
      content: "",
      finishReason: "tool_calls",
      toolCalls: [{ id: "call_a", name: "f", argumentsText: "{}" }],
      done: true,
    },
    anomalies: ["choice-of-other-api"],
  }),
];
