import { describe, expect, it } from "vitest";
import { binomialCdf, quantileRank, shareBound } from "../../src/compare/binomial.js";
import { neededFor } from "../../src/measure/tail.js";

describe("the binomial distribution", () => {
  it("of three coins has at most one head in half of all throws", () => {
    expect(binomialCdf(1, 3, 0.5)).toBeCloseTo(0.5, 12);
    expect(binomialCdf(-1, 3, 0.5)).toBe(0);
    expect(binomialCdf(3, 3, 0.5)).toBe(1);
  });

  it("adds up term by term", () => {
    let sum = 0;
    for (let k = 0; k <= 7; k++) {
      let choose = 1;
      for (let i = 0; i < k; i++) choose = (choose * (20 - i)) / (i + 1);
      sum += choose * 0.3 ** k * 0.7 ** (20 - k);
      expect(binomialCdf(k, 20, 0.3)).toBeCloseTo(sum, 10);
    }
  });
});

describe("bounds of a share", () => {
  // Clopper and Pearson's two-sided 95 % intervals as printed in Brown, Cai and DasGupta (2001) and in R's binom.test.
  it.each([
    [0, 10, 0, 0.3085],
    [1, 10, 0.0025, 0.445],
    [5, 10, 0.1871, 0.8129],
    [10, 100, 0.049, 0.1762],
    [10, 10, 0.6915, 1],
  ])("of %d in %d are %d and %d", (count, of, lower, upper) => {
    expect(shareBound("lower", count, of, 0.025)).toBeCloseTo(lower, 4);
    expect(shareBound("upper", count, of, 0.025)).toBeCloseTo(upper, 4);
  });

  it("of nothing seen in n is 1 − α^(1/n)", () => {
    expect(shareBound("upper", 0, 380, 0.05)).toBeCloseTo(1 - 0.05 ** (1 / 380), 9);
  });
});

describe("bounds of a quantile", () => {
  it.each([
    [0.5, 5],
    [0.9, 29],
    [0.95, 59],
    [0.99, 299],
    [0.999, 2_995],
  ])("p%d has an upper 95 %% bound from n = %d on, as the table of percentiles says", (q, needed) => {
    expect(quantileRank("upper", needed - 1, q, 0.05)).toBeNull();
    expect(quantileRank("upper", needed, q, 0.05)).toBe(needed);
    expect(neededFor(q)).toBe(needed);
  });

  it("of a median among 10 values are the 2nd and the 9th (Conover, Practical Nonparametric Statistics, table A3)", () => {
    expect(quantileRank("lower", 10, 0.5, 0.025)).toBe(2);
    expect(quantileRank("upper", 10, 0.5, 0.025)).toBe(9);
  });

  it("are the tightest that hold", () => {
    for (const n of [20, 59, 133]) {
      for (const q of [0.5, 0.9]) {
        const upper = quantileRank("upper", n, q, 0.05);
        if (upper !== null) {
          expect(binomialCdf(upper - 1, n, q)).toBeGreaterThanOrEqual(0.95);
          expect(binomialCdf(upper - 2, n, q)).toBeLessThan(0.95);
        }
        const lower = quantileRank("lower", n, q, 0.05) as number;
        expect(binomialCdf(lower - 1, n, q)).toBeLessThanOrEqual(0.05);
        expect(binomialCdf(lower, n, q)).toBeGreaterThan(0.05);
      }
    }
  });
});
