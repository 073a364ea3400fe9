import { describe, expect, test } from "vitest";
import { goodputOf } from "../../src/capacity/goodput.js";
import { kneeOf } from "../../src/capacity/knee.js";
import { borneOf, mixMeans } from "../../src/capacity/pace.js";
import type { MeasuredPoint } from "../../src/capacity/saturation.js";
import { judgePoints } from "../../src/capacity/saturation.js";
import { parseSlo } from "../../src/capacity/slo.js";
import { measured } from "./points.js";

const rate = (value: number, error = 0.01 * value) => ({ value, error, df: 9 });
/** X(N) = N / (1 + N / 50), up to twenty at N = 33.3, and a wait that grows past it. */
const rising = (load: number) => load / (1 + load / 50);
const closed = (load: number): MeasuredPoint => {
  const value = Math.min(20, rising(load));
  const waitMs = 100 + 1_000 * Math.max(0, load / 20 - load / rising(load));
  return measured(load, {
    index: load,
    throughput: rate(value),
    wait: { value: waitMs, lo: 0.95 * waitMs, hi: 1.05 * waitMs },
  });
};

describe("whether a closed loop saturated", () => {
  const states = (...points: MeasuredPoint[]) => judgePoints(points).map(({ load, state }) => [load, state]);

  test("flat throughput and a wait that grew, against the loads below", () => {
    expect(states(...[1, 2, 4, 8, 16, 32, 64, 128].map(closed))).toEqual([
      [1, "steady"],
      [2, "steady"],
      [4, "steady"],
      [8, "steady"],
      [16, "steady"],
      [32, "unsure"],
      [64, "saturated"],
      [128, "saturated"],
    ]);
  });

  test("the order of measurement means nothing", () => {
    const loads = [64, 1, 128, 32, 8, 40];
    expect(states(...loads.map(closed))).toEqual(states(...loads.toReversed().map(closed)));
  });

  test("flat throughput without a longer wait is no queue", () => {
    const idle = (load: number) => ({ ...closed(load), wait: { value: 100, lo: 95, hi: 105 } });
    expect(states(...[16, 32, 64, 128].map(idle)).map(([, state]) => state)).not.toContain("saturated");
  });

  test("what a higher load exceeds was no limit", () => {
    const stepped = [4, 8, 16, 32].map((load) => {
      const waitMs = load < 8 ? 100 : 700;
      const wait = { value: waitMs, lo: waitMs - 5, hi: waitMs + 5 };
      return measured(load, { index: load, throughput: rate((1_000 * load) / (200 + waitMs)), wait });
    });
    expect(states(...stepped)).toEqual(
      [4, 8, 16, 32].map((load) => [load, load === 32 ? expect.anything() : "steady"]),
    );
    expect(states(...stepped).map(([, state]) => state)).not.toContain("saturated");
  });

  test("errors that hide a gain leave it open", () => {
    const vague = (load: number) => ({ ...closed(load), throughput: rate(Math.min(20, rising(load)), 4) });
    expect(states(...[32, 64, 128].map(vague)).map(([, state]) => state)).toEqual(["unsure", "unsure", "unsure"]);
  });

  test("what no neighbour can tell, loads far below can", () => {
    const noisy = (load: number) => ({ ...closed(load), throughput: rate(Math.min(20, rising(load)), 2.2) });
    expect(states(...[32, 64].map(noisy)).map(([, state]) => state)).toEqual(["unsure", "unsure"]);
    expect(states(...[32, 64, 128, 256].map(noisy)).slice(2)).toEqual([
      [128, "saturated"],
      [256, "saturated"],
    ]);
  });

  test("loads far below tell nothing where the nearest looks exceeded", () => {
    // One stream alone is fast, the others add 1.2 each: from 1 the gain is small, from the nearest it is not.
    const fastAlone = (load: number) => {
      const value = 10 + 1.2 * load;
      return {
        ...closed(load),
        throughput: rate(value, 0.1 * value),
        wait: { value: load, lo: 0.9 * load, hi: 1.1 * load },
      };
    };
    for (const to of [8, 16, 32, 64]) {
      const loads = [1, 2, 4, 8, 16, 32, 64].filter((load) => load <= to);
      expect(states(...loads.map(fastAlone)).map(([, state]) => state)).not.toContain("saturated");
    }
  });

  test("what this machine measured badly judges nothing", () => {
    expect(states(...[16, 64].map((load) => ({ ...closed(load), trusted: false }))).map(([, state]) => state)).toEqual([
      "unsure",
      "unsure",
    ]);
  });
});

