import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAttempt } from "../../src/decode/decode.js";
import { failureOf } from "../../src/decode/failure.js";
import { attempt, content, DONE, event, finish, usage } from "../recording/exchange-builder.js";

const stream = (...texts: string[]) => attempt({ reads: texts.map((text, index) => [10 * (index + 1), text]) });
const decode = (...texts: string[]) => decodeAttempt(stream(...texts), "chat", "stream");
const body = (value: unknown, status = 200) =>
  attempt({
    status,
    reads: [[50, typeof value === "string" ? value : JSON.stringify(value)]],
    headers: [["content-type", "application/json"]],
  });

describe("a chat stream", () => {
  it("gives content, finish reason, usage and the moment of every token", () => {
    const made = decode(
      event({ role: "assistant", content: "" }),
      content("Hel"),
      content("lo 👍"),
      finish(),
      usage(9, 2),
      DONE,
    );
    expect(made).toMatchObject({ content: "Hello 👍", finishReason: "stop", done: true, eventCount: 6, model: "m" });
    expect(made.usage).toMatchObject({ inputTokens: 9, outputTokens: 2, source: "usage" });
    expect(made.tokenEvents.map(({ read, kind, characters }) => [read, kind, characters])).toEqual([
      [1, "content", 3],
      [2, "content", 4],
    ]);
  });

  it("tells a role, an empty content and a filter result from a token", () => {
    const azure = `data: ${JSON.stringify({ choices: [], prompt_filter_results: [{}] })}\n\n`;
    expect(
      decode(azure, event({ role: "assistant", content: null }), event({ content: "" }), finish()).tokenEvents,
    ).toEqual([]);
  });

  it("keeps reasoning and refusal apart from content, and counts a double copy once", () => {
    const made = decode(
      event({ reasoning_content: "hm", reasoning: "hm" }),
      event({ reasoning: "so" }),
      content("yes"),
      event({ refusal: "no" }),
      finish(),
    );
    expect([made.reasoning, made.content, made.refusal]).toEqual(["hmso", "yes", "no"]);
    expect(made.tokenEvents.map(({ kind }) => kind)).toEqual(["reasoning", "reasoning", "content", "refusal"]);
  });

  it("assembles parallel tool calls whose arguments come in fragments", () => {
    const call = (index: number, id: string | undefined, name: string | undefined, args: string) =>
      event({
        tool_calls: [
          {
            index,
            ...(id === undefined ? {} : { id, type: "function" }),
            function: { ...(name === undefined ? {} : { name }), arguments: args },
          },
        ],
      });
    const made = decode(
      call(0, "a", "weather", ""),
      call(1, "b", "time", ""),
      call(0, undefined, undefined, '{"city":'),
      call(1, undefined, undefined, '{"zone":"CET"}'),
      call(0, undefined, undefined, '"Oslo"}'),
      finish("tool_calls"),
    );
    expect(made.toolCalls.map(({ id, name, arguments: args }) => [id, name, args])).toEqual([
      ["a", "weather", { city: "Oslo" }],
      ["b", "time", { zone: "CET" }],
    ]);
    const [first] = made.toolCalls;
    expect([(first?.lastAtNs ?? 0) - (first?.firstAtNs ?? 0)]).toEqual([40e6]);
  });

  it("tells calls apart by id where every index is 0, and without any index", () => {
    const call = (id: string, name: string, more: object) =>
      event({ tool_calls: [{ id, ...more, function: { name, arguments: "{}" } }] });
    for (const more of [{ index: 0 }, {}]) {
      const made = decode(call("a", "x", more), call("b", "y", more), finish("tool_calls"));
      expect(made.toolCalls.map(({ name, argumentsText }) => [name, argumentsText])).toEqual([
        ["x", "{}"],
        ["y", "{}"],
      ]);
    }
  });

  it("loses no tool call where ids or indices are missing or repeat", () => {
    const callsOf = (...pieces: Record<string, unknown>[]) =>
      decode(...pieces.map((piece) => event({ tool_calls: [piece] })), finish("tool_calls")).toolCalls.map(
        ({ name, argumentsText }) => [name, argumentsText],
      );
    const piece = (name: string | undefined, args?: string | null) => ({
      function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) },
    });
    expect(callsOf(piece("a"), piece("b"))).toEqual([
      ["a", null],
      ["b", null],
    ]);
    expect(callsOf({ index: 0, ...piece("a", "{}") }, { index: 0, ...piece("a", "{}") })).toEqual([
      ["a", "{}"],
      ["a", "{}"],
    ]);
    expect(
      callsOf({ id: "x", index: 0, ...piece("a", "{}") }, { id: "x", index: 1, ...piece("b", '{"q":1}') }),
    ).toEqual([
      ["a", "{}"],
      ["b", '{"q":1}'],
    ]);
    expect(callsOf(piece("a", '{"q"'), piece("a", ":1}"))).toEqual([["a", '{"q":1}']]);
    expect(
      callsOf({ index: 0, ...piece("a", '{"q":') }, { index: 0, ...piece("a", "1}") }, { index: 0, ...piece("a", "") }),
    ).toEqual([["a", '{"q":1}']]);
  });

  it("takes the last usage wherever it stands, and adds reasoning that xAI counts beside", () => {
    const groq = `data: ${JSON.stringify({ choices: [], x_groq: { usage: { prompt_tokens: 1, completion_tokens: 2 } } })}\n\n`;
    expect(decode(content("a"), groq, finish()).usage?.source).toBe("x_groq.usage");
    const cumulative = (n: number) => event({ content: "a" }, { usage: { prompt_tokens: 5, completion_tokens: n } });
    expect(decode(cumulative(1), cumulative(2), finish()).usage?.outputTokens).toBe(2);
    const xai = usage(10, 5, { total_tokens: 115, completion_tokens_details: { reasoning_tokens: 100 } });
    expect(decode(content("a"), finish(), xai).usage).toMatchObject({
      outputTokens: 105,
      reasoningTokens: 100,
      reasoningAdded: true,
    });
    const openai = usage(10, 105, { completion_tokens_details: { reasoning_tokens: 100 } });
    expect(decode(content("a"), finish(), openai).usage).toMatchObject({ outputTokens: 105, reasoningAdded: false });
  });

  it("takes no count that no request can have", () => {
    const made = decode(
      content("a"),
      finish(),
      `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 1e308, completion_tokens: 5, total_tokens: -1 } })}\n\n`,
    );
    expect(made.usage).toMatchObject({ inputTokens: null, outputTokens: 5 });
  });

  it("reads a whole body in answer to a stream", () => {
    const made = decode(JSON.stringify({ choices: [{ message: { content: "whole" }, finish_reason: "stop" }] }));
    expect(made).toMatchObject({ content: "whole", finishReason: "stop", tokenEvents: [] });
    expect(made.anomalies.map(({ kind }) => kind)).toContain("body-for-stream");
  });

  it("splits events that lack their blank line", () => {
    const joined = `${content("a").trimEnd()}\n${content("b")}`;
    const made = decode(joined, finish());
    expect(made.content).toBe("ab");
    expect(made.anomalies.map(({ kind }) => kind)).toContain("events-without-blank-line");
  });

  it("is the same completion however its bytes are cut into reads", () => {
    const text = [
      content("한국"),
      event({ tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: '{"x":"é"}' } }] }),
      finish("tool_calls"),
      usage(3, 4),
      DONE,
    ].join("");
    const facts = (reads: readonly Buffer[]) => {
      const {
        content: said,
        toolCalls,
        finishReason,
        usage: used,
      } = decodeAttempt(
        attempt({ reads: reads.map((bytes, index) => [index + 1, { b64: bytes.toString("base64") }]) }),
        "chat",
        "stream",
      );
      return { said, calls: toolCalls.map(({ name, arguments: args }) => [name, args]), finishReason, used };
    };
    const whole = Buffer.from(text);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 20 }), (places) => {
        const ends = [...new Set([...places, whole.length])].sort((a, b) => a - b);
        const pieces = ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
        expect(facts(pieces)).toEqual(facts([whole]));
      }),
    );
  });

  it("never throws, whatever JSON it is given", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.json(),
            fc.string(),
            fc.constantFrom(
              '{"choices":[{"delta":{"tool_calls":[null,{"function":null}]}}]}',
              '{"choices":{"a":1}}',
              '{"choices":[null]}',
              '{"usage":[]}',
            ),
          ),
        ),
        (texts) => {
          const made = attempt({
            reads: texts.map((text, index) => [index, `data: ${text.replace(/[\r\n]/g, " ")}\n\n`]),
          });
          failureOf(made, decodeAttempt(made, "chat", "stream"), "chat");
          const whole = body(texts.join(""));
          for (const api of ["chat", "embeddings"] as const) failureOf(whole, decodeAttempt(whole, api, "body"), api);
        },
      ),
    );
  });
});

