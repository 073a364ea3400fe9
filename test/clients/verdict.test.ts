import { describe, expect, it } from "vitest";
import type { Observation, Thrown } from "../../src/clients/observation.js";
import type { SdkName } from "../../src/clients/sdk-choice.js";
import { type Judgement, judge } from "../../src/clients/verdict.js";
import type { ApiError, Completion, ToolCall } from "../../src/decode/completion.js";
import type { Failure } from "../../src/decode/failure.js";
import { anAnswer, aUsage } from "../check/build.js";

interface Parts {
  readonly sent?: Partial<Completion>;
  readonly seen?: Observation;
  readonly failure?: Failure;
  readonly status?: number;
  readonly sdk?: SdkName;
}

const judged = ({ sent = {}, seen = {}, failure, status = 200, sdk = "openai" }: Parts): Judgement =>
  judge(sdk, { completion: anAnswer(sent), failure: failure ?? null, status }, seen);
const lost = (parts: Parts): (readonly string[])[] =>
  judged(parts).lost.map(({ what, sent, got }) => [what, sent, got]);

const call = (over: Partial<ToolCall> = {}): ToolCall => ({
  id: "a",
  index: 0,
  name: "f",
  argumentsText: '{"x":1,"y":2}',
  firstAtNs: null,
  lastAtNs: null,
  ...over,
});
const thrown = (over: Partial<Thrown> = {}): Thrown => ({
  name: "APIError",
  message: "400 bad thing",
  where: "the call",
  api: true,
  status: 400,
  code: null,
  ...over,
});
const error = (over: Partial<ApiError> = {}): ApiError => ({
  message: "bad thing",
  type: null,
  code: null,
  codeType: "absent",
  envelope: "openai",
  inBand: false,
  ...over,
});

describe("what is lost of a text", () => {
  it("is counted in characters, not in code units", () => {
    expect(lost({ sent: { content: "a🌍🌍b" }, seen: { content: "ab" } })).toEqual([
      ["2 of 4 characters of content", '"🌍🌍"', "nothing"],
    ]);
  });

  it("may be other than what was sent", () => {
    expect(lost({ sent: { content: "Grüße" }, seen: { content: "Gr��ße" } })).toEqual([
      ["content differs from character 3 on", '"ü"', '"��"'],
    ]);
  });

  it("is nothing between null and the empty text, nor in a field that the client lacks", () => {
    expect(judged({ sent: { content: null }, seen: { content: "" } }).verdict).toBe("parsed");
    expect(judged({ sent: { reasoning: "hm" }, seen: { content: "" } }).verdict).toBe("parsed");
    expect(judged({ sent: { reasoning: "hm" }, seen: { content: "", reasoning: "" } }).verdict).toBe("lost");
  });

  it("is a refusal, also where the client has no field for it", () => {
    expect(lost({ sent: { refusal: "No." }, seen: { content: "" } })[0]?.[0]).toBe("3 of 3 characters of refusal");
  });

  it("is told once where reasoning stands inside the content", () => {
    const sent = {
      content: "Hi",
      reasoning: "hm",
      anomalies: [{ kind: "reasoning-inline", evidence: "<think>" }],
    } as const;
    expect(lost({ sent, seen: { content: "<think>hm</think>\nHi", reasoning: "" } }).map(([what]) => what)).toEqual([
      "reasoning apart from the content",
    ]);
  });
});

describe("what is lost of tool calls", () => {
  const seen = (argumentsText: string | null, id: string | null = "a"): Observation => ({
    toolCalls: [{ id, name: "f", argumentsText }],
  });

  it("is nothing when the arguments are the same JSON", () => {
    expect(judged({ sent: { toolCalls: [call()] }, seen: seen('{"y": 2, "x": 1}') }).verdict).toBe("parsed");
    for (const text of [null, "", "{}"]) {
      expect(judged({ sent: { toolCalls: [call({ argumentsText: text })] }, seen: seen("{}") }).verdict).toBe("parsed");
    }
  });

  it("is an argument, an id, a name, or the call", () => {
    expect(lost({ sent: { toolCalls: [call()] }, seen: seen('{"x":1}') })[0]?.[0]).toBe("tool call 1: arguments");
    expect(lost({ sent: { toolCalls: [call()] }, seen: seen('{"x":1,"y":2}', "made-up") })).toEqual([
      ["tool call 1: id", '"a"', '"made-up"'],
    ]);
    expect(lost({ sent: { toolCalls: [call(), call({ name: "g" })] }, seen: seen('{"x":1,"y":2}') })).toEqual([
      ["number of tool calls", "2", "1"],
      ["tool call 2", 'g({"x":1,"y":2})', "nothing"],
    ]);
  });

  it("is no id where none was sent", () => {
    expect(judged({ sent: { toolCalls: [call({ id: null })] }, seen: seen('{"x":1,"y":2}', "made-up") }).verdict).toBe(
      "parsed",
    );
  });

  it("is bounded, whatever was sent", () => {
    const calls = Array.from({ length: 1_000 }, (_, index) => call({ id: "i".repeat(100_000), index }));
    const losses = lost({ sent: { toolCalls: calls }, seen: { toolCalls: [] } });
    expect(JSON.stringify(losses).length).toBeLessThan(2_000);
    const deep = "[".repeat(100_000);
    const nested = `${deep}1${"]".repeat(100_000)}`;
    const other = `${deep}2${"]".repeat(100_000)}`;
    expect(judged({ sent: { toolCalls: [call({ argumentsText: nested })] }, seen: seen(other) }).verdict).toBe("lost");
  });
});

