import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillerText } from "../../src/golden/filler.js";

const wordsOf = (text: string): number => text.split(/\s+/).length;

describe("filler prose", () => {
  test("is the same for the same seed, and another for another", () => {
    expect(fillerText({ words: 500, seed: 1 })).toBe(fillerText({ words: 500, seed: 1 }));
    expect(fillerText({ words: 500 })).toBe(fillerText({ words: 500, seed: 1 }));
    expect(fillerText({ words: 500, seed: 1 })).not.toBe(fillerText({ words: 500, seed: 2 }));
  });

  test("ends with the first sentence that reaches its length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.integer(), (words, seed) => {
        const text = fillerText({ words, seed });
        expect(wordsOf(text)).toBeGreaterThanOrEqual(words);
        expect(wordsOf(text)).toBeLessThan(words + 40);
        expect(text).toMatch(/\.$/);
      }),
      { numRuns: 50 },
    );
  });

  test("leaves no slot of its grammar unfilled", () => {
    expect(fillerText({ words: 20_000 })).not.toMatch(/[{}]|undefined/);
  });

  test("puts a needle between sentences at its depth", () => {
    for (const at of [0, 0.1, 0.5, 0.9, 1]) {
      const text = fillerText({ words: 6_000, needles: [{ at, text: "The code is 1234." }] });
      const [before = "", after = ""] = text.split("The code is 1234.");
      const depth = before === "" ? 0 : wordsOf(before.trim()) / wordsOf(`${before} ${after}`.trim());
      expect(Math.abs(depth - at)).toBeLessThan(0.005);
      expect(before.trim()).toMatch(/(^|[.])$/);
    }
  });

  test("keeps the prose as it is when needles are added", () => {
    const plain = fillerText({ words: 300 });
    const withNeedles = fillerText({
      words: 300,
      needles: [
        { at: 0.2, text: "First needle." },
        { at: 0.2, text: "Second needle." },
      ],
    });
    expect(withNeedles).toContain("First needle. Second needle.");
    expect(wordsOf(withNeedles)).toBe(wordsOf(plain) + 4);
  });

  test("stands between what comes before and after it", () => {
    const text = fillerText({ words: 10, before: "Document:", after: "Question?" });
    expect(text).toMatch(/^Document:\n\n.+\.\n\nQuestion\?$/s);
  });
});
