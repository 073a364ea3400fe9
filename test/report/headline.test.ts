import { describe, expect, test } from "vitest";
import { headline } from "../../src/report/headline.js";
import { emptyReport, troubledReport } from "./sample-extremes.js";
import { sampleReport } from "./sample-report.js";

describe("headline", () => {
  test("two to four sentences, the most deciding first", () => {
    const sentences = headline(sampleReport().summary);
    expect(sentences.length).toBeGreaterThanOrEqual(2);
    expect(sentences.length).toBeLessThanOrEqual(4);
    expect(sentences[0]).toBe(
      'Fail: 2 of 6 gates failed: tool_calls drop < 0.05; findings{severity="breaks"} new == 0.',
    );
    expect(sentences[1]).toMatch(/^4 cases that the baseline answers as expected regress on the candidate, 3 of them/);
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
