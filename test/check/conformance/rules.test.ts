import { describe, expect, test } from "vitest";
import { NO_FINDING } from "../../../src/check/conformance/no-finding.js";
import { SUBJECTS } from "../../../src/check/conformance/rule.js";
import { RULES } from "../../../src/check/conformance/rules.js";
import type { WatchedExchange } from "../../../src/check/conformance/watch.js";
import { ANOMALIES, type AnomalyKind } from "../../../src/decode/anomaly.js";
import type { ApiError, Completion, TokenEvent } from "../../../src/decode/completion.js";
import { aCall, anAttempt, aUsage } from "../build.js";
import { ASKED, anError, failed, type Parts, rulesSeen, watched, watchedBody, withAnomaly } from "./exchanges.js";

type Example = readonly [cause: WatchedExchange | WatchedExchange[], nearMiss: WatchedExchange | WatchedExchange[]];

const type = (value: string): Parts => ({ attempt: { headers: [["content-type", value]] } });
const headers = (...more: [string, string][]): Parts => ({
  attempt: { headers: [["content-type", "text/event-stream"], ...more] },
});
const cancelled: Parts = { attempt: { outcome: { kind: "cancelled", by: "plan" } } };
const token: TokenEvent = { read: 0, atNs: 3000, kind: "content", characters: 1 };
const many = (count: number, make: (id: number) => WatchedExchange): WatchedExchange[] =>
  Array.from({ length: count }, (_, id) => make(id));
const cut = (text: string, parts: Parts = {}): WatchedExchange =>
  watched({
    ...parts,
    completion: { toolCalls: [aCall("f", text)], finishReason: "tool_calls", content: null, ...parts.completion },
  });
