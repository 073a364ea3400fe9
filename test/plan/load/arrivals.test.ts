import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/core/random.js";
import { arrivalTimes, firstArrivals, type RateStretch, repeatedTrace } from "../../../src/plan/load/arrivals.js";

const random = (seed = 1) => seededRandom(seed, "arrivals");
const steady = (rate: number, seconds: number): RateStretch => ({ forMs: 1_000 * seconds, from: rate, to: rate });
const gapsOf = (times: readonly number[]): number[] => times.slice(1).map((at, index) => at - (times[index] as number));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const cv = (values: readonly number[]): number => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) / middle;
};

describe("arrivals", () => {
  it("at a constant rate are even, and centred in their time", () => {
    expect(arrivalTimes({ kind: "constant" }, [steady(4, 1)], random())).toEqual([125, 375, 625, 875]);
  });

  it("of a rate that rises evenly come as its integral says", () => {
    // 0 to 10 a second over 2 s is 10 arrivals: the k-th when 2.5 t² reaches k − ½.
    const times = arrivalTimes({ kind: "constant" }, [{ forMs: 2_000, from: 0, to: 10 }], random());
    expect(times).toHaveLength(10);
    for (const [index, at] of times.entries()) expect(at).toBeCloseTo(1_000 * Math.sqrt((index + 0.5) / 2.5), 6);
  });

  it("go on evenly where a ramp meets its plateau", () => {
    const times = arrivalTimes({ kind: "constant" }, [{ forMs: 1_000, from: 0, to: 10 }, steady(10, 1)], random());
    expect(times).toHaveLength(15);
    expect(gapsOf(times.slice(6)).every((gap) => Math.abs(gap - 100) < 1e-6)).toBe(true);
  });

  it("of a Poisson process have gaps as uneven as they are long, of a gamma process as burstiness says", () => {
    const spread = (shape: Parameters<typeof arrivalTimes>[0]): number =>
      cv(gapsOf(arrivalTimes(shape, [steady(100, 400)], random())));
    expect(spread({ kind: "poisson" })).toBeCloseTo(1, 1);
    // The coefficient of variation of a gamma is 1 / √shape.
    expect(spread({ kind: "gamma", burstiness: 1 })).toBeCloseTo(1, 1);
    expect(spread({ kind: "gamma", burstiness: 4 })).toBeCloseTo(0.5, 1);
    expect(spread({ kind: "gamma", burstiness: 0.25 })).toBeGreaterThan(1.9);
    expect(spread({ kind: "gamma", burstiness: 0.25 })).toBeLessThan(2.1);
  });

  it("of every shape and course come in order, within their time, as many as the rate says", () => {
    const shapes = fc.constantFrom(
      { kind: "constant" as const },
      { kind: "poisson" as const },
      { kind: "gamma" as const, burstiness: 0.5 },
    );
    const stretch = fc.record({
      forMs: fc.integer({ min: 500, max: 20_000 }),
      from: fc.double({ min: 0, max: 80, noNaN: true }),
      to: fc.double({ min: 0.5, max: 80, noNaN: true }),
    });
    fc.assert(
      fc.property(shapes, fc.array(stretch, { minLength: 1, maxLength: 4 }), fc.nat(), (shape, course, seed) => {
        const times = arrivalTimes(shape, course, random(seed));
        const endMs = course.reduce((sum, { forMs }) => sum + forMs, 0);
        const area = course.reduce((sum, { forMs, from, to }) => sum + ((from + to) / 2) * (forMs / 1_000), 0);
        expect(times.every((at, index) => at >= (times[index - 1] ?? 0) && at <= endMs)).toBe(true);
        // Six standard deviations of a count whose gaps have a coefficient of variation of √2.
        expect(Math.abs(times.length - area)).toBeLessThan(2 + 6 * Math.sqrt(2 * area));
        expect(arrivalTimes(shape, course, random(seed))).toEqual(times);
      }),
      { numRuns: 200 },
    );
  });

  it("of so many pairs end when the rate has carried them", () => {
    const times = firstArrivals({ kind: "constant" }, steady(5, 2), 10, random());
    expect(times).toHaveLength(10);
    expect(times.at(-1)).toBeCloseTo(1_900);
    // A draw that takes longer goes on at the last rate.
    expect(firstArrivals({ kind: "constant" }, steady(5, 1), 10, random()).at(-1)).toBeCloseTo(1_900);
  });

  it("beyond what a plan holds are refused", () => {
    expect(() => arrivalTimes({ kind: "constant" }, [steady(100_000, 60)], random())).toThrow(
      "6000000 arrivals would be planned, and a plan holds 2000000; lower the rate, or measure for less long",
    );
  });
});

describe("a trace", () => {
  it("that is too short is played again after its own length and mean gap", () => {
    const trace = [{ atMs: 0 }, { atMs: 100, inputTokens: 5 }, { atMs: 400 }];
    expect(repeatedTrace(trace, 5).map(({ atMs }) => atMs)).toEqual([0, 100, 400, 600, 700]);
    expect(repeatedTrace(trace, 5)[4]).toEqual({ atMs: 700, inputTokens: 5 });
    expect(repeatedTrace(trace, 2)).toHaveLength(2);
  });
});
