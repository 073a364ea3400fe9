/** What reports say of a run that did not go as planned: at the top, in every format. */
import { describe, expect, it } from "vitest";
import { courseLines } from "../../src/report/course.js";
import { renderHtml } from "../../src/report/html.js";
import { renderJunit } from "../../src/report/junit.js";
import { renderMarkdown } from "../../src/report/markdown.js";
import { renderTerminal } from "../../src/report/terminal.js";
import { displayWidth } from "../../src/report/text-width.js";
import { reportOfCourse, roughReport } from "./sample-course.js";
import { sampleReport } from "./sample-report.js";

const linesOf = (...given: Parameters<typeof reportOfCourse>): string[] =>
  courseLines(reportOfCourse(...given).summary);

describe("the course of a run", () => {
  it("that went as planned is not told", () => {
    expect(courseLines(sampleReport().summary)).toEqual([]);
  });

  it("names who was given up, why, and what was not sent to it", () => {
    const { exchanges } = sampleReport().summary.endpoints.candidate;
    const of = exchanges + 312;
    const stopped = { endpoint: "candidate", kind: "key refused", after: 3, last: "HTTP 401", notSent: 312 } as const;
    expect(linesOf({ stopped: [stopped] })).toEqual([
      `The candidate was given up after 3 exchanges in a row with HTTP 401 (key refused): 312 of ${of} requests were not sent to it.`,
    ]);
    expect(
      linesOf({ stopped: [{ ...stopped, kind: "failures", after: 30, last: "ECONNREFUSED", notSent: 1 }] }),
    ).toEqual([
      `The candidate was given up after 30 exchanges in a row that failed, the last with ECONNREFUSED: 1 of ${exchanges + 1} requests was not sent to it.`,
    ]);
    expect(linesOf({ stopped: [{ ...stopped, kind: "credit spent", last: "HTTP 402", notSent: 0 }] })).toEqual([
      "The candidate was given up after 3 exchanges in a row with HTTP 402 (credit spent): all that was planned had been sent to it by then.",
    ]);
  });

  it("names the limit or the error that ended it, and how to send the rest", () => {
    const partial = { kind: "run", partial: true, planned: 1_000 } as const;
    expect(linesOf({ ...partial, ended: "limit", endedMessage: "maxCost $5.00 was reached." })).toEqual([
      "The run ended at a limit: maxCost $5.00 was reached.",
      "To send what is missing: twintail run --resume, with this run's folder.",
    ]);
    expect(linesOf({ ...partial, ended: "failed", endedMessage: "the disk is full" })[0]).toBe(
      "The run ended with an error: the disk is full.",
    );
    expect(linesOf({ ended: "complete", endedMessage: null })).toEqual([]);
  });

  it("says how often it was taken up again, and what that cost", () => {
    const resumed = (times: number, brokenPairs: number, repairedBytes: number) =>
      linesOf({ resumed: { times, brokenPairs, repairedBytes } });
    expect(resumed(1, 0, 0)).toEqual(["The run was taken up again once."]);
    expect(resumed(2, 2, 412)).toEqual([
      "The run was taken up again twice; 2 pairs of two moments are in no paired figure; 412 bytes of a torn line were removed.",
    ]);
    expect(resumed(3, 1, 1)).toEqual([
      "The run was taken up again 3 times; 1 pair of two moments is in no paired figure; 1 byte of a torn line was removed.",
    ]);
  });

  it("says where nothing was sent, what is masked, and what the machine did", () => {
    expect(linesOf({ limitPausesMs: { baseline: 0, candidate: 34_000 } })).toEqual([
      "Nothing was sent to the candidate for 34 s in all, to keep within endpoints.candidate.limits.",
    ]);
    expect(linesOf({ store: "metadata" })[0]).toMatch(/^Stored as metadata: every word of the answers is masked/);
    expect(linesOf({}, ["its clock was set back by 1 h."])).toEqual([
      "The measuring machine: its clock was set back by 1 h.",
    ]);
  });
});

describe("every format has all of it at the top", () => {
  const report = roughReport();
  const lines = courseLines(report.summary);
  const unwrapped = (text: string): string => text.replace(/\s+/g, " ");

  it("the sample has a line of each kind", () => {
    expect(lines).toHaveLength(12);
  });

  it.each([60, 80, 100])("the terminal, before its first table, at %i columns", (columns) => {
    const text = renderTerminal(report, { columns, color: false });
    const top = unwrapped(text.slice(0, text.indexOf("\nGates")));
    for (const line of lines) expect(top).toContain(unwrapped(line));
    expect(Math.max(...text.split("\n").map(displayWidth))).toBeLessThanOrEqual(columns);
  });

  it("the page, on its first screen", () => {
    const page = renderHtml(report);
    const top = page.slice(page.indexOf('id="summary"'), page.indexOf('id="gates"'));
    for (const line of lines) expect(top).toContain(`<li>${line.replaceAll("'", "&#39;")}</li>`);
  });

  it("the markdown, before its gates", () => {
    const text = renderMarkdown(report);
    const top = text.slice(0, text.indexOf("## "));
    const plain = top.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
    for (const line of lines) expect(plain).toContain(`- ${line}`);
  });

  it("junit.xml, in its output and its properties", () => {
    const xml = renderJunit(report.summary);
    for (const line of lines) expect(xml).toContain(line.replaceAll("'", "&apos;"));
    expect(xml).toContain('<property name="ended" value="limit: maxRequests 600 was reached"/>');
    expect(xml).toContain('<property name="candidate given up" value="key refused, HTTP 401, 312 not sent"/>');
    expect(xml).toContain('<property name="taken up again" value="2"/>');
    expect(xml).toContain('<property name="store" value="redacted"/>');
  });
});

describe("what an endpoint or a disk said in these lines", () => {
  const hostile = "\u001b[2J<script>alert(1)</script> ::error:: @everyone | `x` \u202e";
  const report = reportOfCourse(
    {
      ended: "failed",
      endedMessage: hostile,
      stopped: [{ endpoint: "candidate", kind: "failures", after: 30, last: hostile, notSent: 3 }],
    },
    [hostile],
  );

  it("stays text everywhere", () => {
    const terminal = renderTerminal(report, { columns: 100, color: false });
    const page = renderHtml(report);
    const markdown = renderMarkdown(report);
    const xml = renderJunit(report.summary);
    for (const text of [terminal, page, markdown, xml]) {
      expect(text).not.toContain("\u001b");
      expect(text).not.toContain("\u202e");
    }
    expect(page).not.toContain("<script>alert");
    expect(xml).not.toContain("<script>");
    expect(markdown).not.toContain("<script>");
    expect(markdown).not.toContain("@everyone");
  });
});
