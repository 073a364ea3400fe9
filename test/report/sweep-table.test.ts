import { describe, expect, test } from "vitest";
import { loadAxis, loadScale, loadTicks, valueAxis } from "../../src/report/load-axis.js";
import { PointNotes } from "../../src/report/point-notes.js";
import { sweepTable } from "../../src/report/sweep-table.js";
import { atLoad, intervalText, priceText, sentence, sloLimits } from "../../src/report/sweep-words.js";
import { Canvas } from "../../src/report/terminal/canvas.js";
import { closedSweep, limitedSweep, openSweep, traceSweep } from "./sample-sweep.js";

const cellOf = (key: string, row: number, summary = closedSweep()) => {
  const table = sweepTable(summary);
  const column = table.columns.findIndex((each) => each.key === key);
  const cell = table.rows.candidate?.[row]?.cells[column];
  return { text: cell?.text, said: cell?.notes.map((note) => table.footnotes[note - 1]) };
};

describe("the table of loads", () => {
  test("columns give way by importance; what decides stays", () => {
    const keys = (atMost: number): string[] => sweepTable(openSweep(), atMost).columns.map(({ key }) => key);
    expect(keys(0)).toEqual(["load", "throughput"]);
    expect(keys(2)).toEqual("load requests throughput ttft.p95 ttft.p99 ttft_intended.p99 slo".split(" "));
    expect(keys(99).length).toBeGreaterThan(15);
  });

  test("a closed loop has one clock and drops nothing", () => {
    const keys = sweepTable(closedSweep()).columns.map(({ key }) => key);
    expect(keys).not.toContain("dropped");
    expect(keys).not.toContain("ttft_intended.p99");
  });

  test("what a sample cannot support is blank, and said once for all loads", () => {
    expect(cellOf("ttft.p95", 0)).toEqual({
      text: "",
      said: ["blank: too few requests to say; p95 takes n ≥ 59, p99 takes n ≥ 299"],
    });
    expect(sweepTable(closedSweep()).footnotes.filter((note) => note.startsWith("blank"))).toHaveLength(1);
  });

  test("a quantile among the failed is not a number", () => {
    const { text, said } = cellOf("ttft.p95", 4, limitedSweep());
    expect(text).toBe("∞");
    expect(said?.[0]).toContain("not reached");
  });

  test("a load that the machine spoilt is not called steady", () => {
    const summary = closedSweep();
    const point = summary.endpoints.candidate.sweep?.points[3];
    Object.assign(point ?? {}, { trusted: false, notes: ["a stall of 2.1 s"] });
    expect(cellOf("state", 3, summary).text).toBe("untrusted");
    expect(cellOf("load", 3, summary).said?.[1]).toBe("a stall of 2.1 s");
  });

  test("one unit a column over both endpoints", () => {
    const summary = closedSweep();
    for (const side of ["baseline", "candidate"] as const) {
      for (const point of summary.endpoints[side].sweep?.points ?? []) {
        if (point.e2e?.p95 != null) point.e2e.p95 = side === "baseline" ? 950 : 12_000;
      }
    }
    expect(sweepTable(summary).columns.find(({ key }) => key === "e2e.p95")?.head[1]).toBe("p95 ms");
    expect(cellOf("e2e.p95", 5, summary).text).toBe("12,000");
  });

  test("both clocks of a ttft are in one unit", () => {
    const { columns } = sweepTable(traceSweep(), 2);
    const units = columns.filter(({ key }) => key.startsWith("ttft")).map(({ head }) => head[1]);
    expect(units).toEqual(["p95 ms", "p99 ms", "p99 ms"]);
  });

  test("where no load supports p99 of both clocks, the deepest that some load supports is shown", () => {
    const summary = openSweep();
    for (const side of ["baseline", "candidate"] as const) {
      for (const point of summary.endpoints[side].sweep?.points ?? []) {
        if (point.ttft_intended) point.ttft_intended.p99 = null;
      }
    }
    expect(sweepTable(summary, 2).columns.map(({ key }) => key)).toContain("ttft_intended.p95");
  });
});

test("notes that say the same are one, in the order in which they came", () => {
  const notes = new PointNotes();
  expect(
    ["a", "p99 not estimable (n = 12 < 299)", "b", "a", "p50 not estimable (n = 2 < 5); max 3"].map((text) =>
      notes.add(text),
    ),
  ).toEqual([1, 2, 3, 1, 2]);
  expect(notes.lines()).toEqual(["a", "blank: too few requests to say; p50 takes n ≥ 5, p99 takes n ≥ 299", "b"]);
});

