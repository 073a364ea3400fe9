/** Errors: status and envelope. */
import type { ApiError } from "../../../src/decode/completion.js";
import { answered, data, streamed } from "../row.js";

function refused(row: string, seenAt: string, status: number, bytes: string | object, error: Partial<ApiError>) {
  return answered({ row, seenAt, status, bytes, expects: { choices: 0, error: { inBand: false, ...error } } });
}

const RATE = { message: "Rate limit reached", type: "requests", param: null };

export const errorRows = [
  refused(
    "`{error: {message, type, param, code}}`; code string",
    "OpenAI",
    429,
    { error: { ...RATE, code: "rate_limit_exceeded" } },
    {
      message: "Rate limit reached",
      type: "requests",
      code: "rate_limit_exceeded",
      codeType: "string",
      envelope: "openai",
    },
  ),
  refused(
    "`{error: {…}}`; code int",
    "OpenRouter, vLLM",
    429,
    { error: { ...RATE, code: 429 } },
    { message: "Rate limit reached", code: "429", codeType: "number", envelope: "openai" },
  ),
  refused(
    "`{error: {…}}`; code a numeric string",
    "Azure, LiteLLM",
    429,
    { error: { ...RATE, code: "429" } },
    { code: "429", codeType: "string", envelope: "openai" },
  ),
  refused(
    "`{error: {…}}`; code null",
    "Ollama",
    404,
    { error: { message: "model not found", type: "api_error", param: null, code: null } },
    { message: "model not found", code: null, codeType: "null", envelope: "openai" },
  ),
  refused(
    "`{error: {…}}`; no code",
    "gateways",
    400,
    { error: { message: "bad request" } },
    { message: "bad request", type: null, code: null, codeType: "absent", envelope: "openai" },
  ),
  refused(
    '`{object: "error", message, type, code}`',
    "old vLLM",
    400,
    { object: "error", message: "too long", type: "BadRequestError", param: null, code: 400 },
    { message: "too long", type: "BadRequestError", code: "400", codeType: "number", envelope: "object" },
  ),
  refused(
    "`{message, type, code}`",
    "Cerebras",
    404,
    { message: "no such model", type: "not_found_error", param: "model", code: "model_not_found" },
    { message: "no such model", type: "not_found_error", code: "model_not_found", envelope: "flat" },
  ),
  refused(
    "`{message}`",
    "Bedrock",
    403,
    { message: "The security token is invalid." },
    { message: "The security token is invalid.", codeType: "absent", envelope: "message" },
  ),
  refused(
    "`{Message}`",
    "AWS in front of Bedrock",
    403,
    { Message: "Not authorized." },
    { message: "Not authorized.", envelope: "message" },
  ),
  refused(
    '`{error: "text", …}` with a code',
    "xAI",
    400,
    { code: "Client specified an invalid argument", error: "Incorrect API key" },
    {
      message: "Incorrect API key",
      code: "Client specified an invalid argument",
      codeType: "string",
      envelope: "text",
    },
  ),
  refused(
    '`{error: "text", …}` with a type',
    "TGI",
    422,
    { error: "Input validation error", error_type: "validation" },
    { message: "Input validation error", envelope: "text" },
  ),
  refused(
    '`{error: "text", …}` with a message beside it',
    "Spring",
    404,
    { timestamp: "2026-01-01", status: 404, error: "Not Found", message: "No handler", path: "/v1" },
    { message: "Not Found: No handler", envelope: "text" },
  ),
  refused(
    '`{detail: "text"}`',
    "Mistral, FastAPI",
    401,
    { detail: "Unauthorized" },
    { message: "Unauthorized", envelope: "detail" },
  ),
  refused(
    "`{detail: {…}}`",
    "FastAPI",
    400,
    { detail: { reason: "no" } },
    { message: '{"reason":"no"}', envelope: "detail" },
  ),
  refused(
    "`{detail: [ … ]}` 422",
    "FastAPI",
    422,
    { detail: [{ loc: ["body", "messages"], msg: "field required", type: "value_error.missing" }] },
    { message: "field required", envelope: "detail-list" },
  ),
  refused(
    "`[{error}]`",
    "Gemini",
    400,
    [{ error: { code: 400, message: "API key not valid.", status: "INVALID_ARGUMENT" } }],
    { message: "API key not valid.", code: "400", codeType: "number", envelope: "array" },
  ),
  refused(
    "`{success: false, errors: []}`",
    "Cloudflare",
    401,
    { result: null, success: false, errors: [{ code: 10000, message: "Authentication error" }], messages: [] },
    { message: "Authentication error", code: "10000", codeType: "number", envelope: "errors" },
  ),
  refused(
    "`{success: false, errors: []}`, nothing listed",
    "Cloudflare",
    500,
    { success: false, errors: [], messages: [] },
    { message: "success: false", envelope: "errors" },
  ),
  refused("HTML", "proxies", 502, "<html>\n<head><title>502 Bad Gateway</title></head></html>", {
    message: 'a page of HTML titled "502 Bad Gateway"',
    envelope: "html",
  }),
  refused("empty", "proxies", 503, "", { message: "no body", envelope: "empty" }),
  refused("plain text", "proxies", 504, "stream timeout", { message: "stream timeout", envelope: "plain" }),
  refused(
    "503 `Loading model` while cold",
    "llama.cpp",
    503,
    { error: { message: "Loading model", type: "unavailable_error", code: 503 } },
    { message: "Loading model", type: "unavailable_error", code: "503", envelope: "openai" },
  ),
  refused(
    "402 out of credit",
    "Bastion, OpenRouter",
    402,
    { error: { message: "Insufficient funds", type: "billing", code: "insufficient_funds" } },
    { message: "Insufficient funds", code: "insufficient_funds", envelope: "openai" },
  ),
  refused(
    "502 `upstream_error` for a passed-through field",
    "Bastion",
    502,
    { error: { message: "upstream rejected the request", type: "upstream_error", code: null } },
    { type: "upstream_error", codeType: "null", envelope: "openai" },
  ),
  refused(
    "a message that is an object",
    "gateways that wrap errors",
    400,
    { error: { message: { error: "deep" }, type: "x" } },
    { message: '{"error":"deep"}', envelope: "openai" },
  ),
  refused(
    "a provider's message without end",
    "gateways that quote prompts",
    400,
    { error: { message: "x".repeat(5_000) } },
    { message: "x".repeat(500), envelope: "openai" },
  ),
  streamed({
    row: "`stream_options` rejected (400/422)",
    seenAt: "Mistral at times, Databricks, some NIM models",
    status: 422,
    headers: [["content-type", "application/json"]],
    bytes: JSON.stringify({
      object: "error",
      message: {
        detail: [{ type: "extra_forbidden", loc: ["body", "stream_options"], msg: "Extra inputs are not permitted" }],
      },
      type: "invalid_request_error",
      code: null,
    }),
    expects: {
      choices: 0,
      error: { envelope: "object", codeType: "null", type: "invalid_request_error", inBand: false },
    },
  }),
  streamed({
    row: "an error status whose body is framed as a stream",
    seenAt: "gateways that have begun to stream",
    status: 429,
    bytes: data({ error: { ...RATE, code: 429 } }),
    expects: { choices: 0, error: { message: "Rate limit reached", envelope: "openai", inBand: false } },
  }),
];
