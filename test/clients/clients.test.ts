/**
 * The `openai` package of this project over answers made by hand: what it really does with each drift. When an upgrade of
 * the package changes one of these, that is news about the package; look, then change the line.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSdkChoices } from "../../src/clients/sdk-choice.js";
import { replayThroughClients } from "../../src/clients.js";
import type { ClientResult, ClientsReport } from "../../src/report/clients.js";
import { content, DONE, event, finish, usage } from "../recording/exchange-builder.js";
import {
  body,
  bytewise,
  CLEAN,
  gzipped,
  type RecordedCase,
  stream,
  TOOLS,
  toolPiece,
  USAGE,
  writeRecording,
} from "./answers.js";

const OPENAI = fileURLToPath(new URL("../../node_modules/openai", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "twintail-clients-"));
afterAll(() => rmSync(folder, { recursive: true }));

const replay = (path: string, all = false): Promise<ClientsReport> =>
  replayThroughClients(path, {
    sdks: parseSdkChoices(`openai=${OPENAI}`),
    cache: folder,
    command: "twintail clients",
    endpoints: ["baseline", "candidate"],
    all,
  });

const ROLE = event({ role: "assistant", content: "" });
const TOOL_ROLE = event({ role: "assistant", content: null });
const fault = (error: unknown): string => `data: ${JSON.stringify({ error })}\n\n`;
const oslo = '{"city":"Oslo"}';
const rome = '{"city":"Rome"}';
const called = (...pieces: string[]): RecordedCase => ({
  candidate: stream([TOOL_ROLE, ...pieces, finish("tool_calls"), DONE]),
  request: TOOLS,
});
const answered = (...events: string[]): RecordedCase => ({ candidate: stream(events) });
const refused = (status: number, text: string, type = "application/json"): RecordedCase => ({
  candidate: stream([text], { status, headers: [["content-type", type]] }),
});
const whole = (value: unknown): RecordedCase => ({ candidate: body(value), variant: "body" });
const message = (more: Record<string, unknown>): unknown => ({
  choices: [{ index: 0, message: { role: "assistant", ...more }, finish_reason: "stop" }],
});

const choice = (index: number, delta: object, reason: string | null = null): string =>
  event({}, { choices: [{ index, delta, finish_reason: reason, logprobs: null }] });
const textChoice = (index: number, text: string, reason: string | null = null): string =>
  event({}, { object: "text_completion", choices: [{ index, text, finish_reason: reason, logprobs: null }] });

/** A stream of `/responses`, in OpenAI's shape: events are named and numbered. */
const responded = (...events: readonly { readonly type: string }[]): RecordedCase => ({
  candidate: stream(
    events.map((one, index) => `event: ${one.type}\ndata: ${JSON.stringify({ ...one, sequence_number: index })}\n\n`),
  ),
  api: "responses",
  request: { input: "hello" },
});
const wholeResponse = (value: unknown): RecordedCase => ({ ...whole(value), api: "responses" });
const response = (output: readonly object[], status = "completed", more: object = {}) => ({
  id: "resp",
  object: "response",
  created_at: 1,
  model: "m",
  status,
  error: null,
  incomplete_details: null,
  output,
  usage: { input_tokens: 5, output_tokens: 2, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 7 },
  ...more,
});
const completed = (...output: readonly object[]) => ({ type: "response.completed", response: response(output) });
const created = { type: "response.created", response: response([], "in_progress", { usage: null }) };
const item = (index: number, begun: object, told: readonly object[], done: object) => [
  { type: "response.output_item.added", output_index: index, item: begun },
  ...told.map((one) => ({ output_index: index, content_index: 0, ...(one as { type: string }) })),
  { type: "response.output_item.done", output_index: index, item: done },
];
const MESSAGE = { id: "msg", type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] };
const said = (index: number) =>
  item(
    index,
    { ...MESSAGE, content: [] },
    [
      { type: "response.output_text.delta", item_id: "msg", delta: "Hi", logprobs: [] },
      { type: "response.output_text.done", item_id: "msg", text: "Hi" },
    ],
    MESSAGE,
  );
