import { describe, expect, it } from "vitest";
import { shareBound } from "../../src/compare/binomial.js";
import { intervalOf } from "../../src/compare/estimate.js";
import { type PairShare, shareDifference, shareEstimate } from "../../src/compare/share-estimate.js";

const rounds = (counts: readonly number[], of = 20) => counts.map((count, round) => ({ round, count, of }));

/** Pairs of `each` cases a round: `[baseline, candidate]` events, the first ones of each round. */
const pairs = (counts: readonly (readonly [number, number])[], each: number): PairShare[] =>
  counts.flatMap(([baseline, candidate], round) =>
    Array.from({ length: each }, (_, index) => ({
      round,
      baseline: [index < baseline ? 1 : 0, 1] as const,
      candidate: [index < candidate ? 1 : 0, 1] as const,
    })),
  );

describe("a share over rounds", () => {
  it("of nothing seen has an exact upper bound", () => {
    const estimate = shareEstimate(rounds(Array(10).fill(0), 38));
    expect(estimate).toMatchObject({ value: 0, n: 380, rounds: 10, method: "exact" });
    expect(estimate.bound("lower", 0.05)).toBe(0);
    expect(estimate.bound("upper", 0.05)).toBeCloseTo(1 - 0.05 ** (1 / 380), 9);
  });

  it("of events that are spread evenly is exact, of the same events in one burst far wider", () => {
    const even = shareEstimate(rounds([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
    const burst = shareEstimate(rounds([10, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    expect(even.value).toBe(burst.value);
    expect(even.bound("upper", 0.05)).toBe(shareBound("upper", 10, 200, 0.05));
    expect(burst.method).toBe("rounds");
    expect(burst.bound("upper", 0.05)).toBeGreaterThan(2 * (even.bound("upper", 0.05) as number));
    expect(burst.bound("lower", 0.05)).toBeLessThan(even.bound("lower", 0.05) as number);
  });

  it("of no exchange is nothing", () => {
    expect(shareEstimate([])).toMatchObject({ value: null, method: "none" });
    expect(shareEstimate([]).bound("upper", 0.05)).toBeNull();
  });
});

describe("a difference of shares", () => {
  it("of two sides that fail the same case each time has no more doubt than two that never fail", () => {
    const same = shareDifference(pairs(Array(10).fill([1, 1]), 10), null);
    const none = shareDifference(pairs(Array(10).fill([0, 0]), 10), null);
    expect(same.value).toBe(0);
    expect(intervalOf(same)).toEqual(intervalOf(none));
    expect(none.bound("upper", 0.05)).toBeCloseTo(1 - 0.05 ** (1 / 100), 9);
  });

  it("is candidate − baseline, and the interval excludes 0 when one of ten cases always fails", () => {
    const estimate = shareDifference(pairs(Array(12).fill([0, 1]), 10), 0.001);
    expect(estimate.value).toBeCloseTo(0.1, 12);
    expect(estimate.p).toBe(0.001);
    expect(intervalOf(estimate)?.lo).toBeGreaterThan(0.03);
  });

  it("is wider when its events come in one round", () => {
    const spread = shareDifference(pairs(Array(10).fill([0, 2]), 20), null);
    const burst = shareDifference(pairs([[0, 20], ...Array(9).fill([0, 0])], 20), null);
    expect(spread.value).toBeCloseTo(burst.value as number, 12);
    expect(intervalOf(burst)?.lo).toBeLessThan(0);
    expect(intervalOf(spread)?.lo).toBeGreaterThan(0);
    expect(burst.method).toBe("rounds");
  });

  it("leaves out what applies to neither, keeps what applies to one side alone in that side's share", () => {
    const estimate = shareDifference(
      [
        { round: 0, baseline: [1, 1], candidate: null },
        { round: 0, baseline: [0, 1], candidate: [0, 1] },
        { round: 0, baseline: null, candidate: null },
      ],
      null,
    );
    expect(estimate.value).toBe(-0.5);
    expect(shareDifference([{ round: 0, baseline: null, candidate: [1, 1] }], null).value).toBeNull();
  });

  it("stays within −1 and 1", () => {
    const estimate = shareDifference(pairs([[0, 1]], 1), null);
    expect(estimate.bound("upper", 0.01)).toBe(1);
    expect(estimate.bound("lower", 0.01)).toBeGreaterThanOrEqual(-1);
  });
});

describe("what may count more than once a request", () => {
  const retried = (perRound: readonly number[]) => perRound.map((count, round) => ({ round, count, of: 10 }));
  const three = (rounds: number): PairShare[] =>
    Array.from({ length: 10 * rounds }, (_, index) => ({
      round: Math.floor(index / 10),
      baseline: [0, 1] as const,
      candidate: [3, 1] as const,
    }));

  it("has bounds about its value, and none that a share would have", () => {
    const estimate = shareEstimate(retried([30, 28, 32, 30, 31, 29, 30, 30]), { many: true });
    expect(estimate).toMatchObject({ value: 3, method: "rounds" });
    expect(estimate.bound("lower", 0.05)).toBeGreaterThan(2.5);
    expect(estimate.bound("lower", 0.05)).toBeLessThan(3);
    expect(estimate.bound("upper", 0.05)).toBeGreaterThan(3);
    expect(shareEstimate(retried([1, 0, 0, 0, 0, 0]), { many: true }).bound("lower", 0.05)).toBe(0);
  });

  it("has a difference whose interval holds it, and that is not cut at 1", () => {
    const estimate = shareDifference(three(10), null);
    const { lo, hi } = intervalOf(estimate) ?? { lo: 0, hi: 0 };
    expect([estimate.value, lo > 2 && lo < 3, hi > 3]).toEqual([3, true, true]);
  });

  it("has no bounds of fewer than six rounds", () => {
    expect(shareEstimate(retried([30, 30]), { many: true }).bound("upper", 0.05)).toBeNull();
    expect(intervalOf(shareDifference(three(5), null))).toBeNull();
  });
});

describe("where cases are the samples", () => {
  it("a share is bounded as of so many cases, however often each was asked", () => {
    const estimate = shareEstimate(rounds(Array(60).fill(0), 2), { cases: 2 });
    expect(estimate).toMatchObject({ value: 0, n: 2, method: "cases" });
    expect(estimate.bound("upper", 0.05)).toBeCloseTo(1 - 0.05 ** (1 / 2), 9);
  });

  it("a difference is, too, and is never narrower than of these prompts", () => {
    const none = shareDifference(pairs(Array(60).fill([0, 0]), 2), 1, 2);
    expect(none.bound("upper", 0.05)).toBeCloseTo(1 - 0.05 ** (1 / 2), 9);
    const burst = pairs([[0, 20], ...Array(9).fill([0, 0])], 20);
    const [these, like] = [intervalOf(shareDifference(burst, null)), intervalOf(shareDifference(burst, null, 20))];
    expect([(like?.lo ?? 1) <= (these?.lo ?? -1), (like?.hi ?? -1) >= (these?.hi ?? 1)]).toEqual([true, true]);
  });
});
