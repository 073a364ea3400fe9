/** Bodies: content, finish reasons, refusals, logprobs, and what comes in place of JSON. */
import { gzipSync } from "node:zlib";
import { answered, body, COUNTED, chunk, DONE, type Json, ROLE, SAID, streamed, usageEvent } from "../row.js";

const ALL = { ...SAID, ...COUNTED };
const HTML = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body></body></html>";
const LOGPROBS = {
  content: [
    {
      token: "Hel",
      logprob: -0.1,
      bytes: [72, 101, 108],
      top_logprobs: [{ token: "Hel", logprob: -0.1, bytes: null }],
    },
    { token: "lo", logprob: -0.2, bytes: [108, 111], top_logprobs: [{ token: "lo", logprob: -0.2, bytes: null }] },
  ],
  refusal: null,
};
const LEGACY = {
  tokens: ["Hel", "lo"],
  token_logprobs: [-0.1, -0.2],
  top_logprobs: [
    { Hel: -0.1, He: -2 },
    { lo: -0.2, l: -3 },
  ],
  text_offset: [0, 3],
};

/** A finish reason outside OpenAI's words is kept as it was sent. */
const reasons = ["eos", "stop_sequence", "end_turn", "max_tokens", "content_filter"].map((reason) =>
  answered({
    row: `finish reasons: \`${reason}\``,
    seenAt: "TGI, Together, Anthropic-compatible gateways",
    bytes: body({ content: "Hello" }, { finish_reason: reason }),
    expects: { ...ALL, finishReason: reason },
  }),
);

