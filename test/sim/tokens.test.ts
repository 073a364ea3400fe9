import fc from "fast-check";
import { expect, test } from "vitest";
import { countTokens, tokenize } from "../../src/sim/tokens.js";

test("the pieces of any text join to the text, and counting agrees with splitting", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const tokens = tokenize(text);
      expect(tokens.join("")).toBe(text);
      expect(countTokens(text)).toBe(tokens.length);
      expect(tokens).not.toContain("");
    }),
  );
});

test("words lead with their space, wide characters stand alone, surrogate pairs stay whole", () => {
  expect(tokenize("The weather, in Oslo")).toEqual(["The", " weath", "er,", " in", " Oslo"]);
  expect(tokenize("天気 👩‍👩")).toEqual(["天", "気", " 👩", "\u200d", "👩"]);
  expect(tokenize("if x:\n    return")).toEqual(["if", " x:", "\n    retur", "n"]);
  expect(tokenize("")).toEqual([]);
});

test("a token of English prose has about four characters", () => {
  const prose = "A migration is verified with data, a fixed set of representative prompts run against both providers. ";
  expect(prose.length / countTokens(prose)).toBeGreaterThan(3);
  expect(prose.length / countTokens(prose)).toBeLessThan(5.5);
});

test("a long run of white space is linear, not one token", () => {
  expect(countTokens(" ".repeat(80_000))).toBe(10_000);
});
