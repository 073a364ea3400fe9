import { describe, expect, it } from "vitest";
import { intervalOf } from "../../src/compare/estimate.js";
import { incompleteBeta } from "../../src/compare/t-distribution.js";
import { type TailValue, tailRatios } from "../../src/compare/tail-ratio.js";
import { seededRandom } from "../../src/core/random.js";

const values = (rounds: number, each: number, value: (round: number, index: number) => number): TailValue[] =>
  Array.from({ length: rounds * each }, (_, at) => ({
    caseId: `c${at % each}`,
    round: Math.floor(at / each),
    value: value(Math.floor(at / each), at % each),
  }));

const ratio = (baseline: TailValue[], candidate: TailValue[], q: number, seed = 1) =>
  tailRatios({ baseline, candidate, quantiles: [q], resamples: 500, seed, estimand: "these prompts" })[0] as ReturnType<
    typeof tailRatios
  >[number];

const ones = (rounds: number, each: number): TailValue[] => values(rounds, each, () => 1);

describe("the ratio of two tails", () => {
  it("uses the weights of Harrell and Davis: p90 of 1 … 10, by numerical integration of the beta density", () => {
    const [a, b, n] = [11 * 0.9, 11 * 0.1, 10];
    const density = (x: number): number => x ** (a - 1) * (1 - x) ** (b - 1);
    const steps = 2_000_000;
    const cells = new Array<number>(n).fill(0);
    for (let i = 0; i < steps; i++) {
      const x = (i + 0.5) / steps;
      const cell = Math.floor(x * n);
      cells[cell] = (cells[cell] as number) + density(x);
    }
    const total = cells.reduce((sum, cell) => sum + cell, 0);
    const expected = cells.reduce((sum, cell, index) => sum + (cell / total) * (index + 1), 0);
    const seen = ratio(
      ones(1, 10),
      values(1, 10, (_round, index) => index + 1),
      0.9,
    );
    expect(seen.value).toBeCloseTo(expected, 4);
    expect(seen.notes.join()).toMatch(/no interval/);
  });

  it("leaves out of a long tail only what weighs nothing: the same as over all values", () => {
    const random = seededRandom(5, "values");
    const sides = [6_000, 5_000].map((count) => values(10, count / 10, () => Math.round(100 * random.exponential())));
    const [baseline, candidate] = sides as [TailValue[], TailValue[]];
    const quantileOf = (side: readonly TailValue[], q: number): number => {
      const n = side.length;
      const below = (i: number): number => incompleteBeta((n + 1) * q, (n + 1) * (1 - q), i / n);
      const sorted = side.map(({ value }) => value).sort((a, b) => a - b);
      return sorted.reduce((sum, value, i) => sum + (below(i + 1) - below(i)) * value, 0);
    };
    for (const q of [0.001, 0.5, 0.9, 0.999]) {
      const expected = quantileOf(candidate, q) / quantileOf(baseline, q);
      expect((ratio(baseline, candidate, q).value as number) / expected).toBeCloseTo(1, 10);
    }
  });

  it("of a candidate that is slower by the same factor everywhere is that factor, without doubt", () => {
    const random = seededRandom(3, "values");
    const baseline = values(8, 20, () => Math.exp(random.normal()));
    const candidate = baseline.map((each) => ({ ...each, value: 1.3 * each.value }));
    const estimate = ratio(baseline, candidate, 0.95);
    expect(estimate.value).toBeCloseTo(1.3, 12);
    expect(intervalOf(estimate)?.lo).toBeCloseTo(1.3, 9);
    expect(intervalOf(estimate)?.hi).toBeCloseTo(1.3, 9);
  });

  it("is the same for the same seed, whatever the order of values", () => {
    const random = seededRandom(4, "values");
    const baseline = values(8, 10, () => Math.exp(random.normal()));
    const candidate = values(8, 10, () => Math.exp(random.normal()));
    const [one, other] = [
      ratio(baseline, candidate, 0.9),
      ratio([...baseline].reverse(), random.shuffle(candidate), 0.9),
    ];
    expect(intervalOf(other)).toEqual(intervalOf(one));
    expect(intervalOf(ratio(baseline, candidate, 0.9, 2))).not.toEqual(intervalOf(one));
  });

  it("never looks faster because the slowest failed", () => {
    const slow = values(10, 20, (_round, index) => (index === 0 ? 10 : 1));
    const failing = slow.map((each) => (each.value === 10 ? { ...each, value: Number.POSITIVE_INFINITY } : each));
    const estimate = ratio(slow, failing, 0.99);
    expect(estimate.value).toBe(Number.POSITIVE_INFINITY);
    expect(estimate.bound("lower", 0.05)).toBe(Number.POSITIVE_INFINITY);
    // Below the failed, the quantile is reached, and no better than the other side's.
    expect(ratio(slow, failing, 0.5).value).toBeGreaterThanOrEqual(1);
  });

  it("of two sides that fail alike at the quantile is unknown", () => {
    const failing = values(6, 10, (_round, index) => (index < 2 ? Number.POSITIVE_INFINITY : 1));
    expect(ratio(failing, failing, 0.95)).toMatchObject({ value: null, method: "none" });
    expect(ratio([], ones(1, 1), 0.5).value).toBeNull();
  });
});
