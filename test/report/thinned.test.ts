/** What is drawn and shown of too many: extremes and failures first, the same each time. */
import { describe, expect, test } from "vitest";
import type { CheckOutcome } from "../../src/check/finding.js";
import { gravest, type Ranked } from "../../src/report/gravest.js";
import { evenly, thinned } from "../../src/report/html/thinned.js";

describe("evenly", () => {
  test("spaces places from the first to the last", () => {
    expect(evenly(11, 3)).toEqual([0, 5, 10]);
    expect(evenly(3, 5)).toEqual([0, 1, 2]);
    expect([evenly(9, 1), evenly(9, 0), evenly(0, 4)]).toEqual([[0], [], []]);
  });

  test("gives so many places, each once, in order", () => {
    for (const [count, most] of [
      [1_000, 7],
      [10, 9],
      [5, 5],
    ] as const) {
      const places = evenly(count, most);
      expect(new Set(places).size).toBe(most);
      expect([...places].sort((a, b) => a - b)).toEqual(places);
    }
  });
});

describe("thinned", () => {
  const marks = Array.from({ length: 1_000 }, (_, id) => ({
    id,
    size: id % 100 === 50 ? 9 : 1,
    failed: id % 300 === 7,
  }));
  const how = {
    matters: ({ failed }: { failed: boolean }) => failed,
    size: ({ size }: { size: number }) => size,
  };

  test("keeps the failed and the largest, and others evenly, in their order", () => {
    const kept = thinned(marks, 100, how);
    expect(kept).toHaveLength(100);
    expect(kept.filter(({ failed }) => failed)).toHaveLength(4);
    expect(kept.filter(({ size }) => size === 9)).toHaveLength(10);
    expect(kept.map(({ id }) => id)).toEqual(kept.map(({ id }) => id).sort((a, b) => a - b));
    expect(thinned(marks, 100, how)).toEqual(kept);
  });

  test("keeps all that there is room for, and half of it for the failed where all failed", () => {
    expect(thinned(marks, 1_000, how)).toBe(marks);
    const failed = marks.map((mark) => ({ ...mark, failed: true }));
    const kept = thinned(failed, 100, how);
    expect(kept).toHaveLength(100);
    expect([kept[0]?.id, kept.at(-1)?.id]).toEqual([0, 999]);
  });
});

describe("gravest", () => {
  const check = (met: boolean): CheckOutcome => ({
    judged: true,
    met,
    expectations: [],
    toolCalls: null,
    jsonValid: null,
  });
  const pair = (ok: boolean, met: boolean, rung: "bytes" | "none"): Ranked => ({
    baseline: { ok: true, check: check(true) },
    candidate: { ok, check: check(met) },
    parity: { rung, similarity: null, firstDifference: null },
  });
  const alike = pair(true, true, "bytes");

  test("gives those that failed, then those that differ, then the earliest, in the order of their rounds", () => {
    const pairs = [
      alike,
      alike,
      pair(true, true, "none"),
      alike,
      pair(false, false, "none"),
      pair(true, false, "bytes"),
    ];
    const places = (most: number) => gravest(pairs, most, (each) => each).map((each) => pairs.indexOf(each));
    expect(places(1)).toEqual([4]);
    expect(places(2)).toEqual([4, 5]);
    expect(places(3)).toEqual([2, 4, 5]);
    expect(places(4)).toEqual([0, 2, 4, 5]);
    expect(gravest(pairs, 6, (each) => each)).toBe(pairs);
  });

  test("what is in no rate does not fail", () => {
    const excluded = { ok: true, check: { ...check(false), excluded: "cancelled" } };
    const pairs: Ranked[] = [{ ...alike, candidate: excluded }, alike, pair(true, false, "bytes")];
    expect(gravest(pairs, 1, (each) => each)).toEqual([pairs[2]]);
  });
});
