import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_PATTERN_TEXT, searchPattern } from "../../src/check/pattern.js";

test.each(["(a+)+b", `${"a?".repeat(40)}${"a".repeat(40)}b`, "(a*)\\1*b", ".*a.*a.*a.*b"])(
  "%s ends, on a text made against it",
  (source) => {
    const started = performance.now();
    const outcome = searchPattern(source, "a".repeat(5000));
    expect(outcome).not.toEqual({ matched: true });
    expect(performance.now() - started).toBeLessThan(15_000);
  },
);

test("only the first 200,000 characters are searched", () => {
  expect(searchPattern("b", `${"a".repeat(MAX_PATTERN_TEXT - 1)}b`)).toEqual({ matched: true });
  expect(searchPattern("b", `${"a".repeat(MAX_PATTERN_TEXT)}b`)).toEqual({ matched: false });
});

test("watched or not, a pattern means the same", () => {
  const sources = ["a+b", "(ab)+", "^[^)]+$", "\\(a*", "x{2,3}", "(?:a|b)*c", "\\p{L}+", "a(?=b)"];
  fc.assert(
    fc.property(
      fc.constantFrom(...sources),
      fc.string({ unit: fc.constantFrom("a", "b", "c", "x", "(", ")") }),
      (source, text) => {
        expect(searchPattern(source, text)).toEqual({ matched: new RegExp(source, "us").test(text) });
      },
    ),
  );
});

test("case is ignored on request", () => {
  expect(searchPattern("^oslo$", "OSLO", true)).toEqual({ matched: true });
  expect(searchPattern("^oslo$", "OSLO")).toEqual({ matched: false });
});
