import { describe, expect, test } from "vitest";
import { headline } from "../../src/report/headline.js";
import { emptyReport, troubledReport } from "./sample-extremes.js";
import { sampleReport } from "./sample-report.js";

describe("headline", () => {
  test("two to six sentences, the most deciding first", () => {
    const sentences = headline(sampleReport().summary);
    expect(sentences.length).toBeGreaterThanOrEqual(2);
    expect(sentences.length).toBeLessThanOrEqual(6);
    expect(sentences[0]).toBe(
      'Fail: 2 of 6 gates failed: tool_calls drop < 0.05; findings{severity="breaks"} new == 0.',
    );
    expect(sentences[1]).toMatch(
      /^3 cases that the baseline always answers as expected regress on the candidate, 3 of them .*client; so do single answers of 1 more case; /,
    );
  });

  test("a single answer that went wrong is no case that regresses, nor is the other direction hidden", () => {
    const { summary } = structuredClone(sampleReport());
    const [flip] = summary.parity.flips;
    if (flip === undefined) throw new Error("the sample has flips");
    summary.parity.flips = [
      { ...flip, consistent: false },
      { ...flip, caseId: "other", direction: "improved", consistent: false },
    ];
    const said = headline(summary).join(" ");
    expect(said).toContain(
      "In 1 case single answers miss on the candidate what they meet on the baseline, in 1 case the other way round; none regresses consistently",
    );
    expect(said).not.toContain("answers as expected regress");
  });

  test("few rounds and a machine that was in the way are said beside the latencies", () => {
    const { summary } = structuredClone(sampleReport());
    const shift = summary.metrics.ttfa?.warm?.shift;
    if (shift) Object.assign(shift, { method: "within-this-moment", rounds: 3 });
    expect(headline(summary).join(" ")).toContain("Within this moment only: 3 rounds say nothing of another hour.");
    if (shift) Object.assign(shift, { method: "cases", rounds: 1 });
    expect(headline(summary).join(" ")).toContain("Within this moment only: 1 round says nothing of another hour.");
    for (const { warm } of Object.values(summary.metrics)) {
      if (warm?.shift) Object.assign(warm.shift, { method: "rounds", rounds: 12 });
    }
    summary.validity.ok = false;
    const said = headline(summary).join(" ");
    expect(said).not.toContain("Within this moment");
    expect(said).toContain("The measuring machine was in the way: do not trust these latencies.");
    const figure = { value: 0.3, limit: 0.01, unit: "share", ok: false, remedy: "lower the rate" } as const;
    summary.validity.figures = [{ ...figure, name: "arrivals dropped" }];
    expect(headline(summary).join(" ")).toContain("Arrivals were dropped: these latencies are those of a lower load.");
    summary.validity.figures.push({ ...figure, name: "send lag p99", unit: "ms" });
    expect(headline(summary).join(" ")).toContain("The measuring machine was in the way");
  });

  test("a quick run says nothing of latency", () => {
    const { summary } = structuredClone(sampleReport());
    summary.judgement.quick = true;
    expect(headline(summary).join(" ")).not.toMatch(/Answers start|Text then|Whole answers/);
  });

  test("a verdict is stated with its reason", () => {
    expect(headline(troubledReport().summary)[0]).toBe(
      "Invalid run: p99 send lag of 48 ms is over its limit of 20 ms.",
    );
  });

  test("an interval that includes no change is not called faster", () => {
    const { summary } = structuredClone(sampleReport());
    const shift = summary.metrics.ttfa?.warm?.shift;
    if (shift) Object.assign(shift, { ratio: 0.97, lo: 0.9, hi: 1.05, reads: "~" });
    const said = headline(summary).join(" ");
    expect(said).toContain("Answers start no differently as far as 3 rounds can tell");
    expect(said).not.toContain("sooner");
  });

  test("a shift without an interval is not spoken of", () => {
    const { summary } = structuredClone(sampleReport());
    const shift = summary.metrics.ttfa?.warm?.shift;
    if (shift) Object.assign(shift, { lo: null, hi: null, p: null, reads: "unknown" });
    expect(headline(summary).join(" ")).not.toContain("Answers start");
  });

  test("of nothing it says nothing more", () => {
    expect(headline(emptyReport().summary)).toEqual([
      "No gates: this report shows what was measured and decides nothing.",
    ]);
  });
});
