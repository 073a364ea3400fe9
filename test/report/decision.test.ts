/** What decides: gates, the checklist, timeouts, cost, and the comparisons behind them, in every format. */
import { describe, expect, test } from "vitest";
import { printable } from "../../src/core/printable.js";
import { controlTable, outputsLines, ratioTable, slowShareTable } from "../../src/report/comparison-rows.js";
import type { GateSummary } from "../../src/report/decision.js";
import { checklistGroups, costTable, cutRows, timeoutRows } from "../../src/report/decision-rows.js";
import { judgementLine, recentLine } from "../../src/report/facts.js";
import { gateRows } from "../../src/report/gate-rows.js";
import { shiftPlot } from "../../src/report/html/shift-plot.js";
import { renderHtml } from "../../src/report/html.js";
import { renderMarkdown } from "../../src/report/markdown.js";
import type { Report } from "../../src/report/report.js";
import { shiftLine, testedP } from "../../src/report/shift-line.js";
import type { Summary } from "../../src/report/summary.js";
import { renderTerminal } from "../../src/report/terminal.js";
import { SAMPLE_GATES, SAMPLE_OUTPUTS } from "./sample-decision.js";
import { emptyReport, troubledReport } from "./sample-extremes.js";
import { sampleReport } from "./sample-report.js";

const terminal = (report: Report): string => renderTerminal(report, { columns: 100, color: false });
const FORMATS: [string, (report: Report) => string][] = [
  ["terminal", terminal],
  ["markdown", renderMarkdown],
  ["page", renderHtml],
];

function changed(change: (summary: Summary) => Partial<Summary>): Report {
  const report = sampleReport();
  return { ...report, summary: { ...report.summary, ...change(report.summary) } };
}

const gated = (more: Partial<GateSummary>): Summary =>
  changed(() => ({ gates: [{ ...(SAMPLE_GATES[0] as GateSummary), ...more }] })).summary;
const onlyRow = (more: Partial<GateSummary>) => {
  const [row] = gateRows(gated(more));
  if (row === undefined) throw new Error("one gate is one row");
  return row;
};

/** Places of texts, each to be found; ascending when they stand in this order. */
function places(text: string, ...parts: string[]): number[] {
  return parts.map((part) => {
    const at = text.indexOf(part);
    if (at === -1) throw new Error(`not said: ${part}`);
    return at;
  });
}
const inOrder = (numbers: readonly number[]): boolean =>
  numbers.every((each, index) => index === 0 || each > (numbers[index - 1] ?? 0));

