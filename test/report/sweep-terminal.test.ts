import { describe, expect, test } from "vitest";
import type { SweepSummary } from "../../src/report/sweep-summary.js";
import { renderSweepTerminal } from "../../src/report/sweep-terminal.js";
import { displayWidth } from "../../src/report/text-width.js";
import {
  closedSweep,
  emptySweep,
  hostileSweep,
  limitedSweep,
  openSweep,
  SAMPLE_SWEEPS,
  traceSweep,
  unmeteredSweep,
} from "./sample-sweep.js";

const ESCAPE = "\u001b";
const plain = (summary: SweepSummary, columns = 120): string => renderSweepTerminal(summary, { columns, color: false });
/** Sentences, however they were broken. */
const flowing = (summary: SweepSummary, columns = 120): string => plain(summary, columns).replace(/\s+/g, " ");

describe("golden texts", () => {
  test.each([
    ["closed", closedSweep, 120],
    ["closed", closedSweep, 80],
    ["closed", closedSweep, 60],
    ["open", openSweep, 120],
    ["limited", limitedSweep, 80],
    ["empty", emptySweep, 80],
  ] as const)("%s, %o, without colour", async (name, make, columns) => {
    await expect(plain(make(), columns)).toMatchFileSnapshot(`golden/sweep-${name}-${columns}.txt`);
  });
});

