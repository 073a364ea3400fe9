import { describe, expect, it } from "vitest";
import { sweptCapacity } from "../../../src/capacity/plan/swept-capacity.js";
import type { EndpointSweep, SweepPoint } from "../../../src/report/sweep-summary.js";
import { swept, sweptPoint, within } from "./sweeps.js";

const SLO = "ttft p95 < 1s";
const of = (change: Partial<EndpointSweep>, slo: string | null = SLO, replicas = 1) =>
  sweptCapacity({ sweep: swept(change), slo, kneeShare: 0.8, replicas });
const missed: SweepPoint["slo"] = { state: "missed", terms: [], goodPerS: 0 };
const goodput = (limitedBy: string | null) => ({
  throughput: within(10, 9, 11),
  load: within(10),
  limitedBy,
  notes: ["n"],
});

describe("what a replica bears", () => {
  it("is its goodput where the sweep had an SLO", () => {
    expect(of({ goodput: goodput(SLO) })).toEqual({
      basis: "goodput",
      perS: within(10, 9, 11),
      atLeast: false,
      text: "it keeps ttft p95 < 1s; above that ttft p95 < 1s breaks",
      notes: ["n"],
    });
  });

  it.each(["it falls behind its arrivals", "most requests fail"])(
    "says what ended it where no term did: %s",
    (clause) => {
      expect(of({ goodput: goodput(clause) })).toMatchObject({ text: `it keeps ttft p95 < 1s; above that ${clause}` });
    },
  );

  it("is at least that where a 429 ended it, whatever the refused load broke", () => {
    const stopped = { kind: "rate-limited", text: "it refused with 429 at a load of 12" } as const;
    const points = [sweptPoint(0, 10), sweptPoint(1, 12, { state: "rate-limited", slo: missed })];
    for (const limitedBy of ["it refuses with 429", "errors < 1%", null]) {
      expect(of({ goodput: goodput(limitedBy), knee: null, stopped, points })).toMatchObject({
        perS: within(10, 9, null),
        atLeast: true,
        text: "it kept ttft p95 < 1s until it was refused with 429: rate-limited, not saturated",
      });
    }
    // The hardware broke it before the gateway did.
    const broken = [sweptPoint(0, 10), sweptPoint(1, 11, { slo: missed }), ...points.slice(1)];
    expect(of({ goodput: goodput(SLO), knee: null, stopped, points: broken })).toMatchObject({
      perS: within(10, 9, 11),
      atLeast: false,
      text: "it keeps ttft p95 < 1s; above that ttft p95 < 1s breaks",
    });
    const behind = [sweptPoint(0, 10), sweptPoint(1, 11, { state: "saturated" }), ...points.slice(1)];
    expect(of({ goodput: goodput("it falls behind its arrivals"), stopped, points: behind })).toMatchObject({
      atLeast: false,
    });
    // A closed loop keeps its SLO where it is saturated; chance broke it far below.
    const flat = [
      sweptPoint(0, 4, { slo: missed }),
      sweptPoint(1, 11, { state: "saturated", offeredPerS: null }),
      ...points.slice(1),
    ];
    expect(of({ goodput: goodput("it refuses with 429"), stopped, points: flat })).toMatchObject({ atLeast: true });
  });

  it("is at least that where the SLO held to the top", () => {
    const stopped = { kind: "top", text: "the highest load that was asked for was reached." } as const;
    expect(of({ goodput: goodput(null), knee: null, stopped })).toMatchObject({
      perS: within(10, 9, null),
      atLeast: true,
      text: "it kept ttft p95 < 1s at every load that was tried: no limit was found, the highest load that was asked for was reached",
    });
  });

  it("is that alone where the SLO held until it was saturated", () => {
    expect(of({ goodput: goodput(null) })).toMatchObject({ perS: within(10, 9, 11), atLeast: false });
  });

  it("is nothing where the SLO held at no load, and unknown where that cannot be told", () => {
    expect(of({ goodput: null, points: [sweptPoint(0, 2, { slo: missed })] })).toEqual({
      basis: null,
      meets: "no",
      why: "ttft p95 < 1s did not hold at any load from 2.00 up",
    });
    const unsure = [sweptPoint(0, 2, { slo: { state: "unsure", terms: [], goodPerS: 0 } })];
    expect(of({ goodput: null, points: unsure })).toMatchObject({ basis: null, meets: "unsure" });
  });

  it("is unknown where it failed at every load that can be trusted, as one that crashed does", () => {
    const points = [sweptPoint(0, 2, { trusted: false }), sweptPoint(1, 4, { state: "failing", slo: missed })];
    expect(of({ goodput: null, points })).toMatchObject({
      basis: null,
      meets: "unsure",
      why: "most of its requests failed at any load from 4.00 up, so nobody knows what it bears when it works",
    });
  });

  it("is unknown where no answer had what a term of the SLO is about", () => {
    const term = (text: string, state: "met" | "none") => ({ text, state, value: null, lo: null, hi: null });
    const slo: SweepPoint["slo"] = {
      state: "met",
      terms: [term("errors < 1%", "met"), term("tpot p95 < 1ms", "none")],
      goodPerS: 1,
    };
    expect(of({ goodput: goodput(null), points: [sweptPoint(0, 2, { slo })] })).toEqual({
      basis: null,
      meets: "unsure",
      why: "nobody knows whether it keeps tpot p95 < 1ms: no answer of its sweep had what that is about",
    });
    // What was missed at every load is missed, whatever else nobody knows.
    const broken = { ...slo, state: "missed" as const };
    expect(of({ goodput: null, points: [sweptPoint(0, 2, { slo: broken })] })).toMatchObject({ meets: "no" });
    const known = { ...slo, terms: slo.terms.map((each) => ({ ...each, state: "met" as const })) };
    const points = [sweptPoint(0, 2, { slo }), sweptPoint(1, 4, { slo: known })];
    expect(of({ goodput: goodput(null), points })).toMatchObject({ basis: "goodput" });
  });

  it("is unknown where it was refused with 429 before the SLO held", () => {
    const points = [sweptPoint(0, 2, { state: "rate-limited", slo: missed })];
    expect(of({ goodput: null, points })).toEqual({
      basis: null,
      meets: "unsure",
      why: "it was refused with 429 before ttft p95 < 1s held at a load: rate-limited, not saturated",
    });
  });

  it("is nothing by loads alone that this machine could be trusted with", () => {
    const [low, high] = [sweptPoint(0, 2, { slo: missed, trusted: false }), sweptPoint(1, 4, { slo: missed })];
    expect(of({ goodput: null, points: [low] })).toEqual({
      basis: null,
      meets: "unsure",
      why: "no load of its sweep can be trusted, so nobody knows whether ttft p95 < 1s holds",
    });
    expect(of({ goodput: null, points: [low, high] })).toMatchObject({
      meets: "no",
      why: "ttft p95 < 1s did not hold at any load from 4.00 up",
    });
    const unsure = sweptPoint(0, 2, { slo: { ...missed, state: "unsure" }, trusted: false });
    expect(of({ goodput: null, points: [unsure, high] })).toMatchObject({ meets: "no" });
  });

  it("is at least what a trace asked for, if it kept the SLO", () => {
    const stopped = { kind: "listed", text: "the trace was played once" } as const;
    const trace = (change: Partial<SweepPoint>) =>
      of({ goodput: null, knee: null, stopped, points: [sweptPoint(0, 2, { load: null, ...change })] });
    expect(trace({})).toMatchObject({
      basis: "highest",
      perS: within(2, 2, null),
      atLeast: true,
      text: "it kept ttft p95 < 1s as its trace was played: no limit was found, the trace was played once",
    });
    expect(trace({ state: "unsure" })).toMatchObject({ basis: null, meets: "unsure" });
    expect(trace({ slo: missed })).toMatchObject({
      meets: "no",
      why: "ttft p95 < 1s did not hold at any load that was swept",
    });
  });

  it("is a share of the knee without an SLO", () => {
    const knee = { throughput: within(10, 9, 11), outputTokensPerS: null, load: within(10), notes: [] };
    expect(of({ knee, goodput: null }, null)).toMatchObject({
      basis: "knee",
      perS: within(8, 0.8 * 9, 0.8 * 11),
      text: "80 % of its knee at 10.0 req/s, since its sweep had no SLO",
    });
  });

  it("is at least the highest load that it bore where no knee was reached, and never one in doubt", () => {
    const points = [
      sweptPoint(0, 2),
      sweptPoint(1, 10, { throughput: within(10, 9, 11) }),
      sweptPoint(2, 20, { trusted: false }),
      sweptPoint(3, 30, { state: "rate-limited" }),
    ];
    const stopped = { kind: "rate-limited", text: "HTTP 429 at 30 req/s." } as const;
    expect(of({ knee: null, goodput: null, points, stopped }, null)).toMatchObject({
      basis: "highest",
      perS: within(10, 9, null),
      atLeast: true,
      text: "the highest load that it bore: rate-limited, not saturated",
    });
    const failing = { kind: "failing", text: "half of the answers failed at 30 req/s." } as const;
    expect(of({ knee: null, goodput: null, points, stopped: failing }, null)).toMatchObject({
      perS: within(10, 9, 11),
      atLeast: false,
    });
  });

  it("is not known where nothing was steady", () => {
    const points = [sweptPoint(0, 2, { state: "failing" })];
    expect(of({ knee: null, goodput: null, points }, null)).toMatchObject({ basis: null, meets: "unsure" });
  });

  it("is its share where several replicas were swept together", () => {
    expect(of({ goodput: goodput(SLO) }, SLO, 2)).toMatchObject({
      perS: within(5, 4.5, 5.5),
      notes: ["the swept endpoint had 2 replicas: each is taken to bear an equal part", "n"],
    });
  });
});
