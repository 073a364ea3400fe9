import { describe, expect, test } from "vitest";
import { Footnotes } from "../../src/report/footnotes.js";
import { isBetter } from "../../src/report/shift-line.js";
import type { MetricSummary, Summary } from "../../src/report/summary.js";
import { tailMetrics, tailTable } from "../../src/report/tail-table.js";
import { NO_SHIFT, sampleTail, sidesOnly } from "./sample-metrics.js";
import { sampleReport } from "./sample-report.js";

const evenly = (n: number): number[] => Array.from({ length: n }, (_, index) => 100 + index);

function withMetric(metric: Partial<MetricSummary>): Summary {
  const { summary } = sampleReport();
  return { ...summary, metrics: { ttfa: { unit: "ms", better: "lower", formula: "", ...metric } } };
}

describe("a shift", () => {
  test("that must not be read has every reason beside it", () => {
    const tail = sampleTail(evenly(30), 0, "lower", "ms");
    const doubts = [
      "fewer than 6 rounds: the interval holds within this moment",
      "a prefix cache answers for one side",
    ];
    const shift = {
      ...NO_SHIFT,
      ratio: 2,
      lo: 1.9,
      hi: 2.1,
      p: 0.001,
      method: "within-this-moment",
      reads: "unknown",
      notes: doubts,
    } as const;
    const { blocks, footnotes } = tailTable(
      withMetric({ warm: { ...sidesOnly(tail, tail), shift: { ...shift, notes: [...doubts] } } }),
      "warm",
    );
    expect(blocks[0]?.shift?.basis).toMatch(/^doubtful: .*within this moment$/);
    expect(blocks[0]?.shift?.better).toBeNull();
    expect((blocks[0]?.shift?.notes ?? []).map((note) => footnotes[note - 1])).toEqual(doubts);
  });
});

describe("cells", () => {
  test("a percentile that the sample cannot support is blank and has its reason", () => {
    const tail = sampleTail(evenly(129), 0, "lower", "ms");
    const { blocks, footnotes } = tailTable(withMetric({ warm: sidesOnly(tail, tail) }), "warm");
    const p99 = blocks[0]?.rows[0]?.cells[3];
    expect(p99?.text).toBe("");
    expect(footnotes[(p99?.notes[0] ?? 0) - 1]).toBe(
      "p99 not estimable (n = 129 < 299); max 228.0 ms; 95 % confident that ≥ 97.7 % of requests are below it",
    );
  });

  test("a quantile among the failed is not reached", () => {
    const tail = sampleTail(evenly(90), 10, "lower", "ms");
    const { blocks, footnotes } = tailTable(withMetric({ warm: sidesOnly(tail, null) }), "warm");
    expect(blocks[0]?.rows[0]?.cells.map((cell) => cell.text)).toEqual(["149", "189", "not reached", "", "189"]);
    expect(footnotes).toContain("p95 not reached: 10 of 100 failed before they had a value");
  });

  test("a rate's slow end is its low end, and 0 from failed exchanges is not a rate", () => {
    const tail = sampleTail(evenly(290), 10, "higher", "tokens/s");
    if (tail) Object.assign(tail, { p1: 0, notes: [] });
    const sides = sidesOnly(tail, null);
    const { blocks } = tailTable(withMetric({ unit: "tokens/s", better: "higher", warm: sides }), "warm");
    expect(blocks[0]?.columns).toEqual(["p50", "p10", "p5", "p1", "min"]);
    expect(blocks[0]?.rows[0]?.cells[3]?.text).toBe("not reached");
  });

  test("an endpoint without a tail has n = 0 and a reason, no zeros", () => {
    const tail = sampleTail(evenly(40), 0, "lower", "ms");
    const { blocks, footnotes } = tailTable(
      withMetric({ warm: { ...sidesOnly(tail, null), shift: NO_SHIFT } }),
      "warm",
    );
    const candidate = blocks[0]?.rows[1];
    expect(candidate?.cells.map((cell) => cell.text)).toEqual(["", "", "", "", ""]);
    expect(footnotes[(candidate?.n.notes[0] ?? 0) - 1]).toBe("no exchange has a value");
    expect(blocks[0]?.shift?.basis).toBe("no paired estimate: no pair has a value on both sides");
  });

  test("a metric that nobody has is left out", () => {
    const none = { ...sampleTail([1], 0, "lower", "ms"), n: 0, values: 0, missing: { "closed loop": 9 } };
    const sides = sidesOnly(none as never, null);
    expect(tailMetrics(withMetric({ warm: sides }), "warm")).toEqual([]);
  });
});

test("a phase too small for any tail has no blank columns, and its reasons stand at n", () => {
  const { blocks, footnotes } = tailTable(sampleReport().summary, "solo");
  expect(blocks.map((block) => block.columns.join(" "))).toEqual(["p50 max", "p50 max", "p50 min"]);
  expect(blocks[0]?.rows[0]?.n.notes).toEqual([1]);
  expect(footnotes[0]).toMatch(/^p90, p95, p99 not estimable \(n = 5 < 29, 59, 299\)/);
});

describe("footnotes", () => {
  test("notes of one n are one, with the clauses that hold for all", () => {
    const notes = new Footnotes();
    const rest = "95 % confident that ≥ 95.0 % of requests are below it";
    expect(notes.add(`p95 not estimable (n = 58 < 59); max 2.31 s; ${rest}`)).toBe(1);
    expect(notes.add(`p99 not estimable (n = 58 < 299); max 9.1 s; ${rest}`)).toBe(1);
    expect(notes.add("3 of 58 failed")).toBe(2);
    expect(notes.lines()).toEqual([
      "p95, p99 not estimable (n = 58 < 59, 299); 95 % confident that ≥ 95.0 % of requests are below the max",
      "3 of 58 failed",
    ]);
  });
});

test("better is seen from the reader's side", () => {
  expect(isBetter("lower", "slower")).toBe(false);
  expect(isBetter("higher", "faster")).toBe(true);
  expect(isBetter("higher", "lower")).toBe(false);
  expect(isBetter("neither", "higher")).toBeNull();
  expect(isBetter("lower", "~")).toBeNull();
});
