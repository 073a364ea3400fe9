import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { capacity } from "../../../src/capacity.js";
import { parseCapacity } from "../../../src/config/capacity-file.js";
import type { CapacitySummary, CapacityTier } from "../../../src/report/capacity-summary.js";
import { demandText } from "../../../src/report/capacity-words.js";
import type { EndpointSweep, SweepSummary } from "../../../src/report/sweep-summary.js";
import { answer, refused, swept as virtuallySwept } from "../virtual.js";
import { endpoint, sweepSummary, swept, sweptPoint, within, writeSweep } from "./sweeps.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-capacity-"));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
const sweepOf = (summary: SweepSummary): string => writeSweep(folder, `sweep-${made++}`, summary);
const plan = (text: string, sweeps: readonly string[] = [], allowPartial = false): CapacitySummary =>
  capacity({ file: parseCapacity(text, folder), sweeps, allowPartial });

const goodput = (value: number, lo: number | null, hi: number | null): Partial<EndpointSweep> => ({
  goodput: { throughput: within(value, lo, hi), load: within(value), limitedBy: "ttft p95 < 1s", notes: [] },
});
/** Of two tiers that were swept beside each other, `a` and `b`. */
const both = (a: Partial<EndpointSweep>, b: Partial<EndpointSweep>): string =>
  sweepOf(
    sweepSummary({
      candidate: endpoint({ tier: "a", sweep: swept(a) }),
      baseline: endpoint({ tier: "b", sweep: swept(b) }),
    }),
  );
const one = (change: Partial<EndpointSweep> = {}): string =>
  sweepOf(sweepSummary({ candidate: endpoint({ sweep: swept(change) }) }));
const only = ({ tiers }: CapacitySummary): CapacityTier => tiers[0] as CapacityTier;

const A = (more = ""): string => `tiers: [{ name: a, pricePerHour: 10${more} }]`;
const PEAK = "\ndemand: { requestsPerSecond: 42, headroom: 20%, spare: 1 }";

