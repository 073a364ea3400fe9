import { describe, expect, test } from "vitest";
import { printable } from "../../src/core/printable.js";
import { code, escapeMarkdown } from "../../src/report/markdown/escape.js";
import { renderMarkdown } from "../../src/report/markdown.js";
import { emptyReport, troubledReport } from "./sample-extremes.js";
import { sampleReport } from "./sample-report.js";

const HOSTILE =
  "a | b `c` <script>alert(1)</script> [x](http://evil.example) @everyone **bold** \u202e\u001b[31m\nnext";

describe("text from an endpoint", () => {
  test("leaves no mark that markdown or HTML reads", () => {
    expect(escapeMarkdown(HOSTILE)).not.toMatch(/[|`<>[\]*@\n]/);
    expect(printable(escapeMarkdown(HOSTILE))).toBe(escapeMarkdown(HOSTILE));
    expect(escapeMarkdown("http://evil.example")).not.toContain("://");
  });

  test("as code stays one element", () => {
    expect(code(HOSTILE).match(/<[^>]+>/g)).toEqual(["<code>", "</code>"]);
    expect(code("")).toBe("");
  });

  test("does not break a table", () => {
    const report = structuredClone(sampleReport());
    for (const flip of report.summary.parity.flips) flip.detail = HOSTILE;
    const rows = renderMarkdown(report)
      .split("\n")
      .filter((line) => line.startsWith("| **breaks**"));
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row.split(" | ")).toHaveLength(4);
  });
});

test("the golden text", async () => {
  await expect(renderMarkdown(sampleReport())).toMatchFileSnapshot("golden/report-md.txt");
});

test("no value is NaN, undefined or null", () => {
  for (const report of [sampleReport(), emptyReport(), troubledReport()]) {
    expect(renderMarkdown(report)).not.toMatch(/NaN|undefined|\bnull\b|Infinity/);
  }
});

test("stays under 60 KB and names what it left out", () => {
  const report = structuredClone(sampleReport());
  const { summary } = report;
  const flip = summary.parity.flips[0];
  const finding = summary.findings[0];
  if (!flip || !finding) throw new Error("the sample has flips and findings");
  const long = "x|`<".repeat(600);
  summary.parity.flips = Array.from({ length: 400 }, () => ({ ...flip, detail: long }));
  summary.findings = Array.from({ length: 400 }, (_, index) => ({
    ...finding,
    rule: `${index}${long}`,
    message: long,
  }));
  const text = renderMarkdown(report);
  expect(Buffer.byteLength(text)).toBeLessThan(60_000);
  expect(text).toContain("in report.html");
});
