import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cellScale,
  formatChange,
  formatChangeInterval,
  formatCount,
  formatInstant,
  formatMs,
  formatP,
  formatShare,
  formatWithUnit,
} from "../../src/report/numbers.js";

describe("milliseconds", () => {
  test.each([
    [0, "0 ms"],
    [0.4, "0.40 ms"],
    [8.42, "8.4 ms"],
    [9.96, "10 ms"],
    [412.3, "412 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [2_312, "2.31 s"],
    [14_230, "14.2 s"],
    [59_960, "1 min"],
    [185_000, "3 min 5 s"],
    [-3.2, "−3.2 ms"],
  ])("%d reads %s", (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  test("a missing value is a dash, never 0", () => {
    expect(formatMs(null)).toBe("–");
    expect(formatMs(Number.NaN)).toBe("–");
    expect(formatMs(Number.POSITIVE_INFINITY, "not reached")).toBe("not reached");
  });
});

describe("changes", () => {
  test.each([
    [0.901, "−9.9 %"],
    [1.18, "+18.0 %"],
    [1.00001, "0.0 %"],
    [0.99999, "0.0 %"],
    [3.5, "+250 %"],
    [12.4, "×12.4"],
    [null, "–"],
  ])("%d reads %s", (ratio, text) => {
    expect(formatChange(ratio)).toBe(text);
  });

  test("an interval has the signs of both ends", () => {
    expect(formatChangeInterval(0.879, 0.924)).toBe("[−12.1, −7.6]");
    expect(formatChangeInterval(0.98, 1.041)).toBe("[−2.0, +4.1]");
    expect(formatChangeInterval(null, 1.2)).toBe("");
  });

  test("p below a thousandth is not 0", () => {
    expect(formatP(0.0001)).toBe("p<0.001");
    expect(formatP(0)).toBe("p<0.001");
    expect(formatP(0.0012)).toBe("p=0.001");
    expect(formatP(null)).toBe("");
  });
});

describe("shares", () => {
  test("a share that is not quite 0 or 1 reads as neither", () => {
    expect(formatShare(1 / 10_000)).toBe("<0.1 %");
    expect(formatShare(9_999 / 10_000)).toBe(">99.9 %");
    expect(formatShare(0)).toBe("0.0 %");
    expect(formatShare(1)).toBe("100.0 %");
    expect(formatShare(null)).toBe("–");
  });
});

test("counts are grouped by thousands", () => {
  expect(formatCount(999)).toBe("999");
  expect(formatCount(1_234_567)).toBe("1,234,567");
  expect(formatCount(-12_000)).toBe("−12,000");
});

test("an instant is read in UTC, and text that is no date stays", () => {
  expect(formatInstant("2026-07-31T14:02:05.120Z")).toBe("31 Jul 2026, 14:02 UTC");
  expect(formatInstant("yesterday")).toBe("yesterday");
});

test("all cells of a metric are in one unit", () => {
  const seconds = cellScale("ms", [1_200, 41_180]);
  expect([seconds.unit, seconds.format(1_200), seconds.format(41_180)]).toEqual(["s", "1.20", "41.18"]);
  const milliseconds = cellScale("ms", [412, 2_310]);
  expect([milliseconds.unit, milliseconds.format(412), milliseconds.format(2_310)]).toEqual(["ms", "412", "2,310"]);
  expect(cellScale("ms", []).format(5)).toBe("5");
});

test("no formatter says NaN, undefined or an exponent", () => {
  const units = ["ms", "tokens/s", "characters/s", "tokens", "USD", "share", "tokens/event"];
  fc.assert(
    fc.property(fc.double({ min: -1e12, max: 1e12 }), fc.constantFrom(...units), (value, unit) => {
      const texts = [formatWithUnit(value, unit), formatChange(value), cellScale(unit, [value]).format(value)];
      if (Number.isNaN(value)) return;
      for (const text of texts) expect(text).not.toMatch(/NaN|undefined|null|Infinity|\de[+-]?\d/);
    }),
  );
});
