import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/core/random.js";
import { Decks, weightedCases } from "../../../src/plan/load/mix.js";
import { goldenCase } from "../setups.js";

const CASES = [
  goldenCase("a", { category: "chat" }),
  goldenCase("b", { category: "chat" }),
  goldenCase("c", { category: "long", variants: ["body"] }),
  goldenCase("d", { category: "cancelled", cancel: { afterReads: 3 } }),
];
const sharesOf = (weights?: Record<string, number>) =>
  Object.fromEntries(weightedCases(CASES, weights).map(({ golden, share }) => [golden.id, share]));

describe("a mix", () => {
  it("without weights has each case alike, but for those that hang up", () => {
    expect(sharesOf()).toEqual({ a: 1 / 3, b: 1 / 3, c: 1 / 3 });
  });

  it("weighs categories, whatever the number of their cases", () => {
    expect(sharesOf({ chat: 3, long: 1 })).toEqual({ a: 0.375, b: 0.375, c: 0.25 });
    expect(sharesOf({ long: 7 })).toEqual({ c: 1 });
  });

  it("streams what can be streamed", () => {
    expect(weightedCases(CASES, undefined).map(({ variant }) => variant)).toEqual(["stream", "stream", "body"]);
  });

  it("refuses a category that has no case to sweep, and weights that leave nothing", () => {
    expect(() => sharesOf({ cancelled: 1 })).toThrow('no case of category "cancelled" can be swept; use chat, long');
    expect(() => sharesOf({ chat: 0 })).toThrow("no case is left to load with");
  });

  it("of cases that are alike deals each once before any comes again", () => {
    const decks = new Decks(weightedCases(CASES, undefined), seededRandom(1, "decks"));
    for (let deck = 0; deck < 5; deck++) {
      expect([decks.next(), decks.next(), decks.next()].map(({ golden }) => golden.id).sort()).toEqual(["a", "b", "c"]);
    }
  });

  it("is kept to within one card in every deck", () => {
    const weights = fc.record({ chat: fc.integer({ min: 1, max: 9 }), long: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(weights, fc.nat(), (given, seed) => {
        const cases = weightedCases(CASES, given);
        fc.pre(cases.some(({ share }) => share !== cases[0]?.share));
        const decks = new Decks(cases, seededRandom(seed, "decks"));
        const size = 4 * cases.length;
        for (let deck = 0; deck < 5; deck++) {
          const drawn = Array.from({ length: size }, () => decks.next().golden.id);
          for (const { golden, share } of cases) {
            const count = drawn.filter((id) => id === golden.id).length;
            expect(Math.abs(count - share * size)).toBeLessThan(1 + 1e-9);
          }
        }
      }),
    );
  });
});
