import { describe, expect, test } from "vitest";
import { boundOf, intervalOfRate, logRatio, pooled, rateOf, subWindowsFor } from "../../src/capacity/rate.js";
import { CELLS, MeasuredWindow, sumOf } from "../../src/capacity/window.js";
import { seededRandom } from "../../src/core/random.js";

const S = 1e9;

describe("a window in cells", () => {
  const window = new MeasuredWindow(10 * S, 30_000);

  test("has its first moment and not its last", () => {
    expect([
      window.cellOf(10 * S - 1),
      window.cellOf(10 * S),
      window.cellOf(40 * S - 1),
      window.cellOf(40 * S),
    ]).toEqual([null, 0, CELLS - 1, null]);
  });

  test("a span covers exactly what of it lies within, to the nanosecond", () => {
    const cells = new Float64Array(CELLS);
    window.cover(cells, 5 * S, 12 * S + 7);
    window.cover(cells, 39 * S, 400 * S);
    window.cover(cells, 50 * S, 60 * S);
    expect(sumOf(cells)).toBe(3 * S + 7);
    expect(cells[0]).toBe(S / 4);
  });
});

describe("a rate over a window", () => {
  test("even counts leave no doubt, and a handful of events none to state", () => {
    expect(intervalOfRate(rateOf(new Float64Array(CELLS).fill(2), 30, 10))).toEqual({ value: 8, lo: 8, hi: 8 });
    const two = new Float64Array(CELLS);
    two[3] = 2;
    expect(intervalOfRate(rateOf(two, 30, 10))).toEqual({ value: 2 / 30, lo: null, hi: null });
  });

  test("sub-windows are twice as long as an answer takes, six at least", () => {
    expect([subWindowsFor(30_000, 100), subWindowsFor(30_000, 1_000), subWindowsFor(30_000, 20_000)]).toEqual([
      30, 15, 6,
    ]);
    expect(subWindowsFor(30_000, null)).toBe(6);
  });

  test("95 of 100 intervals hold the rate of independent arrivals, and of ones that come in bursts", () => {
    for (const burst of [1, 5]) {
      let covered = 0;
      for (let seed = 0; seed < 400; seed++) {
        const random = seededRandom(seed, "arrivals");
        const cells = new Float64Array(CELLS);
        for (let at = random.exponential() / 2; at < 30; at += random.exponential() / 2) {
          cells[Math.floor((at / 30) * CELLS)] = (cells[Math.floor((at / 30) * CELLS)] ?? 0) + burst;
        }
        const rate = rateOf(cells, 30, 10);
        const [lo, hi] = [boundOf(rate, "lower", 0.025), boundOf(rate, "upper", 0.025)];
        if (lo !== null && hi !== null && lo <= 2 * burst && 2 * burst <= hi) covered++;
      }
      expect(covered / 400).toBeGreaterThan(0.92);
      expect(covered / 400).toBeLessThan(0.99);
    }
  });

  test("pooled windows have the error of their mean; a ratio has both errors", () => {
    const rate = (value: number, error: number) => ({ value, error, df: 9 });
    expect(pooled([rate(9, 0.3), rate(11, 0.4)])).toEqual({ value: 10, error: 0.25, df: 18 });
    expect(logRatio(rate(10, 0.3), rate(10, 0.4))?.error).toBeCloseTo(0.05, 12);
    expect(logRatio(rate(0, 0.3), rate(10, 0.4))).toBeNull();
    expect(pooled([rate(9, 0.3), { value: 11, error: null, df: 0 }]).error).toBeNull();
  });
});
