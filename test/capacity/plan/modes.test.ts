import { describe, expect, it } from "vitest";
import { cheapestOf } from "../../../src/capacity/plan/cheapest.js";
import { modeCost, tokenCost } from "../../../src/capacity/plan/cost.js";
import { demandOf } from "../../../src/capacity/plan/demand.js";
import { mayWaitOf } from "../../../src/capacity/plan/may-wait.js";
import {
  alwaysOnHours,
  byHourHours,
  type Running,
  replicasByHour,
  scaleToZeroHours,
} from "../../../src/capacity/plan/modes.js";
import { sleepFigures } from "../../../src/capacity/plan/scale-to-zero.js";
import { parseCapacity } from "../../../src/config/capacity-file.js";
import type { CapacityMode } from "../../../src/report/capacity-summary.js";
import { within } from "./sweeps.js";

/** Twelve hours of 9 requests a second and twelve of 19; a replica bears 10. */
function running(paidStartS: number, more = ""): Running {
  const hours = [...Array(12).fill(9 * 3_600), ...Array(12).fill(19 * 3_600)];
  const text = `tiers: [{ name: a }]\ndemand: { requestsPerHour: [${hours}], headroom: 0%, spare: 0${more} }`;
  const settings = parseCapacity(text, "/").demand;
  return { settings, demand: demandOf(settings), paidStartS };
}

const aDay = (hours: number): number => hours / (730 / 24);

describe("replica hours", () => {
  it("of always on are those of the peak all month long", () => {
    expect(alwaysOnHours(running(0), 10)).toBe(2 * 730);
  });

  it("by hour are those of each hour, and of every start", () => {
    expect(replicasByHour(running(0), 10)).toEqual([...Array(12).fill(1), ...Array(12).fill(2)]);
    expect(aDay(byHourHours(running(0), 10))).toBeCloseTo(36, 9);
    expect(aDay(byHourHours(running(360), 10))).toBeCloseTo(36.1, 9);
  });

  it("have the spare one in every hour", () => {
    const text = "tiers: [{ name: a }]\ndemand: { requestsPerSecond: 5, headroom: 0% }";
    const settings = parseCapacity(text, "/").demand;
    expect(byHourHours({ settings, demand: demandOf(settings), paidStartS: 0 }, 10)).toBeCloseTo(2 * 730, 9);
  });

  it("of scale to zero are those by hour for as long as it is up, its wakes only where they are paid", () => {
    const sleep = {
      upByHour: [...Array(12).fill(0.5), ...Array(12).fill(1)],
      upAtBegin: Array(24).fill(1),
      wakingByHour: [...Array(12).fill(0.25), ...Array(12).fill(0)],
      wakesPerDay: 0,
      delayedShare: 0,
      meanDelayS: 0,
    };
    expect(aDay(scaleToZeroHours(running(0), sleep, true, 10))).toBeCloseTo(12 * 0.5 + 24, 9);
    expect(aDay(scaleToZeroHours(running(0), sleep, false, 10))).toBeCloseTo(12 * 0.25 + 24, 9);
  });

  it("of scale to zero pay a wake once, whatever it wakes: more start beforehand only where it is up already", () => {
    // A hundred requests a second for one hour of the day.
    const hours = [...Array(12).fill(0), 360_000, ...Array(11).fill(0)];
    const text = `tiers: [{ name: a }]\ndemand: { requestsPerHour: [${hours}], headroom: 0%, spare: 0 }`;
    const settings = parseCapacity(text, "/").demand;
    const demand = demandOf(settings);
    const wakeS = 480;
    const sleep = sleepFigures({ ratesPerS: demand.cycle, wakeS, tailS: 60 });
    const of = (paid: boolean): number =>
      aDay(scaleToZeroHours({ settings, demand, paidStartS: paid ? wakeS : 0 }, sleep, paid, 10));
    // Ten for the hour, one of them for the minute after it.
    expect(of(true)).toBeCloseTo(10 + 1 / 60, 2);
    expect(of(true) - of(false)).toBeCloseTo((10 * wakeS) / 3_600, 2);
    const awake = { ...sleep, upByHour: Array(24).fill(1), upAtBegin: Array(24).fill(1) };
    expect(aDay(scaleToZeroHours({ settings, demand, paidStartS: wakeS }, awake, true, 10))).toBeCloseTo(
      23 + 10 + (9 * wakeS) / 3_600,
      9,
    );
  });
});

const mode = (kind: CapacityMode["kind"], perMonth: number, allowed = true): CapacityMode =>
  modeCost({
    kind,
    perMonth: within(perMonth),
    replicaHours: null,
    requestsPerMonth: 1_000_000,
    lengths: { inputTokens: 900, outputTokens: 100, cachedShare: 0 },
    allowed,
  });

describe("cost", () => {
  it("of a month is that of its requests and of their tokens", () => {
    expect(mode("always-on", 7_300)).toMatchObject({
      perHour: within(10),
      per1000Requests: within(7.3),
      perMTokOutput: within(73),
      perMTok: within(7.3),
    });
  });

  it("by the token has cached prompt tokens at their own price, or at that of any other", () => {
    const lengths = { inputTokens: 1_000, outputTokens: 100, cachedShare: 0.5 };
    const price = { kind: "tokens", inputPerMTok: 2, outputPerMTok: 10 } as const;
    expect(tokenCost({ ...price, cachedInputPerMTok: 1 }, lengths)).toBeCloseTo(
      (500 * 2 + 500 * 1 + 100 * 10) / 1e6,
      15,
    );
    expect(tokenCost(price, lengths)).toBeCloseTo((1_000 * 2 + 100 * 10) / 1e6, 15);
    expect(tokenCost(price, { ...lengths, outputTokens: null })).toBeNull();
  });

  it("is least in one of the ways that are allowed, and says by how much", () => {
    const modes = [mode("always-on", 10_000), mode("by-hour", 6_000), mode("scale-to-zero", 1_000, false)];
    expect(cheapestOf(modes)).toEqual({
      kind: "by-hour",
      perMonth: 6_000,
      text: "scheduled by hour costs 40.0 % ($4,000 a month) less than always on; scale to zero would cost $1,000 a month, but lets too many wait",
    });
    expect(cheapestOf([mode("always-on", 5), mode("by-hour", 5)])).toEqual({
      kind: "always-on",
      perMonth: 5,
      text: "always on costs as much as scheduled by hour",
    });
    expect(cheapestOf([])).toEqual({ kind: null, perMonth: null, text: "" });
  });
});

describe("how many may wait for a wake", () => {
  it.each([
    [null, "ttft p95 < 1s and errors < 1 %", 0.05, "ttft p95 of the SLO"],
    [null, "ttft p95 < 1s and e2e p99 < 9s", 0.01, "e2e p99 of the SLO"],
    [null, "ttft_intended p90 < 1s", 0.1, "ttft_intended p90 of the SLO"],
    [null, "ttfa max < 5s", 0, "ttfa max of the SLO"],
    [null, "decode_rate p5 > 20", 0, "no latency quantile in the SLO, and no mayWait"],
    [null, null, 0, "no SLO, and no mayWait"],
    [0.2, "ttft p95 < 1s", 0.2, "mayWait of the demand"],
  ])("with mayWait %s and the SLO %s", (asked, slo, share, from) => {
    const may = mayWaitOf(asked, slo);
    expect([may.share, may.from]).toEqual([expect.closeTo(share, 9), from]);
  });
});
