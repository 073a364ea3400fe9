import { describe, expect, test } from "vitest";
import { type NextPoint, nextPoint } from "../../src/capacity/next-point.js";
import type { MeasuredPoint } from "../../src/capacity/saturation.js";
import { parseSlo } from "../../src/capacity/slo.js";
import type { SweepFacts } from "../../src/recording/recording.js";
import { facts, measured } from "./points.js";

type Judge = (load: number, role: string) => Partial<MeasuredPoint>;

/** Asks until it is done; each point is what `judge` says of its load. */
function loadsOf(
  about: SweepFacts,
  judge: Judge,
): { loads: (readonly [string, number | null])[]; done: Extract<NextPoint, { done: unknown }>["done"] } {
  const points: MeasuredPoint[] = [];
  const loads: (readonly [string, number | null])[] = [];
  for (let index = 0; index < 60; index++) {
    const next = nextPoint(about, sorted(points));
    if ("done" in next) return { loads, done: next.done };
    loads.push([next.roles.join("+"), next.load]);
    points.push(...next.roles.map((role) => measured(next.load, { role, index, ...judge(next.load ?? 0, role) })));
  }
  throw new Error("it does not come to its end");
}

const sorted = (points: readonly MeasuredPoint[]) => [...points].sort((a, b) => (a.load ?? 0) - (b.load ?? 0));
const only = ({ loads }: ReturnType<typeof loadsOf>) => loads.map(([, load]) => load);
const givesWayAt =
  (knee: number): Judge =>
  (load) =>
    load >= knee ? { state: "saturated", throughput: { value: knee, error: 0.1, df: 9 } } : {};

describe("the rise", () => {
  test("doubles from the first to the last load", () => {
    const result = loadsOf(facts({ from: 1, to: 20 }), () => ({}));
    expect(only(result)).toEqual([1, 2, 4, 8, 16, 20]);
    expect(result.done.candidate).toEqual({
      kind: "top",
      text: "20 is the highest load that was asked for, and it bore it",
    });
  });

  test("does not say that the highest load was borne where that cannot be told", () => {
    const { done } = loadsOf(facts({ to: 8 }), (load) => (load === 8 ? { state: "unsure" } : {}));
    expect(done.candidate).toEqual({
      kind: "top",
      text: "8 is the highest load that was asked for, and whether it bore it cannot be told",
    });
  });

  test("ends with the second saturated load, and halves what is left four times", () => {
    const result = loadsOf(facts(), givesWayAt(20));
    expect(only(result)).toEqual([1, 2, 4, 8, 16, 32, 64, 23, 19, 21, 20]);
    expect(result.done.candidate?.kind).toBe("saturated");
  });

  test("of rates has three digits", () => {
    const open = { kind: "open", shape: { kind: "poisson" } } as const;
    expect(only(loadsOf(facts({ loop: open, from: 0.5, to: 8 }), givesWayAt(3)))).toEqual([
      0.5, 1, 2, 4, 8, 2.83, 3.36, 3.08, 2.95,
    ]);
  });

  test.each([
    ["rate-limited", { state: "rate-limited" }],
    ["failing", { state: "failing", errors: { count: 60, of: 100, http429: 0 } }],
  ] as const)("%s ends it at once", (kind, more) => {
    const result = loadsOf(facts(), (load) => (load >= 8 ? more : {}));
    expect(only(result)).toEqual([1, 2, 4, 8]);
    expect(result.done.candidate?.kind).toBe(kind);
  });

  test("a machine that cannot be trusted ends it when it could not be three times", () => {
    const result = loadsOf(facts(), (load) => (load >= 8 ? { state: "unsure", trusted: false } : {}));
    expect(only(result)).toEqual([1, 2, 4, 8, 8, 8]);
    expect(result.done.candidate?.kind).toBe("machine");
  });

  test("a limit in flight that is met too early ends it at once: it would be met again", () => {
    const met: Partial<MeasuredPoint> = { state: "unsure", trusted: false, full: true };
    const result = loadsOf(facts(), (load) => (load >= 8 ? met : {}));
    expect(only(result)).toEqual([1, 2, 4, 8]);
    expect(result.done.candidate).toEqual({
      kind: "full",
      text: "at a load of 8 arrivals met load.maxInFlight: raise it",
    });
    expect(only(loadsOf(facts({ points: [2, 8, 4] }), (load) => (load >= 8 ? met : {})))).toEqual([2, 8, 4]);
  });

  test("a moment's bad luck costs one load, sent again, and none of the refinement", () => {
    let unlucky = true;
    const result = loadsOf(facts(), (load, role) => {
      if (load !== 4 || !unlucky) return givesWayAt(20)(load, role);
      unlucky = false;
      return { trusted: false };
    });
    expect(only(result)).toEqual([1, 2, 4, 4, 8, 16, 32, 64, 23, 19, 21, 20]);
  });

  test("a load between two others is sent again too, and after three tries left alone", () => {
    const unlucky =
      (tries: number): Judge =>
      (load, role) =>
        load === 21 && tries-- > 0 ? { trusted: false } : givesWayAt(20)(load, role);
    const rise = [1, 2, 4, 8, 16, 32, 64, 23, 19];
    expect(only(loadsOf(facts(), unlucky(2)))).toEqual([...rise, 21, 21, 21, 20]);
    expect(only(loadsOf(facts(), unlucky(9)))).toEqual([...rise, 21, 21, 21]);
    const last: Judge = (load, role) => (load === 20 ? { trusted: false } : givesWayAt(20)(load, role));
    expect(only(loadsOf(facts(), last))).toEqual([...rise, 21, 20, 20, 20]);
  });

  test("a listed load is sent again too, and one that is listed twice is measured twice", () => {
    let unlucky = true;
    const result = loadsOf(facts({ points: [2, 2, 8] }), (load) => {
      if (load !== 8 || !unlucky) return {};
      unlucky = false;
      return { trusted: false };
    });
    expect(only(result)).toEqual([2, 2, 8, 8]);
    expect(result.done.candidate?.kind).toBe("listed");
  });

  test("a listed load that lost its trust once another had followed is not sent again, nor the other in its place", () => {
    const about = facts({ points: [64, 4] });
    const points = [measured(4, { index: 1 }), measured(64, { index: 0, trusted: false })];
    expect(nextPoint(about, points)).toMatchObject({ done: { candidate: { kind: "listed" } } });
  });

  test("one load that looks saturated and is not confirmed ends nothing", () => {
    expect(only(loadsOf(facts({ to: 32 }), (load) => (load === 8 ? { state: "unsure" } : {})))).toEqual([
      1, 2, 4, 8, 16, 32,
    ]);
  });
});