describe("gates", () => {
  test("what decided stands first, otherwise as they were written", () => {
    expect(gateRows(sampleReport().summary).map(({ result, text }) => [result, text.slice(0, 10)])).toEqual([
      ["fail", "tool_calls"],
      ["fail", "findings{s"],
      ["invalid", "ttfa{categ"],
      ["inconclusive", "ttfa slow_"],
      ["pass", "ttfa shift"],
      ["skipped", "wake max <"],
    ]);
  });

  test.each<[Partial<GateSummary>, string]>([
    [{ unit: "ratio", value: 0.912, lower: 0.861, upper: 0.966 }, "0.912 [0.861, 0.966]"],
    [
      { text: "errors diff < 1%", unit: "share", value: -0.0001, lower: -0.012, upper: 0.094 },
      "0.0 points [−1.2, +9.4]",
    ],
    [{ unit: "ms", value: 2_310, lower: 1_980, upper: null }, "2.31 s [≥ 1.98 s]"],
    [{ unit: "ms", value: 2_310, lower: null, upper: 4_000 }, "2.31 s [≤ 4.00 s]"],
    [{ unit: "count", value: 1_200, lower: null, upper: null }, "1,200"],
    [{ unit: "USD", value: 0.412, lower: null, upper: null }, "$0.412"],
    [{ unit: "ms", value: null, lower: null, upper: null }, ""],
  ])("%o is seen as %s", (more, seen) => {
    expect(onlyRow(more).seen).toBe(seen);
  });

  test("what a run could have told turns with the direction of the gate, and is said only of the undecided", () => {
    const decides = { pass: 0.95, fail: 0.85 };
    const said = (op: GateSummary["op"], result: GateSummary["result"]) => onlyRow({ op, result, decides }).decides;
    expect(said(">", "inconclusive")).toBe("this run could have told: pass at 0.950 or more, fail at 0.850 or less");
    expect(said("<", "inconclusive")).toBe("this run could have told: pass at 0.950 or less, fail at 0.850 or more");
    expect([said("<", "pass"), said("<", "fail")]).toEqual(["", ""]);
  });

  test("a difference of shares is in points, as its reason is, and a share in percent", () => {
    const share = { unit: "share", value: 0, lower: -0.117, upper: 0.117 } as const;
    expect(onlyRow({ ...share, text: "tool_calls drop < 0.15" }).seen).toBe("0.0 points [−11.7, +11.7]");
    expect(onlyRow({ ...share, text: "ttfa slow_share diff<5%", lower: null }).seen).toBe("0.0 points [≤ +11.7]");
    expect(onlyRow({ ...share, text: "errors rate < 0.15", lower: 0 }).seen).toBe("0.0 % [0.0 %, 11.7 %]");
    const open = { ...share, result: "inconclusive", decides: { pass: 0.002, fail: -0.001 } } as const;
    expect(onlyRow({ ...open, text: "errors diff < 1%" }).decides).toContain(
      "pass at +0.2 points or less, fail at −0.1 points or more",
    );
  });

  test("a price of a thousandth of a cent can be told from its margin", () => {
    const row = onlyRow({ text: "cost mean < 0.0005", unit: "USD", value: 0.000412, lower: 0.0004, upper: 0.00062 });
    expect(row.seen).toBe("$0.000412 [$0.000400, $0.000620]");
  });

  test("no doubt is cut from a gate's line, however many there are", () => {
    const notes = [..."abcdefgh"].map((letter) => `${letter.repeat(60)} doubt`);
    const report = changed(() => ({ gates: [{ ...(SAMPLE_GATES[2] as GateSummary), notes }] }));
    for (const [, render] of FORMATS) expect(render(report).replace(/\s+/g, " ")).toContain(notes.at(-1));
  });

  test("slower is not fail: a gate that passes may well read slower", () => {
    const report = changed(() => ({
      gates: [{ ...(SAMPLE_GATES[0] as GateSummary), value: 1.08, lower: 1.02, upper: 1.15, reads: "slower" }],
    }));
    for (const [, render] of FORMATS) {
      const text = render(report).replace(/<\/?(?:td|span|code|b)\b[^>]*>/g, "");
      expect(text).toMatch(/1\.08 (\[|&#91;)1\.02, 1\.15(\]|&#93;)\s+slower/);
    }
    expect(terminal(report)).toMatch(/^pass\s+ttfa shift/m);
  });

  test("the look and what it speaks of stand beside them, and nothing without gates", () => {
    expect(judgementLine(sampleReport().summary)).toMatch(
      /^look 1 of 3, each bound one-sided at 98\.3 %.*these prompts, not of other traffic/,
    );
    expect(judgementLine(emptyReport().summary)).toBeNull();
  });
});

test("why there is no paired estimate is the reason itself, not a doubt about the estimate that is not there", () => {
  const { summary } = structuredClone(sampleReport());
  const [metric, sides] = [summary.metrics.ttfa, summary.metrics.ttfa?.warm];
  if (!metric || !sides?.shift) throw new Error("the sample has a shift of ttfa");
  const notes = [
    "fewer than 6 rounds: the interval holds within this moment",
    "not compared: 1.42 times as many tokens",
  ];
  const line = shiftLine(metric, { ...sides, shift: { ...sides.shift, ratio: null, lo: null, hi: null, notes } });
  expect(line?.basis).toBe("no paired estimate: not compared: 1.42 times as many tokens");
});

test("that a run was quick is said once", () => {
  const report = changed(({ judgement }) => ({
    judgement: { ...judgement, quick: true, notes: ["a quick run: three rounds, contract gates alone"] },
  }));
  expect(judgementLine(report.summary)?.match(/a quick run/g)).toHaveLength(1);
});

describe("the decision comes first", () => {
  test.each(FORMATS)("%s: verdict, gates, checklist, timeouts, cost, flips, tails", (name, render) => {
    const text = render(sampleReport());
    const titles =
      name === "terminal"
        ? [
            "Fail: 2 of 6",
            "Gates  ",
            "Cutover checklist",
            "Suggested timeouts",
            "Cost  ",
            "Flips  ",
            "On the wire",
            "Tails  ",
            "Tail ratios",
            "What this setup",
          ]
        : name === "markdown"
          ? [
              "# Fail: 2 of 6",
              "## Gates",
              "## Cutover",
              "## Suggested",
              "## Cost",
              "## Flips",
              "## On the wire",
              "## Tails",
              "## Tail ratios",
              "## What this setup",
            ]
          : [
              "<h1",
              'id="gates"',
              'id="checklist"',
              'id="timeouts"',
              'id="answers"',
              'id="wire"',
              'id="shifts"',
              'id="tails"',
              'id="slow"',
              'id="control"',
            ];
    expect(inOrder(places(text, ...titles))).toBe(true);
  });

  test.each(FORMATS)("%s: a machine that was in the way stands before the gates", (name, render) => {
    const gates = { terminal: "Gates  ", markdown: "## Gates", page: 'id="gates"' }[name] ?? "";
    expect(inOrder(places(render(troubledReport()), "The measuring machine was in the way", gates))).toBe(true);
  });

  test.each(FORMATS)("%s: without gates one sentence says so, and nothing is called unable", (_, render) => {
    const text = render(emptyReport());
    expect(text).toContain("No gates: this report shows what was measured and decides nothing.");
    expect(text).not.toMatch(/not evaluated|unable|Cutover checklist|Suggested timeouts/);
  });

  test("other runs of the day are named", () => {
    const { run } = sampleReport().summary;
    expect(recentLine(run)).toMatch(
      /ran against these endpoints 2 times in the 24 hours before: demo-20260731-091102 \(31 Jul 2026, 09:11 UTC\)/,
    );
    expect(recentLine({ ...run, recent: run.recent.slice(0, 1) })).toContain(" once in the 24 hours");
    expect(recentLine({ ...run, recent: [] })).toBeNull();
  });
});

describe("text from elsewhere", () => {
  const HOSTILE = "a | b `c` <script>alert(1)</script> [x](http://evil.example) @everyone \u202e\u001b[31m";
  const hostile = changed((summary) => ({
    verdictReason: HOSTILE,
    gates: summary.gates.map((gate) => ({ ...gate, text: HOSTILE, reason: HOSTILE, notes: [HOSTILE] })),
    checklist: summary.checklist.map((item) => ({ ...item, why: HOSTILE })),
    timeouts: {
      ...summary.timeouts,
      suggested: summary.timeouts.suggested.map((each) => ({ ...each, basis: HOSTILE })),
      notes: [HOSTILE],
    },
    cost: {
      baseline: { ...summary.cost.baseline, notes: [HOSTILE] },
      candidate: { ...summary.cost.candidate, notes: [HOSTILE] },
    },
    parity: {
      ...summary.parity,
      outputs: {
        ...SAMPLE_OUTPUTS,
        mostDiffering: [{ caseId: HOSTILE, within: 0, between: 1, excess: 1 }],
        notes: [HOSTILE],
      },
    },
    judgement: { ...summary.judgement, notes: [HOSTILE] },
    run: { ...summary.run, recent: [{ runId: HOSTILE, createdAt: HOSTILE }] },
  }));

  test("stays text on the page", () => {
    const page = renderHtml(hostile);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(printable(page) === page).toBe(true);
  });

  test("stays one cell in markdown, and mentions nobody", () => {
    const text = renderMarkdown(hostile);
    expect(text).not.toMatch(/<script|@everyone|http:\/\/evil/);
    expect(printable(text) === text).toBe(true);
    const rows = text.split("\n").filter((line) => line.startsWith("| ") && line.includes("evil"));
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect([3, 4]).toContain(row.split(" | ").length);
  });

  test("has no control sequence in a terminal", () => {
    const text = terminal(hostile);
    expect(printable(text) === text).toBe(true);
  });
});

describe("checklist, timeouts and cost", () => {
  const { summary } = sampleReport();

  test("groups keep their order and every item", () => {
    expect(checklistGroups(summary).map(({ group, items }) => [group, items.length])).toEqual([
      ["parity", 3],
      ["reliability", 1],
      ["streaming", 1],
      ["latency", 1],
      ["cost", 1],
      ["privacy", 1],
    ]);
  });

  test("a terminal says what failed, and only names the rest", () => {
    const text = terminal(sampleReport());
    expect(text).toContain("1 of 129 requests reached the limits of this run itself");
    expect(text).toContain("not tested    features, retry-after, store-false.");
    expect(text).not.toContain("no case asks the Responses API");
    for (const render of [renderMarkdown, renderHtml])
      expect(render(sampleReport())).toContain("no case asks the Responses API");
  });

  test("a timeout without support is blank, never 0", () => {
    expect(timeoutRows(summary).map(({ name, value }) => [name, value])).toEqual([
      ["connect", "3 s"],
      ["first byte", "5 s"],
      ["idle", "6 s"],
      ["total", ""],
      ["cold", "10 min"],
    ]);
  });

  test("cuts have both sides, and a terminal lists the limits that cut nothing in one line", () => {
    expect(cutRows(summary)[0]).toEqual({
      limit: "15 s",
      total: { baseline: "3 / 129", candidate: "5 / 126" },
      silence: { baseline: "0 / 129", candidate: "1 / 126" },
      cuts: true,
    });
    const none = { baseline: { count: 0, of: 129 }, candidate: { count: 0, of: 126 } };
    const quiet = changed(({ timeouts }) => ({
      timeouts: {
        ...timeouts,
        cuts: timeouts.cuts.map((cut, index) => (index === 0 ? cut : { ...cut, total: none, silence: none })),
      },
    }));
    expect(terminal(quiet)).toContain("No request would have been cut by a timeout of 30 s, 60 s, 100 s.");
  });

  test("a note that holds for both sides stands once, and what is not known is no 0", () => {
    const { rows, notes } = costTable(emptyReport().summary);
    expect([rows, notes]).toEqual([[], ["no price: set `price` of the endpoint"]]);
    expect(terminal(emptyReport())).toContain("Cost is not known: no price: set `price` of the endpoint.");
    const half = changed(({ cost }) => ({ cost: { ...cost, baseline: { ...cost.baseline, perMonth: null } } })).summary;
    expect(costTable(half).rows.at(-1)).toEqual({ name: "per month", baseline: "–", candidate: "$2,418" });
  });
});

describe("comparisons", () => {
  const { summary } = sampleReport();

  test("what no gate asks about has its corrected p, and says so", () => {
    expect(testedP({ p: 0.0021, pHolm: null })).toBe("p=0.002");
    expect(testedP({ p: 0.0021, pHolm: 0.021 })).toBe("p=0.021 Holm");
    for (const [, render] of FORMATS) expect(render(sampleReport())).toContain("Holm: exploratory.");
    expect(terminal(sampleReport())).toMatch(
      /p50 395 ms → 372 ms {2}−5\.8 % \[−10\.0, −0\.9\] {2}p=0\.002 {2}3 rounds/,
    );
  });

  test("slow shares have no p where neither side had one", () => {
    const none = structuredClone(summary);
    const shares = none.metrics.stall?.warm?.slow_share;
    if (!shares) throw new Error("the sample has slow shares");
    shares.baseline.count = 0;
    shares.candidate.count = 0;
    expect(slowShareTable(none).rows.find(({ name }) => name === "stall")?.difference.p).toBe("");
    expect(slowShareTable(summary).rows.find(({ name }) => name === "stall")?.difference.p).toBe("p=1.000 Holm");
  });

  test("a tail ratio whose interval includes 1 is no difference; one without an interval has a footnote", () => {
    const { rows, footnotes } = ratioTable(summary);
    const of = (name: string, quantile: string) => rows.find((row) => row.name === name && row.quantile === quantile);
    expect(of("ttfa", "p90")).toMatchObject({ change: "~", interval: "[−3.6, +21.0]" });
    expect(of("ttfa", "p95")).toMatchObject({ change: "+42.0 %", notes: [] });
    expect(of("e2e", "p95")?.notes.map((note) => footnotes[note - 1])).toEqual(["fewer than 6 rounds: no interval"]);
    expect(of("char_rate", "p5")).toBeDefined();
    for (const [, render] of FORMATS) expect(render(sampleReport())).toContain("not the quotient of the cells above");
  });

  test("the control says the smallest change that this setup tells, and is absent when it was off", () => {
    expect(controlTable(summary)?.rows).toEqual([
      {
        name: "ttfa",
        baseline: expect.stringMatching(/^\[−4/),
        candidate: expect.stringMatching(/^\[−5/),
        resolves: "7.1 %",
      },
      { name: "e2e", baseline: expect.stringMatching(/^\[−3/), candidate: "–", resolves: "8.1 %" },
    ]);
    expect(controlTable({ ...summary, control: null })).toBeNull();
  });

  test("outputs are told apart from their own variation", () => {
    expect(outputsLines(SAMPLE_OUTPUTS)[0]).toContain(
      "by more than answers of one endpoint differ among themselves (p=0.002",
    );
    expect(outputsLines({ ...SAMPLE_OUTPUTS, reads: "alike", p: 0.4 })[0]).toContain(
      "no more than answers of one endpoint do",
    );
    expect(outputsLines({ ...SAMPLE_OUTPUTS, reads: "unknown", p: null })[0]).toContain("cannot be told");
    expect(outputsLines(null)).toEqual([]);
  });
});

describe("shift plot", () => {
  const bands = (gates: Partial<GateSummary>[]): string[] => {
    const summary = changed(() => ({
      gates: gates.map((each) => ({ ...(SAMPLE_GATES[0] as GateSummary), ...each })),
    })).summary;
    return shiftPlot(summary).text.match(/<rect class="margin"[^>]*>/g) ?? [];
  };
  const span = (band: string | undefined): number[] =>
    [/ x="([\d.]+)"/, / width="([\d.]+)"/].map((part) => Number(part.exec(band ?? "")?.[1]));

  test("has a band where a gate on exactly this fails", () => {
    expect(bands([])).toHaveLength(0);
    expect(bands([{ text: "ttfa shift < 1.20", margin: 1.2 }])).toHaveLength(1);
    expect(
      bands([
        { text: "ttfa ratio(p95) < 1.3", margin: 1.3 },
        { text: "e2e shift < 1.1", margin: 1.1 },
      ]),
    ).toHaveLength(2);
    // However it is spaced, and each where there are two.
    expect(bands([{ text: "candidate.ttfa shift<1.20", margin: 1.2 }])).toHaveLength(1);
    expect(bands([{ text: "ttfa ratio( p95 )<=1.3", margin: 1.3 }])).toHaveLength(1);
    expect(
      bands([
        { text: "ttfa shift > 0.8", op: ">", margin: 0.8 },
        { text: "ttfa shift < 1.20", margin: 1.2 },
      ]),
    ).toHaveLength(2);
    // Beyond the axis.
    expect(bands([{ text: "ttfa shift < 9", margin: 9 }])).toHaveLength(0);
    // Of a selection, in another unit, or of a metric that is not drawn.
    expect(bands([{ text: "ttfa{category=long} shift < 1.20", margin: 1.2 }])).toHaveLength(0);
    expect(bands([{ text: "ttfa p95 < 800ms", margin: 800, unit: "ms" }])).toHaveLength(0);
    expect(bands([{ text: "wake shift < 2", margin: 2 }])).toHaveLength(0);
  });

  test("begins at the margin and lies on the failing side of it", () => {
    const [above] = bands([{ text: "ttfa shift < 1.20", margin: 1.2 }]).map(span);
    const [below] = bands([{ text: "char_rate shift > 0.90", op: ">", margin: 0.9 }]).map(span);
    const [from = 0, width = 0] = above ?? [];
    const [start = 0, length = 0] = below ?? [];
    expect(from + width).toBeGreaterThan(600);
    expect(start).toBe(170);
    expect(start + length).toBeLessThan(from);
  });

  test("a quantile beyond the axis stands at its edge and keeps its number", () => {
    const text = shiftPlot(sampleReport().summary).text;
    expect(text).toContain("×43.2 ▸ [×38.6, ×48.4]");
    for (const [, x] of text.matchAll(/ x[12]?="([\d.]+)"/g)) expect(Number(x)).toBeLessThanOrEqual(900);
  });

  test("whiskers are there exactly where there is an interval", () => {
    const text = shiftPlot(sampleReport().summary).text;
    expect(text.match(/class="whisker"/g)).toHaveLength(14);
    expect(text.match(/class="mark candidate"/g)).toHaveLength(15);
  });

  test("is not drawn without a ratio", () => {
    expect(shiftPlot(emptyReport().summary).text).toBe("");
    expect(renderHtml(emptyReport())).not.toContain('id="shifts"');
  });
});
