import fc from "fast-check";
import { expect, test } from "vitest";
import { checkExpectations } from "../../../src/check/expect/check.js";
import type { ToolCall } from "../../../src/decode/completion.js";
import type { Expectations } from "../../../src/golden/golden-set.js";
import { aCall, aCase, anAnswer } from "../build.js";

const call: fc.Arbitrary<ToolCall> = fc
  .tuple(fc.constantFrom("f", "g", "", "__proto__"), fc.oneof(fc.jsonValue(), fc.string()), fc.option(fc.string()))
  .map(([name, args, id]) => aCall(name, args, id));

const answer = fc
  .record({
    content: fc.option(fc.oneof(fc.string({ unit: "binary" }), fc.json())),
    refusal: fc.option(fc.string()),
    finishReason: fc.option(fc.constantFrom("stop", "length", "tool_calls", "content_filter", "")),
    toolCalls: fc.array(call, { maxLength: 6 }),
  })
  .map((over) => anAnswer(over));

const expectations = fc.record(
  {
    equals: fc.jsonValue(),
    contains: fc.string(),
    regex: fc.string(),
    is_json: fc.constantFrom<Expectations["is_json"][]>(true, false, { type: "object" }, { nonsense: 1 }),
    refusal: fc.boolean(),
    stop_absent: fc.boolean(),
    no_tool_calls: fc.boolean(),
    tool_calls: fc.array(
      fc.record({ name: fc.constantFrom("f", "g"), arguments: fc.dictionary(fc.string(), fc.jsonValue()) }),
      { maxLength: 4 },
    ),
    tool_calls_ordered: fc.boolean(),
  },
  { requiredKeys: [] },
);

const request = fc.record(
  { tools: fc.oneof(fc.jsonValue(), fc.array(declared())), stop: fc.oneof(fc.jsonValue(), fc.string()) },
  { requiredKeys: [] },
);

function declared() {
  return fc.record({ function: fc.record({ name: fc.constantFrom("f", "g"), parameters: fc.jsonValue() }) });
}

test("any answer to any request is judged without a throw, twice the same", () => {
  fc.assert(
    fc.property(expectations, answer, request, (expected, said, body) => {
      const golden = aCase(expected as Expectations, body);
      const outcome = checkExpectations(golden, said, golden.request, null);
      expect(outcome.met).toBe(outcome.expectations.every(({ met }) => met));
      for (const { met, detail } of outcome.expectations) {
        expect(met ? detail : detail.length).toBe(met ? "" : detail.length);
        expect(Array.from(detail).length).toBeLessThanOrEqual(200);
      }
      expect(checkExpectations(golden, said, golden.request, null)).toEqual(outcome);
    }),
    { numRuns: 500 },
  );
});
