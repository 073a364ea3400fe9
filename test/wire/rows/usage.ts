/** Where usage stands, and what it counts. */
import {
  answered,
  body,
  COUNTED,
  chunk,
  DONE,
  finish,
  HELLO,
  ROLE,
  SAID,
  streamed,
  text,
  USAGE,
  usageEvent,
} from "../row.js";

const cumulative = (completion: number) => ({
  usage: { prompt_tokens: 9, completion_tokens: completion, total_tokens: 9 + completion },
});

export const usageRows = [
  streamed({
    row: "usage: extra event with `choices: []`",
    seenAt: "OpenAI",
    bytes: [...HELLO, finish(), usageEvent(), DONE].join(""),
    expects: { ...SAID, ...COUNTED, done: true },
  }),
  streamed({
    row: "usage: extra event with `choices: []`, null until then",
    seenAt: "OpenAI with include_usage",
    bytes: [
      chunk({ role: "assistant", content: "Hello" }, {}, { usage: null }),
      chunk({}, { finish_reason: "stop" }, { usage: null }),
      usageEvent(),
      DONE,
    ].join(""),
    expects: { ...SAID, ...COUNTED, done: true },
    anomalies: ["first-event-carries-text"],
  }),
  streamed({
    row: "usage on the finish event",
    seenAt: "DeepSeek, Mistral",
    bytes: [...HELLO, chunk({}, { finish_reason: "stop" }, { usage: USAGE }), DONE].join(""),
    expects: { ...SAID, ...COUNTED, done: true },
    anomalies: ["usage-on-finish-event"],
  }),
  streamed({
    row: "usage on every event, cumulative",
    seenAt: "Perplexity, Gemini, vLLM continuous_usage_stats",
    bytes: [
      chunk({ role: "assistant", content: "" }, {}, cumulative(0)),
      chunk({ content: "Hel" }, {}, cumulative(1)),
      chunk({ content: "lo" }, {}, cumulative(2)),
      chunk({}, { finish_reason: "stop" }, cumulative(2)),
      DONE,
    ].join(""),
    expects: { ...SAID, ...COUNTED, done: true },
    anomalies: ["usage-on-every-event"],
  }),
  streamed({
    row: "usage on every event, cumulative; null on the last",
    seenAt: "gateways",
    bytes: [
      chunk({ role: "assistant", content: "" }, {}, cumulative(1)),
      chunk({ content: "Hello" }, {}, cumulative(2)),
      chunk({}, { finish_reason: "stop" }, { usage: null }),
      DONE,
    ].join(""),
    expects: { ...SAID, ...COUNTED, done: true },
  }),
  streamed({
    row: "usage in `x_groq.usage`",
    seenAt: "Groq",
    bytes: [
      ...HELLO,
      chunk({}, { finish_reason: "stop" }, { x_groq: { id: "req_1", usage: { ...USAGE, queue_time: 0.01 } } }),
      DONE,
    ].join(""),
    expects: { ...SAID, usage: { inputTokens: 9, outputTokens: 2, source: "x_groq.usage" }, done: true },
    anomalies: ["usage-on-finish-event", "usage-elsewhere", "usage-extras", "extra-fields"],
  }),
  streamed({
    row: "usage in `x_groq.usage`, in up to three copies",
    seenAt: "Groq",
    bytes: [
      ...HELLO,
      chunk({}, { finish_reason: "stop" }, { usage: USAGE, x_groq: { id: "req_1", usage: USAGE } }),
      usageEvent(),
      DONE,
    ].join(""),
    expects: { ...SAID, ...COUNTED, done: true },
    anomalies: ["usage-on-finish-event", "usage-elsewhere", "usage-in-several-places", "extra-fields"],
  }),
  streamed({
    row: "usage in `choices[0].usage`",
    seenAt: "Moonshot",
    bytes: [...HELLO, chunk({}, { finish_reason: "stop", usage: { ...USAGE, cached_tokens: 4 } }), DONE].join(""),
    expects: { ...SAID, usage: { inputTokens: 9, outputTokens: 2, source: "choices[0].usage" }, done: true },
    anomalies: ["usage-on-finish-event", "usage-elsewhere", "usage-extras"],
  }),
  streamed({
    row: "usage: never counted",
    seenAt: "servers that echo the key",
    bytes: [...HELLO, finish(), usageEvent(null), DONE].join(""),
    expects: { ...SAID, done: true },
    anomalies: ["usage-null"],
  }),
  streamed({
    row: "usage extras: reasoning counted beside completion_tokens",
    seenAt: "xAI",
    bytes: [
      ROLE,
      chunk({ reasoning_content: "Hm." }),
      text("Hello"),
      finish(),
      usageEvent({
        prompt_tokens: 9,
        completion_tokens: 2,
        total_tokens: 21,
        completion_tokens_details: { reasoning_tokens: 10 },
      }),
      DONE,
    ].join(""),
    expects: {
      ...SAID,
      reasoning: "Hm.",
      usage: { inputTokens: 9, outputTokens: 12, reasoningTokens: 10, reasoningAdded: true },
      done: true,
    },
    anomalies: ["reasoning-content", "usage-excludes-reasoning"],
  }),
  answered({
    row: "usage extras (`prompt_tokens_details.cached_tokens`)",
    seenAt: "OpenAI",
    bytes: body(
      { content: "Hello", refusal: null },
      { logprobs: null },
      {
        usage: {
          ...USAGE,
          prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
          completion_tokens_details: {
            reasoning_tokens: 0,
            audio_tokens: 0,
            accepted_prediction_tokens: 0,
            rejected_prediction_tokens: 0,
          },
        },
        service_tier: "default",
        system_fingerprint: "fp_1",
      },
    ),
    expects: { ...SAID, usage: { inputTokens: 9, outputTokens: 2, cachedTokens: 4, reasoningTokens: 0 } },
  }),
  answered({
    row: "usage extras (`prompt_cache_hit_tokens`)",
    seenAt: "DeepSeek",
    bytes: body(
      { content: "Hello" },
      {},
      { usage: { ...USAGE, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 1 } },
    ),
    expects: { ...SAID, usage: { inputTokens: 9, outputTokens: 2, cachedTokens: 8 } },
    anomalies: ["usage-extras"],
  }),
  answered({
    row: "usage extras (`queue_time`, `cost`)",
    seenAt: "Groq, OpenRouter",
    bytes: body({ content: "Hello" }, {}, { usage: { ...USAGE, queue_time: 0.02, cost: 0.00001 } }),
    expects: { ...SAID, ...COUNTED },
    anomalies: ["usage-extras"],
  }),
  answered({
    row: "usage whose total is not its sum",
    seenAt: "gateways that count again",
    bytes: body({ content: "Hello" }, {}, { usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 40 } }),
    expects: { ...SAID, ...COUNTED },
    anomalies: ["usage-inconsistent"],
  }),
  answered({
    row: "usage null in a body",
    seenAt: "Ollama, cached answers of gateways",
    bytes: body({ content: "Hello" }, {}, { usage: null }),
    expects: SAID,
    anomalies: ["usage-null"],
  }),
];
