/** Sweeps in round numbers, as `sweep.json` has them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type {
  EndpointSweep,
  SweepInterval,
  SweepPoint,
  SweepSummary,
  SweepTail,
  SweptEndpoint,
} from "../../../src/report/sweep-summary.js";

export function tail(mean: number): SweepTail {
  const same = { min: mean, p1: mean, p5: mean, p10: mean, p50: mean, p90: mean, p95: mean, p99: mean, max: mean };
  return { n: 1_000, failed: 0, ...same, mean, notes: [] };
}

export function within(value: number, lo: number | null = value, hi: number | null = value): SweepInterval {
  return { value, lo, hi };
}

export function sweptPoint(index: number, perS: number, change: Partial<SweepPoint> = {}): SweepPoint {
  return {
    index,
    load: perS,
    settleMs: 10_000,
    windowMs: 60_000,
    requests: 60 * perS,
    offeredPerS: perS,
    sentPerS: perS,
    throughput: within(perS),
    outputTokensPerS: within(250 * perS),
    inputTokensPerS: 900 * perS,
    inFlight: 2 * perS,
    ttft: tail(200),
    ttft_intended: tail(200),
    chunk_gap: tail(10),
    e2e: tail(2_000),
    e2e_intended: tail(2_000),
    decode_rate: tail(100),
    char_rate: tail(400),
    send_lag: tail(1),
    errors: { count: 0, of: 60 * perS, http429: 0 },
    dropped: 0,
    cachedShare: 0,
    slo: { state: "met", terms: [], goodPerS: perS },
    state: "steady",
    trusted: true,
    notes: [],
    ...change,
  };
}

/** Saturated at 12 requests a second, good up to 10. */
export function swept(change: Partial<EndpointSweep> = {}): EndpointSweep {
  return {
    stopped: { kind: "saturated", text: "throughput stopped growing at 12 req/s." },
    knee: { throughput: within(12), outputTokensPerS: within(3_000), load: within(12), notes: [] },
    goodput: { throughput: within(10), load: within(10), limitedBy: "ttft p95 < 1s", notes: [] },
    meanInputTokens: 900,
    meanOutputTokens: 250,
    cachedShare: 0,
    points: [sweptPoint(0, 2), sweptPoint(1, 10), sweptPoint(2, 12, { state: "saturated" })],
    notes: [],
    ...change,
  };
}

export function endpoint(change: Partial<SweptEndpoint> = {}): SweptEndpoint {
  return {
    baseUrl: "https://candidate.example/v1",
    models: { default: "gpt-oss-120b" },
    modelsSeen: ["gpt-oss-120b"],
    tier: null,
    simulated: null,
    price: null,
    sweep: swept(),
    ...change,
  };
}

export function sweepSummary(
  change: {
    readonly baseline?: SweptEndpoint;
    readonly candidate?: SweptEndpoint;
    readonly slo?: string | null;
  } & Partial<Pick<SweepSummary, "verdict" | "reason">> = {},
): SweepSummary {
  const { slo = "ttft p95 < 1s and errors < 1 %", verdict = "measured", reason = "both endpoints gave way" } = change;
  return {
    schemaVersion: 1,
    verdict,
    reason,
    run: {
      runId: "2026-11-28T02-00-00Z-sweep-1a2b",
      createdAt: "2026-11-28T02:00:00.000Z",
      durationMs: 900_000,
      host: "bench-02",
      seed: 7,
      goldenSet: { name: "migration", digest: "sha256:00" },
      versions: { twintail: "0.1.0", node: "20.19.0", undici: "7.30.2" },
    },
    load: {
      axis: "rate",
      shape: "open loop, Poisson arrivals",
      together: true,
      settleMs: 15_000,
      windowMs: 60_000,
      maxInFlight: 256,
      whenFull: "drop",
      mix: [{ category: "chat", share: 1, cases: 38 }],
      slo,
    },
    endpoints: {
      baseline: change.baseline ?? endpoint({ baseUrl: "https://baseline.example/v1", sweep: null }),
      candidate: change.candidate ?? endpoint(),
    },
    validity: { ok: true, notes: [], figures: [] },
    notes: [],
  };
}

/** Writes `sweep.json` into a folder of its own. @returns the folder. */
export function writeSweep(folder: string, name: string, summary: SweepSummary): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "sweep.json"), JSON.stringify(summary));
  return path;
}