const lost = { outcome: { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" } } as const;
const retryAfter = (seconds: string, ms: string): Parts => ({
  attempt: {
    headers: [
      ["retry-after", seconds],
      ["retry-after-ms", ms],
    ],
  },
});
const redirect = (location: string, parts: Parts = {}): WatchedExchange =>
  failed(308, { envelope: "empty" }, { ...parts, attempt: { headers: [["location", location]], reads: [] } });
const vectors = (dimensions: number[], body: Record<string, unknown>): WatchedExchange =>
  watchedBody({
    api: "embeddings",
    body,
    completion: { content: null, finishReason: null, choices: 0, id: null, dimensions },
  });
const streamedJson = (parts: Parts = {}): WatchedExchange =>
  withAnomaly("body-for-stream", { ...type("application/json"), ...parts });
const spent: Partial<Completion> = { content: "", reasoning: "Let me think.", finishReason: "length" };
const brokenCall = aCall("f", '{"a":1]');

const bodyWithDelta = (evidence: string): WatchedExchange =>
  watchedBody({ completion: { anomalies: [{ kind: "delta-in-body", evidence }] } });

/** Each rule: what gives cause, and what nearly does. Rows of one fact that have no condition are made below. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  // framing
  "byte-order-mark": [
    withAnomaly("byte-order-mark"),
    withAnomaly("byte-order-mark", { exchange: { variant: "body" } }),
  ],
  "byte-order-mark-in-body": [
    withAnomaly("byte-order-mark", { exchange: { variant: "body" } }),
    withAnomaly("byte-order-mark"),
  ],
  "unterminated-line": [withAnomaly("unterminated-line"), withAnomaly("unterminated-line", cancelled)],
  "unterminated-event": [withAnomaly("unterminated-event"), withAnomaly("unterminated-event", cancelled)],
  "done-unterminated": [withAnomaly("done-unterminated"), withAnomaly("done-unterminated", cancelled)],
  "event-not-json": [withAnomaly("event-not-json"), withAnomaly("event-not-json", cancelled)],
  "invalid-utf8": [withAnomaly("invalid-utf8"), withAnomaly("invalid-utf8", cancelled)],
  "done-missing": [watched({ completion: { done: false } }), watched({ completion: { done: false }, ...cancelled })],
  "stream-content-type": [watched(type("text/plain")), watched(type("Text/Event-Stream;charset=utf-8"))],
  // finish
  "finish-reason-missing": [
    watched({ completion: { finishReason: null } }),
    watched({ completion: { finishReason: null }, ...cancelled }),
  ],
  "finish-reason-empty": [
    watched({ completion: { finishReason: "" } }),
    watched({ completion: { finishReason: null } }),
  ],
  "finish-reason-unknown": [
    watched({ completion: { finishReason: "end_turn" } }),
    watched({ completion: { finishReason: "content_filter" } }),
  ],
  "finish-reason-with-calls": [
    watched({ completion: { toolCalls: [aCall("f", {})], finishReason: "stop" } }),
    watched({
      completion: { toolCalls: [aCall("f", {})], finishReason: "stop" },
      body: { ...ASKED, tool_choice: { type: "function", function: { name: "f" } } },
    }),
  ],
  "stop-inside-json": [cut('{"city":"Os'), cut('{"city":"Oslo"}}')],
  "stream-without-events": [
    watched({ completion: { eventCount: 0, content: null, finishReason: null } }),
    streamedJson({ completion: { eventCount: 0, content: null } }),
  ],
  // usage
  "usage-missing": [
    watched({ completion: { usage: null } }),
    watched({ completion: { usage: null }, body: { model: "a-model" } }),
  ],
  "usage-lost": [
    many(20, (id) => watched({ exchange: { id }, completion: id === 7 ? { usage: null } : {} })),
    many(20, (id) => watched({ exchange: { id }, completion: id % 2 === 0 ? { usage: null } : {} })),
  ],
  "usage-missing-in-body": [watchedBody({ completion: { usage: null } }), failed(500)],
  "usage-impossible": [
    watched({ completion: { usage: aUsage({ outputTokens: 0 }) } }),
    watched({ completion: { usage: aUsage({ outputTokens: 0 }), content: "" } }),
  ],
  // bodies
  "body-for-stream": [streamedJson(), streamedJson({ completion: { error: anError({ inBand: true }) } })],
  "whitespace-before-body": [
    withAnomaly("whitespace-before-body", { attempt: { reads: [[1, "\n\n   {}"]] } }),
    withAnomaly("whitespace-before-body", { attempt: { reads: [[1, "\n: ping\n{}"]] } }),
  ],
  "comment-before-body": [
    withAnomaly("whitespace-before-body", { attempt: { reads: [[1, "\n: ping\n{}"]] } }),
    withAnomaly("whitespace-before-body", { attempt: { reads: [[1, "\n\n   {}"]] } }),
  ],
  "delta-in-body": [bodyWithDelta('{"delta":{}}'), bodyWithDelta('{"message":{},"delta":{}}')],
  "delta-beside-message": [bodyWithDelta('{"message":{},"delta":{}}'), bodyWithDelta('{"delta":{}}')],
  "empty-body": [withAnomaly("empty-body"), withAnomaly("empty-body", { attempt: { status: 502 } })],
  "body-not-json": [withAnomaly("body-not-json"), withAnomaly("body-not-json", headers(["content-encoding", "gzip"]))],
  "choices-missing": [
    withAnomaly("choices-missing"),
    withAnomaly("choices-missing", { completion: { error: anError({ inBand: true }) } }),
  ],
  "error-in-body": [
    withAnomaly("error-in-body", { exchange: { variant: "body" } }),
    withAnomaly("error-in-body", { completion: { error: anError({ inBand: true }) } }),
  ],
  "content-coding-unknown": [
    watched(headers(["content-encoding", "gzip, aes128gcm"])),
    watched(headers(["content-encoding", "gzip, br"])),
  ],
  "html-answer": [
    failed(502, { envelope: "html" }, { attempt: { reads: [[1, "<!DOCTYPE html><title>502</title>"]] } }),
    watched({ attempt: { reads: [[1, 'data: {"a":"<html>"}']] }, completion: { content: "<html> is the root." } }),
  ],
  "body-content-type": [watchedBody(type("text/plain")), watchedBody(type("application/vnd.api+json; charset=utf-8"))],
  "compressed-body": [
    watchedBody({ attempt: { headers: [["content-encoding", "gzip"]] } }),
    watchedBody({ attempt: { headers: [["content-encoding", "identity"]] } }),
  ],
  "stream-compressed": [
    watched(headers(["content-encoding", "br"])),
    watched(headers(["content-encoding", "identity"])),
  ],
  "status-not-200": [watched({ attempt: { status: 206 } }), failed(404)],
  // content
  "logprobs-legacy": [withAnomaly("logprobs-legacy"), withAnomaly("logprobs-legacy", { api: "completions" })],
  "reasoning-only": [watched({ completion: spent }), watched({ completion: { ...spent, content: "He" } })],
  "logprobs-missing": [
    watched({ body: { ...ASKED, logprobs: true } }),
    watched({
      body: { ...ASKED, logprobs: true },
      completion: { content: null, toolCalls: [aCall("f", {})], finishReason: "tool_calls" },
    }),
  ],
  "logprobs-malformed": [
    watched({
      body: { ...ASKED, logprobs: true, top_logprobs: 3 },
      completion: { logprobs: { tokens: 4, topPerToken: 1, wellFormed: true } },
    }),
    watched({
      body: { ...ASKED, logprobs: true, top_logprobs: 3 },
      completion: { logprobs: { tokens: 4, topPerToken: 3, wellFormed: true } },
    }),
  ],
  "choices-ignored": [
    watched({ body: { ...ASKED, n: 2 } }),
    watched({ body: { ...ASKED, n: 2 }, completion: { choices: 2 } }),
  ],
  // tool calls
  "tool-arguments-not-json": [
    withAnomaly("tool-arguments-not-json", { completion: { toolCalls: [brokenCall], finishReason: "tool_calls" } }),
    withAnomaly("tool-arguments-not-json", { completion: { toolCalls: [brokenCall], finishReason: "length" } }),
  ],
  "function-call-legacy": [
    withAnomaly("function-call-legacy"),
    withAnomaly("function-call-legacy", { body: { ...ASKED, functions: [] } }),
  ],
  // errors
  "error-in-stream": [
    withAnomaly("error-in-stream", { completion: { tokenEvents: [token] } }),
    withAnomaly("error-in-stream"),
  ],
  "error-before-output": [
    withAnomaly("error-in-stream"),
    withAnomaly("error-in-stream", { completion: { tokenEvents: [token] } }),
  ],
  "error-envelope": [failed(422, { envelope: "detail" }), failed(422)],
  "error-code-number": [failed(500, { code: "500", codeType: "number" }), failed(500, { code: "500" })],
  "error-type-missing": [failed(500, { type: null, code: null }), failed(500, { type: null })],
  "error-message-missing": [failed(500, { message: " " }), failed(500)],
  "tool-use-failed": [failed(400, { code: "tool_use_failed" }), failed(400, { code: "invalid_value" })],
  "field-rejected": [
    failed(400, { message: "Unsupported parameter: 'seed'." }, { body: { model: "m", seed: 7 } }),
    failed(400, { message: "The model is gone." }, { body: { model: "m", seed: 7 } }),
  ],
  "error-in-body-of-stream": [
    streamedJson({ completion: { error: anError({ inBand: true }), eventCount: 0 } }),
    streamedJson({ completion: { eventCount: 0 } }),
  ],
  // retries
  "retry-after-form": [
    failed(429, {}, { attempt: { headers: [["retry-after", "1.5"]] } }),
    failed(429, {}, { attempt: { headers: [["retry-after", "2"]] } }),
  ],
  "retry-after-long": [
    failed(503, {}, { attempt: { headers: [["retry-after", "121"]] } }),
    failed(503, {}, { attempt: { headers: [["retry-after", "120"]] } }),
  ],
  "retry-after-missing": [failed(429), failed(429, {}, { attempt: { headers: [["retry-after-ms", "20"]] } })],
  "retry-after-on-success": [
    watched(headers(["retry-after", "1"])),
    failed(429, {}, { attempt: { headers: [["retry-after", "1"]] } }),
  ],
  "should-retry-contradicts": [
    failed(503, {}, { attempt: { headers: [["x-should-retry", "false"]] } }),
    failed(400, {}, { attempt: { headers: [["x-should-retry", "false"]] } }),
  ],
  "retry-after-contradicts": [
    failed(429, {}, retryAfter("1", "0")),
    [
      failed(429, {}, retryAfter("1", "300")),
      failed(429, {}, retryAfter("2", "2000")),
      failed(429, {}, retryAfter("1", "soon")),
      failed(429, {}, { attempt: { headers: [["retry-after-ms", "0"]] } }),
      watched(headers(["retry-after", "1"], ["retry-after-ms", "0"])),
    ],
  ],
  // addresses
  "redirect-other-origin": [redirect("https://other.example.com/v1/"), redirect("https://api.example.com/v1/x")],
  "redirect-other-scheme": [
    redirect("https://api.example.com/v1/chat/completions", { baseUrl: "http://api.example.com/v1" }),
    redirect("/v1/chat/completions/"),
  ],
  "redirect-same-origin": [redirect("/v1/chat/completions/"), redirect("//other.example.com/v1/chat/completions/")],
  "redirect-unreadable": [failed(302, {}, { attempt: { headers: [] } }), failed(304, {}, { attempt: { headers: [] } })],
  "path-doubled": [
    failed(404, { message: "Invalid URL (POST /v1/v1/chat/completions)" }),
    failed(404, { message: "Invalid URL (POST /openai/v1/chat/completions)" }, { path: "/openai/v1/chat/completions" }),
  ],
  "path-without-version": [
    failed(404, { message: "Not Found", code: null }, { path: "/chat/completions" }),
    failed(404, { message: "The model `x` does not exist", code: "model_not_found" }, { path: "/chat/completions" }),
  ],
  // delivery, but for what delivery.test.ts has
  "stream-cut": [
    watched({ attempt: lost, completion: { finishReason: null, done: false } }),
    watched({ attempt: lost, completion: { done: false } }),
  ],
  "completion-id-repeated": [
    [watched(), watched({ exchange: { id: 1 }, completion: { id: "chatcmpl-0-" } })],
    [
      watched(),
      watched({ exchange: { id: 1, endpoint: "baseline" }, completion: { id: "chatcmpl-0-" } }),
      watched({ exchange: { id: 60_001 }, completion: { id: "late" } }),
      watched({ exchange: { id: 60_002 }, completion: { id: "late" } }),
    ],
  ],
  "cache-hit": [
    watched(headers(["x-cache", "Hit from cloudfront"])),
    watched(headers(["cf-cache-status", "DYNAMIC"], ["age", "0"])),
  ],
  // connections
  "connection-closed-each-time": [
    many(3, (id) => watched({ ...headers(["connection", "close"], ["content-length", "9"]), exchange: { id } })),
    many(3, (id) => watched({ ...headers(["connection", id === 1 ? "keep-alive" : "close"]), exchange: { id } })),
  ],
  "keep-alive-broken": [
    watched({
      exchange: {
        attempts: [
          anAttempt({ outcome: { kind: "staleConnection", code: "UND_ERR_SOCKET", message: "other side closed" } }),
          anAttempt(),
        ],
      },
    }),
    watched({ exchange: { attempts: [anAttempt(lost), anAttempt()] } }),
  ],
  "stream-ends-by-close": [
    watched(headers(["connection", "close"])),
    watched(headers(["connection", "close"], ["transfer-encoding", "chunked"])),
  ],
  "http-1-0-hop": [watched(headers(["via", "1.1 varnish, 1.0 squid"])), watched(headers(["via", "1.1 google"]))],
  "model-echo-differs": [
    watched({ body: { ...ASKED, model: "gpt-4o" }, completion: { model: "llama-3" } }),
    watched({ body: { ...ASKED, model: "openai/gpt-4o" }, completion: { model: "gpt-4o" } }),
  ],
  // embeddings
  "embedding-base64": [
    withAnomaly("embedding-base64"),
    withAnomaly("embedding-base64", { body: { ...ASKED, encoding_format: "base64" } }),
  ],
  "dimensions-ignored": [
    vectors([1024, 1024], { model: "a-model", input: ["a", "b"], dimensions: 256 }),
    vectors([256], { model: "a-model", input: "a", dimensions: 256 }),
  ],
  "embedding-count": [
    vectors([8], { model: "a-model", input: ["a", "b"] }),
    [vectors([8], { model: "a-model", input: [17, 42, 3] }), vectors([8, 8], { model: "a-model", input: ["a", "b"] })],
  ],
  // responses
  ...Object.fromEntries(
    (["sequence-gap", "item-events-missing", "completed-event-missing"] as const).map((kind) => [
      kind,
      [withAnomaly(kind, { api: "responses" }), withAnomaly(kind, { api: "responses", ...cancelled })],
    ]),
  ),
};

/** Their examples are streams with stamps, or exchanges of both endpoints. */
const ELSEWHERE = new Set([
  "stream-buffered",
  "events-in-bunches",
  "first-bytes-not-tokens",
  "silence-kept-alive",
  "streams-cut-at-one-age",
  "tokens-per-event-differ",
  "request-id-header-differs",
  "rate-limit-headers-differ",
  "hops-differ",
  "processing-time-header-differs",
  "embedding-dimensions-differ",
  "fewer-reads",
  "retried-upstream",
]);

const all = (example: WatchedExchange | WatchedExchange[]): WatchedExchange[] => [example].flat();

describe("each rule: what gives cause, and what nearly does", () => {
  test.each(Object.entries(EXAMPLES))("%s", (id, [cause, nearMiss]) => {
    expect(rulesSeen(...all(cause))).toContain(id);
    expect(rulesSeen(...all(nearMiss))).not.toContain(id);
  });

  test("a fact without a condition is a finding of its own rule, and of no other", () => {
    const plain = RULES.filter((rule) => "kind" in rule && rule.when === undefined && EXAMPLES[rule.id] === undefined);
    expect(plain.length).toBeGreaterThan(40);
    for (const rule of plain) {
      if ("kind" in rule) expect(rulesSeen(withAnomaly(rule.kind))).toEqual([rule.id]);
    }
    expect(rulesSeen(watched())).toEqual([]);
  });

  test("every rule has an example", () => {
    const without = RULES.filter(
      (rule) =>
        !("kind" in rule && rule.when === undefined) && EXAMPLES[rule.id] === undefined && !ELSEWHERE.has(rule.id),
    );
    expect(without.map(({ id }) => id)).toEqual([]);
  });
});

describe("the catalogue", () => {
  test("every fact of decoding has a rule, or a reason to have none, and never both", () => {
    const covered = new Set<AnomalyKind>(
      RULES.flatMap((rule) => ["kind" in rule ? [rule.kind] : [], rule.covers ?? []].flat()),
    );
    const quiet = new Set(Object.keys(NO_FINDING));
    for (const kind of Object.keys(ANOMALIES) as AnomalyKind[]) {
      expect([kind, covered.has(kind), quiet.has(kind)]).toEqual([kind, !quiet.has(kind), quiet.has(kind)]);
    }
  });

  test("facts that a rule of another kind answers for do give that finding", () => {
    expect(rulesSeen(withAnomaly("html-body"))).toEqual(["html-answer"]);
    expect(rulesSeen(withAnomaly("finish-reason-empty"))).toEqual(["finish-reason-empty"]);
    expect(rulesSeen(withAnomaly("compressed-body"))).toEqual(["stream-compressed"]);
    expect(rulesSeen(withAnomaly("usage-null", { completion: { usage: null } }))).toEqual(["usage-missing"]);
  });

  test("ids are unique and stable in form, texts are one clause, subjects are known", () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
    for (const { id, message, clients, subject } of RULES) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect([id, /\.$|\n/.test(message), /\.$|\n/.test(clients)]).toEqual([id, false, false]);
      expect([id, message.length <= 160, clients.length > 0]).toEqual([id, true, true]);
      expect(SUBJECTS).toContain(subject);
    }
  });
});

