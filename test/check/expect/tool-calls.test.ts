import { describe, expect, test } from "vitest";
import { checkExpectations } from "../../../src/check/expect/check.js";
import type { ToolCallFault } from "../../../src/check/finding.js";
import type { Completion } from "../../../src/decode/completion.js";
import type { Expectations } from "../../../src/golden/golden-set.js";
import { aCall, aCase, anAnswer, callsTools, says } from "../build.js";

const TOOLS = [
  tool("get_weather", {
    type: "object",
    properties: { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"] }, days: { type: "integer" } },
    required: ["city"],
    additionalProperties: false,
  }),
  tool("get_time", { type: "object", properties: { city: { type: "string" } }, required: ["city"] }),
  tool("ping", undefined),
];

function tool(name: string, parameters: unknown) {
  return { type: "function", function: { name, ...(parameters === undefined ? {} : { parameters }) } };
}

function judge(expectations: Expectations, answer: Completion, request: Record<string, unknown> = {}) {
  const golden = aCase(expectations, { tools: TOOLS, ...request });
  const outcome = checkExpectations(golden, answer, golden.request, null);
  const { toolCalls } = outcome;
  if (toolCalls === null) throw new Error("tool calls were not judged");
  const layers = [toolCalls.trigger, toolCalls.schema, toolCalls.value];
  return { met: outcome.met, layers, faults: toolCalls.faults.map(({ fault }) => fault), details: toolCalls.faults };
}

const OSLO: Expectations = { tool_calls: [{ name: "get_weather", arguments: { city: "Oslo" } }] };
const ok = { met: true, layers: [true, true, true], faults: [] };

test("the expected call is right in every layer", () => {
  expect(judge(OSLO, callsTools(aCall("get_weather", { city: "Oslo" })))).toMatchObject(ok);
});

describe("each fault, the layers it fails, and a near miss that is right", () => {
  type Row = [ToolCallFault, Expectations, Completion, (boolean | null)[], Completion];
  const oslo = () => aCall("get_weather", { city: "Oslo" });
  test.each<Row>([
    ["no_call", OSLO, says("It is sunny in Oslo."), [false, null, null], callsTools(oslo())],
    [
      "unexpected_call",
      { no_tool_calls: true },
      callsTools(oslo()),
      [false, null, null],
      says("Shall I call get_weather?"),
    ],
    ["wrong_count", OSLO, callsTools(oslo(), oslo()), [true, true, false], callsTools(oslo())],
    [
      "wrong_name",
      OSLO,
      callsTools(aCall("get_time", { city: "Oslo" })),
      [true, true, false],
      callsTools(aCall("get_weather", { city: "Oslo" })),
    ],
    ["unknown_name", OSLO, callsTools(aCall("getWeather", { city: "Oslo" })), [true, false, false], callsTools(oslo())],
    [
      "invalid_json",
      OSLO,
      callsTools(aCall("get_weather", '{"city":"Oslo"')),
      [true, false, false],
      callsTools(aCall("get_weather", ' {"city" : "Oslo"}\n')),
    ],
    [
      "schema_mismatch",
      { tool_calls: [{ name: "get_weather", arguments: { city: "Oslo", unit: { optional: true } } }] },
      callsTools(aCall("get_weather", { city: "Oslo", unit: "kelvin" })),
      [true, false, true],
      callsTools(aCall("get_weather", { city: "Oslo", unit: "celsius" })),
    ],
    [
      "missing_required",
      OSLO,
      callsTools(aCall("get_weather", {})),
      [true, false, false],
      callsTools(aCall("get_weather", { city: "Oslo" })),
    ],
    [
      "unexpected_param",
      OSLO,
      callsTools(aCall("get_weather", { city: "Oslo", planet: "Earth" })),
      [true, false, false],
      callsTools(aCall("get_weather", { city: "Oslo" })),
    ],
    [
      "type",
      { tool_calls: [{ name: "get_weather", arguments: { city: "Oslo", days: 3 } }] },
      callsTools(aCall("get_weather", { city: "Oslo", days: "3" })),
      [true, false, false],
      callsTools(aCall("get_weather", '{"city":"Oslo","days":3.0}')),
    ],
    [
      "value",
      OSLO,
      callsTools(aCall("get_weather", { city: "Bergen" })),
      [true, true, false],
      callsTools(aCall("get_weather", { city: " Oslo " })),
    ],
    [
      "finish_reason",
      OSLO,
      anAnswer({ toolCalls: [oslo()], finishReason: "stop" }),
      [false, true, true],
      anAnswer({ toolCalls: [oslo()], finishReason: "function_call" }),
    ],
    [
      "bad_id_or_index",
      OSLO,
      callsTools(aCall("get_weather", { city: "Oslo" }, "")),
      [true, false, true],
      callsTools(aCall("get_weather", { city: "Oslo" }, "0")),
    ],
    [
      "truncated",
      OSLO,
      anAnswer({ toolCalls: [aCall("get_weather", '{"city":"Os')], finishReason: "length" }),
      [false, false, false],
      callsTools(oslo()),
    ],
    [
      "leaked_as_text",
      OSLO,
      says('<tool_call>{"name":"get_weather","arguments":{"city":"Oslo"}}</tool_call>'),
      [false, null, null],
      callsTools(oslo()),
    ],
  ])("%s", (fault, expectations, bad, layers, good) => {
    expect(judge(expectations, bad).layers).toEqual(layers);
    expect(judge(expectations, bad).faults).toContain(fault);
    expect(judge(expectations, bad).met).toBe(false);
    expect(judge(expectations, good)).toMatchObject({ met: true, faults: [] });
  });
});

describe("trigger", () => {
  test("no call where none was due is right, and says nothing of the other layers", () => {
    expect(judge({ no_tool_calls: true }, says("Hello."))).toMatchObject({ met: true, layers: [true, null, null] });
    expect(judge({ tool_calls: [] }, says("Hello."))).toMatchObject({ met: true, layers: [true, null, null] });
  });

  test("a finish reason of tool calls without a call keeps a client waiting", () => {
    const answer = anAnswer({ content: "Hello.", finishReason: "tool_calls" });
    expect(judge({ no_tool_calls: true }, answer)).toMatchObject({ met: false, faults: ["finish_reason"] });
  });

  test("stop is the finish reason of a tool that the request forced by name", () => {
    const answer = anAnswer({ toolCalls: [aCall("get_weather", { city: "Oslo" })], finishReason: "stop" });
    const forced = { tool_choice: { type: "function", function: { name: "get_weather" } } };
    expect(judge(OSLO, answer, forced)).toMatchObject(ok);
    expect(judge(OSLO, answer, { tool_choice: "auto" }).faults).toEqual(["finish_reason"]);
  });

  test("the case's own allow-list decides about the finish reason", () => {
    const answer = anAnswer({ toolCalls: [aCall("get_weather", { city: "Oslo" })], finishReason: "stop" });
    expect(judge({ ...OSLO, finish_reason: ["tool_calls", "stop"] }, answer)).toMatchObject(ok);
  });

  test("a limit reached before any call is truncated, not no_call", () => {
    expect(judge(OSLO, anAnswer({ content: "Let me", finishReason: "length" })).faults).toEqual(["truncated"]);
  });

  test("a limit reached inside the arguments is one fault", () => {
    const answer = anAnswer({ toolCalls: [aCall("get_weather", '{"city":"Os')], finishReason: "length" });
    expect(judge(OSLO, answer)).toMatchObject({ layers: [false, false, false], faults: ["truncated"] });
  });

  test("no_tool_calls: false asks for a call, whichever", () => {
    expect(judge({ no_tool_calls: false }, callsTools(aCall("ping", {})))).toMatchObject({ met: true });
    expect(judge({ no_tool_calls: false }, says("No."))).toMatchObject({ met: false, faults: ["no_call"] });
  });
});

describe("calls that leaked into the text", () => {
  test.each([
    '<tool_call>\n{"name": "get_weather"}',
    '<|tool_call|>[{"name":"get_weather"}]',
    '[TOOL_CALLS] [{"name":"get_weather"}]',
    'functools[{"name":"get_weather"}]',
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0",
    '{"name": "get_weather", "arguments": {"city": "Oslo"}}',
    '```json\n{"name": "get_weather", "parameters": {"city": "Oslo"}}\n```',
    '[{"type":"function","function":{"name":"get_weather","arguments":"{}"}}]',
    "<function=get_weather>{}</function>",
  ])("%s", (content) => {
    expect(judge(OSLO, says(content)).faults).toEqual(["leaked_as_text"]);
    expect(judge({ no_tool_calls: true }, says(content)).faults).toEqual(["leaked_as_text"]);
  });

  test.each([
    '{"name": "Ada", "arguments": []}',
    '{"name": "get_weather"}',
    'Call get_weather with {"city": "Oslo"}.',
    "A tool call is a message with a name and arguments.",
    "[1, 2]",
  ])("but not in %s", (content) => {
    expect(judge(OSLO, says(content)).faults).toEqual(["no_call"]);
    expect(judge({ no_tool_calls: true }, says(content)).met).toBe(true);
  });
});

describe("count and order", () => {
  const two: Expectations = {
    tool_calls: [
      { name: "get_weather", arguments: { city: "Oslo" } },
      { name: "get_weather", arguments: { city: "Bergen" } },
    ],
  };
  const [oslo, bergen, rome] = ["Oslo", "Bergen", "Rome"].map((city) => () => aCall("get_weather", { city })) as [
    () => ReturnType<typeof aCall>,
    () => ReturnType<typeof aCall>,
    () => ReturnType<typeof aCall>,
  ];

  test("parallel calls match in any order", () => {
    expect(judge(two, callsTools(bergen(), oslo()))).toMatchObject(ok);
  });

  test("unless the order was asked for", () => {
    const ordered = { ...two, tool_calls_ordered: true };
    expect(judge(ordered, callsTools(oslo(), bergen()))).toMatchObject(ok);
    expect(judge(ordered, callsTools(bergen(), oslo())).faults).toEqual(["value", "value"]);
  });

  test("at_least allows more, in order too", () => {
    const atLeast: Expectations = { ...two, tool_calls_count: "at_least" };
    expect(judge(atLeast, callsTools(rome(), bergen(), oslo()))).toMatchObject(ok);
    expect(judge({ ...atLeast, tool_calls_ordered: true }, callsTools(rome(), oslo(), rome(), bergen()))).toMatchObject(
      ok,
    );
    expect(judge(atLeast, callsTools(oslo())).faults).toEqual(["wrong_count"]);
  });

  test("what is left over is compared with what is nearest", () => {
    const outcome = judge(two, callsTools(rome(), oslo()));
    expect(outcome.details).toEqual([
      { fault: "value", detail: 'call 1 "get_weather": /city expected "Bergen", got "Rome"' },
    ]);
  });

  test("ids that repeat or lack are bad, each once", () => {
    const answer = callsTools(
      aCall("get_weather", { city: "Oslo" }, "a"),
      aCall("get_weather", { city: "Bergen" }, "a"),
    );
    expect(judge(two, answer)).toMatchObject({ layers: [true, false, true], faults: ["bad_id_or_index"] });
  });

  test("legacy function_call has no id to check", () => {
    const functions = [{ name: "get_weather", parameters: { type: "object" } }];
    const answer = anAnswer({
      toolCalls: [aCall("get_weather", { city: "Oslo" }, null)],
      finishReason: "function_call",
    });
    expect(judge(OSLO, answer, { tools: undefined, functions })).toMatchObject(ok);
  });
});

describe("arguments", () => {
  test("none at all, or an empty text, is an empty object", () => {
    const ping: Expectations = { tool_calls: [{ name: "ping", arguments: {} }] };
    const absent = { id: "a", index: null, name: "ping", argumentsText: null, firstAtNs: 1, lastAtNs: 1 };
    for (const call of [aCall("ping", {}), aCall("ping", ""), absent]) {
      expect(judge(ping, callsTools(call))).toMatchObject(ok);
    }
    expect(judge(OSLO, callsTools(aCall("get_weather", ""))).faults).toEqual(["missing_required"]);
  });

  test("JSON encoded twice is not coerced", () => {
    const outcome = judge(OSLO, callsTools(aCall("get_weather", JSON.stringify('{"city":"Oslo"}'))));
    expect(outcome).toMatchObject({ layers: [true, false, false], faults: ["schema_mismatch"] });
    expect(outcome.details[0]?.detail).toContain("encoded twice");
  });

  test("are not compared where the case names the call alone", () => {
    const any: Expectations = { tool_calls: [{ name: "get_weather" }] };
    expect(judge(any, callsTools(aCall("get_weather", { city: "Rome", days: 2 })))).toMatchObject(ok);
    expect(judge(any, callsTools(aCall("get_weather", { days: 2 }))).faults).toEqual(["missing_required"]);
  });

  test("extra: schema allows what the tool declares, and nothing else", () => {
    const expectations: Expectations = { tool_calls: [{ name: "get_time", arguments: {}, extra: "schema" }] };
    expect(judge(expectations, callsTools(aCall("get_time", { city: "Oslo" })))).toMatchObject(ok);
    expect(judge(expectations, callsTools(aCall("get_time", { city: "Oslo", zone: "CET" })))).toMatchObject({
      layers: [true, true, false],
      faults: ["unexpected_param"],
    });
  });

  test("are valid when the declared schema cannot be used: that is no fault of the endpoint", () => {
    const tools = [tool("get_weather", { $ref: "https://schemas.example/weather.json" })];
    expect(judge(OSLO, callsTools(aCall("get_weather", { city: "Oslo" })), { tools })).toMatchObject(ok);
  });

  test("tools of the responses API are declared flat", () => {
    const tools = [{ type: "function", name: "get_weather", parameters: { required: ["city"] } }];
    expect(judge(OSLO, callsTools(aCall("get_weather", {})), { tools }).faults).toEqual(["missing_required"]);
  });
});

test("thousands of calls are counted, not judged", () => {
  const calls = Array.from({ length: 20_000 }, () => aCall("get_weather", { city: "Oslo" }));
  const started = performance.now();
  const outcome = judge(OSLO, callsTools(...calls));
  expect(performance.now() - started).toBeLessThan(1000);
  expect(outcome.details).toEqual([{ fault: "wrong_count", detail: "20000 calls" }]);
});