describe("the knee", () => {
  const knee = (...loads: number[]) => kneeOf(judgePoints(loads.map(closed)));

  test("is the plateau, and the load at which the rising branch meets it", () => {
    const found = knee(4, 8, 16, 64, 128);
    expect(found?.throughput.value).toBeCloseTo(20, 9);
    expect(found?.load.value).toBeCloseTo(33.33, 2);
    expect(found?.load.lo).toBeGreaterThanOrEqual(16);
    expect(found?.load.hi).toBeLessThanOrEqual(64);
    expect(found?.notes).toEqual([]);
  });

  test("two plateau points halve the variance", () => {
    const width = (...loads: number[]) => {
      const { lo, hi } = knee(...loads)?.throughput ?? { lo: 0, hi: 0 };
      return (hi ?? 0) - (lo ?? 0);
    };
    const narrower = width(4, 8, 16, 32, 64, 128) / width(4, 8, 16, 32, 64);
    expect(narrower).toBeLessThan(0.75);
    expect(narrower).toBeGreaterThan(0.6);
  });

  test("is the highest group where throughput falls off", () => {
    const points = judgePoints([...[4, 8, 16, 64].map(closed), { ...closed(128), throughput: rate(12) }]);
    const found = kneeOf(points);
    expect(found?.throughput.value).toBeCloseTo(20, 9);
    expect(found?.notes).toEqual(["throughput falls off past it: less was answered at a load of 128 than at the knee"]);
  });

  test("says so where no load below it was surely steady", () => {
    const found = kneeOf([
      measured(2, { state: "unsure", throughput: rate(10, 5) }),
      measured(64, { index: 1, state: "saturated", throughput: rate(20) }),
    ]);
    expect(found?.notes).toEqual([
      "no load below it was steady beyond doubt, so where it gives way is known from above alone: raise load.window",
    ]);
  });

  test("lies between where one steady load that was listed twice makes no line", () => {
    const twice = [0, 1].map((index) => measured(2, { index, throughput: rate(4 + index / 10) }));
    const found = kneeOf([...twice, measured(24, { index: 2, state: "saturated", throughput: rate(26) })]);
    expect(found?.load).toEqual({ value: Math.sqrt(2 * 24), lo: 2, hi: 24 });
  });

  test("is none where nothing saturated, and has no lower load where everything did", () => {
    expect(knee(1, 2, 4)).toBeNull();
    const all = kneeOf([measured(64, { state: "saturated", throughput: rate(20) })]);
    expect(all?.load).toEqual({ value: 64, lo: null, hi: 64 });
    expect(all?.notes[0]).toContain("begin lower with load.from");
  });
});