describe("what is lost of the rest", () => {
  it("is a finish reason, in the words of the client", () => {
    const sent = { finishReason: "tool_calls" };
    expect(judged({ sent, seen: { finishReason: "tool-calls" }, sdk: "ai" }).verdict).toBe("parsed");
    expect(lost({ sent: { finishReason: "eos" }, seen: { finishReason: "other" }, sdk: "ai" })[0]?.[0]).toBe(
      'finish reason "eos" became "other"',
    );
    expect(lost({ sent, seen: { finishReason: null } })[0]?.[0]).toBe("finish reason is null");
  });

  it("is usage, with the place where it stood", () => {
    const sent = { usage: aUsage({ source: "x_groq.usage" }) };
    expect(lost({ sent, seen: { usage: null } })).toEqual([["usage", "10 in, 20 out, in x_groq.usage", "nothing"]]);
    expect(lost({ sent, seen: { usage: { inputTokens: 10, outputTokens: 21 } } })[0]?.[2]).toBe("10 in, 21 out");
    expect(judged({ sent, seen: { usage: { inputTokens: 10, outputTokens: 20 } } }).verdict).toBe("parsed");
  });

  it("is not the reasoning that twintail added to the output tokens", () => {
    const sent = { usage: aUsage({ outputTokens: 30, reasoningTokens: 10, reasoningAdded: true }) };
    expect(judged({ sent, seen: { usage: { inputTokens: 10, outputTokens: 20 } } }).verdict).toBe("parsed");
  });

  it("is a vector or its numbers", () => {
    expect(lost({ sent: { dimensions: [3, 3] }, seen: { dimensions: [3] } })).toEqual([["vectors", "2", "1"]]);
    expect(lost({ sent: { dimensions: [3, 3] }, seen: { dimensions: [3, 0] } })).toEqual([
      ["vector 2", "3 numbers", "0 numbers"],
    ]);
  });
});

describe("an exchange that failed", () => {
  const http: Failure = { kind: "http_4xx", message: "HTTP 400" };
  const inBand: Failure = { kind: "in_band_error", message: "HTTP 200, but bad thing" };
  const broken: Failure = { kind: "broken_stream", message: "ended without a finish reason" };

  it("is an error when the client threw its own with the status", () => {
    const sent = { error: error() };
    expect(judged({ sent, failure: http, status: 400, seen: { thrown: thrown() } })).toEqual({
      verdict: "error",
      lost: [],
    });
    expect(judged({ sent, failure: http, status: 400, seen: { thrown: thrown({ api: false }) } }).verdict).toBe(
      "thrown",
    );
    expect(judged({ sent, failure: http, status: 400, seen: { thrown: thrown({ status: null }) } }).verdict).toBe(
      "thrown",
    );
  });

  it("says when the message or the code did not arrive", () => {
    const sent = { error: error({ code: "over_quota" }) };
    const seen = { thrown: thrown({ message: "400 status code (no body)" }) };
    expect(lost({ sent, failure: http, status: 400, seen })).toEqual([
      ["error message", "bad thing", "400 status code (no body)"],
      ["error code", "over_quota", "nothing"],
    ]);
    const page = { error: error({ message: "a page of HTML", envelope: "html" }) };
    expect(lost({ sent: page, failure: http, status: 400, seen })).toEqual([]);
  });

  it("is an error in a stream when the client threw its own class, or handed the message on", () => {
    const sent = { error: error({ inBand: true }) };
    expect(judged({ sent, failure: inBand, seen: { thrown: thrown({ status: null }) } }).verdict).toBe("error");
    const bare = thrown({ name: "error", api: false, status: null, message: "bad thing" });
    expect(judged({ sent, failure: inBand, seen: { thrown: bare } }).verdict).toBe("error");
    expect(
      judged({ sent, failure: inBand, seen: { thrown: { ...bare, name: "AI_TypeValidationError" } } }).verdict,
    ).toBe("thrown");
    expect(judged({ sent, failure: inBand, seen: { told: { message: "bad thing", code: null } } }).verdict).toBe(
      "error",
    );
  });

  it("is swallowed when the client said nothing", () => {
    expect(judged({ sent: { error: error() }, failure: http, status: 400 }).verdict).toBe("swallowed");
    expect(judged({ sent: { error: error({ inBand: true }) }, failure: inBand }).verdict).toBe("swallowed");
    expect(judged({ failure: broken, seen: { content: "half" } }).verdict).toBe("swallowed");
  });

  it("is thrown when the stream broke and the client said so", () => {
    expect(judged({ failure: broken, seen: { thrown: thrown({ api: true, status: null }) } }).verdict).toBe("thrown");
  });
});

it("is not tested where the version lacks the call", () => {
  expect(judged({ seen: { absent: true } }).verdict).toBe("not tested");
});