describe("an SLO", () => {
  const [term] = parseSlo({ text: "ttft p95 < 1s", line: 0, column: 0 }).terms;
  const breaksAt =
    (at: number): Judge =>
    (load) => {
      const ms = (1_000 * load) / at;
      const state = ms < 900 ? "met" : ms > 1_100 ? "missed" : "unsure";
      return { slo: { state, terms: [{ term: term as never, state, value: ms, lo: ms, hi: ms }], goodPerS: 1 } };
    };

  test("is refined where it breaks, without a knee", () => {
    expect(only(loadsOf(facts({ to: 64 }), breaksAt(11)))).toEqual([1, 2, 4, 8, 16, 32, 64, 11, 9, 10]);
  });

  test("and the knee have four loads each at most", () => {
    const both: Judge = (load, role) => ({
      ...breaksAt(300)(load, role),
      ...(load >= 900 ? { state: "saturated" } : {}),
    });
    const loads = only(loadsOf(facts({ to: 4_096 }), both));
    expect(loads.slice(0, 12)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048]);
    expect(loads.slice(12)).toHaveLength(8);
    expect(loads.slice(16).every((load) => load !== null && load > 256 && load < 512)).toBe(true);
  });
});

describe("two endpoints", () => {
  const roles = ["baseline", "candidate"] as const;
  const judge: Judge = (load, role) => givesWayAt(role === "baseline" ? 4 : 16)(load, role);

  test("together: one load for both while both need it", () => {
    const { loads, done } = loadsOf(facts({ to: 64 }, { roles }), judge);
    expect(loads.slice(0, 4)).toEqual([1, 2, 4, 8].map((load) => ["baseline+candidate", load]));
    expect(loads.slice(4).every(([role]) => role === "baseline" || role === "candidate")).toBe(true);
    expect(Object.values(done).map(({ kind }) => kind)).toEqual(["saturated", "saturated"]);
  });

  test("apart: one after the other", () => {
    const { loads } = loadsOf(facts({ to: 64 }, { roles, together: false }), judge);
    const turns = loads.map(([role]) => role);
    expect(turns).toEqual([...turns].sort());
    expect(new Set(turns)).toEqual(new Set(roles));
  });
});

describe("loads that were asked for", () => {
  test("are those, in their order", () => {
    const result = loadsOf(facts({ points: [8, 2, 4] }), givesWayAt(4));
    expect(only(result)).toEqual([8, 2, 4]);
    expect(result.done.candidate?.kind).toBe("listed");
  });

  test("end at the first 429 all the same", () => {
    expect(only(loadsOf(facts({ points: [8, 16, 32] }), () => ({ state: "rate-limited" })))).toEqual([8]);
  });

  test("a trace is played once, at its own load", () => {
    const shape = { kind: "trace", arrivals: [] } as const;
    expect(loadsOf(facts({ loop: { kind: "open", shape } }), () => ({})).loads).toEqual([["candidate", null]]);
  });
});
