import { describe, expect, it } from "vitest";
import { sweptCapacity } from "../../../src/capacity/plan/swept-capacity.js";
import type { EndpointSweep } from "../../../src/report/sweep-summary.js";
import { swept, sweptPoint, within } from "./sweeps.js";

const SLO = "ttft p95 < 1s";
const of = (change: Partial<EndpointSweep>, slo: string | null = SLO, replicas = 1) =>
  sweptCapacity({ sweep: swept(change), slo, kneeShare: 0.8, replicas });
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
      text: "it keeps ttft p95 < 1s; above it ttft p95 < 1s breaks",
      notes: ["n"],
    });
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
    const missed = [sweptPoint(0, 2, { slo: { state: "missed", terms: [], goodPerS: 0 } })];
    expect(of({ goodput: null, points: missed })).toEqual({
      basis: null,
      meets: "no",
      why: "ttft p95 < 1s did not hold at any load from 2.00 up",
    });
    const unsure = [sweptPoint(0, 2, { slo: { state: "unsure", terms: [], goodPerS: 0 } })];
    expect(of({ goodput: null, points: unsure })).toMatchObject({ basis: null, meets: "unsure" });
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