const THOUGHT = { id: "rs", type: "reasoning", summary: [{ type: "summary_text", text: "**Hm**" }] };
const REFUSAL = { ...MESSAGE, content: [{ type: "refusal", refusal: "No." }] };
const SQL = { id: "ctc", type: "custom_tool_call", call_id: "c1", name: "sql", input: "select 1" };
const functionCall = (place: number) => ({
  id: `fc${place}`,
  type: "function_call",
  call_id: `c${place}`,
  name: "get_weather",
  arguments: place === 0 ? oslo : rome,
});

/** What OpenAI itself answers: no client of its own loses any of it. Case → the answer. */
const OWN_SHAPES: Readonly<Record<string, RecordedCase>> = {
  "two choices, streamed": answered(
    choice(0, { role: "assistant", content: "", refusal: null }),
    choice(1, { role: "assistant", content: "", refusal: null }),
    choice(1, { content: "World" }),
    choice(0, { content: "Hello" }),
    choice(0, {}, "stop"),
    choice(1, {}, "length"),
    DONE,
  ),
  "two choices in a body, the second first": whole({
    choices: [
      { index: 1, message: { role: "assistant", content: "World" }, finish_reason: "length" },
      { index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" },
    ],
  }),
  "two choices of /completions, streamed": {
    ...answered(
      textChoice(1, "World"),
      textChoice(0, "Hello"),
      textChoice(0, "", "stop"),
      textChoice(1, "", "length"),
      DONE,
    ),
    api: "completions",
    request: { prompt: "hello" },
  },
  "usage: null on every event": answered(
    event({ role: "assistant", content: "" }, { usage: null }),
    event({ content: "x" }, { usage: null }),
    event({}, { usage: null }, "stop"),
    USAGE,
    DONE,
  ),
  "an empty reasoning_content beside reasoning": answered(
    event({ role: "assistant", reasoning_content: "", reasoning: "think" }),
    content("x"),
    finish(),
    DONE,
  ),
  "an empty reasoning_content beside reasoning, in a body": whole(
    message({ content: "x", reasoning_content: "", reasoning: "think" }),
  ),
  "an empty finish reason after the finish reason": answered(ROLE, content("x"), finish(), finish(""), DONE),
  "a refusal": answered(
    event({ role: "assistant", content: null, refusal: "" }),
    event({ refusal: "No" }),
    event({ refusal: "." }),
    finish(),
    DONE,
  ),
  "a refusal in a body": whole(message({ content: null, refusal: "No." })),
  logprobs: answered(
    event(
      {},
      {
        choices: [
          {
            index: 0,
            delta: { role: "assistant", content: "x" },
            logprobs: { content: [{ token: "x", logprob: -0.1, bytes: [120], top_logprobs: [] }], refusal: null },
            finish_reason: null,
          },
        ],
      },
    ),
    finish(),
    DONE,
  ),
  "parallel tool calls": called(
    toolPiece(0, "a", "get_weather", ""),
    toolPiece(0, undefined, undefined, oslo),
    toolPiece(1, "b", "get_weather", ""),
    toolPiece(1, undefined, undefined, rome),
  ),
  "a legacy function call": answered(
    event({ role: "assistant", content: null, function_call: { name: "get_weather", arguments: "" } }),
    event({ function_call: { arguments: oslo } }),
    finish("function_call"),
    DONE,
  ),
  "/responses": responded(created, ...said(0), completed(MESSAGE)),
  "/responses, a reasoning model": responded(
    created,
    ...item(
      0,
      { ...THOUGHT, summary: [] },
      [
        { type: "response.reasoning_summary_text.delta", item_id: "rs", summary_index: 0, delta: "**Hm**" },
        { type: "response.reasoning_summary_text.done", item_id: "rs", summary_index: 0, text: "**Hm**" },
      ],
      THOUGHT,
    ),
    ...said(1),
    completed(THOUGHT, MESSAGE),
  ),
  "/responses, a reasoning model's body": wholeResponse(response([THOUGHT, MESSAGE])),
  // As servers of open models have it, whose reasoning is no secret.
  "/responses, reasoning as content and as summary": wholeResponse(
    response([{ ...THOUGHT, content: [{ type: "reasoning_text", text: "**Hm**" }] }, MESSAGE]),
  ),
  "/responses, a refusal": responded(
    created,
    ...item(
      0,
      { ...REFUSAL, content: [] },
      [{ type: "response.refusal.delta", item_id: "msg", delta: "No." }],
      REFUSAL,
    ),
    completed(REFUSAL),
  ),
  "/responses, parallel tool calls": responded(
    created,
    ...[0, 1].flatMap((place) =>
      item(
        place,
        { ...functionCall(place), arguments: "" },
        [
          {
            type: "response.function_call_arguments.delta",
            item_id: `fc${place}`,
            delta: functionCall(place).arguments,
          },
        ],
        functionCall(place),
      ),
    ),
    completed(functionCall(0), functionCall(1)),
  ),
  "/responses, a custom tool": responded(
    created,
    ...item(
      0,
      { ...SQL, input: "" },
      [
        { type: "response.custom_tool_call_input.delta", item_id: "ctc", delta: "select 1" },
        { type: "response.custom_tool_call_input.done", item_id: "ctc", input: "select 1" },
      ],
      SQL,
    ),
    completed(SQL),
  ),
  "/responses, a custom tool in a body": wholeResponse(response([SQL])),
  "/responses, cut at its limit": responded(created, ...said(0), {
    type: "response.incomplete",
    response: response([MESSAGE], "incomplete", { incomplete_details: { reason: "max_output_tokens" } }),
  } as { type: string }),
  // The reason has another word, or none: the client hands on what there is.
  "/responses, cut at its limit in other words": wholeResponse(
    response([MESSAGE], "incomplete", { incomplete_details: { reason: "max_tokens" } }),
  ),
  "/responses, cut without a reason": wholeResponse(response([MESSAGE], "incomplete")),
  "/responses, cut for a reason of its own": wholeResponse(
    response([MESSAGE], "incomplete", { incomplete_details: { reason: "max_tool_calls" } }),
  ),
  "vectors in base64": vectors(Buffer.from(new Float32Array([0.5, -0.25, 1]).buffer)),
  // Perplexity's; nothing in the answer says which numbers they are.
  "vectors of 8-bit numbers in base64": vectors(Buffer.from([127, 127, 127, 127, 255, 255, 255, 255])),
};

function vectors(bytes: Buffer): RecordedCase {
  const data = [{ object: "embedding", index: 0, embedding: bytes.toString("base64") }];
  return {
    ...whole({ object: "list", data, model: "m", usage: { prompt_tokens: 2, total_tokens: 2 } }),
    api: "embeddings",
    request: { input: "a", encoding_format: "base64" },
  };
}

/** Case → [the answer, what `create` makes of it, what `.stream()` makes of it]. */
const DRIFTS: Readonly<Record<string, readonly [RecordedCase, string, string?]>> = {
  clean: [answered(...CLEAN), "parsed", "parsed"],
  "carriage returns": [answered(CLEAN.join("").replaceAll("\n", "\r\n")), "parsed", "parsed"],
  "a character over reads": [
    { candidate: bytewise([ROLE, content("Grüße 🌍 日本"), finish(), DONE].join("")) },
    "parsed",
    "parsed",
  ],
  // What a client's own fetch would have decompressed.
  compressed: [{ candidate: gzipped(CLEAN.join("")) }, "parsed", "parsed"],
  "null content first": [answered(TOOL_ROLE, content("x"), finish(), DONE), "parsed", "parsed"],
  "comments, no [DONE]": [answered(": ping\n\n", ...CLEAN.slice(0, -1)), "parsed", "parsed"],
  "endless nesting": [
    answered(`data: {"choices":[],"x":${"[".repeat(50_000)}${"]".repeat(50_000)}}\n\n`, ...CLEAN),
    "parsed",
    "parsed",
  ],
  "usage in x_groq": [
    answered(
      ROLE,
      content("x"),
      event({}, { x_groq: { usage: { prompt_tokens: 5, completion_tokens: 2 } } }, "stop"),
      DONE,
    ),
    "lost: usage",
    "lost: usage",
  ],
  "usage without a blank line": [answered(ROLE, content("x"), finish(), USAGE.trimEnd()), "lost: usage", "lost: usage"],
  "usage on an event without an id": [
    answered(ROLE, content("x"), finish(), usage(5, 2), DONE),
    "parsed",
    "lost: usage",
  ],
  "no role": [answered(content("x"), finish(), DONE), "parsed", 'thrown: OpenAIError "missing role for choice 0"'],
  "no choices": [
    answered('data: {"id":"c"}\n\n', ...CLEAN),
    "thrown: TypeError \"Cannot read properties of undefined (reading '0')\"",
    'thrown: OpenAIError "chunk.choices is not iterable"',
  ],
  "a finish reason that is no text": [
    answered(ROLE, content("x"), finish(), event({}, { choices: [{ index: 0, delta: {}, finish_reason: { a: 1 } }] })),
    'lost: finish reason "stop" became "{"a":1}"',
    'lost: finish reason "stop" became "{"a":1}"',
  ],
  "content as parts": [
    answered(event({ role: "assistant", content: [{ type: "text", text: "Good" }] }), finish(), DONE),
    "lost: content differs from character 1 on",
    "lost: content differs from character 1 on",
  ],
  "a body for a stream": [
    { candidate: body(message({ content: "Hello" })) },
    "lost: 5 of 5 characters of content, finish reason is null",
    'thrown: OpenAIError "request ended without sending any chunks"',
  ],
  "an error in the stream": [
    answered(ROLE, fault({ message: "engine died", code: "engine" })),
    'error: APIError "engine died"',
    'error: APIError "engine died"',
  ],
  "control characters in an error": [
    answered(ROLE, fault({ message: "\u001b[2Jevil\u0007" })),
    'error: APIError "\u001b[2Jevil\u0007"',
    'error: APIError "\u001b[2Jevil\u0007"',
  ],
  "an event that is no JSON": [
    answered(ROLE, "data: {oops\n\n", finish(), DONE),
    expect.stringMatching(/^thrown: SyntaxError/) as unknown as string,
    expect.stringMatching(/^thrown: OpenAIError/) as unknown as string,
  ],
  "a cut connection": [
    {
      candidate: stream(CLEAN.slice(0, 2), {
        outcome: { kind: "network", phase: "body", code: "UND_ERR_SOCKET", message: "other side closed" },
      }),
    },
    'thrown: TypeError "terminated"',
    'thrown: OpenAIError "terminated"',
  ],
  "an end without a finish reason": [
    answered(...CLEAN.slice(0, 3)),
    "swallowed",
    'thrown: OpenAIError "missing finish_reason for choice 0"',
  ],
  "a page of HTML for a stream": [
    { candidate: stream(["<!doctype html><title>502</title>"], { headers: [["content-type", "text/html"]] }) },
    "swallowed",
    'thrown: OpenAIError "request ended without sending any chunks"',
  ],
  "a tool call": [
    called(toolPiece(0, "a", "get_weather", ""), toolPiece(0, undefined, undefined, oslo)),
    "parsed",
    "parsed",
  ],
  "two tool calls": [
    called(toolPiece(0, "a", "get_weather", oslo), toolPiece(1, "b", "get_time", rome)),
    "parsed",
    "parsed",
  ],
  "one tool call without an index": [
    called(toolPiece(undefined, "a", "get_weather", oslo)),
    "parsed",
    "lost: number of tool calls, tool call 1",
  ],
  "two tool calls without an index": [
    called(toolPiece(undefined, "a", "get_weather", oslo), toolPiece(undefined, "b", "get_time", rome)),
    "lost: number of tool calls, tool call 1: arguments, tool call 2",
    "lost: number of tool calls, tool call 1, tool call 2",
  ],
  "arguments as an object": [
    called(toolPiece(0, "a", "get_weather", { city: "Oslo" })),
    "lost: tool call 1: arguments",
    "lost: tool call 1: arguments",
  ],
  "an id that is repeated": [
    called(toolPiece(0, "a", "get_weather", '{"city":'), toolPiece(0, "a", "get_weather", '"Oslo"}')),
    "parsed",
    "parsed",
  ],
  "a body": [whole(message({ content: "Hello" })), "parsed"],
  "a body with null content": [whole(message({ content: null, tool_calls: null })), "parsed"],
  "a body of HTML": [
    { candidate: body("<!doctype html>", { headers: [["content-type", "text/html"]] }), variant: "body" },
    "thrown: TypeError \"Cannot read properties of undefined (reading '0')\"",
  ],
  "status 429": [
    refused(429, '{"error":{"message":"slow down","code":"rate"}}'),
    'error: RateLimitError "429 slow down"',
    'error: RateLimitError "429 slow down"',
  ],
  "status 422 with a detail": [
    refused(422, '{"detail":[{"msg":"field required"}]}'),
    'error: UnprocessableEntityError "422 status code (no body)" lost error message',
    'error: UnprocessableEntityError "422 status code (no body)" lost error message',
  ],
  "status 502 in HTML": [
    refused(502, "<html>bad</html>", "text/html"),
    'error: InternalServerError "502 <html>bad</html>"',
    'error: InternalServerError "502 <html>bad</html>"',
  ],
  vectors: [
    {
      candidate: body({ data: [1, 2].map((index) => ({ index, embedding: [1, 2, 3] })), usage: { prompt_tokens: 2 } }),
      api: "embeddings",
      variant: "body",
      request: { input: ["a", "b"] },
    },
    "parsed",
  ],
};

function told({ verdict, lost, thrown }: ClientResult): string {
  const missing = lost.map(({ what }) => what).join(", ");
  if (verdict === "lost") return `lost: ${missing}`;
  if (thrown === null) return verdict;
  return `${verdict}: ${thrown.name} "${thrown.message}"${missing === "" ? "" : ` lost ${missing}`}`;
}

describe("openai over drifts", () => {
  const results = new Map<string, string>();
  beforeAll(async () => {
    const cases = Object.fromEntries(Object.entries(DRIFTS).map(([name, [given]]) => [name, given]));
    const report = await replay(writeRecording(join(folder, "drifts.jsonl"), cases));
    for (const result of report.results) results.set(`${result.caseId} ${result.call.split(".").at(-1)}`, told(result));
  }, 60_000);

  it.each(Object.entries(DRIFTS))("%s", (name, [, create, helper]) => {
    expect(results.get(`${name} create`)).toEqual(create);
    expect(results.get(`${name} stream`)).toEqual(helper);
  });
});

describe("openai over what OpenAI answers", () => {
  const results = new Map<string, string[]>();
  beforeAll(async () => {
    const report = await replay(writeRecording(join(folder, "own-shapes.jsonl"), OWN_SHAPES));
    for (const result of report.results) {
      results.set(result.caseId, [...(results.get(result.caseId) ?? []), told(result)]);
    }
  }, 60_000);

  it.each(Object.keys(OWN_SHAPES))("%s: parsed", (name) => {
    const verdicts = results.get(name) ?? [];
    expect(verdicts.length).toBeGreaterThan(0);
    expect(new Set(verdicts)).toEqual(new Set(["parsed"]));
  });
});

describe("the report", () => {
  const report = async (name: string, cases: Readonly<Record<string, RecordedCase>>): Promise<ClientsReport> =>
    replay(writeRecording(join(folder, `${name}.jsonl`), cases));
  const clean = stream(CLEAN);
  const parts = stream([event({ role: "assistant", content: [{ type: "text", text: "x" }] }), finish(), DONE]);

  it("calls news what is bad on the candidate and parsed on the baseline, and nothing else", async () => {
    const { results } = await report("news", {
      news: { candidate: parts, baseline: clean },
      alike: { candidate: parts, baseline: parts },
      mended: { candidate: clean, baseline: parts },
      alone: { candidate: parts },
      refused: { candidate: stream(["{}"], { status: 500 }), baseline: clean },
    });
    const fresh = results.filter((result) => result.new).map(({ caseId, endpoint, call }) => [caseId, endpoint, call]);
    expect(fresh).toEqual([
      ["news", "candidate", "chat.completions.create"],
      ["news", "candidate", "chat.completions.stream"],
    ]);
  });

  it("counts where code that indexes choices unguarded would throw, but not at usage that was asked for", async () => {
    const request = { stream_options: { include_usage: true } };
    const { table, results } = await report("unguarded", {
      usage: { candidate: clean, request },
      filter: { candidate: stream(['data: {"id":"c","choices":[]}\n\n', ...CLEAN]), request },
    });
    expect(table.filter(({ unguarded }) => unguarded > 0).map(({ call, unguarded }) => [call, unguarded])).toEqual([
      ["chat.completions.create", 1],
    ]);
    expect(results.find(({ unguarded }) => unguarded !== null)?.unguarded).toMatch(/reading 'delta'.* at event 1$/);
  });

  it("hands over all that came before a broken end, and says where it broke", async () => {
    const broken = { kind: "network", phase: "body", code: "UND_ERR_SOCKET", message: "other side closed" } as const;
    const { results } = await report("broken", {
      half: { candidate: stream(CLEAN.slice(0, 3), { outcome: broken }) },
      whole: { candidate: stream(CLEAN, { outcome: broken }) },
      "no [DONE]": { candidate: stream(CLEAN.slice(0, -1), { outcome: broken }) },
    });
    const creates = results.filter(({ call }) => call === "chat.completions.create");
    expect(creates.map(({ verdict, thrown, failure }) => [verdict, thrown?.where, failure])).toEqual([
      ["thrown", "event 4", "connection lost in the answer (UND_ERR_SOCKET)"],
      // All of the answer came, and the package reads on to the end of the connection, past [DONE] too.
      ["thrown", "event 6", null],
      ["thrown", "event 6", null],
    ]);
  });

  it("leaves out what cannot be replayed, with its reason", async () => {
    const { notReplayed, results } = await report("unfit", {
      clean: { candidate: clean },
      cancelled: { candidate: stream(CLEAN.slice(0, 2), { outcome: { kind: "cancelled", by: "plan" } }) },
      "too long": { candidate: stream(CLEAN.slice(0, 2), { outcome: { kind: "truncated", limitBytes: 9 } }) },
      "odd status": { candidate: stream([], { status: 999 }) },
    });
    expect(new Set(results.map(({ caseId }) => caseId))).toEqual(new Set(["clean"]));
    expect(notReplayed.map(({ caseId, reason }) => [caseId, reason])).toEqual([
      ["cancelled", "it was cancelled on purpose"],
      ["too long", "only its first 9 bytes were recorded"],
      ["odd status", "no fetch can represent status 999"],
    ]);
  });

  it("is the same whatever way the bytes were cut", async () => {
    const bytes = [event({ role: "assistant" }), content("Grüße 🌍"), finish(), USAGE, DONE].join("");
    const { results } = await report("cut", {
      one: { candidate: stream([bytes]) },
      many: { candidate: bytewise(bytes) },
    });
    expect(new Set(results.map(({ verdict }) => verdict))).toEqual(new Set(["parsed"]));
  });

  it("reads llama.cpp's answers whole, its errors included", async () => {
    const { table, notReplayed } = await replay(
      fileURLToPath(new URL("../recordings/llama-cpp.jsonl", import.meta.url)),
      true,
    );
    const sums = { parsed: 0, lost: 0, thrown: 0, swallowed: 0, error: 0, "not tested": 0 };
    for (const { verdicts } of table)
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += verdicts[name];
    expect(sums).toEqual({ parsed: 64, lost: 0, thrown: 0, swallowed: 0, error: 8, "not tested": 0 });
    expect(notReplayed.map(({ caseId }) => caseId)).toEqual(["hang-up", "hang-up", "hang-up", "hang-up"]);
  });
});
