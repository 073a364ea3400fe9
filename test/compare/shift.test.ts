import { describe, expect, it } from "vitest";
import { intervalOf } from "../../src/compare/estimate.js";
import { roundError } from "../../src/compare/round-error.js";
import { type PairValue, pairedShift, trimmedMean } from "../../src/compare/shift.js";
import { tCritical, tTwoSidedP } from "../../src/compare/t-distribution.js";
import { seededRandom } from "../../src/core/random.js";

describe("Student's t", () => {
  // NIST/SEMATECH e-Handbook, table 1.3.6.7.2: upper critical values at 0.975.
  it.each([
    [1, 12.706],
    [2, 4.303],
    [5, 2.571],
    [9, 2.262],
    [30, 2.042],
    [100, 1.984],
  ])("with %d degrees of freedom has its 97.5 %% point at %d", (df, t) =>
    expect(tCritical(0.05, df)).toBeCloseTo(t, 3),
  );

  it("has p-values that the table has", () => {
    expect(tTwoSidedP(2.228, 10)).toBeCloseTo(0.05, 4);
    expect(tTwoSidedP(0, 10)).toBeCloseTo(1, 12);
    expect(tTwoSidedP(3.169, 10)).toBeCloseTo(0.01, 4);
  });
});

const grid = (
  rounds: number,
  cases: number,
  value: (round: number, index: number) => Partial<PairValue>,
): PairValue[] =>
  Array.from({ length: rounds * cases }, (_, at) => {
    const round = Math.floor(at / cases);
    return { caseId: `c${at % cases}`, round, baseline: 100, candidate: 100, ...value(round, at % cases) };
  });

/** The shift with its two-sided 95 % interval beside it. */
const shiftWithInterval = (...given: Parameters<typeof pairedShift>) => {
  const { bound: _, ...shift } = pairedShift(...given);
  const interval = intervalOf(pairedShift(...given));
  return { ...shift, lo: interval?.lo ?? null, hi: interval?.hi ?? null };
};

describe("the error of a mean over rounds", () => {
  it("of independent rounds is the plain one: 1 to 5 without order", () => {
    // Deviations −1 2 −2 1 0: squares 10, s² = 2.5; products −2 −4 −2 + 0 < 0, so nothing is widened.
    expect(roundError([2, 5, 1, 4, 3])).toEqual({ error: Math.sqrt(2.5 / 5), df: 4, correlation: 0 });
  });

  it("of rounds that follow each other is widened by √((1 + r) / (1 − r))", () => {
    // Deviations −2 −1 0 1 2: products 2 + 0 + 0 + 2 = 4 of 10, r = 0.4.
    const { error, correlation } = roundError([1, 2, 3, 4, 5]);
    expect(correlation).toBeCloseTo(0.4, 12);
    expect(error).toBeCloseTo(Math.sqrt(2.5 / 5) * Math.sqrt(1.4 / 0.6), 12);
  });

  it("of a long trend is noted beside the shift", () => {
    const rising = grid(20, 10, (round) => ({ candidate: 100 * 1.02 ** round }));
    expect(pairedShift(rising).notes.join()).toMatch(/spread them over more time/);
  });
});

