import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.js";
import {
  capacityOfMix,
  capacityRequestsPerS,
  decodeTokensPerS,
  idleTtftMs,
  steadyBatch,
  stepMs,
} from "../../src/sim/batching.js";
import { BatchingEngine, type Sequence } from "../../src/sim/engine.js";
import { type EngineParameters, engineParameters, TIERS } from "../../src/sim/tiers.js";
import { VirtualSchedule } from "./virtual-schedule.js";

const STILL = { tokenJitterMs: 0, prefillJitter: 0 };
const round: EngineParameters = {
  ...STILL,
  decodeTokensPerS: 100,
  batchSlowdown: 0.1,
  prefillTokensPerS: 1_000,
  prefillChunkTokens: 50,
  maxBatch: 2,
};

/** A sequence that writes down its times. */
function sequence(
  promptTokens: number,
  outputTokens: number,
): Sequence & { tokensMs: number[]; prefilledMs: number[] } {
  const tokensMs: number[] = [];
  const prefilledMs: number[] = [];
  return {
    promptTokens,
    outputTokens,
    tokensMs,
    prefilledMs,
    prefilled: (atMs) => prefilledMs.push(atMs),
    token: (_, dueMs) => tokensMs.push(dueMs),
  };
}

describe("the formula", () => {
  test("one stream alone decodes at the published rate of its tier", () => {
    expect(decodeTokensPerS(TIERS.h100x2, 1)).toBeCloseTo(118.9, 9);
    expect(decodeTokensPerS(TIERS.a100x2, 1)).toBeCloseTo(106.6, 9);
  });

  test.each(["h100x2", "a100x2"] as const)(
    "six streams of %s each keep over 80 and under 90 percent of that",
    (tier) => {
      const share = decodeTokensPerS(TIERS[tier], 6) / decodeTokensPerS(TIERS[tier], 1);
      expect(share).toBeGreaterThan(0.8);
      expect(share).toBeLessThan(0.9);
    },
  );

  test("a step is decoding plus the prompt tokens in it", () => {
    expect(stepMs(round, 1)).toBe(10);
    expect(stepMs(round, 3)).toBe(12);
    expect(stepMs(round, 0, 50)).toBe(50);
    expect(stepMs(round, 2, 20)).toBe(31);
  });

  test("h100x2 answers a long prompt sooner than a100x2", () => {
    expect(idleTtftMs(TIERS.h100x2, 8_000)).toBeLessThan(idleTtftMs(TIERS.a100x2, 8_000));
  });
});