describe("a plan", () => {
  it("in round numbers: 10 req/s a replica at its SLO, 42 at the peak, 20 % headroom and one spare are seven", () => {
    const summary = plan(`tiers: [{ name: a, sweep: "${one(goodput(10, 9, 11))}", pricePerHour: 10 }]${PEAK}`);
    const tier = only(summary);
    expect([summary.verdict, summary.recommended, tier.meets]).toEqual(["recommended", "a", "yes"]);
    expect(tier.replicas).toEqual({ value: 7, lo: 6, hi: 7 });
    expect(tier.utilisation?.peak).toBeCloseTo(0.6, 12);
    const [always] = tier.modes;
    expect(always).toMatchObject({
      kind: "always-on",
      perHour: { value: 70, lo: 60, hi: 70 },
      perMonth: { value: 51_100 },
    });
    expect(always?.per1000Requests.value).toBeCloseTo(70 / (42 * 3.6), 9);
    expect(always?.perMTokOutput?.value).toBeCloseTo(70 / (42 * 3_600 * 250e-6), 9);
    expect(always?.perMTok?.value).toBeCloseTo(70 / (42 * 3_600 * 1_150e-6), 9);
    expect(tier.byHour?.weekday).toEqual(Array(24).fill(7));
  });

  it("finds sweeps by the tier of the swept endpoint, and says which it had no use for", () => {
    const spare = one();
    const sweep = both(goodput(10, 9, 11), goodput(21, 20, 22));
    const summary = plan(`tiers: [{ name: big, tier: b, pricePerHour: 10 }, { name: a, pricePerHour: 10 }]${PEAK}`, [
      sweep,
      spare,
    ]);
    expect(summary.tiers.map(({ sweep: from, replicas }) => [from?.endpoint, replicas?.value])).toEqual([
      ["baseline", 4],
      ["candidate", 7],
    ]);
    expect(summary.unused).toEqual([spare]);
  });

  it("takes the price that the sweep knows, of one replica of those that were swept", () => {
    const sweep = sweepOf(
      sweepSummary({ candidate: endpoint({ price: { perHour: 20 }, sweep: swept(goodput(20, 18, 22)) }) }),
    );
    const tier = only(plan(`tiers: [{ name: a, sweep: "${sweep}", sweptReplicas: 2 }]${PEAK}`));
    expect([tier.price, tier.replicas]).toEqual([{ perHour: 10 }, { value: 7, lo: 6, hi: 7 }]);
  });

  it("pays by the token, with the cached share of the sweep, and has no replicas", () => {
    const sweep = sweepOf(
      sweepSummary({
        candidate: endpoint({
          price: { inputPerMTok: 2, cachedInputPerMTok: 1, outputPerMTok: 10 },
          sweep: swept({ ...goodput(60, 55, 65), meanInputTokens: 1_000, meanOutputTokens: 100, cachedShare: 0.5 }),
        }),
      }),
    );
    const tier = only(plan(`tiers: [{ name: a, sweep: "${sweep}" }]${PEAK}`));
    expect([tier.meets, tier.replicas, tier.cheapest, tier.lengths.cachedShare]).toEqual([
      "yes",
      null,
      "by-token",
      0.5,
    ]);
    expect(tier.modes[0]?.per1000Requests.value).toBeCloseTo(2.5, 12);
    // 50.4 req/s are asked, and no replica can be added.
    const asked = (value: number, lo: number, hi: number) =>
      only(
        plan(
          `tiers: [{ name: a, sweep: "${one(goodput(value, lo, hi))}", pricePerMTok: { input: 1, output: 1 } }]${PEAK}`,
        ),
      ).meets;
    expect([asked(60, 51, 70), asked(52, 50, 54), asked(45, 44, 46)]).toEqual(["yes", "unsure", "no"]);
  });

  it("takes what is paid by the token without a sweep for its cost alone", () => {
    const summary = plan(
      "tiers: [{ name: a, pricePerMTok: { input: 1, output: 2 } }]\ndemand: { requestsPerSecond: 1, inputTokens: 1000, outputTokens: 500 }",
    );
    expect([summary.verdict, only(summary).modes[0]?.per1000Requests.value]).toEqual(["unsure", 2]);
    // It has no replicas, and no spare ones.
    expect([demandText(summary), ...summary.assumptions].join("\n")).not.toMatch(/spare|replica bears less/);
  });
});

describe("what a plan refuses", () => {
  const refused =
    (text: string, sweeps: readonly string[] = []) =>
    () =>
      plan(`${text}${PEAK}`, sweeps);

  it("a tier without a sweep, with two that fit, or without a price", () => {
    expect(refused(A())).toThrow('capacity.yaml:1:9: no sweep of tier "a"; name one with sweep:');
    const sweep = both({}, {});
    expect(refused(A(), [sweep, both({}, {})])).toThrow('more than one endpoint may be tier "a"');
    // One that is named in two ways is one.
    expect(refused(A(), [sweep, sweep.replace(/sweep-\d+$/, "./$&")])).not.toThrow();
    expect(refused(`tiers: [{ name: c, pricePerHour: 1, sweep: "${sweep}" }]`)).toThrow(
      "say which with sweep: and endpoint:",
    );
    expect(refused(`tiers: [{ name: a, sweep: "${one()}" }]`)).toThrow('tier "a" has no price; give pricePerHour');
    expect(refused(`tiers: [{ name: a, pricePerHour: 1, endpoint: baseline, sweep: "${one()}" }]`)).toThrow(
      "baseline was not swept",
    );
  });

  it("what is no sweep, or of another version", () => {
    expect(refused(A(), [join(folder, "nowhere")])).toThrow("there is no sweep here; name a folder under results/");
    mkdirSync(join(folder, "other"));
    writeFileSync(join(folder, "other", "sweep.json"), JSON.stringify({ ...sweepSummary(), schemaVersion: 2 }));
    expect(refused(A(), [join(folder, "other")])).toThrow("no sweep of schema version 1 (schemaVersion:");
  });

  it("a partial or invalid sweep, unless that is allowed: then what rests on it is marked", () => {
    const sweep = sweepOf(sweepSummary({ verdict: "partial", reason: "killed at the third load." }));
    expect(refused(A(), [sweep])).toThrow(
      "the sweep is partial: killed at the third load.; sweep again, or plan on it with --allow-partial",
    );
    const tier = only(plan(`tiers: [{ name: a, pricePerHour: 1, sweep: "${sweep}" }]${PEAK}`, [], true));
    expect(tier.sweep?.verdict).toBe("partial");
    expect(tier.notes).toContain("its sweep is partial: killed at the third load");
  });

  it("to tell what lies beyond twice the lengths that were swept", () => {
    const summary = plan(
      `tiers: [{ name: a, pricePerHour: 1, sweep: "${one()}" }]\ndemand: { requestsPerSecond: 1, outputTokens: 900 }`,
    );
    expect([summary.verdict, only(summary).bears, only(summary).modes]).toEqual(["unsure", null, []]);
    expect(only(summary).why).toContain("answers of 900 tokens are 3.60 times the 250 that were swept: sweep a mix");
  });

  it("replicas that wake, where the sweep says that it is paid by the token", () => {
    const sweep = sweepOf(sweepSummary({ candidate: endpoint({ price: { inputPerMTok: 1, outputPerMTok: 1 } }) }));
    expect(refused(`tiers: [{ name: a, maxReplicas: 2, sweep: "${sweep}" }]`)).toThrow(
      "is paid by the token, as its sweep says",
    );
    expect(refused(`tiers: [{ name: a, sweptReplicas: 2, sweep: "${sweep}" }]`)).toThrow(
      "or leave out wake, maxReplicas and sweptReplicas",
    );
  });
});

