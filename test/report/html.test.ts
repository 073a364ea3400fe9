import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { printable } from "../../src/core/printable.js";
import { answers, TextBudget } from "../../src/report/html/answers.js";
import { escapeHtml, html, Markup } from "../../src/report/html/markup.js";
import { quantilePlot } from "../../src/report/html/quantile-plot.js";
import { STYLE } from "../../src/report/html/style.js";
import { renderHtml } from "../../src/report/html.js";
import { HOSTILE_ANSWER } from "./sample-cases.js";
import { emptyReport, troubledReport } from "./sample-extremes.js";
import { sampleReport } from "./sample-report.js";

const page = renderHtml(sampleReport());

describe("policy", () => {
  test("allows exactly the style and the script that are in the page", () => {
    const hash = (tag: string): string => {
      const bodies = [...page.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))];
      expect(bodies).toHaveLength(1);
      return createHash("sha256")
        .update(bodies[0]?.[1] ?? "")
        .digest("base64");
    };
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll("&#39;", "'");
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${hash("style")}'; script-src 'sha256-${hash("script")}'; base-uri 'none'; form-action 'none'`,
    );
  });

  test("no attribute styles or handles", () => {
    const tags = page.match(/<[a-z][^>]*>/gi) ?? [];
    expect(tags.length).toBeGreaterThan(1_000);
    for (const tag of tags) expect(tag).not.toMatch(/\s(style|on[a-z]+)\s*=/i);
  });

  test("nothing is loaded from anywhere", () => {
    for (const tag of page.match(/<[a-z][^>]*>/gi) ?? []) {
      expect(tag).not.toMatch(/^<(link|img|iframe|object|embed|base|form)\b/i);
      expect(tag).not.toMatch(/\s(src|srcset)=/i);
    }
    expect(/url\(|@import/i.test(STYLE)).toBe(false);
  });
});

describe("hostile text", () => {
  test("is escaped and made visible", () => {
    const text = escapeHtml(HOSTILE_ANSWER);
    expect(text).not.toMatch(/[<>"']/);
    expect(printable(text)).toBe(text);
    expect(text).toContain("\\u{202e}");
  });

  test("reaches the page as text only", () => {
    expect(page.includes("&lt;script&gt;window.pwned = 1&lt;/script&gt;")).toBe(true);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(printable(page) === page).toBe(true);
  });

  test("a template escapes all but markup", () => {
    expect(html`<p>${"<b>"}${new Markup("<i>")}${["&", null, 7]}</p>`.text).toBe("<p>&lt;b&gt;<i>&amp;7</p>");
  });
});

describe("size and repeatability", () => {
  test("the same report gives the same bytes", () => {
    expect(renderHtml(sampleReport())).toBe(page);
  });

  test("38 cases and 3 rounds stay well under 2 MB", () => {
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
  });

  test("of a case that was asked 20,000 times the pairs that failed are shown, and a page's worth of the others", () => {
    const report = sampleReport();
    const [one] = report.details.cases.filter(({ id }) => id === "closed-arithmetic");
    const [pair] = one?.pairs ?? [];
    if (one === undefined || pair?.baseline == null) throw new Error("the sample lacks the case");
    const { baseline } = pair;
    const failed = {
      ...pair,
      round: 19_998,
      baseline: { ...baseline, ok: false, outcome: "HTTP 500: the last but one" },
    };
    const pairs = Array.from({ length: 20_000 }, (_, round) => (round === 19_998 ? failed : { ...pair, round }));
    const startedMs = performance.now();
    const long = renderHtml({ ...report, details: { ...report.details, cases: [{ ...one, pairs }] } });
    // Linear: looking at all pairs for each of them took minutes.
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(long).toContain("HTTP 500: the last but one");
    expect(long).toContain("19,940 pairs more of this case");
    expect(long.length).toBeLessThan(2 * page.length);
  });

  test("a megabyte in every answer does not swell the page", () => {
    const report = sampleReport();
    const huge = "<tail> & 'wait' ".repeat(60_000);
    const cases = report.details.cases.map((each) => ({
      ...each,
      pairs: each.pairs.map((pair) => ({
        ...pair,
        baseline: pair.baseline && { ...pair.baseline, content: `${huge}${pair.pairId}` },
        candidate: pair.candidate && { ...pair.candidate, content: `${pair.pairId}${huge}` },
      })),
    }));
    const big = renderHtml({ ...report, details: { ...report.details, cases } });
    expect(Buffer.byteLength(big)).toBeLessThan(2_500_000);
    expect(big.includes("cut here; the whole text is in recording.jsonl")).toBe(true);
  });
});

describe("what it says", () => {
  test("no number is NaN, undefined or null", () => {
    for (const report of [sampleReport(), emptyReport(), troubledReport()]) {
      const text = renderHtml(report).replace(/<(style|script)>[\s\S]*?<\/\1>/g, "");
      expect(/NaN|undefined|>null<|Infinity/.exec(text)?.[0]).toBeUndefined();
    }
  });

  test("labels stand before the verdict", () => {
    expect(page.indexOf("SIMULATED baseline")).toBeLessThan(page.indexOf("<h1"));
  });

  test("an invalid run says so first", () => {
    expect(renderHtml(troubledReport())).toContain('<h1 class="verdict invalid">Invalid run</h1>');
  });

  test("a report of nothing is still a page", () => {
    const empty = renderHtml(emptyReport());
    expect(empty).toContain("Partial run, killed before its end was written");
    expect(empty).not.toContain('id="cases"');
  });
});

describe("answers", () => {
  const pair = sampleReport().details.cases.find((each) => each.id === "closed-arithmetic")?.pairs[1];

  test("what differs is marked on each side", () => {
    const text = answers(pair?.baseline ?? null, pair?.candidate ?? null, new TextBudget(10_000)).text;
    expect(text).toContain("<del>391</del>");
    expect(text).toContain("<ins>381</ins>");
  });

  test("the same answer stands once", () => {
    const text = answers(pair?.baseline ?? null, pair?.baseline ?? null, new TextBudget(10_000)).text;
    expect(text.match(/<pre/g)).toHaveLength(1);
  });
});

describe("quantile plot", () => {
  const points = (values: readonly (number | null)[]) =>
    values.map((value, index): [number, number | null] => [index / values.length, value]);

  test("a failed request leaves through the edge, and the unsupported part is faint", () => {
    const curve = {
      metric: "ttft",
      phase: "warm",
      endpoint: "candidate",
      points: points([1, 2, 3, 4, 5, 6, 7, 8, null, null]),
      supportedQ: 0.5,
    } as const;
    const plot = quantilePlot({
      metric: "ttft",
      unit: "ms",
      better: "lower",
      curves: [curve],
      tails: { baseline: null, candidate: null },
    }).text;
    expect(plot).toContain("failed from here on");
    expect(plot).toContain("curve faint candidate");
  });

  test("without a finite value there is no plot", () => {
    const curve = {
      metric: "ttft",
      phase: "warm",
      endpoint: "candidate",
      points: points([null]),
      supportedQ: 0.5,
    } as const;
    expect(
      quantilePlot({
        metric: "ttft",
        unit: "ms",
        better: "lower",
        curves: [curve],
        tails: { baseline: null, candidate: null },
      }).text,
    ).toBe("");
  });
});