describe("the paired shift", () => {
  it("of a candidate that always takes 20 % longer is 1.20, over rounds", () => {
    const shift = shiftWithInterval(
      grid(10, 20, (round, index) => ({
        baseline: 100 + index,
        candidate: 1.2 * (100 + index) * Math.exp(round % 2 === 0 ? 0.01 : -0.01),
      })),
    );
    expect(shift.method).toBe("rounds");
    expect(shift.value).toBeCloseTo(1.2, 10);
    // Ten rounds of ±0.01: s = 0.01 × √(10/9), half = 2.262 × s / √10.
    expect(shift.hi).toBeCloseTo(1.2 * Math.exp((2.2622 * 0.01 * Math.sqrt(10 / 9)) / Math.sqrt(10)), 5);
    expect([shift.rounds, shift.n]).toEqual([10, 200]);
  });

  it("with 2 to 5 rounds is stratified by case, and says that it holds within this moment", () => {
    const shift = shiftWithInterval(
      grid(3, 10, (round, index) => ({ candidate: 100 * (1 + index) * Math.exp(0.1 * (round - 1)), baseline: 100 })),
    );
    expect(shift.method).toBe("within-this-moment");
    expect(shift.notes.join()).toMatch(/within this moment/);
    // Each case varies by ±0.1 around its own mean: s² = 0.01, error = √(0.01 × 10/3)/10.
    expect(Math.log((shift.hi as number) / (shift.value as number))).toBeCloseTo(
      tCritical(0.05, 20) * (Math.sqrt((0.01 * 10) / 3) / 10),
      8,
    );
  });

  it("with one round has cases as its unit, and says so", () => {
    const shift = shiftWithInterval(grid(1, 10, (_round, index) => ({ candidate: index % 2 === 0 ? 110 : 90 })));
    expect(shift.method).toBe("cases");
    expect(shift.notes.join()).toMatch(/cases are the unit/);
  });

  it("leaves out pairs with one value, counts them by arm, and doubts a difference of 2 points", () => {
    const shift = shiftWithInterval(
      grid(6, 10, (round, index) => (round === 0 && index < 3 ? { candidate: null } : {})),
    );
    expect(shift.dropped).toEqual({ baseline: 0, candidate: 3 });
    expect(shift.n).toBe(57);
    expect(shift.notes.join()).toMatch(/differ by more than 2 points/);
    expect(shiftWithInterval(grid(6, 10, () => ({}))).notes).toEqual([]);
  });

  it("is not read as faster when the slow pairs of one side are missing", () => {
    const shift = shiftWithInterval(grid(8, 10, (_round, index) => ({ candidate: index < 3 ? null : 80 })));
    expect(shift.doubtful).toBe(true);
    expect(shiftWithInterval(grid(8, 10, () => ({ candidate: 80 }))).doubtful).toBe(false);
  });

  it("takes repeats of a case in a round as one observation", () => {
    const twice = [
      ...grid(8, 5, (round) => ({ candidate: 100 + round })),
      ...grid(8, 5, (round) => ({ candidate: 100 + round })),
    ];
    const once = shiftWithInterval(grid(8, 5, (round) => ({ candidate: 100 + round })));
    expect(shiftWithInterval(twice)).toMatchObject({ value: once.value, lo: once.lo, hi: once.hi, n: 80 });
    const many = Array.from({ length: 20 }, (_, index) => ({
      caseId: "one",
      round: 0,
      baseline: 100,
      candidate: 110 + (index % 2),
    }));
    expect(shiftWithInterval(many)).toMatchObject({
      method: "within-this-moment",
      notes: [expect.stringMatching(/^one case:/)],
    });
  });

  it("says how many pairs have a value of 0, and doubts the rest when they are many", () => {
    const shift = shiftWithInterval(grid(8, 10, (_round, index) => ({ candidate: index < 3 ? 0 : 120 })));
    expect(shift.notes.join()).toMatch(/24 of 80 pairs have a value of 0/);
    expect(shift.doubtful).toBe(true);
  });

  it("of rounds that cancel out is no difference, whatever rounding says", () => {
    const shift = shiftWithInterval(
      grid(10, 4, (_round, index) => ({
        baseline: [3, 2, 7, 5][index] as number,
        candidate: [2, 3, 5, 7][index] as number,
      })),
    );
    expect(shift.p === null || shift.p > 0.05).toBe(true);
  });

  it("of nothing is nothing", () => {
    expect(shiftWithInterval([])).toMatchObject({ value: null, lo: null, hi: null, p: null, method: "none" });
    expect(shiftWithInterval([{ caseId: "a", round: 0, baseline: 1, candidate: 2 }])).toMatchObject({
      value: 2,
      lo: null,
      hi: null,
    });
  });

  it("does not move when one case in ten stalls: the mean is trimmed", () => {
    expect(
      shiftWithInterval(grid(8, 20, (round, index) => ({ candidate: index === round ? 10_000 : 100 }))).value,
    ).toBeCloseTo(1, 10);
    expect(trimmedMean([1, 2, 3, 4, 5, 6, 7, 8, 9, 1_000])).toBe(5.5);
  });

  it("does not depend on the order of pairs", () => {
    const pairs = grid(7, 9, (round, index) => ({ candidate: 90 + round + index }));
    const shuffled = seededRandom(1, "order").shuffle(pairs);
    expect(shiftWithInterval(shuffled)).toEqual(shiftWithInterval(pairs));
  });

  it("has one-sided bounds: the upper at 2.5 % is the upper end of the two-sided interval", () => {
    const shift = pairedShift(grid(8, 10, (round) => ({ candidate: 100 + round })));
    expect(shift.bound("upper", 0.025)).toBe(intervalOf(shift)?.hi);
    expect(shift.bound("upper", 0.01)).toBeGreaterThan(shift.bound("upper", 0.05) as number);
    expect(shift.bound("lower", 0.01)).toBeLessThan(shift.bound("lower", 0.05) as number);
  });

  it("for traffic like these carries what varies from case to case too", () => {
    const pairs = grid(8, 12, (round, index) => ({
      candidate: 100 * Math.exp(0.01 * (round % 2) + 0.2 * (index % 3)),
    }));
    const [these, traffic] = [shiftWithInterval(pairs), shiftWithInterval(pairs, "traffic like these")];
    expect(traffic.value).toBe(these.value);
    const width = (shift: typeof these) => Math.log((shift.hi as number) / (shift.lo as number));
    expect(width(traffic)).toBeGreaterThan(3 * width(these));
    expect(
      shiftWithInterval(
        grid(3, 12, () => ({})),
        "traffic like these",
      ).notes.join(),
    ).toMatch(/cases are the unit/);
  });

  it("covers the truth in 92 to 98 % of 1,000 simulated runs", () => {
    const random = seededRandom(11, "coverage");
    let covered = 0;
    for (let run = 0; run < 1_000; run++) {
      const offsets = Array.from({ length: 8 }, () => 0.05 * random.normal());
      const shift = shiftWithInterval(
        grid(8, 10, (round) => ({ candidate: 100 * Math.exp((offsets[round] as number) + 0.2 * random.normal()) })),
      );
      if ((shift.lo as number) <= 1 && (shift.hi as number) >= 1) covered++;
    }
    expect(covered).toBeGreaterThan(920);
    expect(covered).toBeLessThan(980);
  });
});
