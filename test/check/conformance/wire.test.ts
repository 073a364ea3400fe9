import { describe, expect, test } from "vitest";
import { isCutJson } from "../../../src/check/conformance/cut-json.js";
import { firstText, lastText } from "../../../src/check/conformance/wire.js";
import type { Attempt } from "../../../src/recording/recording.js";
import { anAttempt } from "../build.js";

describe("the first and the last bytes as text", () => {
  const text = `é${"x".repeat(300)}${"ü".repeat(150)}`;
  const split = (size: number): Attempt => {
    const bytes = Buffer.from(text);
    const reads = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, index) => [index, { b64: bytes.subarray(index * size, (index + 1) * size).toString("base64") }] as const,
    );
    return anAttempt({ reads });
  };
  const whole = anAttempt({ reads: [[0, text]] });

  test.each([1, 3, 199, 200, 201, 10_000])("cut into reads of %i bytes", (size) => {
    for (const max of [1, 2, 200, 303, 10_000]) {
      expect([max, firstText(split(size), max)]).toEqual([max, firstText(whole, max)]);
      expect([max, lastText(split(size), max)]).toEqual([max, lastText(whole, max)]);
    }
  });

  test("never hold half a character", () => {
    expect(firstText(whole, 1)).toBe("");
    expect(firstText(whole, 2)).toBe("é");
    expect(firstText(whole, 304)).toBe(`é${"x".repeat(300)}ü`);
    expect(firstText(whole, 305)).toBe(`é${"x".repeat(300)}ü`);
    expect(lastText(whole, 3)).toBe("ü");
  });

  test("are empty where nothing came", () => {
    expect([firstText(anAttempt({ reads: [] })), lastText(anAttempt({ reads: [] }))]).toEqual(["", ""]);
  });
});

test.each([
  ['{"a": [1, 2', true],
  [' {"a": "b', true],
  ['["\\"]', true],
  ['{"a": "]}"', true],
  ['{"a": 1}', false],
  ["{}}{", false],
  ["{]{{", false],
  ['Here: {"a"', false],
  ["", false],
])("%j is cut: %s", (text, cut) => {
  expect(isCutJson(text)).toBe(cut);
});

test("a text is looked through once, however deep it is", () => {
  expect(isCutJson("[".repeat(2_000_000))).toBe(true);
});
