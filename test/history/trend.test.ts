import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/core/random.js";
import type { Night } from "../../src/history/night.js";
import { trendOf } from "../../src/history/trend.js";
import { renderTrendHtml } from "../../src/report/trend-html.js";
import { renderTrendTerminal } from "../../src/report/trend-terminal.js";
import { type NightParts, night } from "./nights.js";

const HOUR_MS = 3_600_000;
const trend = (nights: readonly Night[]) => trendOf({ nights, unreadable: [] });
const noise = seededRandom(2, "usual nights");
const RATIOS = Array.from({ length: 60 }, () => Math.exp(0.03 * noise.normal()));
/** `n` usual nights, from the first. */
const usual = (n: number, more: (index: number) => NightParts = () => ({})): Night[] =>
  Array.from({ length: n }, (_, index) => night(index, { ratios: { ttfa: RATIOS[index] as number }, ...more(index) }));
const ttfa = (nights: readonly Night[]) => trend(nights).current[0]?.series.find(({ name }) => name === "ttfa");
const text = (nights: readonly Night[]) => renderTrendTerminal(trend(nights), { columns: 100, color: false });

describe("a series", () => {
  it("is short until fourteen nights came before, then ok, watch and fail", () => {
    const step = (index: number) => night(index, { ratios: { ttfa: 1.3 } });
    expect(trend(usual(14))).toMatchObject({ verdict: "short", reason: "13 earlier nights, 14 needed to judge one" });
    expect(trend(usual(15))).toMatchObject({ verdict: "ok" });
    expect(trend([...usual(15), step(15)])).toMatchObject({ verdict: "watch", reason: expect.stringMatching(/ttfa$/) });
    expect(trend([...usual(15), step(15), step(16)])).toMatchObject({ verdict: "fail" });
    expect(
      ttfa([...usual(15), step(15), step(16)])
        ?.points.slice(14)
        .map(({ state }) => state),
    ).toEqual(["ok", "watch", "fail"]);
  });

  it("is the ratio on the scale of logarithms: its bounds are a geometric mean times and over one factor", () => {
    const { expected } = ttfa(usual(16))?.points.at(-1) ?? {};
    const logs = RATIOS.slice(0, 15).map(Math.log);
    expect(expected?.center).toBeCloseTo(Math.exp(logs.reduce((sum, log) => sum + log, 0) / 15), 4);
    expect((expected?.high ?? 0) / (expected?.center ?? 1)).toBeCloseTo(
      (expected?.center ?? 0) / (expected?.low ?? 1),
      4,
    );
  });

  it("of a rate is worse when it is lower", () => {
    const rates = (index: number, ratio: number) => night(index, { ratios: { char_rate: ratio } });
    const nights = RATIOS.slice(0, 15).map((ratio, index) => rates(index, ratio));
    const last = (ratio: number) => trend([...nights, rates(15, ratio)]).current[0]?.series[0];
    expect(last(0.7)).toMatchObject({ state: "watch", tailCell: "p5" });
    expect(last(1.4)).toMatchObject({
      state: "ok",
      points: expect.arrayContaining([expect.objectContaining({ beyondBetter: true })]),
    });
  });

  it("of errors does not alarm at the first error after nights without one, and does at more than chance gives", () => {
    const errors = (candidate: number, baseline = 0) => {
      const nights = [...usual(15), night(15, { errors: { baseline, candidate } })];
      return trend(nights).current[0]?.series.find(({ name }) => name === "errors")?.state;
    };
    expect([errors(0), errors(1), errors(2), errors(12)]).toEqual(["ok", "ok", "watch", "watch"]);
    // A night that is bad for both is nobody's regression.
    expect(errors(12, 12)).toBe("ok");
  });

  it("leaves out nights whose machine was in doubt, that ended early, or whose value is in doubt, and says why", () => {
    const doubtful = night(16, { ratios: { ttfa: 9 } });
    const metric = doubtful.metrics.ttfa as NonNullable<Night["metrics"][string]>;
    const nights = [
      ...usual(15),
      night(15, { ratios: { ttfa: 9 }, more: { valid: false } }),
      { ...doubtful, metrics: { ttfa: { ...metric, shift: { ratio: 9, lo: 8, hi: 10, rounds: 10, doubtful: true } } } },
      night(17, { ratios: { ttfa: 9 }, more: { whole: false }, errors: { baseline: 0, candidate: 30 } }),
      night(18, { ratios: { ttfa: 9 }, more: { quick: true }, errors: { baseline: 0, candidate: 30 } }),
    ];
    expect(ttfa(nights)?.points.slice(15)).toMatchObject([
      { value: null, state: "none", note: "the measuring machine was in doubt" },
      { value: null, state: "none", note: "in doubt that night" },
      { value: null, state: "none", note: "the run did not run to its end" },
      { value: null, state: "none", note: "a quick run says nothing of latency" },
    ]);
    // What a client is promised is not spoiled by a slow machine or an early end.
    expect(trend(nights).current[0]?.series.find(({ name }) => name === "errors")?.state).toBe("fail");
  });

  it("takes runs of one evening as one night, so that running again neither confirms nor clears an alarm", () => {
    const again = (hours: number, ratio: number) =>
      night(0, { ratios: { ttfa: ratio }, at: Date.parse(night(15).createdAt) + hours * HOUR_MS });
    const twice = [...usual(15), again(0, 1.4), again(1, 1.4)];
    expect(trend(twice)).toMatchObject({ verdict: "watch", runs: 17 });
    expect(ttfa(twice)?.points).toHaveLength(16);
    expect(ttfa([...usual(15), again(0, 1.6), again(1, 1)])?.points.at(-1)?.value).toBeCloseTo(Math.sqrt(1.6), 4);
    expect(trend([...usual(15), again(0, 1.4), again(24, 1.4)]).verdict).toBe("fail");
  });

  it("says when nights resemble their neighbours, since alarms then come more often; a step is no resemblance", () => {
    const random = seededRandom(5, "resembling nights");
    let log = 0;
    const drifting = Array.from({ length: 40 }, (_, index) => {
      log = 0.85 * log + 0.02 * random.normal();
      return night(index, { ratios: { ttfa: Math.exp(log) } });
    });
    expect(text(drifting)).toMatch(/ttfa: a night resembles the night before it \(correlation 0\.\d\d\)/);
    const stepped = [...usual(16), ...Array.from({ length: 8 }, (_, i) => night(16 + i, { ratios: { ttfa: 1.4 } }))];
    expect(ttfa(stepped)).toMatchObject({ state: "fail", notes: [] });
  });
});

