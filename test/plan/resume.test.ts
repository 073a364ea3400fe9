import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildPlan } from "../../src/plan/build.js";
import { type Block, type Plan, rowsToSend } from "../../src/plan/plan.js";
import { halfPairs, maybeAwake, onlyRows, planAgain, preludeBefore, sleepingBefore } from "../../src/plan/resume.js";
import { QUICK } from "../config/capture-settings.js";
import { extend, goldenCase, inputOf, planOf, type Setup, setups } from "./setups.js";

const setup = (capture: Partial<Setup["capture"]> = {}, change: Partial<Setup> = {}): Setup => ({
  seed: 7,
  candidate: {},
  cases: [goldenCase("a"), goldenCase("b")],
  capture: { ...QUICK, rounds: 3, ...capture },
  ...change,
});
const idsOf = (plan: Plan): number[] => rowsToSend(plan).map(({ id }) => id);
const WAKE = { wake: { budgetMs: 1, capMs: 2 } };

/** A plan, extended as often as there are numbers of rounds. */
const extended = (given: Setup, rounds: readonly number[]) => {
  const plans = [planOf(given)];
  for (const more of rounds) plans.push(extend(given, plans.at(-1) as Plan, more));
  const last = plans.at(-1) as Plan;
  return { plans, last, extendedTo: plans.slice(1).map((plan) => plan.rounds) };
};

describe("the plan of a recording, made again", () => {
  const additions = fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 2 });

  it("has the rows that were recorded, and blocks of all of them in the order in which they were sent", () => {
    fc.assert(
      fc.property(setups, additions, (given, rounds) => {
        const { plans, last, extendedTo } = extended(given, rounds);
        const again = planAgain(inputOf(given), buildPlan, { rows: last.rows, requests: last.requests, extendedTo });
        expect(again.rows).toEqual(last.rows);
        expect(again.requests).toEqual(last.requests);
        expect(again.blocks).toEqual(plans.flatMap(({ blocks }) => blocks));
        expect(idsOf(again).sort((a, b) => a - b)).toEqual(last.rows.map(({ id }) => id));
      }),
    );
  });

  it("is made from ids of requests alone where bodies were not kept", () => {
    const given = setup();
    const plan = planOf(given);
    const recorded = { rows: plan.rows, requests: null, extendedTo: [] };
    expect(planAgain(inputOf(given), buildPlan, recorded)).toEqual(plan);
    const other = setup({}, { candidate: { headers: { "x-team": "search" } } });
    expect(() => planAgain(inputOf(other), buildPlan, recorded)).toThrow(
      /^endpoints\.candidate: case "\w" of round 1 .* as it was: its request differs; use the configuration/,
    );
  });

  it.each<[string, Partial<Setup>, RegExp]>([
    ["another body", { candidate: { extra: { top_k: 1 } } }, /its request differs at body\.top_k;/],
    ["another seed", { seed: 8 }, /would not be sent/],
    ["another case", { cases: [goldenCase("a"), goldenCase("c")] }, /caseId is "c" now/],
    ["a case more", { cases: [goldenCase("a"), goldenCase("b"), goldenCase("c")] }, /would not be sent/],
    ["a case less", { cases: [goldenCase("a")] }, /would not be sent/],
    ["an endpoint that sleeps", { candidate: WAKE }, /endpoint is "candidate" now/],
  ])("from %s is refused, with the first difference", (_name, change, message) => {
    const plan = planOf(setup());
    const recorded = { rows: plan.rows, requests: plan.requests, extendedTo: [] };
    expect(() => planAgain(inputOf({ ...setup(), ...change }), buildPlan, recorded)).toThrow(message);
  });

  it("that would send a row more than was planned is refused", () => {
    const plan = planOf(setup());
    const rows = plan.rows.slice(0, -1);
    expect(() => planAgain(inputOf(setup()), buildPlan, { rows, requests: null, extendedTo: [] })).toThrow(
      /of round 3 .*: it was not planned at all;/,
    );
  });
});

describe("what is missing", () => {
  const some = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 });
  const chosen = (plan: Plan, pattern: readonly boolean[]) =>
    new Set(plan.rows.flatMap(({ id }) => (pattern[id % pattern.length] ? [id] : [])));

  it("is sent once each, in the order of the plan, and no sooner than it was apart", () => {
    fc.assert(
      fc.property(setups, some, (given, pattern) => {
        const plan = planOf(given);
        const ids = chosen(plan, pattern);
        const left = onlyRows(plan, ids);
        expect(idsOf(left)).toEqual(idsOf(plan).filter((id) => ids.has(id)));
        expect(left.rows).toEqual(plan.rows);
        expect(left.blocks.every(({ releases }) => releases.length > 0)).toBe(true);
        const dueOf = (of: Plan) =>
          new Map(
            of.blocks.flatMap(({ phase, releases }) =>
              releases.flatMap(({ rows, notBeforeMs }) => rows.map((id) => [id, { phase, notBeforeMs }] as const)),
            ),
          );
        const [before, now] = [dueOf(plan), dueOf(left)];
        for (const phase of new Set(plan.blocks.map((block) => block.phase))) {
          const own = [...now].filter(([, due]) => due.phase === phase);
          const firstMs = Math.min(...own.map(([id]) => before.get(id)?.notBeforeMs ?? 0));
          for (const [id, { notBeforeMs }] of own) {
            expect(notBeforeMs).toBe((before.get(id)?.notBeforeMs ?? 0) - firstMs);
          }
        }
      }),
    );
  });

  it("of rounds that are spread begins at once, and keeps the distance of those that follow", () => {
    const plan = planOf(setup({ rounds: 4, spreadMs: 40_000 }));
    const rounds = new Set(plan.rows.flatMap(({ id, round }) => (round >= 2 ? [id] : [])));
    const [block] = onlyRows(plan, rounds).blocks;
    expect(block?.releases.map(({ notBeforeMs }) => notBeforeMs)).toEqual([0, 0, 10_000, 10_000]);
  });

  it("of a run and its extension goes on where the run's clock ended", () => {
    const given = setup({ rounds: 2, spreadMs: 20_000 });
    const { last, extendedTo } = extended(given, [2]);
    const again = planAgain(inputOf(given), buildPlan, { rows: last.rows, requests: null, extendedTo });
    const due = onlyRows(again, new Set(again.rows.map(({ id }) => id))).blocks.flatMap(({ phase, releases }) =>
      phase === "warm" ? releases.map(({ notBeforeMs }) => notBeforeMs) : [],
    );
    expect(due).toEqual([0, 0, 10_000, 10_000, 10_000, 10_000, 20_000, 20_000]);
  });

  it("leaves a mate that was recorded, and says so of no whole pair", () => {
    fc.assert(
      fc.property(setups, some, (given, pattern) => {
        const plan = planOf(given);
        const ids = chosen(plan, pattern);
        for (const { id, pairId } of plan.rows) {
          const mates = plan.rows.filter((row) => row.pairId === pairId && row.id !== id);
          const apart = ids.has(id) && mates.some((mate) => !ids.has(mate.id));
          expect(halfPairs(plan, ids).has(id)).toBe(apart);
        }
      }),
    );
  });
});

