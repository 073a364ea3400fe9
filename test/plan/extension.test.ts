import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CaptureSettings, EndpointSettings } from "../../src/config/settings.js";
import { estimatePlan } from "../../src/plan/estimate.js";
import { type Plan, type PlannedRequest, rowsToSend } from "../../src/plan/plan.js";
import { QUICK } from "../config/capture-settings.js";
import { extend, goldenCase, inputOf, planOf, type Setup, setups } from "./setups.js";

const more = fc.integer({ min: 1, max: 3 });
/** What a row is, apart from its place in the plan. */
const contentOf = ({ id: _, pairId: __, ...row }: PlannedRequest) => row;
const roundsOf = (rows: readonly PlannedRequest[]) => rows.filter(({ phase }) => phase === "warm");

describe("a longer plan", () => {
  it("begins with the rows of the shorter one, whatever the settings", () => {
    fc.assert(
      fc.property(setups, more, (setup, rounds) => {
        const short = planOf(setup);
        const long = planOf({ ...setup, capture: { ...setup.capture, rounds: setup.capture.rounds + rounds } });
        expect(long.rows.slice(0, short.rows.length)).toEqual(short.rows);
        expect(long.requests).toMatchObject(short.requests);
      }),
    );
  });
});

describe("an extension", () => {
  it("has the rounds that a longer plan would have had, and sends nothing twice", () => {
    fc.assert(
      fc.property(setups, more, more, (setup, first, second) => {
        const short = planOf(setup);
        const once = extend(setup, short, first);
        const twice = extend(setup, once, second);
        const rounds = setup.capture.rounds + first + second;
        const long = planOf({ ...setup, capture: { ...setup.capture, rounds } });
        expect(twice.rounds).toBe(rounds);
        expect(roundsOf(twice.rows).map(contentOf)).toEqual(roundsOf(long.rows).map(contentOf));
        expect(twice.rows.slice(0, once.rows.length)).toEqual(once.rows);
        expect(twice.rows.map(({ id }) => id)).toEqual(twice.rows.map((_, index) => index));
        for (const row of twice.rows) expect(twice.requests[row.requestId]).toBeDefined();
        for (const [before, plan] of [
          [short, once],
          [once, twice],
        ] as const) {
          const sent = rowsToSend(plan).map(({ id }) => id);
          expect(sent.sort((a, b) => a - b)).toEqual(plan.rows.slice(before.rows.length).map(({ id }) => id));
        }
      }),
    );
  });

  it("of an open loop goes on at its rate, and is refused where that went from one value to another", () => {
    const arrivals = { shape: { kind: "constant" }, rate: 4, maxInFlight: 9, whenFull: "drop" } as const;
    const setup: Setup = {
      capture: { ...QUICK, rounds: 3, arrivals },
      cases: [goldenCase("a")],
      candidate: {},
      seed: 1,
    };
    const longer = extend(setup, planOf(setup), 3);
    expect(longer.blocks.at(-1)?.releases.map(({ notBeforeMs }) => notBeforeMs)).toEqual([0, 250, 500]);
    const rising = { ...setup, capture: { ...setup.capture, arrivals: { ...arrivals, toRate: 8 } } };
    expect(() => extend(rising, planOf(rising), 3)).toThrow(/^capture\.arrivals\.toRate: .*; run anew/);
  });

  it("keeps the rows of a pair together: one case and moment, and no pair of before", () => {
    fc.assert(
      fc.property(setups, more, (setup, rounds) => {
        const before = planOf(setup);
        const plan = extend(setup, before, rounds);
        const moments = new Map<number, Set<string>>();
        for (const { pairId, phase, caseId, round, variant, repeat } of plan.rows) {
          const moment = JSON.stringify([phase, caseId, round, variant, repeat]);
          moments.set(pairId, (moments.get(pairId) ?? new Set()).add(moment));
        }
        for (const each of moments.values()) expect(each.size).toBe(1);
        const long = planOf({ ...setup, capture: { ...setup.capture, rounds: setup.capture.rounds + rounds } });
        const pairsIn = ({ rows }: Plan) => new Set(roundsOf(rows).map(({ pairId }) => pairId)).size;
        expect(pairsIn(plan)).toBe(pairsIn(long));
      }),
    );
  });

  const setup = (capture: Partial<CaptureSettings> = {}, candidate: Partial<EndpointSettings> = {}): Setup => ({
    seed: 7,
    candidate,
    cases: [goldenCase("a"), goldenCase("b"), goldenCase("c", { tags: ["solo"] })],
    capture: { ...QUICK, rounds: 4, prefix: "unique", concurrency: 2, ...capture },
  });
  const phasesOf = ({ blocks }: Plan) => blocks.map(({ phase, releases }) => [phase, releases.length]);

  it("wakes what sleeps and warms up again, with prompts that no cache has seen, and goes solo no more", () => {
    const given = setup({ warmup: 1, solo: { requests: 2, maxTokens: 50 } }, { wake: { budgetMs: 1, capMs: 2 } });
    const before = planOf(given);
    const plan = extend(given, before, 2);
    expect(phasesOf(before)).toEqual([
      ["cold", 1],
      ["warmup", 1],
      ["solo", 2],
      ["warm", 12],
    ]);
    expect(phasesOf(plan)).toEqual([
      ["cold", 1],
      ["warmup", 1],
      ["warm", 6],
    ]);
    const known = new Set(before.rows.map(({ nonce }) => nonce));
    expect(rowsToSend(plan).filter(({ nonce }) => known.has(nonce))).toEqual([]);
  });

  it("spreads its rounds as far apart as the first ones were, from its own beginning", () => {
    for (const order of ["random", "serial"] as const) {
      const given = setup({ spreadMs: 8_000, order });
      const once = extend(given, planOf(given), 2);
      const twice = extend(given, once, 3);
      const startsOf = (plan: Plan) => [
        ...new Map(
          plan.blocks.flatMap(({ releases }) =>
            releases.map(({ rows, notBeforeMs }) => [plan.rows[rows[0] ?? 0]?.round, notBeforeMs] as const),
          ),
        ),
      ];
      expect(startsOf(once)).toEqual([
        [4, 0],
        [5, 2_000],
      ]);
      expect(startsOf(twice)).toEqual([
        [6, 0],
        [7, 2_000],
        [8, 4_000],
      ]);
    }
  });

  it("in serial order goes on A B B A, and never has both endpoints in one block", () => {
    const given = setup({ order: "serial", concurrency: 1 });
    const plan = extend(given, planOf({ ...given, capture: { ...given.capture, rounds: 4 } }), 2);
    const sides = plan.blocks.map(({ releases }) => [
      ...new Set(releases.flatMap(({ rows }) => rows.map((id) => plan.rows[id]?.endpoint))),
    ]);
    expect(sides.every((side) => side.length === 1)).toBe(true);
    const letters = sides.map(([side]) => (side === "baseline" ? "A" : "B")).join("");
    expect(["ABBAAB", "BAABBA"]).toContain(letters);
  });

  it("is estimated by what it sends", () => {
    const given = setup();
    const plan = extend(given, planOf(given), 2);
    const { set, endpoints } = inputOf(given);
    expect(estimatePlan(plan, set, endpoints, 1).endpoints.baseline).toMatchObject({
      requests: 6,
      maxOutputTokens: 600,
    });
  });

  it.each<[string, Partial<Setup>, RegExp]>([
    [
      "another body",
      { candidate: { extra: { reasoning_effort: "low" } } },
      /^endpoints\.candidate: case "\w" of round 1 would not be sent to the candidate as it was: its request differs at body\.reasoning_effort; use the configuration of that run, or run anew$/,
    ],
    ["another header", { candidate: { headers: { "x-team": "search" } } }, /its request differs at headers\.x-team;/],
    ["another path", { candidate: { paths: { chat: "/chat" } } }, /its request differs at path;/],
    ["another order of cases", { cases: [goldenCase("b"), goldenCase("a")] }, /case "\w" of round 1 .*: caseId is /],
    ["another seed", { seed: 8 }, /would not be sent/],
  ])("of a plan that was made with %s is refused, with the first difference", (_name, change, message) => {
    const given = setup();
    expect(() => extend({ ...given, ...change }, planOf(given), 1)).toThrow(message);
  });
});

describe("in serial order, rounds that are spread over time", () => {
  it("never share a block: halves of one pair would be a round apart", () => {
    const plan = planOf({
      seed: 1,
      candidate: {},
      cases: [goldenCase("a"), goldenCase("b"), goldenCase("c")],
      capture: { ...QUICK, rounds: 3, order: "serial", concurrency: 2, spreadMs: 9_000 },
    });
    for (const { releases } of plan.blocks) {
      expect(new Set(releases.map(({ notBeforeMs }) => notBeforeMs)).size).toBe(1);
    }
    expect(
      rowsToSend(plan)
        .map(({ id }) => id)
        .sort((a, b) => a - b),
    ).toEqual(plan.rows.map(({ id }) => id));
  });
});