describe("a body", () => {
  it("gives what the stream gives, without moments", () => {
    const made = decodeAttempt(
      body({
        id: "i",
        model: "m",
        choices: [
          {
            message: { content: null, tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }] },
            finish_reason: "tool_calls",
          },
        ],
        usage: { prompt_tokens: 3, completion_tokens: 4 },
      }),
      "chat",
      "body",
    );
    expect(made).toMatchObject({
      content: null,
      finishReason: "tool_calls",
      tokenEvents: [],
      usage: { outputTokens: 4 },
    });
    expect(made.toolCalls).toHaveLength(1);
  });

  it("of embeddings gives dimensions, as numbers and as base64", () => {
    const floats = Buffer.from(new Float32Array(8).buffer).toString("base64");
    const made = decodeAttempt(
      body({ data: [{ embedding: [0, 1, 2] }, { embedding: floats }], usage: { prompt_tokens: 3 } }),
      "embeddings",
      "body",
    );
    expect(made.dimensions).toEqual([3, 8]);
    expect(made.usage?.inputTokens).toBe(3);
  });
});

describe("failure", () => {
  const kindOf = (made: ReturnType<typeof attempt>, api: "chat" | "embeddings" = "chat") =>
    failureOf(made, decodeAttempt(made, api, "stream"), api);

  it("is judged by the finish reason, not by [DONE] nor by 200", () => {
    expect(kindOf(stream(content("a"), finish()))).toBeNull();
    expect(kindOf(stream(content("a"), DONE))?.kind).toBe("broken_stream");
    expect(
      kindOf(stream(content("a"), `data: ${JSON.stringify({ error: { message: "overloaded" } })}\n\n`)),
    ).toMatchObject({
      kind: "in_band_error",
      message: "HTTP 200, but overloaded",
    });
    expect(kindOf(body(""))?.kind).toBe("parse_error");
    expect(kindOf(body("<!doctype html><title>Sign in</title>"))?.message).toBe(
      'HTTP 200, but a page of HTML in place of JSON titled "Sign in"',
    );
  });

  it.each([
    [429, { error: { message: "slow down", type: "rate_limit", code: 7 } }, "http_429", "HTTP 429: slow down"],
    [402, { error: { message: "no credit" } }, "http_402", "HTTP 402: no credit"],
    [422, { detail: [{ msg: "field required" }] }, "http_4xx", "HTTP 422: field required"],
    [404, { object: "error", message: "no model", code: 404 }, "http_4xx", "HTTP 404: no model"],
    [500, [{ error: { message: "gemini" } }], "http_5xx", "HTTP 500: gemini"],
    [502, "<html><title>Bad gateway</title>", "http_5xx", 'HTTP 502: a page of HTML titled "Bad gateway"'],
    [503, "", "http_5xx", "HTTP 503: no body"],
    [307, "", "redirect", "HTTP 307: no body"],
    [400, { success: false, errors: [{ message: "cloud" }] }, "http_4xx", "HTTP 400: cloud"],
    [400, { error: "plain" }, "http_4xx", "HTTP 400: plain"],
  ])("of HTTP %d keeps the endpoint's own message", (status, value, kind, message) => {
    expect(kindOf(body(value, status))).toMatchObject({ kind, status, message });
  });

  it("on the transport has its phase", () => {
    const broken = attempt({
      reads: [[10, content("a")]],
      outcome: { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" },
    });
    expect(kindOf(broken)).toMatchObject({
      kind: "broken_stream",
      phase: "body",
      code: "ECONNRESET",
      message: "connection lost in the answer (ECONNRESET)",
    });
    const late = attempt({ outcome: { kind: "timeout", phase: "firstByte", afterMs: 120_000 } });
    expect(kindOf(late)?.message).toBe("timeout waiting for the first byte after 120000 ms");
    const left = attempt({
      reads: [[10, content("a") + finish() + DONE]],
      outcome: { kind: "timeout", phase: "idle", afterMs: 60_000 },
    });
    expect(kindOf(left)).toBeNull();
    const zipped = attempt({
      reads: [[10, { b64: "H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==" }]],
      headers: [["content-encoding", "compress"]],
    });
    expect(kindOf(zipped)).toMatchObject({
      kind: "parse_error",
      message: expect.stringMatching(/the body is compressed \(compress\)/),
    });
    const finished = attempt({
      reads: [[10, content("a") + finish()]],
      outcome: { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" },
    });
    expect(kindOf(finished)).toBeNull();
    expect(kindOf(attempt({ reads: [[10, content("a")]], outcome: { kind: "cancelled", by: "plan" } }))).toBeNull();
  });
});
