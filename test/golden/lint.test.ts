import { describe, expect, test } from "vitest";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import { lintGoldenSet } from "../../src/golden/lint.js";
import { ONE_CASE, parse } from "./sets.js";

const PINNED = { temperature: 0, top_p: 1, presence_penalty: 0, frequency_penalty: 0 };

const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, unit: { type: "string" } },
      required: ["city"],
    },
  },
};

function aCase(over: Partial<GoldenCase> = {}): GoldenCase {
  return {
    id: "a-case",
    category: "chat",
    tags: [],
    detects: "nothing",
    api: "chat",
    variants: ["stream"],
    repeat: 1,
    prefix: "unique",
    request: { messages: [{ role: "user", content: "hello" }], ...PINNED },
    expect: { contains: "hello" },
    ...over,
  };
}

function lint(...cases: readonly GoldenCase[]) {
  return lintGoldenSet({ name: "a set", cases }, (path) => path.join("."));
}

/** The warnings about one case, without those about the size of the set. */
function about(over: Partial<GoldenCase>): string[] {
  const goldenCase = aCase(over);
  const request = { ...aCase().request, ...goldenCase.request };
  return lint({ ...goldenCase, request })
    .slice(1)
    .map(({ place, message }) => `${place}: ${message}`);
}

describe("lint", () => {
  test("counts the cases", () => {
    const cases = (count: number) => Array.from({ length: count }, (_, index) => aCase({ id: `case-${index}` }));
    expect(lint(...cases(20))).toEqual([]);
    expect(lint(...cases(50))).toEqual([]);
    expect(lint(...cases(19))[0]?.message).toMatch(/^19 cases; with fewer than 20/);
    expect(lint(...cases(51))[0]?.message).toMatch(/^51 cases; more than 50/);
  });

  test("gives places in the file", () => {
    const [count, sampling] = parse(ONE_CASE).warnings;
    expect(count?.place).toBe("set.yaml:3:3");
    expect(sampling?.place).toBe("set.yaml:6:14");
  });

  test("warns once about sampling that is not pinned, with the keys and the cases", () => {
    const request = { messages: [], temperature: 0 };
    const cases = ["a", "b", "c", "d", "e"].map((id) => aCase({ id, request }));
    expect(lint(...cases).slice(1)).toEqual([
      {
        place: "cases.0.request",
        message:
          'top_p, presence_penalty, frequency_penalty not pinned in a, b, c and 2 more; the defaults of providers differ, set them in "defaults"',
      },
    ]);
    expect(lint(aCase({ api: "embeddings", request: { input: "x" }, expect: {} })).slice(1)).toEqual([]);
  });

  test("warns about a request key that is nearly another", () => {
    expect(about({ request: { temprature: 1 } })).toEqual([
      'cases.0.request.temprature: a-case: request key "temprature" is sent as it is; did you mean "temperature"?',
    ]);
    expect(about({ request: { chat_template_kwargs: {} } })).toEqual([]);
  });

  test("warns about a tool that the request lacks", () => {
    expect(about({ request: { tools: [WEATHER] }, expect: { tool_calls: [{ name: "get_wether" }] } })).toEqual([
      'cases.0.expect.tool_calls: a-case: unreachable: the request declares no tool "get_wether", did you mean "get_weather"?',
    ]);
  });

  test("warns about arguments that no call can satisfy", () => {
    const warned = (args: Record<string, unknown>) =>
      about({ request: { tools: [WEATHER] }, expect: { tool_calls: [{ name: "get_weather", arguments: args }] } });
    expect(warned({ city: "Oslo" })).toEqual([]);
    expect(warned({ city: "Oslo", country: "no" })[0]).toContain('declares no parameter "country"');
    expect(warned({ unit: "c" })[0]).toContain('unreachable: "get_weather" requires "city"');
    expect(warned({ city: { anyof: ["Oslo"] } })[0]).toContain('did you mean "any_of", so argument "city" is compared');
    expect(warned({ city: { any_of: ["Oslo"], optional: true } })).toEqual([]);
  });

  test.each([
    ["min_output_tokens over the limit", { max_tokens: 10 }, { min_output_tokens: 20 }],
    ["min_output_tokens over max_output_tokens", {}, { min_output_tokens: 20, max_output_tokens: 10 }],
    ["length without a limit", {}, { finish_reason: ["length"] }],
    ["stop_absent without a stop", {}, { stop_absent: true }],
    ["logprobs that are not asked for", {}, { logprobs: true }],
    ["calls and no calls", { tools: [WEATHER] }, { tool_calls: [{ name: "get_weather" }], no_tool_calls: true }],
    ["calls against tool_choice", { tools: [WEATHER], tool_choice: "none" }, { tool_calls: [{ name: "get_weather" }] }],
    ["dimensions of a chat", {}, { dimensions: 3 }],
  ])("warns about what is unreachable: %s", (_name, request, expectations) => {
    expect(about({ request, expect: expectations })).toEqual([expect.stringContaining("unreachable")]);
  });

  test("warns when nothing is expected, except where nothing can be", () => {
    expect(about({ expect: {} })).toEqual(["cases.0.expect: a-case: nothing is expected: any answer passes"]);
    expect(about({ expect: {}, cancel: { afterReads: 5 } })).toEqual([]);
    expect(about({ cancel: { afterReads: 5 } })[0]).toContain("hangs up on purpose is not judged");
  });

  test("warns about two references for one prompt", () => {
    const twins = [
      aCase({ id: "one", reference: { content: "a" } }),
      aCase({ id: "two", reference: { content: "b" } }),
      aCase({ id: "three", reference: { content: "a" } }),
    ];
    expect(lint(...twins).slice(1)).toEqual([
      {
        place: "cases.1.reference",
        message: "two: same prompt as one but another reference; the simulated endpoint gives the first",
      },
    ]);
  });
});
