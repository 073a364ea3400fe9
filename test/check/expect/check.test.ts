import { describe, expect, test } from "vitest";
import { checkExpectations, notJudged } from "../../../src/check/expect/check.js";
import type { Completion } from "../../../src/decode/completion.js";
import type { Expectations } from "../../../src/golden/golden-set.js";
import { aCall, aCase, anAnswer, aUsage, callsTools, says } from "../build.js";

function check(expectations: Expectations, answer: Completion, request: Record<string, unknown> = {}) {
  const golden = aCase(expectations, request);
  return checkExpectations(golden, answer, golden.request, null);
}

const NFD_CAFE = "cafe\u0301";

describe("an expectation is met, or not", () => {
  test.each<[string, Expectations, Completion, boolean, Record<string, unknown>?]>([
    ["equals, white space around", { equals: "Oslo" }, says("  Oslo\n"), true],
    ["equals, another text", { equals: "Oslo" }, says("Oslo."), false],
    ["equals, composed differently", { equals: "café" }, says(NFD_CAFE), true],
    ["equals a number", { equals: 42 }, says("42.0"), true],
    ["equals a number, prose", { equals: 42 }, says("It is 42"), false],
    ["equals a boolean", { equals: true }, says("true"), true],
    ["equals an object, keys in any order", { equals: { a: 1, b: [2] } }, says('{"b":[2.0],"a":1}'), true],
    ["equals an object, one key more", { equals: { a: 1 } }, says('{"a":1,"b":2}'), false],
    ["equals an object, a string for a number", { equals: { a: 1 } }, says('{"a":"1"}'), false],
    ["contains", { contains: "Oslo" }, says("In Oslo."), true],
    ["contains, other case", { contains: "Oslo" }, says("In oslo."), false],
    ["contains, composed differently", { contains: NFD_CAFE }, says("un café"), true],
    ["contains_any", { contains_any: ["a", "b"] }, says("xbx"), true],
    ["contains_any, none", { contains_any: ["a", "b"] }, says("xyz"), false],
    ["contains_all", { contains_all: ["a", "b"] }, says("ba"), true],
    ["contains_all, one missing", { contains_all: ["a", "b"] }, says("a"), false],
    ["icontains", { icontains: "OSLO" }, says("in oslo"), true],
    ["icontains, absent", { icontains: "OSLO" }, says("in bergen"), false],
    ["regex over lines", { regex: "^a.*b$" }, says("a\nb"), true],
    ["regex of code points", { regex: "^.$" }, says("😀"), true],
    ["regex, absent", { regex: "\\d{3}" }, says("12"), false],
    ["starts_with, the template's line break", { starts_with: "Yes" }, says("\n\nYes."), true],
    ["starts_with, white space that was asked for", { starts_with: "    return" }, says("return"), false],
    ["starts_with, later", { starts_with: "Yes" }, says("Oh, Yes."), false],
    ["is_json", { is_json: true }, says(' {"a":1}\n'), true],
    ["is_json, prose", { is_json: true }, says("Sure!"), false],
    ["is_json false, prose", { is_json: false }, says("Sure!"), true],
    ["is_json false, JSON", { is_json: false }, says("{}"), false],
    ["finish_reason", { finish_reason: ["stop", "length"] }, anAnswer({ finishReason: "length" }), true],
    ["finish_reason, another", { finish_reason: ["stop"] }, anAnswer({ finishReason: "end_turn" }), false],
    ["finish_reason, none", { finish_reason: ["stop"] }, anAnswer({ finishReason: null }), false],
    ["refusal", { refusal: true }, says("I can't help with that."), true],
    ["refusal, an answer", { refusal: true }, says("Of course."), false],
    ["refusal false", { refusal: false }, says("You can't kill a process that has exited."), true],
    ["refusal false, a refusal", { refusal: false }, anAnswer({ refusal: "No." }), false],
    ["max_output_tokens", { max_output_tokens: 20 }, anAnswer({ usage: aUsage() }), true],
    ["max_output_tokens, one more", { max_output_tokens: 19 }, anAnswer({ usage: aUsage() }), false],
    ["max_output_tokens, no usage", { max_output_tokens: 20 }, anAnswer(), false],
    ["min_output_tokens", { min_output_tokens: 20 }, anAnswer({ usage: aUsage() }), true],
    ["min_output_tokens, one less", { min_output_tokens: 21 }, anAnswer({ usage: aUsage() }), false],
    [
      "min_output_tokens, no count",
      { min_output_tokens: 1 },
      anAnswer({ usage: aUsage({ outputTokens: null }) }),
      false,
    ],
    ["stop_absent", { stop_absent: true }, says("1, 2, 3, "), true, { stop: "4" }],
    ["stop_absent, echoed", { stop_absent: true }, says("1, 2, 3, 4"), false, { stop: ["9", "4"] }],
    ["stop_absent, no stop in the request", { stop_absent: true }, says("1"), false],
    ["logprobs", { logprobs: true }, withLogprobs(5), true, { top_logprobs: 5 }],
    ["logprobs, too few alternatives", { logprobs: true }, withLogprobs(4), false, { top_logprobs: 5 }],
    ["logprobs, malformed", { logprobs: true }, withLogprobs(5, false), false, { top_logprobs: 5 }],
    ["logprobs, absent", { logprobs: true }, says("a"), false],
    ["logprobs false", { logprobs: false }, says("a"), true],
    ["dimensions", { dimensions: 1024 }, anAnswer({ dimensions: [1024, 1024] }), true],
    ["dimensions, one vector off", { dimensions: 1024 }, anAnswer({ dimensions: [1024, 1536] }), false],
    ["dimensions, no vector", { dimensions: 1024 }, anAnswer({ dimensions: [] }), false],
  ])("%s", (_name, expectations, answer, met, request) => {
    const outcome = check(expectations, answer, request);
    expect(outcome.met).toBe(met);
    expect(outcome.expectations).toHaveLength(1);
    expect(outcome.expectations[0]?.detail === "").toBe(met);
  });
});

