import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayWidth, wrapText } from "../../src/report/text-width.js";

describe("width", () => {
  test.each([
    ["abc", 3],
    ["−9.9 % ≥", 8],
    ["東京", 4],
    ["e\u0301", 1],
    ["👩‍👩‍👧", 6],
    ["❤️", 2],
    ["\u001b[1mbold\u001b[22m", 4],
  ])("%s", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe("wrapping", () => {
  test("breaks at spaces and leads each line", () => {
    expect(wrapText("one two three four", 10, "* ", "  ")).toEqual(["* one two", "  three", "  four"]);
  });

  test("keeps a number with its unit", () => {
    expect(wrapText("it took 5.8 % less", 11)).toEqual(["it took", "5.8 % less"]);
    expect(wrapText("after 12 ms, done", 9)).toEqual(["after", "12 ms,", "done"]);
  });

  test("no line is wider than its columns, and nothing is lost", () => {
    const text = fc.string({ unit: fc.constantFrom("a", " ", "東", "é", "👋🏽", "-", "\n"), maxLength: 80 });
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 30 }), (words, columns) => {
        const lines = wrapText(words, columns);
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        expect(lines.join("").replace(/\s/g, "")).toBe(words.replace(/\s/g, ""));
      }),
    );
  });
});
