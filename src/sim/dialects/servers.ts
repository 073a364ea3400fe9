/** Server software that people run themselves. */
import type { DialectChanges } from "../dialect.js";

export const SERVERS: Readonly<Record<string, DialectChanges>> = {
  ollama: {
    about: "role on every event, created advancing, calls whole and without index, error code null, reasoning",
    chunks: { opening: "content", roleOnEvery: true, created: "advances" },
    usage: { details: false },
    calls: { index: "missing", arguments: "whole" },
    message: { reasoning: "reasoning", noContent: "empty" },
    requests: { ignored: ["logprobs", "top_logprobs", "tool_choice", "n", "parallel_tool_calls"], json: "enforced" },
    errors: { code: "null" },
    transport: { streamType: "text/event-stream" },
  },
  "llama-cpp": {
    about:
      "content null first, [DONE] without its blank line, `:` comments, a field `error:`, connection closed, timings",
    framing: { done: "unterminated", comment: { text: ":", everyMs: 20 } },
    chunks: {
      opening: "role-null",
      fields: { timings: { prompt_ms: 12.5, predicted_ms: 250.25, predicted_per_second: 80 } },
    },
    usage: { details: false },
    requests: { json: "enforced" },
    errors: { code: "number", inStream: "error-field" },
    transport: { streamType: "text/event-stream", closesAfterStream: true },
  },
  vllm: {
    about: "usage on every event with stream_options.continuous_usage_stats, error code as a number, errors as data",
    routes: ["chat", "completions", "embeddings", "responses", "models"],
    usage: { details: false, continuous: true },
    requests: { json: "enforced" },
    errors: { code: "number", doneAfterError: true },
  },
  "vllm-old": {
    about: 'errors as {object: "error"}, calls leaked into the content as Hermes text, reasoning as inline <think>',
    calls: { asText: "hermes" },
    usage: { details: false },
    message: { reasoning: "inline" },
    requests: { ignored: ["response_format"] },
    errors: { envelope: "object", code: "number", doneAfterError: true },
  },
  "kimi-raw": {
    about: "a Kimi model without a tool parser: calls leaked into the content between its markers",
    calls: { asText: "kimi" },
    errors: { code: "number" },
  },
  legacy: {
    about: "calls as function_call, one at a time, an empty finish reason for stop",
    calls: { legacy: true, finishReason: "function_call" },
    message: { finishNames: { stop: "" } },
  },
  tgi: {
    about: "no [DONE], errors as text, finish reasons eos_token and stop_sequence, arguments as an object, one call id",
    routes: ["chat", "completions", "models"],
    framing: { done: "absent", space: false },
    chunks: { opening: "content", roleOnEvery: true, breaksCharacters: true },
    calls: { arguments: "object", id: "shared", finishReason: "eos_token" },
    message: { finishNames: { stop: "eos_token" } },
    requests: { ignored: ["response_format", "parallel_tool_calls"], refused: ["n"], refusalStatus: 422 },
    errors: { envelope: "text" },
    transport: { streamType: "text/event-stream" },
  },
  lemonade: {
    about:
      "an error in the stream as bare JSON, tool_calls [] on messages without calls, content-type application/json",
    basePath: "/api/v1",
    calls: { whenNone: "empty" },
    errors: { code: "null", inStream: "raw-json" },
    transport: { streamType: "application/json" },
  },
  gpustack: {
    about: "no [DONE], an error in a field named `error:`, content-type application/octet-stream",
    framing: { done: "absent" },
    errors: { code: "number", inStream: "error-field" },
    transport: { streamType: "application/octet-stream" },
  },
  nim: {
    about: "stream_options refused with 422 in FastAPI's detail list, calls ended by `stop`",
    calls: { finishReason: "stop" },
    requests: { unknownFields: "reject", refused: ["stream_options"], refusalStatus: 422 },
    errors: { envelope: "detail" },
  },
};
