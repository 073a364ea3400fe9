import { diffChars } from "diff";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_CHARACTERS, similarity } from "../../../src/check/parity/similarity.js";
import { seededRandom } from "../../../src/core/random.js";

test.each([
  ["", "", 1],
  ["a", "", 0],
  ["abc", "abc", 1],
  ["abc", "xyz", 0],
  ["abcd", "abxd", 0.75],
  ["ab", "ba", 0.5],
  ["😀b", "😁b", 0.5],
  ["aaaa", "aa", 2 / 3],
])("%j and %j: %d", (a, b, share) => {
  expect(similarity(a, b)).toBeCloseTo(share, 12);
});

/** What a shortest edit script leaves in common. */
function byDiff(a: string, b: string): number {
  const common = diffChars(a, b)
    .filter(({ added, removed }) => !added && !removed)
    .reduce((sum, { value }) => sum + Array.from(value).length, 0);
  const length = Array.from(a).length + Array.from(b).length;
  return length === 0 ? 1 : (2 * common) / length;
}

test("is the share that a shortest diff gives", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "😀", "é"), maxLength: 120 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(similarity(a, b)).toBeCloseTo(byDiff(a, b), 12);
    }),
    { numRuns: 500 },
  );
});

test("is symmetric for long texts too, and bounded in time", () => {
  const random = seededRandom(1, "similarity");
  const words = ["the", "model", "answers", "東京", "naïve", "42", "a", "question", "😀"];
  const text = () => Array.from({ length: 40_000 }, () => words[random.int(words.length)]).join(" ");
  const [a, b] = [text(), text()];
  const started = performance.now();
  const share = similarity(a, b);
  expect(performance.now() - started).toBeLessThan(2000);
  expect(similarity(b, a)).toBe(share);
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(1);
});

test("one changed character in a very long text stays one changed character", () => {
  const half = "lorem ipsum ".repeat(20_000);
  const length = 2 * half.length + 1;
  expect(similarity(`${half}x${half}`, `${half}y${half}`)).toBeCloseTo((length - 1) / length, 12);
});

test("longer texts are compared by words", () => {
  const words = (other: string) => Array.from({ length: MAX_CHARACTERS }, (_, i) => (i % 2 ? "same" : other)).join(" ");
  // Half of the words and all white space, which counts as well.
  expect(similarity(words("left"), words("right"))).toBeGreaterThan(0.2);
  expect(similarity(words("left"), words("right"))).toBeLessThan(0.8);
});
