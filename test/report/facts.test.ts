import { describe, expect, test } from "vitest";
import { findingCounts, findingPlace, groupedFindings, isAlike } from "../../src/report/facts.js";
import { renderHtml } from "../../src/report/html.js";
import { renderMarkdown } from "../../src/report/markdown.js";
import type { Summary } from "../../src/report/summary.js";
import { renderTerminal } from "../../src/report/terminal.js";
import { sampleReport } from "./sample-report.js";

type Finding = Summary["findings"][number];

function finding(rule: string, over: Partial<Finding> = {}): Finding {
  return {
    rule,
    severity: "differs",
    message: `${rule} was seen`,
    clients: `clients of ${rule}`,
    evidence: `bytes of ${rule}`,
    endpoint: "candidate",
    exchanges: { count: 5, of: 10 },
    sides: "candidate",
    ...over,
  };
}

/** The findings of a rule that both endpoints show, so many times of a hundred. */
function both(rule: string, baseline: number, candidate: number, severity: Finding["severity"] = "differs"): Finding[] {
  return [
    finding(rule, { severity, sides: "both", endpoint: "baseline", exchanges: { count: baseline, of: 100 } }),
    finding(rule, { severity, sides: "both", endpoint: "candidate", exchanges: { count: candidate, of: 100 } }),
  ];
}

function reportOf(findings: Finding[]) {
  const report = sampleReport();
  return { ...report, summary: { ...report.summary, findings } };
}

const difference = (rule: string): Finding => {
  const { endpoint: _, ...rest } = finding(rule, { severity: "note", sides: "pair" });
  return rest;
};

describe("findings by rule", () => {
  const findings = [
    ...both("alike", 90, 95, "breaks"),
    finding("old", { severity: "breaks", endpoint: "baseline", sides: "baseline" }),
    difference("pair"),
    finding("new-note", { severity: "note" }),
    ...both("more", 2, 60),
    finding("new-breaks", { severity: "breaks" }),
  ];
  const groups = groupedFindings(reportOf(findings).summary);

  test("what is new on the candidate first, then by severity; alike on both sides last", () => {
    expect(groups.map(({ rule }) => rule)).toEqual(["new-breaks", "more", "new-note", "pair", "old", "alike"]);
    expect(groups.filter(isAlike).map(({ rule }) => rule)).toEqual(["alike"]);
  });

  test("say where and how often", () => {
    expect(groups.map((group) => [findingPlace(group), findingCounts(group)])).toEqual([
      ["candidate only", "5 of 10 exchanges"],
      ["candidate far more often", "candidate 60 of 100, baseline 2 of 100"],
      ["candidate only", "5 of 10 exchanges"],
      ["between the two", ""],
      ["baseline only", "5 of 10 exchanges"],
      ["both endpoints", "candidate 95 of 100, baseline 90 of 100"],
    ]);
  });

  test.each([
    [1, 3, true],
    [1, 4, false],
    [30, 60, true],
    [30, 61, false],
    [60, 2, true],
  ])("%i of 100 against %i of 100 is alike: %s", (baseline, candidate, alike) => {
    const [group] = groupedFindings(reportOf(both("rule", baseline, candidate)).summary);
    expect(group && isAlike(group)).toBe(alike);
  });

  test("the candidate's evidence is shown, whichever comes first", () => {
    const [first, second] = both("rule", 5, 5);
    if (!first || !second) throw new Error("two findings");
    const pair = [
      { ...second, evidence: "of the candidate" },
      { ...first, evidence: "of the baseline" },
    ];
    for (const order of [pair, [...pair].reverse()]) {
      expect(groupedFindings(reportOf(order).summary)[0]?.evidence).toBe("of the candidate");
    }
  });
});

describe("both sides alike stand apart and quieter", () => {
  const report = reportOf([...both("alike", 90, 95, "breaks"), finding("new")]);

  test("in a terminal: one line of names after what is new, without evidence", () => {
    const text = renderTerminal(report, { columns: 100, color: false });
    expect(text).toContain("Both sides alike, no reason against a move: alike (breaks).");
    expect(text).not.toContain("bytes of alike");
    expect(text.indexOf("bytes of new")).toBeLessThan(text.indexOf("Both sides alike"));
    expect(text).toContain("clients: clients of new");
  });

  test("in markdown and on the page: folded away, with their counts", () => {
    const markdown = renderMarkdown(report);
    expect(markdown.indexOf("clients of new")).toBeLessThan(
      markdown.indexOf("<details><summary>Both sides alike: 1 finding"),
    );
    expect(markdown.slice(markdown.indexOf("Both sides alike"))).toContain("candidate 95 of 100, baseline 90 of 100");
    const page = renderHtml(report);
    expect(page.slice(page.indexOf('<details class="alike">'))).toContain("bytes of alike");
  });

  test("and where nothing is new, that is said", () => {
    const alone = reportOf(both("alike", 90, 95));
    expect(renderMarkdown(alone)).toContain("Nothing that the two do not share.");
    expect(renderHtml(alone)).toContain("Nothing that the two do not share.");
  });
});
