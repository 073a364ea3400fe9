import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, it } from "vitest";
import { capacity } from "../../src/capacity.js";
import { parseCapacity } from "../../src/config/capacity-file.js";
import { renderCapacityHtml } from "../../src/report/capacity-html.js";
import { type CapacitySummary, type CapacityTier, capacityJsonSchema } from "../../src/report/capacity-summary.js";
import { renderCapacityTerminal } from "../../src/report/capacity-terminal.js";
import {
  demandText,
  formatDollars,
  intervalText,
  lengthsText,
  manyText,
  percentText,
  perTimeRange,
  perTimeText,
  rateText,
} from "../../src/report/capacity-words.js";
import { limitText } from "../../src/report/sweep-decision.js";
import { displayWidth } from "../../src/report/text-width.js";
import { examplePlan } from "../capacity/plan/example.js";
import { endpoint, sweepSummary, swept, within, writeSweep } from "../capacity/plan/sweeps.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-capacity-report-"));
afterAll(() => rmSync(folder, { recursive: true }));

const plain = (summary: CapacitySummary, columns: number): string =>
  renderCapacityTerminal(summary, { columns, color: false });

const HOSTILE = "<script>window.pwned = 1</script>\u001b[2J\u202e\n";

/** A sleeping, simulated tier whose endpoint and sweep say what they should not. */
function hostilePlan(): CapacitySummary {
  const sweep = writeSweep(
    folder,
    "hostile",
    sweepSummary({
      verdict: "partial",
      reason: HOSTILE,
      candidate: endpoint({
        models: { default: HOSTILE },
        simulated: HOSTILE,
        sweep: swept({
          stopped: { kind: "rate-limited", text: HOSTILE },
          goodput: { throughput: within(10), load: within(10), limitedBy: HOSTILE, notes: [HOSTILE] },
          notes: [HOSTILE],
        }),
      }),
    }),
  );
  const hours = [...Array(8).fill(0), ...Array(16).fill(3_600)];
  const text = `tiers: [{ name: "<b>a\\u202e", pricePerHour: 1, wake: { time: 8m, idleTail: 15m }, sweep: "${sweep}" }]
demand: { requestsPerHour: [${hours}], outputTokens: 400 }`;
  return capacity({ file: parseCapacity(text, folder), allowPartial: true });
}

describe("a plan in the terminal", () => {
  it.each([40, 60, 80, 100, 120])("is no wider than %i columns", (columns) => {
    for (const summary of [examplePlan(folder), hostilePlan()]) {
      const lines = plain(summary, columns).split("\n");
      expect(lines.filter((line) => displayWidth(line) > Math.min(columns, 100))).toEqual([]);
    }
  });

  it("shows every price at 80 columns, and drops whole columns below", () => {
    expect(plain(examplePlan(folder), 80)).toContain("a month  an hour  1,000 requests  M output tokens  M tokens\n");
    expect(plain(examplePlan(folder), 60)).toMatch(/a month {2}an hour {2}1,000 requests\n/);
  });

  it("says first what decides, names what is simulated, and leaves hostile text without effect", () => {
    const text = plain(hostilePlan(), 100);
    expect(text).toMatch(/^Recommended: <b>a\\u\{202e\} bears it/);
    expect(text).toMatch(/simulated {2}<script>/);
    expect(text).toContain("so extrapolated");
    expect(["\u001b", "\u202e"].filter((character) => text.includes(character))).toEqual([]);
  });
});

describe("a plan as JSON", () => {
  it("is what its published schema says", () => {
    const validate = new Ajv2020({ strict: false }).compile(capacityJsonSchema());
    for (const summary of [examplePlan(folder), hostilePlan()]) {
      validate(JSON.parse(JSON.stringify(summary)));
      expect(validate.errors ?? []).toEqual([]);
    }
    expect(validate({ ...examplePlan(folder), verdict: "maybe" })).toBe(false);
  });
});

