import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.js";
import { capacityRequestsPerS } from "../../src/sim/batching.js";
import { BatchingEngine, type Sequence } from "../../src/sim/engine.js";
import { simLabel } from "../../src/sim/options.js";
import { BALANCES, type ReplicaOptions, Replicas } from "../../src/sim/replicas.js";
import { createSimServer } from "../../src/sim/server.js";
import { type EngineParameters, engineParameters } from "../../src/sim/tiers.js";
import { chat, endpoint, eventsOf } from "./endpoint.js";
import { VirtualSchedule } from "./virtual-schedule.js";

const STILL = { tokenJitterMs: 0, prefillJitter: 0 };
/** 10 ms a token, 10 prompt tokens in 10 ms, one sequence at a time. */
const ONE_PLACE: EngineParameters = {
  ...STILL,
  decodeTokensPerS: 100,
  batchSlowdown: 0,
  prefillTokensPerS: 1_000,
  prefillChunkTokens: 50,
  maxBatch: 1,
};

interface Pool {
  readonly schedule: VirtualSchedule;
  readonly replicas: Replicas;
  /** Queues a sequence; its list fills with the times of its tokens. */
  submit(outputTokens: number): number[];
}

function pool(options: ReplicaOptions, engine = ONE_PLACE): Pool {
  const schedule = new VirtualSchedule();
  const replicas = new Replicas(engine, schedule, 1, options);
  return {
    schedule,
    replicas,
    submit: (outputTokens) => {
      const tokensMs: number[] = [];
      replicas.submit(silent(10, outputTokens, (dueMs) => tokensMs.push(dueMs)));
      return tokensMs;
    },
  };
}

const silent = (promptTokens: number, outputTokens: number, token: (dueMs: number) => void = () => {}): Sequence => ({
  promptTokens,
  outputTokens,
  prefilled: () => {},
  token: (_, dueMs) => token(dueMs),
});

