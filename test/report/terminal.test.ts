import { describe, expect, test } from "vitest";
import { renderTerminal } from "../../src/report/terminal.js";
import { displayWidth } from "../../src/report/text-width.js";
import { emptyReport, troubledReport } from "./sample-extremes.js";
import { sampleReport } from "./sample-report.js";

const ESCAPE = "\u001b";

describe("golden texts", () => {
  test.each([100, 80, 60])("%i columns without colour", async (columns) => {
    const text = renderTerminal(sampleReport(), { columns, color: false });
    await expect(text).toMatchFileSnapshot(`golden/terminal-${columns}.txt`);
  });
});

describe("width", () => {
  test.each([40, 52, 60, 72, 80, 100, 120, 200])("no line is wider than %i columns", (columns) => {
    for (const report of [sampleReport(), emptyReport(), troubledReport()]) {
      for (const color of [true, false]) {
        const widest = Math.max(...renderTerminal(report, { columns, color }).split("\n").map(displayWidth));
        expect(widest).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("a window without columns is given the default", () => {
    expect(renderTerminal(sampleReport(), { columns: Number.NaN, color: false })).toContain("Tails");
  });
});

describe("what it says", () => {
  const text = renderTerminal(sampleReport(), { columns: 100, color: false });

  test("labels of a simulation come first", () => {
    expect(text.startsWith("SIMULATED baseline")).toBe(true);
  });

  test("without gates there is no verdict", () => {
    expect(renderTerminal(emptyReport(), { columns: 100, color: false })).not.toMatch(/\b(Pass|Fail)\b/);
  });

  test("no value is NaN, undefined or null", () => {
    for (const report of [sampleReport(), emptyReport(), troubledReport()]) {
      expect(renderTerminal(report, { columns: 100, color: false })).not.toMatch(/NaN|undefined|\bnull\b|Infinity/);
    }
  });

  test("what breaks a client stands before what differs, improvements last", () => {
    const order = ["json-object", "closed-arithmetic", "chat-list-three"].map((name) => text.indexOf(name));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  test("an infinite quantile is not reached, with its footnote", () => {
    const troubled = renderTerminal(troubledReport(), { columns: 100, color: false });
    expect(troubled).toContain("not reached");
    expect(troubled).toContain("p95 not reached: 9 of 126 failed before they had a value");
  });

  test("a machine that was in the way is named with its limit and remedy", () => {
    const troubled = renderTerminal(troubledReport(), { columns: 100, color: false });
    expect(troubled).toContain("Invalid run: p99 send lag of 48 ms is over its limit of 20 ms.");
    expect(troubled).toContain("send lag p99: 48 ms, limit 20 ms. fewer streams in flight");
  });

  test("a partial run says so", () => {
    const empty = renderTerminal(emptyReport(), { columns: 100, color: false });
    expect(empty).toContain(
      "Partial run, killed before its end was written: 0 of 228 planned requests ran to their end",
    );
  });
});

describe("escape sequences", () => {
  test("there are none without colour, not even from an endpoint", () => {
    expect(renderTerminal(sampleReport(), { columns: 100, color: false })).not.toContain(ESCAPE);
  });

  test("with colour there are only those of colour", () => {
    const text = renderTerminal(sampleReport(), { columns: 100, color: true });
    expect(text).toContain(`${ESCAPE}[1m`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for.
    expect(text.replace(/\u001b\[\d+m/g, "")).not.toContain(ESCAPE);
    expect(text).toContain("\\u{1b}[2J");
  });
});
