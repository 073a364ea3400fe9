import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { argumentFault, isOptional } from "../../../src/check/expect/tool-calls/argument.js";

function fault(expected: unknown, actual: unknown): string | null {
  return argumentFault(expected, actual, "/a")?.fault ?? null;
}

describe("an argument against its expectation", () => {
  test.each<[string, unknown, unknown, string | null]>([
    ["a literal", "Oslo", "Oslo", null],
    ["composed differently", "café", "cafe\u0301", null],
    ["white space around", "Oslo", " Oslo\n", null],
    ["another case", "Oslo", "oslo", "value"],
    ["1 is 1.0", 1, JSON.parse("1.0"), null],
    ["1 is not '1'", 1, "1", "type"],
    ["'1' is not 1", "1", 1, "type"],
    ["true is not 'true'", true, "true", "type"],
    ["null is not absent text", null, "", "type"],
    ["null", null, null, null],
    ["a list in order", [1, 2], [1, 2], null],
    ["a list out of order", [1, 2], [2, 1], "value"],
    ["a list too long", [1, 2], [1, 2, 3], "value"],
    ["a list of another type", [1, 2], [1, "2"], "type"],
    ["not a list", [1], 1, "type"],
    ["any_of, first", { any_of: ["celsius", "c"] }, "celsius", null],
    ["any_of, none", { any_of: ["celsius", "c"] }, "C", "value"],
    ["any_of, ignoring case", { any_of: ["celsius", "c"], ignore_case: true }, "C", null],
    ["any_of, another type", { any_of: ["celsius", "c"] }, 1, "type"],
    ["any_of mixed types", { any_of: [3, "three"] }, "three", null],
    ["any_of lists, unordered", { any_of: [[1, 2]], unordered: true }, [2, 1], null],
    ["equals", { equals: "Oslo" }, "Oslo", null],
    ["equals, ignoring case", { equals: "Oslo", ignore_case: true }, "OSLO", null],
    ["equals, unordered", { equals: [1, 2, 2], unordered: true }, [2, 1, 2], null],
    ["equals, unordered, other counts", { equals: [1, 2, 2], unordered: true }, [1, 1, 2], "value"],
    ["equals, unordered inside", { equals: { a: [1, 2] }, unordered: true }, { a: [2, 1] }, null],
    ["matches", { matches: "^\\d{4}-" }, "2024-05-01", null],
    ["matches, not", { matches: "^\\d{4}-" }, "May 1", "value"],
    ["matches, a number", { matches: "^\\d" }, 2024, "type"],
    ["matches, a broken pattern", { matches: "(" }, "a", "value"],
    ["optional alone, any value", { optional: true }, { x: [1] }, null],
    ["an object", { lat: 59.9, lon: 10.75 }, { lon: 10.75, lat: 59.9 }, null],
    ["an object, one key short", { lat: 1, lon: 2 }, { lat: 1 }, "missing_required"],
    ["an object, one key more", { lat: 1 }, { lat: 1, lon: 2 }, "unexpected_param"],
    ["an object, for text", { lat: 1 }, '{"lat":1}', "type"],
    ["an object with a form inside", { lat: { any_of: [1, 2] }, lon: { optional: true } }, { lat: 2 }, null],
    ["a list with a form inside", [{ any_of: [1, 2] }], [2], null],
    ["a literal that merely shares a key", { equals: 1, other: 2 }, { equals: 1, other: 2 }, null],
    ["a literal with a key of a form, wrong type", { optional: "yes" }, { optional: "yes" }, null],
    ["a literal of modifiers alone", { unordered: true }, { unordered: true }, null],
    ["a literal that looks like a form", { equals: { optional: true } }, { optional: true }, null],
    ["a literal that looks like a form, another", { equals: { optional: true } }, { optional: false }, "value"],
    ["an inherited key is no key", { toString: 1 }, {}, "missing_required"],
    ["__proto__ is a key like any other", JSON.parse('{"__proto__":1}'), {}, "missing_required"],
  ])("%s", (_name, expected, actual, outcome) => {
    expect(fault(expected, actual)).toBe(outcome);
  });
});

test("optional is read from a form only", () => {
  expect(isOptional({ any_of: ["a"], optional: true })).toBe(true);
  expect(isOptional({ any_of: ["a"] })).toBe(false);
  expect(isOptional({ optional: true, size: 3 })).toBe(false);
  expect(isOptional(null)).toBe(false);
});

test("any JSON equals itself when written as `equals`, and never throws against any other", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(argumentFault({ equals: a }, a, "")).toBeNull();
      expect(argumentFault({ equals: a, unordered: true, ignore_case: true }, a, "")).toBeNull();
      argumentFault(a, b, "");
    }),
  );
});

test("a shuffled list equals itself unordered", () => {
  const list = fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 8 });
  fc.assert(
    fc.property(
      list.chain((items) => fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length }))),
      ([items, shuffled]) => {
        expect(argumentFault({ equals: items, unordered: true }, shuffled, "")).toBeNull();
      },
    ),
  );
});
