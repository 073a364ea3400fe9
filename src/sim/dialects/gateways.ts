/** Hops between a client and somebody else's model. */
import type { DialectChanges, UsageCounts } from "../dialect.js";

/** A dollar price that gateways like to print: 1 per million prompt tokens, 4 per million of the answer. */
export function simulatedCost({ promptTokens, completionTokens, attempts }: UsageCounts): number {
  return Number((attempts * (promptTokens + 4 * completionTokens) * 1e-6).toFixed(9));
}

export const GATEWAYS: Readonly<Record<string, DialectChanges>> = {
  openrouter: {
    about: "`: OPENROUTER PROCESSING`, role on every event, finish reason twice, usage with the second, numeric codes",
    basePath: "/api/v1",
    routes: ["chat", "completions", "models"],
    framing: { comment: { text: ": OPENROUTER PROCESSING", everyMs: 20 } },
    chunks: {
      roleOnEvery: true,
      finish: "twice",
      fields: { provider: "Simulated" },
      choiceFields: { native_finish_reason: null },
    },
    usage: { place: "finish", optIn: false, extras: (counts) => ({ cost: simulatedCost(counts), is_byok: false }) },
    message: { reasoning: "twice" },
    errors: { code: "number", inStream: "beside-choices" },
    transport: { streamType: "text/event-stream", bodyPadding: [11, 363] },
  },
  vercel: {
    about: "usage on the finish event",
    usage: { place: "finish", optIn: false },
  },
  litellm: {
    about: "the index of every call is 0, error codes as numeric text, a made-up `stop` after an upstream reset",
    calls: { index: "zero", arguments: "whole" },
    errors: { code: "numeric-string", upstreamReset: "fabricated-stop" },
    transport: { headers: { "x-litellm-response-cost": "0.000123" } },
  },
  portkey: {
    about: "delays the first event by 25 ms and each by 1 ms; content-type application/json, text/event-stream",
    transport: { firstEventDelayMs: 25, eventDelayMs: 1, streamType: "application/json, text/event-stream" },
  },
  cloudflare: {
    about: "errors as {success: false, errors: []}, calls ended by `stop`, Retry-After as a date, tool_calls null",
    calls: { finishReason: "stop", arguments: "whole", whenNone: "null" },
    requests: { ignored: ["logprobs", "top_logprobs"] },
    errors: { envelope: "errors", code: "number" },
    transport: { retryAfter: "date", rateLimits: "dates" },
  },
  spring: {
    about: "`data:` without a space over several lines, a byte order mark",
    framing: { space: false, multiLine: true, byteOrderMark: true },
    transport: { streamType: "text/event-stream;charset=UTF-8" },
  },
  nginx: {
    about: "a compressed stream in blocks of 4 kB, errors as HTML",
    errors: { envelope: "html" },
    transport: { gzip: true, blockBytes: 4_096 },
  },
  proxy: {
    about: "errors with an empty body, `stream: true` answered by a whole JSON body",
    errors: { envelope: "empty" },
    transport: { streams: false },
  },
};
