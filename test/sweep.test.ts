/** Sweeps over sockets against simulated endpoints, in processes of their own, whose capacity and stalls are known. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scoreSweep } from "../dist/index.js";
import { capacityRequestsPerS } from "../src/sim/batching.js";
import { engineParameters } from "../src/sim/tiers.js";
import { ENGINE, OUTPUT_TOKENS, skipWhereBusy, sweepHarness, sweepYaml } from "./sweep-harness.js";

const { sim, swept } = sweepHarness();

const known = capacityRequestsPerS(engineParameters("h100x2", ENGINE), {
  promptTokens: 16,
  outputTokens: OUTPUT_TOKENS,
});

interface RecordedPoint {
  readonly point: { readonly load: number; readonly settleMs: number };
  readonly plan: readonly { readonly endpoint: string; readonly nonce: string }[];
}
const pointsOf = (recording: string): RecordedPoint[] =>
  readFileSync(recording, "utf8")
    .split("\n")
    .filter((line) => line.startsWith('{"type":"point"'))
    .map((line) => JSON.parse(line) as RecordedPoint);

describe("a sweep", () => {
  it("finds what a simulated engine of known capacity bears, within 10 %, and where", async ({ skip }) => {
    const { baseUrl } = await sim();
    const { summary, recording } = await swept(
      sweepYaml(baseUrl, "points: [4, 8, 16], settle: 700ms, window: 3s, slo: ttft p50 < 300ms"),
    );
    const own = summary.endpoints.candidate.sweep;
    skipWhereBusy(summary, skip);
    expect(summary.verdict).toBe("measured");
    expect(summary.endpoints.baseline.sweep).toBeNull();
    expect(own?.stopped.kind).toBe("listed");
    expect((own?.knee?.throughput.value ?? 0) / known).toBeGreaterThan(0.9);
    expect((own?.knee?.throughput.value ?? 0) / known).toBeLessThan(1.1);
    expect(own?.knee?.load.value).toBeGreaterThan(6);
    expect(own?.knee?.load.value).toBeLessThan(11);
    // A queue of one more wave lengthens the wait by a whole answer: beyond the knee the SLO breaks.
    expect(own?.goodput?.load.value).toBeGreaterThanOrEqual(4);
    expect(own?.goodput?.load.value).toBeLessThan(16);
    expect(own?.goodput?.limitedBy).toBe("ttft p50 < 300ms");
    expect(scoreSweep(recording)).toEqual(summary);
    // Sixteen lanes of which eight are served wait for two answers: longer than it was told to settle.
    const highest = pointsOf(recording).find(({ point }) => point.load === 16);
    expect(highest?.point.settleMs).toBeGreaterThan(1_200);
  }, 240_000);

  it("loads both endpoints with one schedule in an open loop, each to what it bears", async ({ skip }) => {
    const [slow, fast] = [await sim({ seed: 1 }), await sim({ seed: 2, replicas: 4 })];
    const { summary, recording } = await swept(
      sweepYaml(fast.baseUrl, "shape: poisson, points: [6, 36], settle: 1s, window: 5s, maxInFlight: 200", {
        baseline: slow.baseUrl,
      }),
    );
    skipWhereBusy(summary, skip);
    const { baseline, candidate } = summary.endpoints;
    const at = (load: number) =>
      [baseline, candidate].map(({ sweep: own }) => own?.points.find((point) => point.load === load && point.trusted));
    const [lowSlow, lowFast] = at(6);
    expect(lowSlow?.offeredPerS).toBe(lowFast?.offeredPerS);
    expect(lowSlow?.state).toBe("steady");
    expect(lowFast?.state).toBe("steady");
    const [highSlow, highFast] = at(36);
    expect(highSlow?.state).toBe("saturated");
    expect(highFast?.state).not.toBe("saturated");
    expect(highSlow?.throughput.value).toBeLessThan(0.7 * 36);
    // Same prompts to both, each once.
    const bodies = pointsOf(recording).flatMap(({ plan }) => plan);
    const nonces = (role: string): string[] =>
      bodies.filter(({ endpoint }) => endpoint === role).map(({ nonce }) => nonce);
    expect([...nonces("baseline")].sort()).toEqual([...nonces("candidate")].sort());
    expect(new Set(nonces("baseline")).size).toBe(nonces("baseline").length);
  }, 120_000);
});

/** Exact percentiles of what arrived, whatever the report says. */
describe("an open loop against a server that stalls for 2 s", () => {
  it("shows the stall from the intended time, and not from the send, where connections are few", async () => {
    // 100 arrivals a second for 12 s, 8 connections: in the stall 8 wait at the server and about 200 before it.
    const { baseUrl } = await sim({
      engine: { ...ENGINE, decodeTokensPerS: 2_000, maxBatch: 64 },
      inject: [{ kind: "stall", afterMs: 6_000, forMs: 2_000 }],
    });
    const { summary } = await swept(
      sweepYaml(baseUrl, "shape: constant, points: [100], settle: 1s, window: 12s, maxInFlight: 8, whenFull: wait"),
    );
    const point = summary.endpoints.candidate.sweep?.points[0];
    expect(point?.ttft_intended?.p99).toBeGreaterThan(1_000);
    expect(point?.ttft?.p99).toBeLessThan(500);
    expect(point?.ttft?.max).toBeGreaterThan(1_500);
    expect(point?.dropped).toBe(0);
    // It waited for the server, and no machine was late.
    expect(point?.send_lag?.p50).toBeLessThan(20);
  }, 60_000);
});