describe("width", () => {
  test.each([40, 60, 80, 100, 120, 200])("no line is wider than %i columns", (columns) => {
    for (const [name, make] of SAMPLE_SWEEPS) {
      for (const color of [true, false]) {
        const widest = Math.max(...renderSweepTerminal(make(), { columns, color }).split("\n").map(displayWidth));
        expect(widest, name).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("text is broken at 100 columns, tables are not", () => {
    const lines = plain(hostileSweep("word ".repeat(120)), 200).split("\n");
    expect(Math.max(...lines.filter((line) => line.includes("word word")).map(displayWidth))).toBeLessThanOrEqual(100);
    expect(Math.max(...plain(openSweep(), 200).split("\n").map(displayWidth))).toBeGreaterThan(110);
  });

  test("long texts are cut", () => {
    expect(plain(hostileSweep("word ".repeat(20_000)), 200).length).toBeLessThan(30_000);
  });

  test("no line ends in blanks", () => {
    for (const [, make] of SAMPLE_SWEEPS)
      for (const columns of [60, 120]) expect(plain(make(), columns)).not.toMatch(/ $/m);
  });
});

describe("what it says", () => {
  test("the verdict stands first, then knee and goodput of both with their intervals", () => {
    const text = plain(closedSweep());
    expect(text.startsWith("Measured: both endpoints were loaded until their throughput no longer grew.\n")).toBe(true);
    expect(text).toMatch(/knee {6}17\.1 \[16\.7, 17\.5\] requests\/s {5}24\.4 \[23\.8, 25\.0\] requests\/s/);
    expect(text).toMatch(/at 25\.9 \[24\.1, 27\.7\] in flight {3}at 35\.2 \[32\.7, 37\.7\] in flight/);
    expect(text).toMatch(/goodput {3}16\.6 \[16\.1, 17\.1\] requests\/s/);
    expect(text).toContain("limited by ttft p95 < 1s");
  });

  test("why each stopped is a sentence of its own", () => {
    expect(flowing(closedSweep())).toContain(
      "candidate stopped: throughput did not grow from 32 to 64 in flight while ttft did",
    );
    expect(flowing(limitedSweep())).toContain("stopped rate-limited, not saturated");
  });

  test("in an open loop both clocks stand side by side, and where they part it says so", () => {
    for (const columns of [60, 80, 120])
      expect(plain(openSweep(), columns)).toMatch(/ttft {2}intended.*\n.*p99 ms {4}p99 ms/);
    expect(flowing(openSweep())).toContain(
      "requests waited to be sent at 4 of 7 loads, most at 12 arrivals/s: ttft p99 is 4.48 s from the intended time and 459 ms from the send",
    );
    expect(plain(closedSweep())).not.toContain("intended");
  });

  test("clocks that a handshake parts are not said to part", () => {
    const summary = openSweep();
    for (const side of ["baseline", "candidate"] as const) {
      for (const point of summary.endpoints[side].sweep?.points ?? []) {
        // A handshake is much of a short answer, and little of a long one.
        const p99 = point.index === 0 ? 40 : 900;
        point.ttft = point.ttft && { ...point.ttft, p99 };
        point.ttft_intended = point.ttft && { ...point.ttft, p99: p99 + (point.index === 0 ? 15 : 90) };
      }
    }
    expect(flowing(summary)).not.toContain("requests waited to be sent");
  });

  test("without usage and without an SLO there is no column for either, and it says which", () => {
    const text = flowing(unmeteredSweep());
    expect(text).toContain("Known at no load: output tok/s, decode p5.");
    expect(text).not.toMatch(/goodput|SLO/);
  });

  test("a trace has a verdict and a row, and no curve", () => {
    const text = plain(traceSweep());
    expect(text).toMatch(/SLO {7}missed {15}met/);
    expect(text).not.toMatch(/Curves|knee/);
    expect(text).toMatch(/^trace¹ +409 +13\.3/m);
  });

  test("a machine that was in the way is named with its limit and remedy, and its loads are not trusted", () => {
    const text = flowing(emptySweep());
    expect(text).toContain("Invalid sweep: p99 send lag of 48 ms is over its limit of 20 ms.");
    expect(text).toContain("send lag p99: 48 ms, limit 20 ms. fewer streams in flight.");
    expect(text).toContain("busy share: not known, limit 80.0 %. more workers.");
    expect(text).toMatch(/untrusted/);
  });

  test("an infinite quantile is ∞ in the table and an arrow at the top of its curve", () => {
    const text = plain(limitedSweep(), 80);
    expect(text).toMatch(/^ +16 +384 .*∞² .*rate-limited$/m);
    expect(text).toMatch(/1 s ┤┄+↑$/m);
    expect(text).toContain("² ∞ not reached");
  });

  test("no value is NaN, undefined or null", () => {
    for (const [name, make] of SAMPLE_SWEEPS) {
      for (const columns of [40, 120])
        expect(plain(make(), columns), name).not.toMatch(/NaN|undefined|\bnull\b|Infinity/);
    }
  });
});

describe("curves", () => {
  const panels = plain(closedSweep(), 120);

  test("both endpoints stand side by side on the same axes", () => {
    const [, left = "", right = ""] = /^(.*└.*?) +(└.*)$/m.exec(panels) ?? [];
    expect(left.trimStart().length).toBe(right.length);
    expect(panels).toMatch(/requests\/s baseline {20,}requests\/s candidate/);
  });

  test("knee and goodput are marked without colour", () => {
    const axes = panels.split("\n").filter((line) => line.includes("└"));
    expect(axes).toHaveLength(2);
    for (const axis of axes) expect(axis.match(/▲?━*┷▲?━*/g)).toHaveLength(2);
  });

  test("each measured load is a mark of its endpoint's own, hollow where the machine was in the way", () => {
    const summary = closedSweep();
    const point = summary.endpoints.candidate.sweep?.points[2];
    if (point) point.trusted = false;
    const text = plain(summary, 120);
    expect(text).toContain("●");
    expect(text).toContain("◆");
    expect(text).toMatch(/◇/);
    expect(panels).not.toMatch(/◇|○/);
    expect(text).toContain("hollow: not to be trusted");
  });
});

describe("escape sequences", () => {
  test("there are none without colour, not even from an endpoint", () => {
    expect(plain(hostileSweep())).not.toContain(ESCAPE);
    expect(plain(hostileSweep())).toContain("\\u{1b}[2J");
  });

  test("with colour there are only those of colour", () => {
    const text = renderSweepTerminal(hostileSweep(), { columns: 100, color: true });
    expect(text).toContain(`${ESCAPE}[1m`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for.
    expect(text.replace(/\u001b\[\d+m/g, "")).not.toContain(ESCAPE);
  });
});