test("a cut answer under a made-up stop is one finding, and the fact that its arguments do not parse is not another", () => {
  const both = cut('{"city":"Os', { completion: { anomalies: [{ kind: "tool-arguments-not-json", evidence: "{" }] } });
  expect(rulesSeen(both)).toEqual(["stop-inside-json"]);
});

test("a JSON answer cut under `stop` needs that JSON was asked for", () => {
  const body = { ...ASKED, response_format: { type: "json_object" } };
  expect(rulesSeen(watched({ body, completion: { content: '{"a": [1, 2' } }))).toEqual(["stop-inside-json"]);
  expect(rulesSeen(watched({ body, completion: { content: '{"a": "]}"}' } }))).toEqual([]);
  expect(rulesSeen(watched({ completion: { content: "{ is a brace" } }))).toEqual([]);
});

test("a stop sequence of the request ends JSON where the client wanted it", () => {
  const asked = { ...ASKED, response_format: { type: "json_object" } };
  const cutAnswer = { completion: { content: '{"a": [1, 2' } };
  expect(rulesSeen(watched({ ...cutAnswer, body: { ...asked, stop: ["2,"] } }))).toEqual([]);
  expect(rulesSeen(watched({ ...cutAnswer, body: { ...asked, stop: "2," } }))).toEqual([]);
  for (const stop of [null, [], ""]) {
    expect(rulesSeen(watched({ ...cutAnswer, body: { ...asked, stop } }))).toEqual(["stop-inside-json"]);
  }
});

