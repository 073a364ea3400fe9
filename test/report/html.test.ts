import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { printable } from "../../src/core/printable.js";
import { answers, TextBudget } from "../../src/report/html/answers.js";
import { dotsPlot } from "../../src/report/html/dots-plot.js";
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

  test("of a phase of 20,000 requests the failed and the longest are drawn, and the page says how many it left", () => {
    const report = sampleReport();
    const bars = Array.from({ length: 20_000 }, (_, index): (typeof report.details.timeline)[number] => ({
      exchangeId: index,
      caseId: index === 12_345 ? "the failed one" : index === 7_777 ? "the longest one" : "another",
      endpoint: index % 2 === 0 ? "baseline" : "candidate",
      phase: "warm",
      releasedMs: 50 * index,
      firstTokenMs: 50 * index + 10,
      endedMs: 50 * index + (index === 7_777 ? 3_000 : 90),
      ok: index !== 12_345,
    }));
    const long = renderHtml({ ...report, details: { ...report.details, timeline: bars } });
    expect(long).toContain("20,000 requests in");
    expect(long).toContain("4,000 are drawn");
    expect(long).toContain("<title>the failed one");
    expect(long).toContain("<title>the longest one");
    expect(long.length).toBeLessThan(page.length + 1_500_000);
  });

  test("of a case of 5,000 rounds a page's worth of dots is drawn, the lowest and the highest among them", () => {
    const dots = [{ metric: "e2e", caseId: "x", category: "c", ratio: 1, rounds: [] as number[] }];
    const rounds = Array.from({ length: 5_000 }, (_, index) => 1 + (index - 2_500) / 10_000);
    const circles = (of: readonly number[]) =>
      dotsPlot("e2e", "lower", [{ ...(dots[0] as (typeof dots)[number]), rounds: [...of] }], () => "a").text.match(
        /<circle class="round" cx="[\d.]+"/g,
      ) ?? [];
    const [all, few] = [circles(rounds), circles([rounds[0] as number, rounds[4_999] as number])];
    expect(all).toHaveLength(1_500);
    expect(all[0]).toBe(few[0]);
    expect(all.at(-1)).toBe(few.at(-1));
  });

  test("pairs that a report left out are counted with those that it shows", () => {
    const report = sampleReport();
    const one = report.details.cases.find(
      ({ id }) => id === "closed-arithmetic",
    ) as (typeof report.details.cases)[number];
    const left = { pairs: 40, rungs: { bytes: 30, none: 10 } };
    const long = renderHtml({ ...report, details: { ...report.details, cases: [{ ...one, pairs: [], left }] } });
    expect(long).toContain("40 pairs more of this case");
    expect(long).toContain("not the same in 10 of 40");
    expect(long).toContain('data-tags="differs"');
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
