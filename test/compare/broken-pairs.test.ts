/** Halves that two processes measured: what they may still be held against, and what not. */
import { describe, expect, it } from "vitest";
import { Comparison } from "../../src/compare/comparison.js";
import { controlPairs } from "../../src/compare/control.js";
import { NO_DOUBTS } from "../../src/compare/doubts.js";
import { type Pair, pairsOf } from "../../src/compare/pairs.js";
import { RATES } from "../../src/compare/rates.js";
import type { ScoredExchange } from "../../src/measure/scored.js";
import { scored } from "../gate/evidence.js";

/** A pair of one case and round, each half with its time to first token (ms) and its segment. */
function pairOf(round: number, baseline: [ms: number, segment: number], candidate: [ms: number, segment: number]) {
  const half = (side: "baseline" | "candidate", [ttft, segment]: [number, number]): ScoredExchange => ({
    ...scored(
      side,
      2 * round,
      round,
      { round, baseline: null, candidate: null },
      { values: { ttft }, met: side === "baseline" },
    ),
    segment,
    ...(segment > 0 ? { pairBroken: true as const } : {}),
  });
  return [half("baseline", baseline), half("candidate", candidate)];
}
const compared = (pairs: readonly Pair[]): Comparison =>
  new Comparison({ pairs, doubts: NO_DOUBTS, seed: 1, estimand: "these prompts" });
const rounds = (...pairs: ScoredExchange[][]): Comparison => compared(pairsOf(pairs.flat()));

describe("a broken pair", () => {
  // The second process ran at an hour at which everything takes ten times as long.
  const whole = [0, 1, 2, 3].map((round) => pairOf(round, [100 + round, 0], [100 + round, 0]));
  const broken = pairOf(4, [100, 0], [1_000, 1]);

  it("is in no shift", () => {
    expect(rounds(...whole, broken).shift("ttft")).toMatchObject({ value: 1, n: 4 });
  });

  it("makes nothing slow, and moves no median", () => {
    const { baseline, candidate, difference } = rounds(...whole, broken).slowShare("ttft");
    expect([baseline, candidate]).toEqual([
      { count: 0, of: 4 },
      { count: 0, of: 4 },
    ]);
    expect(difference.value).toBe(0);
    const slow = rounds(...whole, pairOf(4, [100, 0], [1_000, 0])).slowShare("ttft");
    expect(slow.candidate).toEqual({ count: 1, of: 5 });
  });

  it("counts in every rate of answers, and in tails", () => {
    const comparison = rounds(...whole, broken);
    const expectations = RATES.find(({ name }) => name === "expectations");
    const rate = comparison.rate(expectations as (typeof RATES)[number]);
    expect([rate.baseline, rate.candidate]).toEqual([
      { count: 5, of: 5 },
      { count: 0, of: 5 },
    ]);
    expect(comparison.values("ttft", "candidate").map(({ value }) => value)).toContain(1_000);
  });

  it("is known by its halves' segments too, and not by a segment that both share", () => {
    const unmarked = broken.map(({ pairBroken: _, ...half }) => half);
    expect(pairsOf(unmarked)).toMatchObject([{ broken: true }]);
    const later = pairOf(0, [1, 1], [1, 1]).map(({ pairBroken: _, ...half }) => half);
    expect(pairsOf(later)[0]).not.toHaveProperty("broken");
  });
});

describe("an endpoint against itself", () => {
  const arms = (segments: [number, number], marked: boolean): ScoredExchange[] =>
    (["baseline", "control"] as const).map((arm, index) => ({
      ...scored("baseline", index, index, { round: 0, baseline: null, candidate: null }, { values: { ttft: 100 } }),
      arm,
      segment: segments[index] as number,
      ...(marked ? { pairBroken: true as const } : {}),
    }));

  it("is a pair where one process measured both, whatever became of their mates", () => {
    expect(compared(controlPairs(arms([0, 0], true), "baseline")).shift("ttft").n).toBe(1);
    expect(compared(controlPairs(arms([0, 1], false), "baseline")).shift("ttft").n).toBe(0);
  });
});