test.each([
  ["required", []],
  ["auto", ["finish-reason-with-calls"]],
])("calls under `stop` with tool_choice %s", (tool_choice, found) => {
  const completion = { toolCalls: [aCall("f", {})], finishReason: "stop" };
  expect(rulesSeen(watched({ completion, body: { ...ASKED, tool_choice } }))).toEqual(found);
});

describe("a 404 on a path without a version", () => {
  const seen = (path: string, error: Partial<ApiError>) => rulesSeen(failed(404, error, { path, baseUrl }));
  const baseUrl = "https://api.example.com";
  const azure = "/openai/deployments/gpt4o/chat/completions";

  test.each([
    [
      "a deployment that is not there",
      azure,
      { code: "DeploymentNotFound", message: "The API deployment is not there." },
    ],
    ["any answer under a deployment", azure, { code: "404", message: "Resource not found" }],
    ["what the API itself said", "/chat/completions", { code: "workspace_disabled", message: "Gone." }],
  ])("%s is no cause", (_name, path, error) => {
    expect(seen(path, error)).not.toContain("path-without-version");
  });

  test.each(["404", "unknown_url", "not_found", "NotFound", "ResourceNotFound", null])(
    "code %s says no more",
    (code) => {
      expect(seen("/chat/completions", { code, message: "Nothing here" })).toContain("path-without-version");
    },
  );
});

test("attempts that were tried again are looked at for what they said of waiting", () => {
  const refused = anAttempt({ status: 429, headers: [["retry-after", "soon"]] });
  expect(rulesSeen(watched({ exchange: { attempts: [refused, anAttempt()] } }))).toEqual(["retry-after-form"]);
});

test("what OpenAI's own /responses does with errors is at most a note", () => {
  const failure = { api: "responses", completion: { error: anError({ inBand: true }) } } as const;
  expect(rulesSeen(withAnomaly("error-in-stream", failure))).toEqual(["error-in-stream"]);
  expect(rulesSeen(withAnomaly("error-in-body", { ...failure, exchange: { variant: "body" } }))).not.toContain(
    "error-in-body",
  );
});