describe("whether a tier bears the demand", () => {
  const of = (change: Partial<EndpointSweep>, maxReplicas: number): CapacityTier =>
    only(plan(`tiers: [{ name: a, pricePerHour: 1, maxReplicas: ${maxReplicas}, sweep: "${one(change)}" }]${PEAK}`));

  it("is decided by the whole interval: of 6 to 7 replicas there are 7, 6, or 5", () => {
    const told = [7, 6, 5].map((most) => of(goodput(10, 9, 11), most));
    expect(told.map(({ meets }) => meets)).toEqual(["yes", "unsure", "no"]);
    expect(told.map(({ why }) => why)).toEqual([
      "7 replicas, 1 of them spare, bear 50.4 req/s",
      "50.4 req/s take 7 replicas, perhaps 6, and there are 6",
      "50.4 req/s take 6 replicas at least, and there are 5",
    ]);
  });

  it("is unsure where the value suffices and the interval does not, or is not known", () => {
    expect(of(goodput(10, 8, 11), 7)).toMatchObject({
      meets: "unsure",
      why: "7 replicas, 1 of them spare, bear 50.4 req/s, and may be 8 replicas, where there are 7",
    });
    expect(of(goodput(10, null, null), 7).why).toContain("may be more, since its sweep has no interval");
  });

  it("is yes by a lower bound that suffices, and never no by one", () => {
    // Four lanes are answered 3.45 times a second each; with eight, what exceeds six in flight is refused.
    const reply = ({ inFlight }: { readonly inFlight: number }) => (inFlight > 6 ? refused(429) : answer(100));
    for (const text of ["ttft p95 < 1s", "ttft p95 < 1s and errors < 5%"]) {
      const limited = virtuallySwept({ reply, load: { slo: { text, line: 0, column: 0 } } });
      expect(limited.sweep.goodput).toMatchObject({ limitedBy: expect.any(String), load: { lo: 4, hi: 8 } });
      const path = sweepOf(limited.summary);
      const told = [16, 2].map((most) =>
        only(plan(`tiers: [{ name: a, pricePerHour: 1, maxReplicas: ${most}, sweep: "${path}" }]${PEAK}`)),
      );
      expect(told.map(({ meets }) => meets)).toEqual(["yes", "unsure"]);
      expect(told[0]?.bears).toMatchObject({ atLeast: true, perS: { hi: null } });
      expect(told[0]?.bears?.text).toBe(`it kept ${text} until it was refused with 429: rate-limited, not saturated`);
      expect(told[0]?.replicas).toMatchObject({ value: 5, lo: null });
      expect(told[0]?.notes.join()).toContain("rate-limited, not saturated");
    }
  });

  it("is told of one replica as of one", () => {
    const text = `tiers: [{ name: a, pricePerHour: 1, sweep: "${one(goodput(10, 9, 11))}" }]`;
    const summary = plan(`${text}\ndemand: { requestsPerHour: [${Array(24).fill(36)}], spare: 0, headroom: 0% }`);
    expect(only(summary).why).toBe("1 replica bears 36.0 requests an hour");
    expect(summary.reason).toBe("a bears it with 1 replica at the peak, always on, $730.00 a month");
  });

  it("is no where the SLO never held", () => {
    const points = [sweptPoint(0, 2, { slo: { state: "missed", terms: [], goodPerS: 0 } })];
    const summary = plan(`tiers: [{ name: a, pricePerHour: 1, sweep: "${one({ goodput: null, points })}" }]${PEAK}`);
    expect([summary.verdict, summary.reason]).toEqual([
      "none",
      "no tier bears 50.4 req/s. a: ttft p95 < 1s and errors < 1 % did not hold at any load from 2.00 up",
    ]);
  });
});

