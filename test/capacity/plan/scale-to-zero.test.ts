import { describe, expect, it } from "vitest";
import { type SleepInput, sleepFigures } from "../../../src/capacity/plan/scale-to-zero.js";
import { seededRandom } from "../../../src/core/random.js";

const MINUTE = 60;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Requests one by one, as they come: knows nothing of the formulas. */
function simulated({ ratesPerS, wakeS, tailS }: SleepInput, cycles: number, seed: number) {
  const random = seededRandom(seed, "scale to zero");
  const cycleS = 3_600 * ratesPerS.length;
  const highest = Math.max(...ratesPerS);
  const [wakes, waited, upS] = [0, 0, 0].map(() => ({ of: 0 })) as [{ of: number }, { of: number }, { of: number }];
  let requests = 0;
  let delayS = 0;
  let readyS = -1;
  let sleepsS = -1;
  for (let atS = random.exponential() / highest; atS < cycles * cycleS; atS += random.exponential() / highest) {
    // Thinned: the rate of the hour over the highest of all.
    if (random.next() * highest >= (ratesPerS[Math.floor((atS % cycleS) / 3_600)] as number)) continue;
    requests++;
    if (atS >= sleepsS) {
      wakes.of++;
      readyS = atS + wakeS;
      upS.of += wakeS + tailS;
      sleepsS = readyS + tailS;
    }
    if (atS < readyS) {
      waited.of++;
      delayS += readyS - atS;
    } else {
      upS.of += atS + tailS - sleepsS;
      sleepsS = atS + tailS;
    }
  }
  return {
    wakesPerDay: wakes.of / ((cycles * ratesPerS.length) / 24),
    upHoursPerDay: upS.of / 3_600 / ((cycles * ratesPerS.length) / 24),
    delayedShare: waited.of / requests,
    meanDelayS: delayS / waited.of,
  };
}

const upHoursPerDay = ({ upByHour }: { readonly upByHour: readonly number[] }): number =>
  (24 * sum(upByHour)) / upByHour.length;

describe("scale to zero", () => {
  it.each([
    [0.1, 8, 15],
    [1, 8, 15],
    [4, 8, 15],
    [12, 8, 15],
    [2, 0, 5],
    [30, 1, 10],
  ])("at %d requests an hour, %d min to wake and %d min of tail is the closed form", (perHour, wakeMin, tailMin) => {
    const [rate, wakeS, tailS] = [perHour / 3_600, wakeMin * MINUTE, tailMin * MINUTE];
    const figures = sleepFigures({ ratesPerS: Array(24).fill(rate), wakeS, tailS });
    const cycleS = wakeS + Math.exp(rate * tailS) / rate;
    const near = (value: number, truth: number): void => expect(Math.abs(value / truth - 1)).toBeLessThan(0.01);
    near(figures.wakesPerDay, 86_400 / cycleS);
    near(upHoursPerDay(figures), 24 * (1 - 1 / rate / cycleS));
    // Nobody waits for a wake that takes no time.
    if (wakeS === 0) return expect([figures.delayedShare, figures.meanDelayS]).toEqual([0, 0]);
    near(figures.delayedShare, (1 + rate * wakeS) / (rate * wakeS + Math.exp(rate * tailS)));
    near(figures.meanDelayS, (wakeS * (1 + (rate * wakeS) / 2)) / (1 + rate * wakeS));
  });

  it.each<[name: string, days: number, perHour: number[]]>([
    ["busy days and quiet nights", 6_000, [...Array(8).fill(0.4), ...Array(10).fill(60), ...Array(6).fill(3)]],
    ["nothing at night", 10_000, [...Array(9).fill(0), ...Array(8).fill(20), ...Array(7).fill(0)]],
    ["an hour of work", 20_000, [...Array(12).fill(0), 6, ...Array(11).fill(0)]],
    [
      "a week",
      20_000,
      [
        ...Array(120)
          .fill(0)
          .map((_, hour) => (hour % 24 > 8 && hour % 24 < 18 ? 9 : 0.5)),
        ...Array(48).fill(0.2),
      ],
    ],
  ])("of %s is what requests one by one come to", (_, days, perHour) => {
    const input = { ratesPerS: perHour.map((rate) => rate / 3_600), wakeS: 8 * MINUTE, tailS: 15 * MINUTE };
    const figures = sleepFigures(input);
    const truth = simulated(input, Math.ceil((24 * days) / perHour.length), 7);
    const near = (value: number, from: number): void => expect(Math.abs(value / from - 1)).toBeLessThan(0.02);
    near(figures.wakesPerDay, truth.wakesPerDay);
    near(upHoursPerDay(figures), truth.upHoursPerDay);
    near(figures.delayedShare, truth.delayedShare);
    near(figures.meanDelayS, truth.meanDelayS);
  });

  it("wakes once a day where busy days end in nights without a request", () => {
    const perHour = [...Array(8).fill(0), ...Array(12).fill(3_600), ...Array(4).fill(0)];
    const figures = sleepFigures({ ratesPerS: perHour.map((rate) => rate / 3_600), wakeS: 300, tailS: 600 });
    expect(figures.wakesPerDay).toBeCloseTo(1, 3);
    expect(upHoursPerDay(figures)).toBeCloseTo(12 + 600 / 3_600, 2);
    expect(sum(figures.wakingByHour)).toBeCloseTo(300 / 3_600, 3);
    // The night before it, one request and 300 s of a request a second wait.
    expect(figures.delayedShare).toBeCloseTo(301 / (12 * 3_600), 4);
  });

  it("never sleeps where a pause as long as the tail does not come", () => {
    const figures = sleepFigures({ ratesPerS: Array(24).fill(1), wakeS: 480, tailS: 900 });
    expect(figures.wakesPerDay).toBeLessThan(1e-6);
    expect(upHoursPerDay(figures)).toBeCloseTo(24, 6);
    expect(figures.delayedShare).toBeLessThan(1e-6);
  });
});