describe("what may be compared", () => {
  it("keeps places apart, each with its own nights", () => {
    const nights = [
      ...usual(15),
      ...usual(15, (index) => ({ host: "bench-03", at: Date.parse(night(index).createdAt) + HOUR_MS })),
    ];
    const sorted = nights
      .map((each, index) => ({ ...each, runId: `r${index}` }))
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    expect(trend(sorted).current.map(({ vantage, nights: own }) => [vantage, own.length])).toEqual([
      ["bench-02", 15],
      ["bench-03", 15],
    ]);
  });

  it("joins hosts that were given one name", () => {
    const nights = usual(15, (index) => ({
      host: `runner-${index}`,
      more: { vantage: { host: `runner-${index}`, name: "ci" } },
    }));
    expect(trend(nights).current.map(({ vantage, nights: own }) => [vantage, own.length])).toEqual([["ci", 15]]);
  });

  it.each([
    ["the golden set", { goldenSet: { name: "migration", digest: "sha256:cc", cases: 39 } }],
    ["settings (concurrency)", { settings: { concurrency: 8, order: "random" }, settingsDigest: "sha256:dd" }],
    [
      "the models asked of the candidate",
      {
        endpoints: {
          ...night(0).endpoints,
          candidate: { ...night(0).endpoints.candidate, models: { default: "new" } },
        },
      },
    ],
    [
      "the address of the baseline",
      {
        endpoints: { ...night(0).endpoints, baseline: { ...night(0).endpoints.baseline, baseUrl: "https://other/v1" } },
      },
    ],
  ] as const)("begins another series when %s changes, and says so", (what, more) => {
    const nights = [...usual(15), night(15, { ratios: { ttfa: 3 }, more: more as Partial<Night> })];
    const summary = trend(nights);
    expect(summary.verdict).toBe("short");
    expect(summary.current.map(({ nights: own }) => own.length)).toEqual([1]);
    expect(summary.ended).toMatchObject([{ nights: 15, why: `${what} changed` }]);
    expect(renderTrendTerminal(summary, { columns: 100, color: false })).toContain(`${what} changed`);
  });

  it("does not judge what is no longer measured: an old failure is no failure of tonight", () => {
    const failed = [...usual(15), night(15, { ratios: { ttfa: 1.4 } }), night(16, { ratios: { ttfa: 1.4 } })];
    expect(trend(failed).verdict).toBe("fail");
    expect(trend([...failed, night(17, { more: { settings: {}, settingsDigest: "sha256:ee" } })]).verdict).toBe(
      "short",
    );
    expect(trend([...failed, night(25, { host: "bench-03" })])).toMatchObject({
      verdict: "short",
      ended: [{ vantage: "bench-02", why: "nothing has come from there for three days" }],
    });
  });

  it("judges two configurations that take turns", () => {
    const other = { settings: { concurrency: 8 }, settingsDigest: "sha256:ff" };
    const nights = usual(15).flatMap((each, index) => [
      each,
      night(0, { ratios: { ttfa: 1 }, more: other, at: Date.parse(night(index).createdAt) + HOUR_MS }),
    ]);
    expect(trend(nights).current.map(({ nights: own }) => own.length)).toEqual([15, 15]);
  });

  it("says another model, fingerprint or version at the night where it came", () => {
    const nights = [
      night(0, { fingerprints: ["fp_a", "fp_b"] }),
      night(1, { fingerprints: ["fp_b"] }),
      night(2, { fingerprints: ["fp_a"], models: { candidate: "m-2" } }),
      night(3, { fingerprints: ["fp_a"], models: { candidate: "m-2" }, more: { twintail: "0.2.0", rounds: 3 } }),
    ];
    expect(trend(nights).current[0]?.nights.map(({ changes }) => changes)).toEqual([
      [],
      // One of last night's replicas answered: no news.
      [],
      ["model of the candidate: candidate → m-2", "system_fingerprint of the candidate: fp_b → fp_a"],
      ["measured by twintail 0.1.0 → 0.2.0", "rounds 10 → 3"],
    ]);
    expect(text(nights)).toMatch(/^3 Jan 2026 +model of the candidate: candidate → m-2$/m);
  });
});