describe("the recommendation", () => {
  const of = (
    a: Partial<EndpointSweep>,
    b: Partial<EndpointSweep>,
    prices: readonly [number, number],
    more = "",
  ): CapacitySummary =>
    plan(`tiers: [{ name: a, pricePerHour: ${prices[0]}${more} }, { name: b, pricePerHour: ${prices[1]} }]${PEAK}`, [
      both(a, b),
    ]);

  it("is the cheaper tier where no interval turns the order", () => {
    // 7 [6, 7] at $10 against 4 [4, 4] at $20.
    const summary = of(goodput(10, 9, 11), goodput(20, 19, 21), [10, 20]);
    expect([summary.verdict, summary.recommended]).toEqual(["recommended", "a"]);
    expect(summary.reason).toBe(
      "a bears it with 7 replicas at the peak, always on, $51,100 a month [$43,800, $51,100]: $7,300 less than b",
    );
  });

  it("cannot tell apart what overlaps", () => {
    // 7 [6, 7] at $10 against 4 [3, 4] at $18: $70 [60, 70] and $72 [54, 72].
    const summary = of(goodput(10, 9, 11), goodput(20, 19, 26), [10, 18]);
    expect([summary.verdict, summary.recommended]).toEqual(["tied", "a"]);
    expect(summary.reason).toContain("cannot be told apart: a bears it");
  });

  it("cannot tell apart what costs the same, nor what has no upper bound", () => {
    expect(of(goodput(10, 10, 10), goodput(10, 10, 10), [10, 10]).verdict).toBe("tied");
    expect(of(goodput(10, null, null), goodput(20, 20, 20), [10, 90]).verdict).toBe("tied");
  });

  /** Its SLO still held at the highest load that was tried. */
  const unbounded = (sweep: Partial<EndpointSweep>) =>
    ({
      ...sweep,
      knee: null,
      stopped: { kind: "top", text: "the top." },
      goodput: { ...sweep.goodput, limitedBy: null },
    }) as Partial<EndpointSweep>;

  it("fears what was at least so much, down to one replica", () => {
    const atLeast = unbounded(goodput(20, 19, 21));
    // 7 at $10, against at most 4, and 2 at the very least, at $34 or at $36.
    expect(of(goodput(10, 10, 10), atLeast, [10, 34]).verdict).toBe("tied");
    expect(of(goodput(10, 10, 10), atLeast, [10, 36]).verdict).toBe("recommended");
  });

  it("says of what was at least so much the most replicas that it may take, not those of its value", () => {
    const atLeast = unbounded(goodput(20, 12, 21));
    // 50.4 a second: four by twenty each, six by twelve, one spare.
    expect(of(goodput(10, 10, 10), atLeast, [100, 1]).reason).toMatch(
      /^b bears it with at most 6 replicas at the peak/,
    );
  });

  it("leaves out what does not bear it, and says what might cost less", () => {
    expect(of(goodput(10, 9, 11), goodput(20, 19, 21), [10, 20], ", maxReplicas: 5")).toMatchObject({
      verdict: "recommended",
      recommended: "b",
    });
    const doubtful = of(goodput(10, 9, 11), goodput(20, 19, 21), [10, 20], ", maxReplicas: 6");
    expect(doubtful.recommended).toBe("b");
    expect(doubtful.reason).toContain("a might cost less, but whether it bears the demand cannot be told");
  });

  it("names a tier of which nobody knows what it bears, if the least that it takes costs less", () => {
    // Two replicas at the very least, at $1 or at $40, against 7 at $10.
    const unknown = { goodput: null, points: [] } as Partial<EndpointSweep>;
    const [cheap, dear] = [1, 40].map((price) => of(goodput(10, 9, 11), unknown, [10, price]));
    expect([cheap?.verdict, cheap?.recommended, dear?.recommended]).toEqual(["recommended", "a", "a"]);
    expect(cheap?.reason).toMatch(/\. b might cost less, but whether it bears the demand cannot be told$/);
    expect(dear?.reason).not.toContain("might cost less");
  });

  it("counts the least that such a tier takes while it sleeps at night", () => {
    const hours = [...Array(8).fill(0), ...Array(12).fill(3_600), ...Array(4).fill(0)];
    const unknown = { goodput: null, points: [] } as Partial<EndpointSweep>;
    const sweep = both(goodput(10, 10, 10), unknown);
    const reason = (wake: string): string =>
      plan(
        `tiers: [{ name: a, pricePerHour: 10 }, { name: b, pricePerHour: 12${wake} }]\ndemand: { spare: 0, requestsPerHour: [${hours}] }`,
        [sweep],
      ).reason;
    // One replica at $12, all day or half of it, against one at $10.
    expect(reason("")).not.toContain("might cost less");
    expect(reason(", wake: { time: 5m, idleTail: 10m }")).toContain("b might cost less");
  });
});