describe("the engine in virtual time", () => {
  test("alone: the first token after prefill and one step, then one each step", () => {
    const schedule = new VirtualSchedule();
    const one = sequence(120, 4);
    new BatchingEngine(round, schedule, 1).submit(one);
    schedule.run();
    expect(one.prefilledMs).toEqual([120]);
    expect(one.tokensMs).toEqual([130, 140, 150, 160]);
    expect(one.tokensMs[0]).toBe(idleTtftMs(round, 120));
  });

  test("a prompt that arrives later lengthens the steps of the stream beside it", () => {
    const schedule = new VirtualSchedule();
    const engine = new BatchingEngine(round, schedule, 1);
    const [first, second] = [sequence(10, 6), sequence(70, 2)];
    engine.submit(first);
    schedule.at(22, () => engine.submit(second));
    schedule.run();
    // 10 prefill; steps of 10 to 30; then 50 and 20 prompt tokens beside one token each; then two tokens a step.
    expect(first.tokensMs).toEqual([20, 30, 90, 120, 131, 142]);
    expect(second.prefilledMs).toEqual([120]);
    expect(second.tokensMs).toEqual([131, 142]);
  });

  test("a short prompt does not wait for a long one to be prefilled", () => {
    const schedule = new VirtualSchedule();
    const engine = new BatchingEngine(round, schedule, 1);
    const [long, short] = [sequence(1_000, 1), sequence(20, 1)];
    engine.submit(long);
    engine.submit(short);
    schedule.run();
    expect(short.prefilledMs).toEqual([100]); // the step it arrived in, and the next
    expect(long.prefilledMs[0]).toBeGreaterThanOrEqual(1_020);
  });

  test("past maxBatch a sequence queues until a place is free", () => {
    const schedule = new VirtualSchedule();
    const engine = new BatchingEngine(round, schedule, 1);
    const all = [sequence(10, 3), sequence(10, 3), sequence(10, 1)];
    for (const one of all) engine.submit(one);
    schedule.run();
    expect(all[2]?.prefilledMs[0]).toBeGreaterThanOrEqual(all[0]?.tokensMs[1] ?? Number.NaN);
    expect(all[2]?.tokensMs).toHaveLength(1);
  });

  test("an aborted sequence gives its place back and says no more", () => {
    const schedule = new VirtualSchedule();
    const engine = new BatchingEngine(round, schedule, 1);
    const [endless, other] = [sequence(10, Number.POSITIVE_INFINITY), sequence(10, 2)];
    const abort = engine.submit(endless);
    schedule.run(100);
    const said = endless.tokensMs.length;
    abort();
    engine.submit(other);
    schedule.run();
    expect(endless.tokensMs).toHaveLength(said);
    expect(other.tokensMs).toHaveLength(2);
    expect(engine.load).toBe(0);
  });

  test("jitter is bounded, has a mean of zero and does not accumulate", () => {
    const schedule = new VirtualSchedule();
    const one = sequence(10, 2_000);
    new BatchingEngine({ ...round, tokenJitterMs: 1 }, schedule, 7).submit(one);
    schedule.run();
    const offsets = one.tokensMs.map((atMs, index) => atMs - (20 + index * 10));
    expect(Math.max(...offsets.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(Math.abs(offsets.reduce((sum, offset) => sum + offset, 0) / offsets.length)).toBeLessThan(0.05);
    expect(new Set(offsets.map((offset) => offset.toFixed(6))).size).toBeGreaterThan(1_900);
  });

  test("equal seeds give equal times, other seeds do not", () => {
    const timesOf = (seed: number): number[] => {
      const schedule = new VirtualSchedule();
      const one = sequence(100, 20);
      new BatchingEngine(engineParameters("h100x2"), schedule, seed).submit(one);
      schedule.run();
      return one.tokensMs;
    };
    expect(timesOf(3)).toEqual(timesOf(3));
    expect(timesOf(3)).not.toEqual(timesOf(4));
  });
});

describe("the known capacity", () => {
  test.each([
    [100, 200],
    [1_000, 200],
    [8_000, 20],
    [300, 1_000],
  ])(
    "a saturated engine serves what the formula says: %i prompt tokens, %i output tokens",
    (promptTokens, outputTokens) => {
      const engine = { ...engineParameters("a100x2"), ...STILL };
      const schedule = new VirtualSchedule();
      const batching = new BatchingEngine(engine, schedule, 1);
      const requests = engine.maxBatch * 12;
      let lastMs = 0;
      for (let i = 0; i < requests; i++) {
        batching.submit({
          promptTokens,
          outputTokens,
          prefilled: () => {},
          token: (_, dueMs) => {
            lastMs = dueMs;
          },
        });
      }
      schedule.run();
      const servedPerS = requests / (lastMs / 1_000);
      expect(servedPerS / capacityRequestsPerS(engine, { promptTokens, outputTokens })).toBeCloseTo(1, 1);
    },
  );

  test.each<[string, [prompt: number, output: number, weight: number][]]>([
    [
      "short prompts",
      [
        [200, 120, 6],
        [900, 200, 3],
        [300, 500, 2],
      ],
    ],
    [
      "long prompts among short ones",
      [
        [60, 20, 20],
        [300, 60, 14],
        [8_000, 16, 3],
      ],
    ],
    [
      "embeddings beside chats",
      [
        [300, 0, 1],
        [300, 80, 1],
      ],
    ],
  ])("a mix of %s is served as often as the formula says", (_, parts) => {
    const engine = { ...engineParameters("h100x2"), ...STILL };
    const shapes = parts.map(([promptTokens, outputTokens, weight]) => ({ promptTokens, outputTokens, weight }));
    const deck = shapes.flatMap((shape) => Array.from({ length: shape.weight }, () => shape));
    const schedule = new VirtualSchedule();
    const batching = new BatchingEngine(engine, schedule, 1);
    const endedMs: number[] = [];
    const random = seededRandom(1, "mix");
    let order: typeof deck = [];
    // Short prompts go first: it takes a while until as many long ones wait as always will.
    const requests = 5_000;
    let sent = 0;
    // Three times as many as have places: each that ends brings the next.
    const send = (): void => {
      if (sent++ >= requests) return;
      if (order.length === 0) order = random.shuffle(deck);
      const { promptTokens, outputTokens } = order.pop() as (typeof deck)[number];
      const end = (): void => {
        endedMs.push(schedule.now());
        send();
      };
      batching.submit({
        promptTokens,
        outputTokens,
        prefilled: () => {
          if (outputTokens === 0) end();
        },
        token: (index) => {
          if (index === outputTokens - 1) end();
        },
      });
    };
    for (let n = 0; n < 3 * engine.maxBatch; n++) send();
    schedule.run();
    endedMs.sort((a, b) => a - b);
    const [from, to] = [0.3 * requests, 0.9 * requests];
    const servedPerS = (1_000 * (to - from)) / ((endedMs[to] as number) - (endedMs[from] as number));
    expect(servedPerS / capacityOfMix(engine, shapes)).toBeGreaterThan(0.95);
    expect(servedPerS / capacityOfMix(engine, shapes)).toBeLessThan(1.05);
  });

  test("a mix of one, whatever its weight, is the homogeneous load; parts of one mix add up", () => {
    const shape = { promptTokens: 300, outputTokens: 100 };
    const alone = capacityRequestsPerS(TIERS.a100x2, shape);
    expect(capacityOfMix(TIERS.a100x2, [{ ...shape, weight: 7 }])).toBe(alone);
    expect(
      capacityOfMix(
        TIERS.a100x2,
        [1, 2, 3].map((weight) => ({ ...shape, weight })),
      ),
    ).toBeCloseTo(alone, 9);
    expect(capacityOfMix(TIERS.a100x2, [{ promptTokens: 700, outputTokens: 0, weight: 1 }])).toBe(20);
  });

  test("the steady batch follows Little's law and ends at saturation", () => {
    const shape = { promptTokens: 100, outputTokens: 200 };
    const batch = steadyBatch(TIERS.h100x2, shape, 2);
    const stepS = stepMs(TIERS.h100x2, batch, (2 * 100 * batch) / 400) / 1_000;
    expect(2 * 200 * stepS).toBeCloseTo(batch, 6);
    expect(steadyBatch(TIERS.h100x2, shape, 1_000)).toBe(Number.POSITIVE_INFINITY);
  });
});