describe("the rest of a night", () => {
  it("pools wakes over nights, every one listed, and adds up cost", () => {
    const nights = usual(3, (index) => ({
      more: {
        cold: {
          baseline: [],
          candidate: [{ wakeMs: 240_000 + index * 1_000, verdict: index === 2 ? "not cold" : "cold", attempts: 9 }],
        },
        cost: { baseline: 1, candidate: index === 1 ? null : 0.5 },
      },
    }));
    expect(text(nights)).toMatch(/wakes, candidate +4 min, 4 min 1 s, 4 min 2 s \(not cold\)$/m);
    expect(text(nights)).toMatch(/cost +\$4\.00 in 3 nights, the last \$1\.50$/m);
  });
});

describe("hostile text", () => {
  const hostile = "\u001b]0;pwned\u0007<script>window.pwned = 1</script>\u202e";
  const nights = [
    night(0),
    night(1, {
      host: "bench-02",
      models: { candidate: hostile },
      fingerprints: [hostile],
      more: { verdictReason: hostile, regressions: [{ caseId: hostile, severity: "breaks" }] },
    }),
  ];

  it("reaches neither the terminal nor the page as anything but text", () => {
    const terminal = text(nights);
    expect(terminal).toContain("\\u{1b}]0;pwned");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the point of the test.
    expect(terminal).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    const page = renderTrendHtml(trend(nights));
    expect(page).toContain("&lt;script&gt;window.pwned = 1");
    expect(page).not.toContain("<script");
    expect(page).toMatch(/default-src &#39;none&#39;; style-src &#39;sha256-[\w+/=]+&#39;; base-uri/);
  });

  it("fits every width", () => {
    for (const columns of [40, 60, 80, 100]) {
      const lines = renderTrendTerminal(trend(usual(18)), { columns, color: false }).split("\n");
      expect(lines.filter((line) => [...line].length > columns)).toEqual([]);
    }
  });
});