describe("what is borne of a mix", () => {
  const usage = {
    answers: 100,
    input: 100_000,
    output: 10_000,
    work: 100_000,
    cachedOf: 0,
    cached: 0,
    byCase: new Map([
      ["one", { answers: 100, output: 10_000, outputSquares: 1_000_000, work: 100_000, workSquares: 100_000_000 }],
    ]),
  };
  const worked = (answers: number, prompts: number, outputs: number) =>
    measured(64, {
      throughput: rate(answers, 0.1 * answers),
      workPerS: rate(prompts),
      outputTokensPerS: rate(outputs, 0.001 * outputs),
      usage,
    });

  test("where all three rates agree it is the surest of them", () => {
    const points = [worked(10.4, 10_100, 1_000)];
    expect(borneOf(points, mixMeans(points))).toMatchObject({ value: 10, parted: null });
  });

  test("loads below that kept it as busy tell the costs apart where the saturated ones served one blend", () => {
    // Prompts alone cost: 10,000 a second, 1,000 a request.
    const saturated = [worked(12, 10_000, 1_300), worked(12, 9_980, 1_290)];
    const below = [worked(10, 10_010, 1_020), worked(11, 9_990, 1_100), worked(5, 5_000, 500)];
    const { value, lo, hi } = borneOf(saturated, mixMeans(saturated), [...below, ...saturated]);
    expect(value).toBeGreaterThan(9.9);
    expect(value).toBeLessThan(10.1);
    expect([lo !== null && lo < 10, hi !== null && hi > 12.9]).toEqual([true, true]);
  });

  test("loads that left time over say nothing of costs, also where one kind is starved past the knee", () => {
    // A second buys 20,000 prompt tokens or 4,000 of output: 13.3 requests a second of 1,000 and 100, and past that half its time
    // goes to prompts.
    const saturated = [worked(18, 10_000, 2_000)];
    const steady = [10.5, 11.5, 12.5].map((perS) => worked(perS, 1_000 * perS, 100 * perS));
    const { value } = borneOf(saturated, mixMeans(saturated), [...steady, ...saturated]);
    expect(value).toBeGreaterThan(12.4);
    expect(value).toBeLessThan(13.4);
  });

  test("how often a case comes is dealt, and no doubt about a mean", () => {
    const byCase = new Map(
      [10, 4_000].map((tokens, index) => [
        String(index),
        { answers: 50, output: 50, outputSquares: 50, work: 50 * tokens, workSquares: 50 * tokens ** 2 },
      ]),
    );
    // One in four is long, whatever the windows happened to show.
    const dealt = new Map([
      ["0", 300],
      ["1", 100],
    ]);
    const { work, output } = mixMeans([measured(1, { usage: { ...usage, byCase }, dealt })]);
    expect(work).toEqual({ value: 1_007.5, error: 0 });
    expect(output).toEqual({ value: 1, error: 0 });
  });

  test("rates that part within their errors are one", () => {
    const points = [{ ...worked(10, 10_000, 1_080), workPerS: rate(10_000, 900) }];
    expect(borneOf(points, mixMeans(points)).value).toBeCloseTo(10.8, 9);
  });

  test("rates that part by little are fitted too, and no note is made of it", () => {
    const points = [worked(18, 10_000, 1_050), worked(18, 9_800, 1_060)];
    const { value, parted } = borneOf(points, mixMeans(points));
    expect(parted).toBeNull();
    expect(value).toBeGreaterThan(9.9);
    expect(value).toBeLessThan(10.55);
  });

  test("where they part it is what the costs of both make of the mix, between the two", () => {
    // A second buys 20,000 prompt tokens or 4,000 of output, a request takes 1,000 and 100: 13.3 a second.
    const points = [worked(18, 9_000, 2_200), worked(18, 11_000, 1_800)];
    const { value, lo, hi, parted } = borneOf(points, mixMeans(points));
    expect(parted).toEqual([10, 20]);
    expect(value).toBeCloseTo(13.333, 2);
    expect([lo !== null && lo < 10, hi !== null && hi > 20]).toEqual([true, true]);
  });

  test("where one window cannot tell costs apart it is the lower", () => {
    const points = [worked(18, 10_000, 2_000)];
    expect(borneOf(points, mixMeans(points))).toMatchObject({ value: 10, parted: [10, 20] });
  });

  test("without usage it is answers", () => {
    expect(borneOf([measured(8)], mixMeans([measured(8)]))).toMatchObject({ value: 8, parted: null });
  });
});

