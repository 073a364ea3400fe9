import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { printable } from "../../src/core/printable.js";
import { type SweepLine, sweepPlot } from "../../src/report/html/sweep-plot.js";
import { loadAxis } from "../../src/report/load-axis.js";
import { renderSweepHtml } from "../../src/report/sweep-html.js";
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

const page = renderSweepHtml(closedSweep());
const hostile = renderSweepHtml(hostileSweep());
const withoutStyle = (text: string): string => text.replace(/<style>[\s\S]*?<\/style>/g, "");
const tagsOf = (text: string): string[] => text.match(/<[a-z][^>]*>/gi) ?? [];

describe("policy", () => {
  test("allows exactly the style that is in the page, and no script", () => {
    const styles = [...page.matchAll(/<style>([\s\S]*?)<\/style>/g)];
    expect(styles).toHaveLength(1);
    const digest = createHash("sha256")
      .update(styles[0]?.[1] ?? "")
      .digest("base64");
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll("&#39;", "'");
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`);
    expect(page).not.toMatch(/<script/i);
  });

  test("no attribute styles or handles, and nothing is loaded from anywhere", () => {
    expect(tagsOf(hostile).length).toBeGreaterThan(500);
    for (const tag of [...tagsOf(page), ...tagsOf(hostile)]) {
      expect(tag).not.toMatch(/\s(style|on[a-z]+|src|srcset)\s*=/i);
      expect(tag).not.toMatch(/^<(link|img|iframe|object|embed|base|form|script)\b/i);
    }
    expect(page).not.toMatch(/url\(|@import/i);
  });
});

describe("hostile text", () => {
  test("reaches the page as text only", () => {
    expect(hostile).toContain("&lt;script&gt;window.pwned = 1&lt;/script&gt;");
    expect(printable(hostile) === hostile).toBe(true);
    const known = new Set(
      tagsOf(page)
        .concat(tagsOf(renderSweepHtml(openSweep())))
        .map((tag) => tag.split(/[\s>]/)[0]),
    );
    for (const tag of tagsOf(hostile)) expect(known).toContain(tag.split(/[\s>]/)[0]);
  });

  test("a megabyte in every text does not swell the page", () => {
    const text = "<tail> & 'wait' ".repeat(60_000);
    expect(Buffer.byteLength(renderSweepHtml(hostileSweep(text)))).toBeLessThan(400_000);
  });
});

describe("what it says", () => {
  test("no number is NaN, undefined or null", () => {
    for (const [name, make] of SAMPLE_SWEEPS) {
      expect(/NaN|undefined|>null<|Infinity/.exec(withoutStyle(renderSweepHtml(make())))?.[0], name).toBeUndefined();
    }
  });

  test("the same sweep gives the same bytes", () => {
    expect(renderSweepHtml(closedSweep())).toBe(page);
  });

  test("the decision stands before the curves, for both endpoints", () => {
    const order = ["<h1", "Knee", "Keeps the SLO up to", "24.4", 'id="curves"', 'id="loads"', 'id="method"'];
    const places = order.map((text) => page.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(page.match(/class="endpoint (baseline|candidate)"/g)).toHaveLength(2);
  });

  test("an endpoint that was not swept has no card", () => {
    const limited = renderSweepHtml(limitedSweep());
    expect(limited).not.toContain('class="endpoint baseline"');
    expect(limited).toContain("rate-limited, not saturated");
    expect(limited).toMatch(/<h3>Knee<\/h3><p class="big quiet">not reached/);
  });

  test("the clocks of an open loop part in a panel and in a plot of their own", () => {
    const open = renderSweepHtml(openSweep());
    expect(open).toContain("<h2>Requests waited to be sent</h2>");
    expect(open).toContain("<code>ttft p99</code>");
    expect(page).not.toContain("Requests waited to be sent");
  });

  test("an invalid sweep says so first, with every figure over its limit", () => {
    const invalid = renderSweepHtml(emptySweep());
    expect(invalid).toContain('<h1 class="verdict invalid">Invalid sweep</h1>');
    expect(invalid).toMatch(/send lag p99<\/th><td class="num"><b>48 ms<\/b>/);
    expect(invalid).not.toContain('id="curves"');
  });

  test("what is not known has no plot: tokens without usage, a curve of one trace", () => {
    const unmetered = renderSweepHtml(unmeteredSweep());
    expect(unmetered).not.toMatch(/<code>(output tokens\/s|decode_rate)<\/code>/);
    expect(unmetered).toContain("Known at no load: output tok/s, decode p5.");
    expect(renderSweepHtml(traceSweep())).not.toContain('class="plot sweep"');
  });
});

describe("a plot", () => {
  const axis = loadAxis(closedSweep());
  if (axis === null) throw new Error("the sample has an axis");
  const line = (values: readonly (number | null)[], change: Partial<SweepLine["points"][number]> = {}): SweepLine => ({
    role: "candidate",
    style: "main",
    label: "p95",
    points: values.map((value, index) => ({
      load: 2 ** index,
      value,
      lo: null,
      hi: null,
      lost: false,
      trusted: true,
      title: "",
      ...change,
    })),
  });
  const base = {
    name: "ttft",
    unit: "ms",
    size: "small",
    axis,
    marks: [],
    log: true,
    limit: null,
    guide: null,
  } as const;
  const drawn = (lines: readonly SweepLine[], more: Partial<Parameters<typeof sweepPlot>[0]> = {}): string =>
    sweepPlot({ ...base, lines, ...more }).text;

  test("a load without a value breaks the line", () => {
    const path = /class="curve candidate" d="([^"]*)"/.exec(drawn([line([100, 200, null, 300, 400])]))?.[1];
    expect(path?.match(/M/g)).toHaveLength(2);
  });

  test("what is infinite leaves at the top, what is in doubt is hollow", () => {
    expect(drawn([line([100, 200]), line([null], { lost: true })])).toContain('class="lost-mark candidate"');
    expect(drawn([line([100, 200], { trusted: false })]).match(/class="doubtful candidate"/g)).toHaveLength(2);
  });

  test("the SLO's limit stands at its value and within the plot", () => {
    const limit = { metric: "ttft", quantile: "p95", value: 5_000, text: "ttft p95 < 5s" };
    const plot = drawn([line([100, 200])], { limit });
    const y = Number(/class="limit"><line [^>]*y1="([\d.]+)"/.exec(plot)?.[1]);
    expect(y).toBeGreaterThanOrEqual(14);
    expect(y).toBeLessThan(40);
    expect(plot).toContain("ttft p95 &lt; 5s");
  });

  test("a knee beyond the last load stays within the plot", () => {
    const load = { value: 500, lo: 90, hi: null };
    const plot = drawn([line([100, 200])], {
      marks: [{ role: "candidate", knee: { load, value: null }, goodput: load }],
    });
    const places = [...plot.matchAll(/ x[12]?="([\d.]+)"/g)].map(([, x]) => Number(x));
    expect(Math.max(...places)).toBeLessThanOrEqual(350);
  });

  test("labels of lines that end together are set apart", () => {
    const plot = drawn([line([100, 200]), line([100, 200]), line([100, 201])]);
    const places = [...plot.matchAll(/class="label candidate" x="[\d.]+" y="([\d.]+)"/g)].map(([, y]) => Number(y));
    const gaps = places.slice(1).map((y, index) => Math.abs(y - (places[index] ?? 0)));
    expect(places).toHaveLength(3);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(11.9);
  });

  test("without a value there is none", () => {
    expect(drawn([line([null, null])])).toBe("");
    expect(drawn([])).toBe("");
  });
});