describe("a tier that scales to zero", () => {
  const hours = [...Array(8).fill(0), ...Array(12).fill(3_600), ...Array(4).fill(0)];
  const of = (wake: string, demand: string, slo: string | null = "ttft p95 < 1s"): CapacityTier => {
    const sweep = sweepOf(sweepSummary({ slo, candidate: endpoint({ sweep: swept(goodput(10, 10, 10)) }) }));
    return only(
      plan(`tiers: [{ name: a, pricePerHour: 10, wake: ${wake}, sweep: "${sweep}" }]\ndemand: { spare: 0, ${demand} }`),
    );
  };

  it("sleeps through nights without a request, and a wake is paid and waited for", () => {
    const tier = of("{ time: 5m, idleTail: 10m }", `requestsPerHour: [${hours}]`);
    const sleep = tier.scaleToZero;
    expect(sleep?.wakesPerDay).toBeCloseTo(1, 3);
    expect(sleep?.awakeHoursPerDay).toBeCloseTo(12 + 602 / 3_600, 2);
    expect(sleep?.delayedPerMonth).toBeCloseTo((301 * 730) / 24, 0);
    expect(tier.cheapest).toBe("scale-to-zero");
    expect(tier.modes.map(({ kind, perHour }) => [kind, Math.round(100 * perHour.value)])).toEqual([
      ["always-on", 1_000],
      ["by-hour", 1_000],
      ["scale-to-zero", Math.round((100 * 10 * (12 + 602 / 3_600)) / 24)],
    ]);
  });

  it("is no choice where more would wait than may", () => {
    const seldom = "requestsPerHour: [1, ".concat(Array(23).fill(1).join(", "), "]");
    const tier = of("{ time: 8m, idleTail: 15m }", seldom);
    expect(tier.scaleToZero?.delayedShare).toBeGreaterThan(0.7);
    expect([tier.cheapest, tier.modes.find(({ kind }) => kind === "scale-to-zero")?.allowed]).toEqual([
      "always-on",
      false,
    ]);
    expect(tier.cheapestText).toContain("but lets too many wait");
    expect(of("{ time: 8m, idleTail: 15m }", `${seldom}, mayWait: 90%`).cheapest).toBe("scale-to-zero");
    expect(of("{ time: 8m, idleTail: 15m }", seldom, null).cheapest).toBe("always-on");
  });

  it("is senseless where it never sleeps, and says so", () => {
    const tier = of("{ time: 8m, idleTail: 15m }", "requestsPerSecond: 5");
    expect(tier.scaleToZero).toMatchObject({ neverSleeps: true });
    expect(tier.scaleToZero?.text).toContain("senseless");
    expect(tier.modes.map(({ kind }) => kind)).toEqual(["always-on", "by-hour"]);
  });

  it("delays nobody where a wake takes no time, and may be run so whatever may wait", () => {
    const tier = of("{ time: 0s, idleTail: 10m }", `requestsPerHour: [${hours}], mayWait: 0%`);
    expect(tier.scaleToZero).toMatchObject({ delayedShare: 0, delayedPerMonth: 0 });
    expect(tier.scaleToZero?.text).toMatch(/a day, up .* of 24 h; no request waits, since a wake takes no time$/);
    expect(tier.cheapest).toBe("scale-to-zero");
  });

  it("wakes as long as the median of the wakes of a report, those that were cold", () => {
    const trial = (wakeMs: number | null, verdict: string) => ({ wakeMs, verdict });
    const report = {
      cold: {
        baseline: [],
        candidate: [
          trial(300_000, "cold"),
          trial(100_000, "not cold"),
          trial(360_000, "cold"),
          trial(600_000, "cold"),
          trial(null, "failed"),
        ],
      },
      endpoints: { baseline: { tier: null }, candidate: { tier: "a" } },
    };
    mkdirSync(join(folder, "wakes"));
    writeFileSync(join(folder, "wakes", "report.json"), JSON.stringify(report));
    const tier = of("{ report: wakes, idleTail: 10m }", `requestsPerHour: [${hours}]`);
    expect(tier.scaleToZero?.wakeMs).toBe(360_000);
    expect(tier.notes).toContain("a wake takes 6 min: the median of 3 wakes, 5 min to 10 min");
    writeFileSync(
      join(folder, "wakes", "report.json"),
      JSON.stringify({ ...report, cold: { baseline: [], candidate: [] } }),
    );
    expect(() => of("{ report: wakes, idleTail: 10m }", "requestsPerSecond: 1")).toThrow(
      "no wake of the candidate was cold there",
    );
  });
});