describe("goodput", () => {
  const [term] = parseSlo({ text: "ttft p95 < 1s", line: 0, column: 0 }).terms;
  const at = (
    load: number,
    ms: number,
    [lo, hi]: readonly [number, number] = [ms, ms],
    more: Partial<MeasuredPoint> = {},
  ) => {
    const state = hi < 1_000 ? "met" : lo >= 1_000 ? "missed" : "unsure";
    return measured(load, {
      slo: { state, terms: [{ term: term as never, state, value: ms, lo, hi }], goodPerS: null },
      ...more,
    });
  };

  test("lies where the term meets its limit, on a log scale, between met and missed", () => {
    const found = goodputOf([at(8, 250), at(16, 500), at(32, 2_000), at(64, 8_000)]);
    expect(found?.load.value).toBeCloseTo(16 * Math.SQRT2, 9);
    expect(found).toMatchObject({ load: { lo: 16, hi: 32 }, limitedBy: "ttft p95 < 1s", notes: [] });
    expect(found?.throughput.value).toBeCloseTo(24, 9);
    expect(found?.throughput.lo).toBeLessThan(16);
    expect(found?.throughput.hi).toBeGreaterThan(32);
  });

  test("what the sample leaves open widens it", () => {
    const found = goodputOf([at(8, 250), at(16, 900, [700, 1_200]), at(32, 1_100, [900, 1_300]), at(64, 8_000)]);
    expect(found?.load).toMatchObject({ lo: 8, hi: 64 });
    expect(found?.load.value).toBeGreaterThan(16);
    expect(found?.load.value).toBeLessThan(32);
  });

  test("a chance miss far below counts for less than a higher load that surely met it", () => {
    expect(goodputOf([at(2, 1_200, [300, 5_000]), at(8, 250), at(16, 4_000)])?.load).toMatchObject({ lo: 8, hi: 16 });
  });

  test("a load that never broke it is a lower bound", () => {
    const found = goodputOf([at(8, 250), at(16, 500)]);
    expect(found).toMatchObject({
      load: { value: 16, lo: 16, hi: null },
      throughput: { value: 16, hi: null },
      limitedBy: null,
    });
    expect(found?.notes[0]).toContain("lower bound");
  });

  test("one that never held is none, nor is one that was never measured", () => {
    expect(goodputOf([at(1, 4_000), at(2, 8_000)])).toBeNull();
    expect(goodputOf([measured(1), measured(2)])).toBeNull();
  });

  test("a load that failed ends it, where no answer is left to hold the SLO against", () => {
    const failing = measured(16, { state: "failing" });
    expect(goodputOf([at(8, 250), failing])).toMatchObject({
      load: { value: 8, hi: 16 },
      limitedBy: "most requests fail",
    });
    expect(goodputOf([measured(8), failing])).toBeNull();
  });

  test("what a load brought that ended at its first 429 is no throughput, whatever broke there", () => {
    const cut = at(16, 4_000, [4_000, 4_000], { state: "rate-limited", throughput: rate(2) });
    const found = goodputOf([at(8, 250), cut]);
    expect(found).toMatchObject({ throughput: { value: 8, hi: null }, limitedBy: "it refuses with 429" });
    // It is no bound of a limit that was met before either.
    const open = at(12, 1_100, [900, 1_300], { throughput: rate(12) });
    expect(goodputOf([at(8, 250), open, cut])?.throughput.value).toBeGreaterThan(8);
    expect(goodputOf([at(8, 250), open, cut])?.throughput.hi).toBeNull();
  });

  test("429 ends it, and so does an endpoint that falls behind", () => {
    const drift = { backlog: rate(1), work: null, wait: rate(1) };
    expect(goodputOf([at(8, 250), at(16, 250, [250, 250], { state: "rate-limited" })])).toMatchObject({
      load: { value: 8, hi: 16 },
      limitedBy: "it refuses with 429",
    });
    expect(goodputOf([at(8, 250), at(16, 250, [250, 250], { state: "saturated", drift })])).toMatchObject({
      load: { value: 8, hi: 16 },
      limitedBy: "it falls behind its arrivals",
    });
  });
});