describe("a plan as a page", () => {
  it("has a plot for each day of each tier of which it is known what it bears", () => {
    const page = renderCapacityHtml(examplePlan(folder));
    expect(page.match(/class="capacity-plot" viewBox="0 0 470/g)).toHaveLength(4);
    // Without the spare one: six of them bear 10 each.
    expect(page).toContain("dual H100: requests a second by hour, 50.4 asked at most, 60.0 borne");
    expect(page).toContain("12 to 13 h: 25.0 req/s, 42.0 req/s to be borne, 6 replicas");
  });

  it("escapes what anybody said, and labels what is simulated", () => {
    const page = renderCapacityHtml(hostilePlan());
    expect(["<script", "\u001b", "\u202e"].filter((forbidden) => page.includes(forbidden))).toEqual([]);
    expect(page).toContain('<ul class="labels"><li>');
  });
});

describe("words", () => {
  it("tell an interval, one with a bound missing, and none", () => {
    const text = (lo: number | null, hi: number | null): string => intervalText(within(2, lo, hi), String);
    expect([
      text(1, 3),
      text(2, 2),
      text(null, 3),
      text(1, null),
      text(null, 2),
      text(2, null),
      text(null, null),
    ]).toEqual([" [1, 3]", "", " [≤ 3]", " [≥ 1]", " or less", " or more", " [no interval]"]);
  });

  it("write dollars as a bill does, and millions as such", () => {
    expect([0.0005, 0.563, 0.996, 45.5, 999.99, 13_626].map(formatDollars)).toEqual([
      "<$0.001",
      "$0.563",
      "$1.00",
      "$45.50",
      "$999.99",
      "$13,626",
    ]);
    expect([12_480, 29_189_571].map(manyText)).toEqual(["12,480", "29.2 million"]);
  });

  it("say what is not known of lengths", () => {
    const lengths = {
      inputTokens: null,
      outputTokens: 250,
      cachedShare: null,
      swept: null,
      work: { most: 1, least: 1 },
      extrapolated: false,
    };
    expect(lengthsText({ lengths, bears: null })).toBe(
      "an unknown number of prompt tokens (cache hits not known), 250 output tokens",
    );
  });

  it("call lengths extrapolated where a figure was carried over to them alone", () => {
    const { bears, lengths: at } = examplePlan(folder).tiers[0] as CapacityTier;
    const lengths = { ...at, outputTokens: 400, extrapolated: true };
    expect(lengthsText({ lengths, bears })).toMatch(/swept with 900 and 250, so extrapolated$/);
    expect(lengthsText({ lengths, bears: null })).toMatch(/swept with 900 and 250$/);
  });

  it("count what comes seldom by the hour, and keep the digits of a share", () => {
    expect([0, 0.0025, 0.0999, 0.1, 10].map(perTimeText)).toEqual([
      "0.00 req/s",
      "9.00 requests an hour",
      "360 requests an hour",
      "0.100 req/s",
      "10.0 req/s",
    ]);
    expect(rateText(within(0.05, 0.04, 0.2))).toBe("180 requests an hour [144, 720]");
    expect([perTimeRange(0, 0.01), perTimeRange(0.001, 5), perTimeRange(0, 5), perTimeRange(1, 5)]).toEqual([
      "0.00 to 36.0 requests an hour",
      "3.60 requests an hour to 5.00 req/s",
      "0.00 to 5.00 req/s",
      "1.00 to 5.00 req/s",
    ]);
    expect([0, 0.2, 0.025, 0.07, 1.5].map(percentText)).toEqual(["0 %", "20 %", "2.5 %", "7 %", "150 %"]);
    const { demand, ...rest } = examplePlan(folder);
    expect(demandText({ ...rest, demand: { ...demand, growth: 0.025, headroom: 0.125 } })).toMatch(
      /; grown by 2\.5 %; .* with 12\.5 % headroom/,
    );
  });

  it("say what limits a sweep, a term or a clause", () => {
    expect(["ttft p95 < 1s", "it falls behind its arrivals"].map(limitText)).toEqual([
      "limited by ttft p95 < 1s",
      "limited: it falls behind its arrivals",
    ]);
  });
});
