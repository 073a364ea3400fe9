import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/core/random.js";
import { chanceOfAsMany } from "../../src/history/count-tail.js";
import { expectedOf, judgeNights, neighbourCorrelation } from "../../src/history/prediction.js";

const HIGH = { worse: "high", leastSpread: 0 } as const;
const statesOf = (values: readonly (number | null)[], judging: Parameters<typeof judgeNights>[1] = HIGH) =>
  judgeNights(values, judging).map(({ state }) => state);
/** Mean 0, standard deviation 1.0377 by n − 1 = 13: fourteen usual nights. */
const USUAL = Array.from({ length: 14 }, (_, index) => (index % 2 === 0 ? 1 : -1));

describe("the prediction bound", () => {
  it("is mean ± t s √(1 + 1/n): of 1 … 14, by hand, 7.5 ± 2.650309 × 4.183300 × 1.035098", () => {
    const expected = expectedOf(
      Array.from({ length: 14 }, (_, index) => index + 1),
      0,
    );
    expect(expected?.center).toBeCloseTo(7.5, 10);
    expect(expected?.high).toBeCloseTo(18.9762, 4);
    expect(expected?.low).toBeCloseTo(-3.9762, 4);
    expect(expected?.nights).toBe(14);
  });

  it("needs fourteen earlier nights: the fifteenth is the first that is judged", () => {
    expect(expectedOf(USUAL.slice(1), 0)).toBeNull();
    expect(statesOf([...USUAL.slice(1), 100]).at(-1)).toBe("short");
    expect(statesOf([...USUAL, 100]).at(-1)).toBe("watch");
  });

  it("forgets what is more than sixty nights old", () => {
    const old = Array.from({ length: 60 }, () => 50);
    expect(judgeNights([...old, ...old.map((_, index) => index % 2), 1.5], HIGH).at(-1)?.expected).toMatchObject({
      center: 0.5,
      nights: 60,
    });
  });

  it("of nights that repeat exactly is as wide as the least spread, so that rounding is no alarm", () => {
    const same = Array.from({ length: 14 }, () => 0.5);
    expect(statesOf([...same, 0.5 + 1e-9])).toContain("watch");
    expect(statesOf([...same, 0.5 + 1e-9], { worse: "high", leastSpread: 0.001 }).at(-1)).toBe("ok");
  });
});

describe("watch and fail", () => {
  it("finds a step on its second night, and goes on until it is mended", () => {
    expect(statesOf([...USUAL, 6, 6, 6, 0, 6]).slice(14)).toEqual(["watch", "fail", "fail", "ok", "watch"]);
  });

  it("makes a lone watch part of the usual variation, and a row of alarms no part of it", () => {
    const lone = judgeNights([...USUAL, 6, 0, 0], HIGH).at(-1)?.expected;
    const row = judgeNights([...USUAL, 6, 6, 0, 0], HIGH).at(-1)?.expected;
    expect(lone).toMatchObject({ nights: 16 });
    expect(lone?.high).toBeGreaterThan(4);
    expect(row).toMatchObject({ nights: 15 });
    expect(row?.high).toBeLessThan(3);
  });

  it("looks to the side where worse lies, and says what lies beyond the other", () => {
    expect(statesOf([...USUAL, -6], { worse: "low", leastSpread: 0 }).at(-1)).toBe("watch");
    expect(judgeNights([...USUAL, -6], HIGH).at(-1)).toMatchObject({ state: "ok", beyondBetter: true });
  });

  it("lets a night without a value neither end a row nor begin one", () => {
    expect(statesOf([...USUAL, 6, null, 6]).slice(14)).toEqual(["watch", "none", "fail"]);
    expect(statesOf([...USUAL, null, 6]).slice(14)).toEqual(["none", "watch"]);
  });

  it("asks the second question only of what lies beyond the bound", () => {
    const asked: number[] = [];
    const states = statesOf([...USUAL, 0, 6], {
      ...HIGH,
      confirm: (tonight) => {
        asked.push(tonight);
        return false;
      },
    });
    expect([asked, states.slice(14)]).toEqual([[15], ["ok", "ok"]]);
  });

  /** Eight series as trend has them, half of whose variation they share, over a month after fourteen nights. */
  it("alarms falsely as seldom as it promises: watch in 1 % of nights, fail in 3 to 8 % of months", () => {
    const random = seededRandom(20_260_101, "false alarms");
    const MONTHS = 1_200;
    let failed = 0;
    let alarms = 0;
    for (let month = 0; month < MONTHS; month++) {
      const common = Array.from({ length: 44 }, () => random.normal());
      const states = Array.from({ length: 8 }, () =>
        judgeNights(
          common.map((shared) => Math.SQRT1_2 * (shared + random.normal())),
          HIGH,
        ).slice(14),
      );
      if (states.some((series) => series.some(({ state }) => state === "fail"))) failed++;
      alarms += states.flat().filter(({ state }) => state === "watch" || state === "fail").length;
    }
    expect(alarms / (MONTHS * 8 * 30)).toBeGreaterThan(0.007);
    expect(alarms / (MONTHS * 8 * 30)).toBeLessThan(0.014);
    expect(failed / MONTHS).toBeGreaterThan(0.02);
    expect(failed / MONTHS).toBeLessThan(0.08);
  });

  it("finds a step of four standard deviations on its second night in three of four histories", () => {
    const random = seededRandom(4, "steps");
    const found = Array.from({ length: 500 }, () =>
      statesOf(Array.from({ length: 16 }, (_, night) => random.normal() + (night >= 14 ? 4 : 0))),
    ).filter((states) => states[15] === "fail").length;
    expect(found / 500).toBeGreaterThan(0.7);
  });
});

describe("the correlation of a night with the next", () => {
  it("is null where nights are independent, and found where each carries half of the one before", () => {
    const random = seededRandom(1, "correlation");
    let carried = 0;
    const resembling = Array.from({ length: 60 }, () => {
      carried = 0.6 * carried + random.normal();
      return carried;
    });
    expect(neighbourCorrelation(Array.from({ length: 60 }, () => random.normal()))).toBeNull();
    expect(neighbourCorrelation(resembling)).toBeGreaterThan(0.26);
    expect(neighbourCorrelation(USUAL.map(() => 1))).toBeNull();
    // Their mean is not exactly the value, and all deviations from it are then alike.
    for (const value of [Math.log(1.01096), 0.1, -0.043]) {
      for (const nights of [14, 20, 40]) expect(neighbourCorrelation(Array(nights).fill(value))).toBeNull();
    }
  });
});

describe("the chance of as many events", () => {
  it("is hypergeometric: 2 of 380 after 0 of 5,320 is 380/5,700 × 379/5,699", () => {
    const earlier = { count: 0, of: 5_320 };
    expect(chanceOfAsMany({ count: 1, of: 380 }, earlier)).toBeCloseTo(380 / 5_700, 10);
    expect(chanceOfAsMany({ count: 2, of: 380 }, earlier)).toBeCloseTo((380 / 5_700) * (379 / 5_699), 10);
    expect(chanceOfAsMany({ count: 0, of: 380 }, earlier)).toBe(1);
  });

  it("stays a probability for counts whose weights leave the range of numbers", () => {
    const usual = chanceOfAsMany({ count: 400, of: 4_000 }, { count: 24_000, of: 240_000 });
    expect(usual).toBeGreaterThan(0.4);
    expect(usual).toBeLessThan(0.6);
    expect(chanceOfAsMany({ count: 800, of: 4_000 }, { count: 24_000, of: 240_000 })).toBeLessThan(1e-9);
  });
});
