/** Tests of no difference, against published and independently computed examples. */
import { describe, expect, it } from "vitest";
import { exactConditionalP, type Stratum } from "../../src/compare/exact-test.js";
import { holm } from "../../src/compare/holm.js";

const stratum = (baseline: number, of: number, candidate: number, candidateOf = of): Stratum => ({
  baseline: { count: baseline, of },
  candidate: { count: candidate, of: candidateOf },
});

describe("the exact conditional test", () => {
  it("of one case is Fisher's exact test: tea first or milk first, 3 of 4 and 1 of 4", () => {
    expect(exactConditionalP([stratum(1, 4, 3)])).toBeCloseTo(0.4857, 4);
  });

  it("of one case at 1 of 10 and 11 of 14 is 0.0027 (Fisher's exact test, two-sided, as R prints it for that table)", () => {
    expect(exactConditionalP([stratum(1, 10, 11, 14)])).toBeCloseTo(0.002759, 5);
  });

  it("of several cases counts every way in which their events could have fallen", () => {
    const strata = [stratum(4, 5, 1), stratum(3, 3, 2), stratum(2, 4, 0)];
    // By brute force: each case's 2n answers in all orders of who gave which.
    const choose = (n: number, k: number): number =>
      k < 0 || k > n ? 0 : k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k;
    const ways = new Map<number, number>();
    let all = 0;
    for (let a = 0; a <= 5; a++) {
      for (let b = 0; b <= 3; b++) {
        for (let c = 0; c <= 4; c++) {
          const weight =
            choose(5, a) * choose(5, 5 - a) * choose(3, b) * choose(3, 5 - b) * choose(4, c) * choose(4, 2 - c);
          if (weight === 0) continue;
          ways.set(a + b + c, (ways.get(a + b + c) ?? 0) + weight);
          all += weight;
        }
      }
    }
    const seen = (ways.get(3) as number) / all;
    const p = [...ways.values()].map((weight) => weight / all).filter((each) => each <= seen * (1 + 1e-9));
    expect(exactConditionalP(strata)).toBeCloseTo(
      p.reduce((sum, each) => sum + each, 0),
      10,
    );
  });

  it("does not take a hard case for evidence: both sides fail it alike", () => {
    expect(exactConditionalP([stratum(10, 10, 10), stratum(0, 10, 0)])).toBe(1);
  });

  it("finds one of twelve cases that goes from all to none in five rounds", () => {
    const cases = [stratum(5, 5, 0), ...Array.from({ length: 11 }, () => stratum(5, 5, 5))];
    expect(exactConditionalP(cases)).toBeCloseTo(2 / 252, 6);
  });

  it("holds for hundreds of requests of one case (0.6033 by scipy.stats.hypergeom)", () => {
    expect(exactConditionalP([stratum(300, 600, 310)])).toBeCloseTo(0.6033, 4);
  });

  it("of thirty cases, each asked 16,000 times, is what the normal distribution says, and does not take minutes", () => {
    const startedMs = performance.now();
    const p = exactConditionalP(Array.from({ length: 30 }, () => stratum(4_000, 8_000, 4_016)));
    // 239.5 beyond what was expected, of a total with a variance of 30 × 1,000: z = 1.3827.
    expect(p).toBeCloseTo(0.1667, 3);
    expect(performance.now() - startedMs).toBeLessThan(15_000);
  });

  it("has nothing to say of nothing", () => {
    expect(exactConditionalP([])).toBeNull();
    expect(exactConditionalP([stratum(0, 0, 0)])).toBeNull();
  });
});

describe("Holm's correction", () => {
  it("gives what R's p.adjust gives", () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  it("never exceeds 1, and never goes below what a smaller p has", () => {
    expect(holm([0.5, 0.9, 0.6])).toEqual([1, 1, 1]);
    expect(holm([])).toEqual([]);
  });
});