describe("in virtual time", () => {
  test("as many sequences as replicas run as if each were alone, one more queues", () => {
    const { schedule, submit } = pool({ replicas: 3 });
    const all = [submit(2), submit(2), submit(2), submit(2)];
    schedule.run();
    expect(all).toEqual([
      [20, 30],
      [20, 30],
      [20, 30],
      [50, 60],
    ]);
  });

  test("where loads are equal the replicas take turns", () => {
    const { schedule, replicas, submit } = pool({ replicas: 3 });
    const chosen = [0, 1, 2, 3, 4].map((k) => {
      submit(1);
      const at = replicas.loads.indexOf(1);
      schedule.run((k + 1) * 1_000);
      return at;
    });
    expect(chosen).toEqual([0, 1, 2, 0, 1]);
  });

  test("least: a busy replica gets nothing while another is idle; round-robin does not look", () => {
    const waitsMs = BALANCES.map((balance) => {
      const { schedule, submit } = pool({ replicas: 2, balance });
      submit(1_000); // 10 s at the first replica
      return [1, 2, 3, 4].map((k) => {
        schedule.run(k * 1_000);
        const tokensMs = submit(1);
        schedule.run(k * 1_000 + 500);
        return (tokensMs[0] ?? Number.POSITIVE_INFINITY) - k * 1_000;
      });
    });
    expect(waitsMs).toEqual([
      [20, 20, 20, 20],
      [20, Number.POSITIVE_INFINITY, 20, Number.POSITIVE_INFINITY],
    ]);
  });

  test("least: loads of what never ends differ by one at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 40 }), (count, sequences) => {
        const { replicas, submit } = pool({ replicas: count });
        for (let k = 0; k < sequences; k++) submit(Number.POSITIVE_INFINITY);
        expect(replicas.loads.reduce((sum, load) => sum + load, 0)).toBe(sequences);
        expect(Math.max(...replicas.loads) - Math.min(...replicas.loads)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("the returned function takes a sequence out of the replica that has it", () => {
    const { schedule, replicas, submit } = pool({ replicas: 2 });
    const abort = replicas.submit(silent(10, Number.POSITIVE_INFINITY));
    submit(2);
    schedule.run(1_000);
    abort();
    schedule.run(2_000);
    expect(replicas.loads).toEqual([0, 0]);
  });

  test("one replica times as the engine alone, and no two jitter alike", () => {
    const jittered = { ...ONE_PLACE, maxBatch: 8, tokenJitterMs: 1 };
    const alone: number[] = [];
    const schedule = new VirtualSchedule();
    new BatchingEngine(jittered, schedule, 1).submit(silent(10, 20, (dueMs) => alone.push(dueMs)));
    schedule.run();
    const { schedule: other, submit } = pool({ replicas: 3 }, jittered);
    const all = [submit(20), submit(20), submit(20)];
    other.run();
    expect(all[0]).toEqual(alone);
    expect(all[1]).not.toEqual(all[0]);
    expect(all[2]).not.toEqual(all[1]);
  });
});

describe("the known capacity", () => {
  const shape = { promptTokens: 300, outputTokens: 60 };
  const engine = { ...engineParameters("a100x2"), ...STILL };
  const capacity = capacityRequestsPerS(engine, shape);

  test.each([2, 3, 5])("%i replicas that are saturated serve so many times what one does", (count) => {
    const schedule = new VirtualSchedule();
    const replicas = new Replicas(engine, schedule, 1, { replicas: count });
    const requests = engine.maxBatch * 12 * count;
    let lastMs = 0;
    const served = silent(shape.promptTokens, shape.outputTokens, (dueMs) => {
      lastMs = dueMs;
    });
    for (let k = 0; k < requests; k++) replicas.submit(served);
    schedule.run();
    const servedPerS = requests / (lastMs / 1_000);
    expect(servedPerS / (count * capacity)).toBeCloseTo(1, 1);
  });

  test.each([
    [0.85, false],
    [1.15, true],
  ])("Poisson arrivals at %f of three replicas' capacity: queues grow is %s", (share, grow) => {
    const schedule = new VirtualSchedule();
    const replicas = new Replicas(engine, schedule, 1, { replicas: 3 });
    const random = seededRandom(7, "arrivals");
    const arrive = (): void => {
      replicas.submit(silent(shape.promptTokens, shape.outputTokens));
      schedule.at(schedule.now() + (1_000 * random.exponential()) / (share * 3 * capacity), arrive);
    };
    arrive();
    schedule.run(60_000);
    const queued = replicas.loads.map((load) => load > 2 * engine.maxBatch);
    expect(queued).toEqual([grow, grow, grow]);
  });
});

describe("over HTTP", () => {
  /** ms until each of `count` requests that leave together was answered whole. */
  async function answeredMs(count: number, options: Parameters<typeof endpoint>[0]): Promise<number[]> {
    const { post } = await endpoint({ engine: { ...ONE_PLACE, prefillTokensPerS: 1e6 }, ...options });
    await (await post("/chat/completions", chat("warm", { max_tokens: 1 }))).text();
    const startMs = performance.now();
    return await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const response = await post("/chat/completions", chat(`count ${index}`, { max_tokens: 12 }));
        expect(eventsOf(await response.text()).done).toBe(true);
        return performance.now() - startMs;
      }),
    );
  }

  test("three replicas answer three requests in the time of one, where one replica takes three times as long", async () => {
    const [one, three] = [await answeredMs(3, { replicas: 1 }), await answeredMs(3, { replicas: 3 })];
    expect(Math.max(...one) / Math.max(...three)).toBeGreaterThan(1.8);
    expect(Math.max(...three) / Math.min(...three)).toBeLessThan(1.8);
  });

  test("they wake together, once", async () => {
    const { post } = await endpoint({ replicas: 3, wakeMs: 400, startCold: true });
    const startMs = performance.now();
    const askMs = async (): Promise<number> => {
      await (await post("/chat/completions", chat("x"))).text();
      return performance.now() - startMs;
    };
    for (const ms of await Promise.all([askMs(), askMs()])) expect(ms).toBeGreaterThanOrEqual(399);
    // The third replica has had no request yet, and is awake all the same.
    const warmFromMs = performance.now();
    await askMs();
    expect(performance.now() - warmFromMs).toBeLessThan(300);
  });
});

test("the label counts them, and says how they are balanced where that is not the least load", () => {
  const tier = "h100x2" as const;
  expect(simLabel({ tier, replicas: 1 })).toBe("simulated h100x2: a batching model, not a GPU");
  expect(simLabel({ tier, replicas: 3 })).toBe("simulated 3 replicas of h100x2: a batching model, not a GPU");
  expect(simLabel({ tier, replicas: 3, balance: "round-robin" })).toMatch(/GPU; balanced round-robin$/);
});

test("no replica at all, half a one and an unknown balance are refused", () => {
  expect(() => createSimServer({ tier: "h100x2", replicas: 0 })).toThrow(/"replicas" must be a whole number from 1/);
  expect(() => createSimServer({ tier: "h100x2", replicas: 1.5 })).toThrow(/"replicas" must be/);
  expect(() => createSimServer({ tier: "h100x2", balance: "random" as never })).toThrow(/"least" or "round-robin"/);
});