describe("before the missing rows", () => {
  const askedBefore = (given: Setup, missing: (row: Plan["rows"][number]) => boolean): string[] => {
    const plan = planOf(given);
    const left = onlyRows(plan, new Set(plan.rows.filter(missing).map(({ id }) => id)));
    const prelude = preludeBefore(left, inputOf(given), 1);
    return prelude === null ? [] : rowsToSend(prelude).map(({ phase, endpoint }) => `${phase} ${endpoint}`);
  };
  const warm = (row: Plan["rows"][number]): boolean => row.phase === "warm";
  const sorted = (rows: string[]): string[] => rows.sort();

  it.each<[string, Setup, (row: Plan["rows"][number]) => boolean, string[]]>([
    [
      "each is warmed up",
      setup({ warmup: 2 }),
      warm,
      [...Array(2).fill("warmup baseline"), ...Array(2).fill("warmup candidate")],
    ],
    [
      "one that sleeps is woken first",
      setup({ warmup: 1 }, { candidate: WAKE }),
      warm,
      ["cold candidate", "warmup baseline", "warmup candidate"],
    ],
    [
      "an endpoint that nothing is missing of is left alone",
      setup({ warmup: 1 }, { candidate: WAKE }),
      (row) => warm(row) && row.endpoint === "baseline",
      ["warmup baseline"],
    ],
    [
      "nothing is asked where the cold trial is missing itself",
      setup({ warmup: 1 }, { candidate: WAKE }),
      () => true,
      [],
    ],
    [
      "what is to be warmed up yet is only woken",
      setup({ warmup: 1 }, { candidate: WAKE }),
      ({ phase }) => phase !== "cold",
      ["cold candidate"],
    ],
    ["nothing is asked where nothing warms up", setup({ warmup: 0 }), warm, []],
  ])("%s", (_name, given, missing, expected) => {
    expect(sorted(askedBefore(given, missing))).toEqual(expected);
  });

  it("no request is asked that the run has sent, nor that another resume asks", () => {
    const given = setup({ warmup: 1, prefix: "unique" });
    const plan = planOf(given);
    const left = onlyRows(plan, new Set(plan.rows.filter(warm).map(({ id }) => id)));
    const [one, two] = [1, 2].map((segment) => preludeBefore(left, inputOf(given), segment) as Plan);
    const sent = [plan, one as Plan, two as Plan].flatMap((each) => [
      ...new Set(rowsToSend(each).map(({ requestId, nonce }) => `${requestId} ${nonce}`)),
    ]);
    expect(new Set(sent).size).toBe(sent.length);
  });
});

describe("a cold trial that is missing", () => {
  const blocksOf = (given: Setup): Block[] => {
    const plan = planOf(given);
    return sleepingBefore(plan, inputOf(given).endpoints).blocks.filter(({ phase }) => phase === "cold");
  };
  const sleeps = { wake: { budgetMs: 1, capMs: 2, idleAfterMs: 60_000 } };

  it("waits until its endpoint sleeps, where it is known how it does", () => {
    expect(blocksOf(setup({}, { candidate: sleeps })).map(({ asleep }) => asleep)).toEqual([["candidate"]]);
    expect(blocksOf(setup({}, { candidate: WAKE })).map(({ asleep }) => asleep)).toEqual([undefined]);
    const [known, unknown] = [setup({}, { candidate: sleeps }), setup({}, { candidate: WAKE })];
    expect(maybeAwake(planOf(known), inputOf(known).endpoints)).toEqual([]);
    expect(maybeAwake(planOf(unknown), inputOf(unknown).endpoints)).toEqual(["candidate"]);
  });

  it("puts no endpoint to sleep whose own trial is recorded", () => {
    const given = setup({}, { candidate: WAKE });
    const plan = planOf(given);
    const both: Plan = {
      ...plan,
      blocks: plan.blocks.map((block) =>
        block.phase === "cold" ? { ...block, asleep: ["baseline", "candidate"] } : block,
      ),
    };
    const [cold] = onlyRows(both, new Set(plan.rows.map(({ id }) => id))).blocks;
    expect(cold?.asleep).toEqual(["candidate"]);
  });
});
