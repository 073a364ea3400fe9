/** Cold trials as data: who is woken when, who has to be put to sleep before, and what is refused. */
import { describe, expect, it } from "vitest";
import type { CaptureSettings, EndpointRole, EndpointSettings } from "../../src/config/settings.js";
import { buildPlan } from "../../src/plan/build.js";
import type { Plan } from "../../src/plan/plan.js";
import { buildWakePlan } from "../../src/plan/wake.js";
import { aCase } from "../check/build.js";
import { QUICK } from "../config/capture-settings.js";
import { endpointSettings } from "../config/endpoint-settings.js";

const WAKE = { budgetMs: 1_000, capMs: 2_000 };
const CASES = ["plain", "other"].map((id) => ({ ...aCase({}), id, variants: ["stream"] as const }));

type Sides = Partial<Record<EndpointRole, Partial<EndpointSettings>>>;

const inputOf = (sides: Sides, capture: Partial<CaptureSettings> = {}) => ({
  set: { name: "set", cases: CASES },
  endpoints: {
    baseline: endpointSettings("baseline", sides.baseline ?? {}),
    candidate: endpointSettings("candidate", sides.candidate ?? {}),
  },
  capture: { ...QUICK, prefix: "unique" as const, warmup: 1, ...capture },
  seed: 3,
  userAgent: "test",
});

const wakePlan = (sides: Sides, trials = 1, references = 2, capture: Partial<CaptureSettings> = {}): Plan =>
  buildWakePlan(inputOf(sides, capture), { trials, references });

/** `cold 0 [baseline candidate]`, with who has to be asleep. */
const shape = (plan: Plan): string[] =>
  plan.blocks.map(({ phase, releases, asleep, concurrency }) => {
    const rows = releases.map((release) => {
      const own = release.rows.map((id) => plan.rows[id]);
      return `${own[0]?.round}[${own
        .map((row) => row?.endpoint)
        .sort()
        .join(" ")}]`;
    });
    expect(concurrency).toBe(1);
    return `${phase} ${rows.join(" ")}${asleep === undefined ? "" : ` asleep: ${asleep.join(" ")}`}`;
  });

const BOTH = { baseline: { wake: { ...WAKE, idleAfterMs: 5 } }, candidate: { wake: { ...WAKE, idleAfterMs: 5 } } };

describe("cold trials", () => {
  it("wake both at one moment, then ask both the same again, one after another", () => {
    const plan = wakePlan(BOTH);
    expect(shape(plan)).toEqual(["cold 0[baseline candidate]", "warmup 0[baseline candidate] 0[baseline candidate]"]);
    expect(new Set(plan.rows.map(({ caseId }) => caseId))).toEqual(new Set(["plain"]));
    expect(plan.rows.map(({ id }) => id)).toEqual(plan.rows.map((_, index) => index));
    for (const { requestId } of plan.rows) expect(plan.requests[requestId]).toBeDefined();
    // Every pair has a nonce of its own, so that no cache answers for the wake.
    expect(new Set(plan.rows.map(({ nonce }) => nonce)).size).toBeGreaterThanOrEqual(3);
  });

  it("begin as a run does: the first cold row of both plans is the same request", () => {
    const [ofRun, ofWake] = [buildPlan(inputOf(BOTH)), wakePlan(BOTH)];
    expect(ofWake.rows[0]).toEqual(ofRun.rows[0]);
    const id = ofWake.rows[0]?.requestId ?? "";
    expect(ofWake.requests[id]).toEqual(ofRun.requests[id]);
  });

  it("leave an endpoint that never sleeps alone, but for its warm requests", () => {
    expect(shape(wakePlan({ candidate: BOTH.candidate }))).toEqual([
      "cold 0[candidate]",
      "warmup 0[baseline candidate] 0[baseline candidate]",
    ]);
  });

  it("are made one endpoint after the other where they share hardware", () => {
    expect(shape(wakePlan(BOTH, 2, 1, { order: "serial" }))).toEqual([
      "cold 0[baseline]",
      "cold 0[candidate]",
      "warmup 0[baseline]",
      "warmup 0[candidate]",
      "cold 1[baseline] asleep: baseline",
      "cold 1[candidate] asleep: candidate",
      "warmup 1[baseline]",
      "warmup 1[candidate]",
    ]);
  });

  it("without references have no warm block", () => {
    expect(shape(wakePlan(BOTH, 1, 0))).toEqual(["cold 0[baseline candidate]"]);
  });
});

describe("who has to be put to sleep", () => {
  const scaleDown = { kind: "command", command: ["true"], timeoutMs: 1 } as const;
  const first = (sides: Sides): string | undefined => shape(wakePlan(sides))[0];
  const ofRun = (sides: Sides): string | undefined =>
    shape({ ...buildPlan(inputOf(sides)), blocks: buildPlan(inputOf(sides)).blocks.slice(0, 1) })[0];

  it.each([
    ["taken to sleep", BOTH, ""],
    [
      "not assumed to idle",
      { ...BOTH, candidate: { wake: { ...WAKE, idleAfterMs: 5, assumeIdle: false as const } } },
      " asleep: candidate",
    ],
    ["scaled down", { baseline: { wake: WAKE, scaleDown }, candidate: { wake: WAKE } }, " asleep: baseline"],
  ])("before the first trial: %s, in a run as in a wake", (_, sides, asleep) => {
    expect(first(sides)).toBe(`cold 0[baseline candidate]${asleep}`);
    expect(ofRun(sides)).toBe(first(sides));
  });

  it("before every later trial: all that were woken", () => {
    const plan = wakePlan({ baseline: { wake: WAKE, scaleDown }, candidate: BOTH.candidate }, 3, 1);
    expect(shape(plan).filter((each) => each.startsWith("cold"))).toEqual([
      "cold 0[baseline candidate] asleep: baseline",
      "cold 1[baseline candidate] asleep: baseline candidate",
      "cold 2[baseline candidate] asleep: baseline candidate",
    ]);
  });
});

describe("refused", () => {
  it("where nothing sleeps", () => {
    expect(() => wakePlan({})).toThrow(/neither endpoint has wake, so there is nothing to wake/);
  });

  it("where an endpoint would have to fall asleep again, and nothing says how", () => {
    expect(() => wakePlan({ candidate: { wake: WAKE } }, 2)).toThrow(
      /^endpoints\.candidate\.wake: .*idleAfter or scaleDown/,
    );
    expect(wakePlan({ candidate: { wake: WAKE } }, 1).rows).toHaveLength(5);
  });
});
