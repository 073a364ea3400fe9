import { describe, expect, it } from "vitest";
import type { LoadSettings } from "../../../src/config/settings.js";
import { SweepPlanner } from "../../../src/plan/load/sweep-plan.js";
import type { Plan } from "../../../src/plan/plan.js";
import { bodyOf } from "../../../src/plan/request.js";
import { QUICK } from "../../config/capture-settings.js";
import { goldenCase, inputOf } from "../setups.js";

const LOAD: LoadSettings = {
  loop: { kind: "closed" },
  points: "auto",
  from: 1,
  to: 64,
  settleMs: 2_000,
  windowMs: 8_000,
  maxInFlight: 100,
  whenFull: "drop",
};
const OPEN: LoadSettings = { ...LOAD, loop: { kind: "open", shape: { kind: "constant" } } };
const CASES = ["a", "b", "c"].map((id) => goldenCase(id));
const input = (load: LoadSettings, roles: readonly ("baseline" | "candidate")[] = ["baseline", "candidate"]) => ({
  ...inputOf({ capture: { ...QUICK, warmup: 1, prefix: "unique" }, cases: CASES, candidate: {}, seed: 7 }),
  roles,
  load,
});
const point = (
  index: number,
  load: number | null,
  roles: readonly ("baseline" | "candidate")[] = ["baseline", "candidate"],
) => ({
  index,
  roles,
  load,
  settleMs: 2_000,
  windowMs: 8_000,
});
const FIRST = { expectPerS: { baseline: 2, candidate: 2 }, fromLoad: 0 };
const bodies = ({ rows, requests }: Pick<Plan, "rows" | "requests">): string[] =>
  rows.map((row) => JSON.stringify(bodyOf(requests[row.requestId] as Plan["requests"][string], row)));

describe("a sweep's plan", () => {
  it("begins with warm-ups of what is swept, and goes on with ids that follow", () => {
    const planner = new SweepPlanner(input(LOAD));
    expect(planner.start.rows.map(({ phase }) => phase)).toEqual(Array(8).fill("warmup"));
    const one = planner.point(point(0, 2), FIRST);
    const two = planner.point(point(1, 4), FIRST);
    expect(two.plan.rows.map(({ id }) => id)).toEqual(two.plan.rows.map((_, index) => index));
    expect(one.rows.every(({ phase }) => phase === "sweep:0")).toBe(true);
    expect(two.plan.rows.length).toBe(8 + one.rows.length + two.rows.length);
    const alone = new SweepPlanner(input(LOAD, ["candidate"]));
    expect(alone.start.rows.every(({ endpoint }) => endpoint === "candidate")).toBe(true);
  });

  it("of a closed loop has half again what is expected, on lanes of each endpoint's own", () => {
    const { rows, plan } = new SweepPlanner(input(LOAD)).point(point(0, 4), {
      expectPerS: { baseline: 2, candidate: 6 },
      fromLoad: 0,
    });
    const of = (role: string): number => rows.filter(({ endpoint }) => endpoint === role).length;
    expect([of("baseline"), of("candidate")]).toEqual([1.5 * 2 * 10 + 4, 1.5 * 6 * 10 + 4]);
    expect(plan.blocks).toEqual([
      expect.objectContaining({
        phase: "sweep:0",
        concurrency: 4,
        perEndpoint: true,
        rampMs: 1_000,
        untilMs: 10_000,
        until429: true,
      }),
    ]);
    expect(plan.blocks[0]?.releases.every((release) => release.rows.length === 1)).toBe(true);
  });

  it("of an open loop sends both endpoints the same prompt at the same moment, on a ramp to the load", () => {
    const { rows, plan } = new SweepPlanner(input(OPEN)).point(point(0, 10), { expectPerS: {}, fromLoad: 4 });
    const releases = plan.blocks[0]?.releases ?? [];
    // 1 s from 4 to 10 a second, then 9 s at 10.
    expect(releases).toHaveLength(97);
    for (const release of releases) {
      const [one, other] = release.rows.map((id) => plan.rows[id]);
      expect(one?.pairId).toBe(other?.pairId);
      expect(one?.nonce).toBe(other?.nonce);
      expect(one?.caseId).toBe(other?.caseId);
      expect(one?.endpoint).not.toBe(other?.endpoint);
    }
    expect(
      rows
        .filter(({ endpoint }) => endpoint === "baseline")
        .every((row, at, all) => at === 0 || row.id > (all[at - 1]?.id ?? 0)),
    ).toBe(true);
    expect(plan.blocks[0]).toMatchObject({ concurrency: 100, open: { whenFull: "drop" }, untilMs: 10_000 });
  });

  it("never sends a prompt twice to one endpoint, and keeps each body once", () => {
    const planner = new SweepPlanner(input(OPEN));
    const points = [5, 10, 40, 40].map((load, index) => planner.point(point(index, load), FIRST));
    const whole = points.at(-1)?.plan as Plan;
    const sent = bodies({ rows: whole.rows.slice(8), requests: whole.requests });
    expect(new Set(sent).size).toBe(sent.length);
    // Three cases at two endpoints, one of them known from the warm-up.
    expect(Object.keys(points[0]?.requests ?? {})).toHaveLength(4);
    expect(Object.keys(whole.requests)).toHaveLength(6);
    for (const later of points.slice(1)) expect(later.requests).toEqual({});
    expect(sent[0]).toMatch(/\[ref [0-9a-f]{8}\]\\nquestion/);
  });

  it("is the same for the same seed and loads", () => {
    const plan = (): Plan => {
      const planner = new SweepPlanner(input(OPEN));
      planner.point(point(0, 5), FIRST);
      return planner.point(point(1, 9), FIRST).plan;
    };
    expect(plan()).toEqual(plan());
  });

  it("of a trace asks for as many tokens as it says, by prose of its length", () => {
    const arrivals = [
      { atMs: 0, inputTokens: 1_000, outputTokens: 40 },
      { atMs: 500, inputTokens: 1_010, outputTokens: 900 },
      { atMs: 900, inputTokens: 20 },
      { atMs: 1_000 },
      { atMs: 99_000, inputTokens: 5 },
    ];
    const planner = new SweepPlanner(
      input({ ...LOAD, loop: { kind: "open", shape: { kind: "trace", arrivals } } }, ["candidate"]),
    );
    const { rows, plan } = planner.point(point(0, null, ["candidate"]), FIRST);
    expect(plan.blocks[0]?.releases.map(({ notBeforeMs }) => notBeforeMs)).toEqual([0, 500, 900, 1_000]);
    expect(rows.map(({ maxTokens }) => maxTokens)).toEqual([40, 900, undefined, undefined]);
    // Two lengths within 5 % share a text; the nonce before it makes each request its own.
    expect(rows[0]?.requestId).toBe(rows[1]?.requestId);
    const [first, second, third, last] = bodies({ rows, requests: plan.requests }).map((text) => JSON.parse(text));
    expect(first.max_tokens).toBe(40);
    expect(second.max_tokens).toBe(900);
    expect(first.messages[0].content.split(/\s+/).length).toBeGreaterThan(700);
    expect(third.messages[0].content.split(/\s+/).length).toBeLessThan(40);
    expect(last.messages[0].content).toMatch(/question [abc]$/);
    expect(planner.cases.map(({ id }) => id)).toContain(rows[2]?.caseId);
  });
});