describe("the assumptions", () => {
  it("name each default that was taken, how replicas add up, and the cache behind every figure", () => {
    const { assumptions } = plan(
      `tiers: [{ name: a, pricePerHour: 1, sweep: "${one({ cachedShare: 0.4 })}" }]\ndemand: { requestsPerSecond: 1 }`,
    );
    const all = assumptions.join("\n");
    for (const said of [
      "growth is 0 % (default)",
      "peakToMean is 1 (default)",
      "20 % headroom above the peak (default)",
      "1 replica spare (default)",
    ]) {
      expect(all).toContain(said);
    }
    expect(all).toContain("n replicas bear n times what one bore");
    expect(all).toContain("a 40.0 %. Where hits are rarer, a tier bears less");
  });

  it("tell what a cache answered in the sweep, and not what the demand hopes for", () => {
    const told = (cachedShare: number | null): CapacitySummary =>
      plan(
        `tiers: [{ name: a, pricePerHour: 1, sweep: "${one({ cachedShare })}" }]\ndemand: { requestsPerSecond: 1, cachedShare: 90%, growth: 2.5% }`,
      );
    expect(told(0.4).assumptions.join("\n")).toContain("a cache answered in the sweeps: a 40.0 %.");
    expect(told(null).assumptions.join("\n")).toContain("no sweep says which share of its prompt tokens");
    expect(told(null).assumptions).toContain("rates grow by 2.5 %, alike in all hours");
    expect(only(told(null)).notes.join()).toContain("no more than the 90.0 % of the demand");
  });
});