describe("every not_ form inverts its namesake", () => {
  test.each<[Expectations, string, string]>([
    [{ not_equals: "a" }, "b", "a"],
    [{ not_contains: "a" }, "b", "ba"],
    [{ not_contains_any: ["a", "b"] }, "c", "xb"],
    [{ not_contains_all: ["a", "b"] }, "a", "ab"],
    [{ not_icontains: "A" }, "b", "ba"],
    [{ not_regex: "^a" }, "ba", "ab"],
    [{ not_starts_with: "a" }, "ba", "ab"],
    [{ not_is_json: true }, "a", "{}"],
    [{ not_is_json: { type: "array" } }, "{}", "[]"],
  ])("%o", (expectations, good, bad) => {
    expect(check(expectations, says(good)).met).toBe(true);
    const outcome = check(expectations, says(bad));
    expect(outcome.met).toBe(false);
    expect(outcome.expectations[0]?.detail).toMatch(/holds, and must not$/);
  });

  test("not_finish_reason", () => {
    expect(check({ not_finish_reason: ["length"] }, anAnswer()).met).toBe(true);
    expect(check({ not_finish_reason: ["length"] }, anAnswer({ finishReason: "length" })).met).toBe(false);
  });

  test("what cannot be known is unmet in both forms", () => {
    for (const key of ["regex", "not_regex"]) {
      const outcome = check({ [key]: "(" }, says("a"));
      expect(outcome.expectations).toEqual([{ name: key, met: false, detail: "not a regular expression: (" }]);
    }
  });
});

describe("the outcome of a whole case", () => {
  test("is met only if each expectation is, and lists all in the order of the golden set", () => {
    const outcome = check({ starts_with: "Y", contains: "x", finish_reason: ["stop"] }, says("Yes"));
    expect(outcome.met).toBe(false);
    expect(outcome.expectations.map(({ name, met }) => [name, met])).toEqual([
      ["starts_with", true],
      ["contains", false],
      ["finish_reason", true],
    ]);
    expect(outcome.expectations[1]?.detail).toBe('expected to contain "x", got "Yes"');
  });

  test("is met when nothing is expected", () => {
    expect(check({}, says(""))).toEqual({
      judged: true,
      met: true,
      expectations: [],
      toolCalls: null,
      jsonValid: null,
    });
  });

  test("says no text where there was none", () => {
    expect(check({ contains: "x" }, anAnswer()).expectations[0]?.detail).toBe('expected to contain "x", got no text');
  });

  test("has jsonValid only where JSON was expected", () => {
    expect(check({ is_json: { type: "object" } }, says("{}")).jsonValid).toBe(true);
    expect(check({ is_json: { type: "object" } }, says("[]")).jsonValid).toBe(false);
    expect(check({ is_json: false }, says("[]")).jsonValid).toBeNull();
    expect(check({ contains: "{" }, says("{}")).jsonValid).toBeNull();
  });

  test("of a failed exchange is unmet in every part, without invented faults", () => {
    const golden = aCase({ is_json: true, tool_calls: [{ name: "f" }], tool_calls_count: "at_least" });
    expect(checkExpectations(golden, null, golden.request, "HTTP 503")).toEqual({
      judged: false,
      met: false,
      expectations: [
        { name: "is_json", met: false, detail: "failed: HTTP 503" },
        { name: "tool_calls", met: false, detail: "failed: HTTP 503" },
      ],
      toolCalls: { trigger: false, schema: null, value: null, faults: [] },
      jsonValid: false,
    });
    // A partial answer that would have met everything does not count either.
    expect(checkExpectations(aCase({ contains: "a" }), says("a"), {}, "stream broken").met).toBe(false);
  });

  test("of a cancelled exchange is excluded, not failed", () => {
    expect(notJudged("cancelled by the plan")).toMatchObject({ judged: false, excluded: "cancelled by the plan" });
  });

  test("names an expectation that this version does not know", () => {
    const outcome = check({ sounds_like: "a" } as Expectations, says("a"));
    expect(outcome.expectations[0]).toEqual({
      name: "sounds_like",
      met: false,
      detail: 'this version knows no expectation "sounds_like"',
    });
  });

  test("keeps every detail short, however long the answer", () => {
    const outcome = check({ contains: "x".repeat(5000), equals: "b", is_json: true }, says("a".repeat(1_000_000)));
    for (const { detail } of outcome.expectations) expect(Array.from(detail).length).toBeLessThanOrEqual(200);
  });

  test("ignores tool calls where the case does not speak of them", () => {
    const outcome = check({}, callsTools(aCall("f", {})), { tools: [] });
    expect(outcome.toolCalls).toBeNull();
    expect(outcome.met).toBe(true);
  });
});

function withLogprobs(topPerToken: number, wellFormed = true): Completion {
  return anAnswer({ logprobs: { tokens: 3, topPerToken, wellFormed } });
}