export const bodyRows = [
  answered({ row: "a body as OpenAI sends it", seenAt: "OpenAI", bytes: body({ content: "Hello" }), expects: ALL }),
  answered({
    row: "`content` null",
    seenAt: "llama.cpp",
    bytes: body({ content: null }),
    expects: { finishReason: "stop", ...COUNTED },
  }),
  answered({
    row: '`content` `""`',
    seenAt: "several",
    bytes: body({ content: "" }),
    expects: { ...ALL, content: "" },
  }),
  answered({
    row: "`content` absent",
    seenAt: "Gemini",
    bytes: body({}, { finish_reason: "length" }),
    expects: { finishReason: "length", ...COUNTED },
    anomalies: ["content-absent"],
  }),
  answered({
    row: "`content` an array of parts",
    seenAt: "Mistral, Databricks",
    bytes: body({
      content: [
        { type: "text", text: "Hel" },
        { type: "text", text: "lo" },
      ],
    }),
    expects: ALL,
    anomalies: ["content-parts"],
  }),
  ...reasons,
  answered({
    row: 'finish reasons: `""`',
    seenAt: "gateways",
    bytes: body({ content: "Hello" }, { finish_reason: "" }),
    expects: { content: "Hello", ...COUNTED },
    anomalies: ["finish-reason-empty"],
  }),
  answered({
    row: "finish reasons: null",
    seenAt: "gateways",
    bytes: body({ content: "Hello" }, { finish_reason: null }),
    expects: { content: "Hello", ...COUNTED },
  }),
  answered({
    row: "`refusal`",
    seenAt: "OpenAI",
    bytes: body({ content: null, refusal: "I cannot." }),
    expects: { refusal: "I cannot.", finishReason: "stop", ...COUNTED },
  }),
  streamed({
    row: "`refusal`, streamed",
    seenAt: "OpenAI",
    bytes: [
      chunk({ role: "assistant", content: null, refusal: null }),
      chunk({ refusal: "I " }),
      chunk({ refusal: "cannot." }),
      chunk({}, { finish_reason: "stop" }),
      usageEvent(),
      DONE,
    ].join(""),
    expects: { refusal: "I cannot.", finishReason: "stop", ...COUNTED, done: true },
    anomalies: ["first-content-null"],
  }),
  answered({
    row: "logprobs null",
    seenAt: "OpenAI",
    bytes: body({ content: "Hello" }, { logprobs: null }),
    expects: ALL,
  }),
  answered({
    row: "logprobs new",
    seenAt: "OpenAI",
    bytes: body({ content: "Hello" }, { logprobs: LOGPROBS }),
    expects: { ...ALL, logprobs: { tokens: 2, topPerToken: 1, wellFormed: true } },
  }),
  answered({
    row: "logprobs legacy",
    seenAt: "Together, Fireworks",
    bytes: body({ content: "Hello" }, { logprobs: LEGACY }),
    expects: { ...ALL, logprobs: { tokens: 2, topPerToken: 2, wellFormed: true } },
    anomalies: ["logprobs-legacy"],
  }),
  answered({
    row: "`service_tier`, `system_fingerprint`, `timings`",
    seenAt: "llama.cpp",
    bytes: body(
      { content: "Hello" },
      {},
      { service_tier: "default", system_fingerprint: "b1", timings: { predicted_ms: 5 } },
    ),
    expects: ALL,
    anomalies: ["extra-fields"],
  }),
  answered({
    row: "`delta` in a non-stream answer, beside `message`",
    seenAt: "Perplexity",
    bytes: body({ content: "Hello" }, { delta: { role: "assistant", content: "" } }),
    expects: ALL,
    anomalies: ["delta-in-body"],
  }),
  answered({
    row: "`delta` in a non-stream answer, in place of `message`",
    seenAt: "gateways",
    bytes: body({}, { message: undefined, delta: { role: "assistant", content: "Hello" } }),
    expects: ALL,
    anomalies: ["delta-in-body"],
  }),
  answered({
    row: "an answer without `choices`",
    seenAt: "gateways that send a protocol of their own",
    bytes: { ...body({}), choices: undefined, response: "Hello" } as Json,
    expects: { ...COUNTED, choices: 0 },
    anomalies: ["choices-missing", "extra-fields"],
  }),
  answered({
    row: "an empty body with 200",
    seenAt: "proxies",
    bytes: "",
    expects: { choices: 0 },
    anomalies: ["empty-body"],
  }),
  streamed({
    row: "an empty stream with 200",
    seenAt: "proxies",
    bytes: "\n",
    expects: { choices: 0 },
    anomalies: ["empty-body"],
  }),
  answered({
    row: "HTML with 200",
    seenAt: "sign-in pages of proxies",
    headers: [["content-type", "text/html"]],
    bytes: HTML,
    expects: {
      choices: 0,
      error: {
        message: 'a page of HTML in place of JSON titled "Sign in"',
        code: "html-body",
        envelope: "html",
        inBand: true,
      },
    },
    anomalies: ["html-body"],
  }),
  streamed({
    row: "HTML with 200, in answer to `stream: true`",
    seenAt: "sign-in pages of proxies",
    headers: [["content-type", "text/html"]],
    bytes: HTML,
    expects: { choices: 0, error: { code: "html-body", envelope: "html", inBand: true } },
    anomalies: ["html-body"],
  }),
  answered({
    row: "a body that is not JSON",
    seenAt: "proxies",
    bytes: "upstream connect error or disconnect/reset before headers",
    expects: {
      choices: 0,
      error: { message: "the body is not JSON", code: "body-not-json", envelope: "plain", inBand: true },
    },
    anomalies: ["body-not-json"],
  }),
  answered({
    row: "a body that ends in the middle",
    seenAt: "proxies with a size limit",
    bytes: JSON.stringify(body({ content: "Hello" })).slice(0, 150),
    expects: { choices: 0, error: { code: "body-not-json", envelope: "plain", inBand: true } },
    anomalies: ["body-not-json"],
  }),
  answered({
    row: "gzip on a body that holds too much",
    seenAt: "attackers",
    headers: [["content-encoding", "gzip"]],
    bytes: gzipSync(Buffer.alloc(33 << 20, 0x20)),
    expects: {
      choices: 0,
      error: { message: "the body is compressed (gzip) and holds over 32 MiB", code: "body-not-json" },
    },
    anomalies: ["compressed-body"],
    heavy: true,
  }),
  answered({
    row: "a coding that nobody asked for and none can read",
    seenAt: "proxies",
    headers: [["content-encoding", "compress"]],
    bytes: Buffer.from([0x1f, 0x9d, 0x90, 0x00]),
    expects: {
      choices: 0,
      error: { message: "the body is compressed (compress) in a way that cannot be read", code: "body-not-json" },
    },
    anomalies: ["compressed-body"],
  }),
  streamed({
    row: "usage only, no choice: a stream of no answer",
    seenAt: "content filters of gateways",
    bytes: [ROLE.replace(/"choices":.*\}\]/, '"choices":[]'), usageEvent(), DONE].join(""),
    expects: { ...COUNTED, done: true, choices: 0 },
    anomalies: ["empty-choices-event"],
  }),
];