describe("axes", () => {
  test("loads that span doublings are spaced by them", () => {
    const axis = loadAxis(closedSweep());
    if (axis === null) throw new Error("the sample has an axis");
    const place = loadScale(axis, 0, 60);
    expect([1, 2, 4, 64].map((load) => Math.round(place(load)))).toEqual([0, 10, 20, 60]);
    expect(loadTicks(axis, place, 9)).toEqual([1, 2, 4, 8, 16, 32, 64]);
  });

  test("one load is no axis, nor is a trace", () => {
    expect(loadAxis(traceSweep())).toBeNull();
    const summary = limitedSweep();
    summary.endpoints.candidate.sweep?.points.splice(1);
    expect(loadAxis(summary)).toBeNull();
  });

  test("values begin at nought, or are logarithmic where they span a decade", () => {
    const frame = { from: 100, to: 0, log: true, count: 4 };
    expect(valueAxis([200, 400], frame)?.place(0)).toBe(100);
    const wide = valueAxis([10, 100, 1_000], frame);
    expect((wide?.place(10) ?? 0) - (wide?.place(100) ?? 0)).toBeCloseTo(
      (wide?.place(100) ?? 0) - (wide?.place(1_000) ?? 0),
    );
    expect(valueAxis([], frame)).toBeNull();
    expect(valueAxis([0, 0], frame)).toBeNull();
  });
});

test("the SLO's terms are limits in the unit of their plot; what cannot be read is drawn nowhere", () => {
  const [point] = closedSweep().endpoints.candidate.sweep?.points ?? [];
  if (point === undefined) throw new Error("the sample has points");
  const texts = [
    "ttft p95 < 1.5s",
    "decode_rate p5 > 20",
    "errors < 1%",
    "errors rate <= 0.02",
    "e2e p95 < 2 m",
    "ttft p95 < <b>",
  ];
  const terms = texts.map((text) => ({ text, state: "met" as const, value: null, lo: null, hi: null }));
  expect(sloLimits([{ ...point, slo: { ...point.slo, terms } }]).map(({ metric, value }) => [metric, value])).toEqual([
    ["ttft", 1_500],
    ["decode_rate", 20],
    ["errors", 1],
    ["errors", 2],
    ["e2e", 120_000],
  ]);
});

describe("words", () => {
  test("an interval says which bounds it has", () => {
    expect(intervalText({ value: 24.4, lo: 23.8, hi: 25 })).toBe("24.4 [23.8, 25.0]");
    expect(intervalText({ value: 24.4, lo: 23.8, hi: null })).toBe("24.4 [≥ 23.8]");
    expect(intervalText({ value: 24.4, lo: null, hi: 25 })).toBe("24.4 [≤ 25.0]");
    expect(intervalText({ value: 24.4, lo: null, hi: null })).toBe("24.4");
  });

  test("a load is whole where all of it is", () => {
    expect(atLoad({ value: 8, lo: 8, hi: 16 }, "concurrency")).toBe("at 8 [8, 16] in flight");
    expect(atLoad({ value: 8, lo: 7.5, hi: null }, "rate")).toBe("at 8.00 [≥ 7.50] arrivals/s");
  });

  test("a price is by tokens, by the hour, or both", () => {
    expect(priceText({ price: { inputPerMTok: 0.15, outputPerMTok: 0.6, perHour: 6.4 } })).toBe(
      "$0.15 in, $0.60 out a million tokens; $6.40 an hour",
    );
    expect(priceText({ price: null })).toBe("");
  });

  test("a sentence begins with a capital, a name as it is spelt", () => {
    expect(sentence("throughput did not grow. ")).toBe("Throughput did not grow.");
    expect(sentence("p99 send lag of 48 ms")).toBe("p99 send lag of 48 ms.");
    expect(sentence("send_lag is high")).toBe("send_lag is high.");
  });
});

describe("the canvas", () => {
  test("eight dots fill a cell, from the upper left", () => {
    const canvas = new Canvas(2, 1);
    canvas.line(0, 0, 0, 3);
    expect(canvas.lines()).toEqual(["⡇ "]);
    canvas.line(0, 3, 3, 3);
    expect(canvas.lines()).toEqual(["⣇⣀"]);
  });

  test("signs stand over dots, and under them where they may not cover", () => {
    const canvas = new Canvas(3, 1);
    canvas.line(0, 0, 1, 0);
    canvas.under(0, 0, "┊");
    canvas.under(1, 0, "┊");
    canvas.sign(2, 0, "●");
    expect(canvas.lines()).toEqual(["⠉┊●"]);
  });

  test("what lies outside is left out", () => {
    const canvas = new Canvas(1, 1);
    canvas.line(-40, -40, 90, 90);
    canvas.line(500, 0, 500, 3);
    expect(canvas.lines()[0]).toHaveLength(1);
  });
});
