import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { neededFor, supportedShare, Tail } from "../../src/measure/tail.js";

const latency = { better: "lower", scale: 1_000 } as const;
const rate = { better: "higher", scale: 1_000 } as const;

function tailOf(metric: typeof latency | typeof rate, values: readonly number[], failed = 0): Tail {
  const tail = new Tail(metric);
  for (const value of values) tail.record({ values: [value] });
  for (let i = 0; i < failed; i++) tail.record({ none: "timeout", failed: true });
  return tail;
}

const oneTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

describe("a tail", () => {
  it("has nearest-rank quantiles, and exact count, min, max, sum and mean", () => {
    const tail = tailOf(latency, oneTo(100));
    expect([0.5, 0.9, 0.99, 1].map((q) => Math.floor(tail.quantile(q) ?? 0))).toEqual([50, 90, 99, 100]);
    expect([tail.n, tail.min, tail.max, tail.sum, tail.mean]).toEqual([100, 1, 100, 5_050, 50.5]);
  });

  it("keeps fractions: 118.9 tokens/s is not 118", () => {
    expect(tailOf(rate, [118.9]).quantile(0.5)).toBe(118.9);
  });

  it("is within 0.1 % of the exact quantile, over five decades", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 3_000_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(q * sorted.length - 1e-9)) - 1] as number;
          expect(Math.abs((tailOf(latency, values).quantile(q) as number) - exact)).toBeLessThanOrEqual(
            0.001 * exact + 0.001,
          );
        },
      ),
    );
  });

  it("puts failures at the slow end: a candidate that times out on 5 % does not look faster", () => {
    const slow = tailOf(latency, oneTo(95), 5);
    expect(slow.n).toBe(100);
    expect(slow.quantile(0.95)).toBe(95);
    expect(slow.quantile(0.96)).toBe(Number.POSITIVE_INFINITY);
    expect(slow.max).toBe(95);
    const rates = tailOf(rate, oneTo(95), 5);
    expect(rates.quantile(0.05)).toBe(0);
    expect(rates.quantile(0.06)).toBe(1);
    expect(Math.floor(rates.quantile(0.5) ?? 0)).toBe(45);
  });

  it("says nothing where there is nothing: never 0", () => {
    const tail = new Tail(latency);
    tail.record({ none: "no usage" });
    expect([tail.n, tail.quantile(0.5), tail.min, tail.max, tail.mean, tail.sum]).toEqual([
      0,
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(tail.missing).toEqual({ "no usage": 1 });
    expect(tail.percentileText()).toBeNull();
  });

  it("refuses what is no number, and counts what is beyond an hour", () => {
    expect(() => tailOf(latency, [Number.NaN])).toThrow();
    expect(() => tailOf(latency, [Number.POSITIVE_INFINITY])).toThrow();
    const tail = tailOf(latency, [7_200_000]);
    expect([tail.overflow, tail.max, tail.quantile(0.5)]).toEqual([1, 7_200_000, 7_200_000]);
  });

  it("does not depend on the order of values", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const [a, b] = [tailOf(latency, values), tailOf(latency, [...values].reverse())];
        expect([a.sum, a.mean, a.quantile(0.5)]).toEqual([b.sum, b.mean, b.quantile(0.5)]);
      }),
    );
  });

  it("writes what HDR plotters read", () => {
    expect(tailOf(latency, oneTo(100)).percentileText()).toMatch(
      /Value\s+Percentile\s+TotalCount\s+1\/\(1-Percentile\)[\s\S]*#\[Max/,
    );
  });
});

describe("support", () => {
  it("needs n ≥ ln 0.05 / ln q", () => {
    expect([0.5, 0.9, 0.95, 0.99, 0.999].map(neededFor)).toEqual([5, 29, 59, 299, 2_995]);
  });

  it("of 150 is 98.0 %", () => expect(supportedShare(150)).toBeCloseTo(0.9802, 4));
});
