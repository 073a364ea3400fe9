/** How a plan is dealt: nothing is lost, nothing is sent twice, and no pair is split. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EndpointRole, Settings } from "../../src/config/settings.js";
import { buildPlan } from "../../src/plan/build.js";
import { estimatePlan } from "../../src/plan/estimate.js";
import { type Plan, rowsToSend } from "../../src/plan/plan.js";
import {
  dealt,
  planOfShard,
  refuseThinTokens,
  refuseUnshardable,
  settingsOfShard,
  startingAt,
} from "../../src/plan/shard.js";
import { QUICK } from "../config/capture-settings.js";
import { endpointSettings } from "../config/endpoint-settings.js";
import { goldenCase, inputOf, type Setup, setups } from "./setups.js";

const TEN: Setup = {
  seed: 1,
  candidate: {},
  cases: Array.from({ length: 10 }, (_, index) => goldenCase(`case-${index}`)),
  capture: { ...QUICK, rounds: 4, concurrency: 8, warmup: 2 },
};
const planned = (setup: Setup, shards: number): Plan => buildPlan({ ...inputOf(setup), shards });
const parts = (plan: Plan, count: number): Plan[] =>
  Array.from({ length: count }, (_, place) => planOfShard(plan, { index: place + 1, count }));
const idsOf = (plan: Plan): number[] => rowsToSend(plan).map(({ id }) => id);
const pairsOf = (plan: Plan): Set<number> => new Set(rowsToSend(plan).map(({ pairId }) => pairId));

describe("a plan that is dealt to shards", () => {
  it("is sent once, whole, each pair by one shard, with its ids, times, rows and digest", () => {
    const counts = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(setups, counts, (setup, count) => {
        const wide = {
          ...setup,
          capture: { ...setup.capture, concurrency: 4, rounds: 4, order: "random" as const, once: [] },
        };
        const whole = planned(wide, count);
        const own = parts(whole, count);
        expect(own.flatMap(idsOf).sort((a, b) => a - b)).toEqual(whole.rows.map(({ id }) => id));
        const pairs = own.map(pairsOf);
        expect(pairs.reduce((sum, { size }) => sum + size, 0)).toBe(new Set(pairs.flatMap((each) => [...each])).size);
        const times = new Map(
          whole.blocks.flatMap(({ releases }) => releases.map(({ rows, notBeforeMs }) => [rows[0], notBeforeMs])),
        );
        for (const part of own) {
          expect([part.rows, part.digest]).toEqual([whole.rows, whole.digest]);
          for (const { rows, notBeforeMs } of part.blocks.flatMap(({ releases }) => releases)) {
            expect(notBeforeMs).toBe(times.get(rows[0]));
          }
          expect(Object.keys(part.requests).sort()).toEqual(
            [...new Set(rowsToSend(part).map(({ requestId }) => requestId))].sort(),
          );
        }
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it("gives each shard alike: pairs of every round, and a warm-up of its own", () => {
    const own = parts(planned(TEN, 4), 4);
    const counts = own.map((part) => {
      const rows = rowsToSend(part);
      const rounds = [0, 1, 2, 3].map(
        (round) => rows.filter((row) => row.phase === "warm" && row.round === round).length,
      );
      return [
        rows.filter(({ phase }) => phase === "warmup").length,
        rounds.reduce((sum, each) => sum + each, 0),
        rounds,
      ];
    });
    expect(counts.map(([warmup, warm]) => [warmup, warm])).toEqual(Array(4).fill([4, 20]));
    for (const [, , rounds] of counts) expect(rounds).toEqual(expect.arrayContaining([4, 6]));
  });

  it("keeps a control with the pair that it is the control of", () => {
    const whole = planned({ ...TEN, capture: { ...TEN.capture, control: true } }, 4);
    const shardOf = new Map(parts(whole, 4).flatMap((part, index) => idsOf(part).map((id) => [id, index] as const)));
    const shards = new Map<string, Set<number | undefined>>();
    for (const row of whole.rows.filter(({ phase }) => phase === "warm")) {
      const key = `${row.caseId} ${row.round}`;
      shards.set(key, (shards.get(key) ?? new Set()).add(shardOf.get(row.id)));
    }
    expect([...shards.values()].map(({ size }) => size)).toEqual(Array(40).fill(1));
  });

  it("has neither cold trials nor solo requests, which another shard would spoil", () => {
    const wake = { wake: { budgetMs: 1, capMs: 2 } };
    const solo = { requests: 3, maxTokens: 9 };
    const setup = {
      ...TEN,
      candidate: wake,
      cases: [goldenCase("a", { tags: ["solo"] })],
      capture: { ...TEN.capture, solo },
    };
    const phases = (plan: Plan) => [...new Set(plan.rows.map(({ phase }) => phase))];
    expect(phases(buildPlan(inputOf(setup)))).toEqual(["cold", "warmup", "solo", "warm"]);
    expect(phases(planned(setup, 2))).toEqual(["warmup", "warm"]);
  });

  it("deals lanes and refuses fewer than one, or fewer pairs than shards", () => {
    const lanes = (count: number) =>
      parts(planned(TEN, count), count).map(({ blocks }) =>
        blocks.map(({ phase, concurrency }) => [phase, concurrency]),
      );
    expect(lanes(3)).toEqual(
      [3, 3, 2].map((share) => [
        ["warmup", 1],
        ["warm", share],
      ]),
    );
    expect(() => lanes(9)).toThrow(
      /^capture.concurrency: it is of the whole run: 8 cannot be dealt to 9 shards; give 9/,
    );
    const open = planned(TEN, 9);
    const blocks = open.blocks.map((block) => ({ ...block, open: { whenFull: "drop" as const } }));
    expect(() => parts({ ...open, blocks }, 9)).toThrow(/^capture\.arrivals\.maxInFlight: it is of the whole run: 8 /);
    const one = { ...TEN, cases: [goldenCase("a")], capture: { ...TEN.capture, rounds: 2 } };
    expect(() => parts(planned(one, 3), 3)).toThrow(/^--shard: too few pairs for 3 shards: 2/);
  });

  it("times its rounds, and no warm-up, from the common start", () => {
    const { blocks } = startingAt(planOfShard(planned(TEN, 2), { index: 1, count: 2 }), 30_000);
    expect(blocks.map(({ phase, fromMs }) => [phase, fromMs])).toEqual([
      ["warmup", undefined],
      ["warm", 30_000],
    ]);
  });
});

describe("limits of a run that is dealt to shards", () => {
  const price = { inputPerMTok: 1, outputPerMTok: 1 };
  const settings = (capture: Partial<Settings["capture"]>, limits = {}): Settings => {
    const endpoint = (role: EndpointRole) => endpointSettings(role, { price, limits });
    return {
      goldens: "",
      endpoints: { baseline: endpoint("baseline"), candidate: endpoint("candidate") },
      capture: { ...TEN.capture, seed: 1, ...capture },
      judge: { gates: [] },
    };
  };
  const shares = (of: Settings, count: number): Settings[] => {
    const plan = planned(TEN, count);
    const estimate = (part: Plan) => estimatePlan(part, { name: "set", cases: TEN.cases }, of.endpoints, 1);
    return parts(plan, count).map((part, place) =>
      settingsOfShard(of, { index: place + 1, count }, estimate(part), estimate(plan)),
    );
  };

  it("add up to those of the whole, and leave each shard what its own pairs take", () => {
    // 3 × 2 warm-ups and 40 pairs: 92 requests.
    const own = shares(settings({ maxRequests: 100, maxCost: 1 }, { rpm: 100, tpm: 1_000, minRemaining: 0.2 }), 3);
    const [requests, cost] = [
      own.map(({ capture }) => capture.maxRequests ?? 0),
      own.map(({ capture }) => capture.maxCost ?? 0),
    ];
    expect(requests.reduce((sum, each) => sum + each, 0)).toBe(100);
    expect(requests).toEqual([32 + 3, 30 + 3, 30 + 2]);
    expect(cost.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 9);
    expect(own.map(({ endpoints }) => endpoints.candidate.limits)).toEqual(
      [
        [34, 334],
        [33, 333],
        [33, 333],
      ].map(([rpm, tpm]) => ({ rpm, tpm, minRemaining: 0.2 })),
    );
  });

  it("are refused where a shard would have none", () => {
    expect(() => shares(settings({}, { rpm: 2 }), 3)).toThrow(
      /^endpoints.baseline.limits.rpm: .* 2 cannot be dealt to 3/,
    );
  });

  it("are refused where a request is more than a shard's part of them: alone in each shard it would pass the whole", () => {
    const plan = planned(TEN, 3);
    const refusal = (tpm: number) => () => refuseThinTokens(settings({}, { tpm }).endpoints, plan, 3);
    // 15 tokens in, and 100 out.
    expect(refusal(330)).toThrow(
      /^endpoints\.\w+\.limits\.tpm: it is of the whole run: of 330 a shard has 110, and a request of case-\d may take 115; give 345 or more, lower max_tokens, or use fewer shards$/,
    );
    expect(refusal(345)).not.toThrow();
    // More than the whole limit by itself: it goes alone in one process too.
    expect(refusal(90)).not.toThrow();
  });

  it("are dealt in whole numbers, the first ones more", () => {
    const count = 4;
    expect([1, 2, 3, 4].map((index) => dealt(10, { index, count }))).toEqual([3, 3, 2, 2]);
  });

  it("are no help without a seed, nor in serial order", () => {
    const { seed: _, ...unseeded } = settings({}).capture;
    expect(() => refuseUnshardable({ capture: unseeded })).toThrow(
      /^capture.seed: shards plan alike only with one seed/,
    );
    expect(() => refuseUnshardable(settings({ order: "serial" }))).toThrow(/^capture.order: serial order/);
    expect(() => refuseUnshardable(settings({}))).not.toThrow();
  });
});
