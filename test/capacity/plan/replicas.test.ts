import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { demandOf } from "../../../src/capacity/plan/demand.js";
import { falling } from "../../../src/capacity/plan/interval.js";
import { replicasFor, utilisationOf } from "../../../src/capacity/plan/replicas.js";
import { parseCapacity } from "../../../src/config/capacity-file.js";

const settingsOf = (demand: string) => parseCapacity(`tiers: [{ name: a }]\ndemand: ${demand}`, "/").demand;

describe("replicas", () => {
  it("bear 42 req/s with 20 % headroom by 10 req/s each in six, and one is spare", () => {
    expect(replicasFor(50.4, 10, 1)).toBe(7);
    expect(falling({ value: 10, lo: 9, hi: 11 }, (perS) => replicasFor(50.4, perS, 1))).toEqual({
      value: 7,
      lo: 6,
      hi: 7,
    });
  });

  it("are not one more for the rounding of decimal fractions", () => {
    expect(replicasFor(50.4, 8.4, 0)).toBe(6);
    expect(replicasFor(0.1 + 0.2, 0.1, 0)).toBe(3);
    expect(replicasFor(50.5, 8.4, 0)).toBe(7);
  });

  it("are one at least, and without bound where one bears nothing", () => {
    expect(replicasFor(0, 10, 0)).toBe(1);
    expect(replicasFor(1, 0, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it("always bear what is required, and one fewer never does", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1e5, noNaN: true }),
        fc.double({ min: 0.001, max: 1e4, noNaN: true }),
        (required, each) => {
          const count = replicasFor(required, each, 0);
          expect(count * each).toBeGreaterThanOrEqual(required * (1 - 1e-8));
          if (count > 1) expect((count - 1) * each).toBeLessThan(required);
        },
      ),
    );
  });

  it("keep a bound that is not known unknown", () => {
    expect(falling({ value: 10, lo: 9, hi: null }, (perS) => replicasFor(50.4, perS, 1))).toEqual({
      value: 7,
      lo: null,
      hi: 7,
    });
    expect(falling({ value: 10, lo: 0, hi: 11 }, (perS) => replicasFor(50.4, perS, 1))).toEqual({
      value: 7,
      lo: 6,
      hi: null,
    });
  });

  it("are used by the peak without headroom, and more of each when the spare one is lost", () => {
    expect(utilisationOf({ peakPerS: 42, averagePerS: 21, capacityPerS: 10, replicas: 7, spare: 1 })).toEqual({
      peak: 0.6,
      spareLost: 0.7,
      average: 0.3,
    });
  });
});

describe("the demand", () => {
  it("is what grows, peaks within its busiest hour, and has headroom", () => {
    const hours = [7_200, ...Array(23).fill(3_600)];
    const demand = demandOf(
      settingsOf(`{ requestsPerHour: [${hours.join(", ")}], growth: 50%, headroom: 20%, peakToMean: 1.5 }`),
    );
    expect([demand.busiestPerS, demand.peakPerS]).toEqual([3, 4.5]);
    expect(demand.requiredPerS).toBeCloseTo(5.4, 12);
    expect(demand.averagePerS).toBeCloseTo(1.5 * (25 / 24), 12);
    expect(demand.requestsPerMonth).toBeCloseTo(1.5 * 25 * 3_600 * (730 / 24), 3);
  });

  it("of a week has five weekdays and two days of weekend", () => {
    const [one, none] = [Array(24).fill(3_600), Array(24).fill(0)];
    const demand = demandOf(settingsOf(`{ requestsPerHour: { weekday: [${one}], weekend: [${none}] } }`));
    expect(demand.cycle).toHaveLength(168);
    expect(demand.averagePerS).toBeCloseTo(5 / 7, 12);
  });
});
