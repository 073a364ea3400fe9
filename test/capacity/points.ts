/** Measured loads by hand: what a decision looks at, and nothing of how it was measured. */
import type { MeasuredPoint } from "../../src/capacity/saturation.js";
import type { SweepFacts } from "../../src/recording/recording.js";

export function measured(load: number | null, more: Partial<MeasuredPoint> = {}): MeasuredPoint {
  const value = more.throughput?.value ?? load ?? 1;
  return {
    role: "candidate",
    index: 0,
    load,
    settleMs: 10_000,
    windowMs: 30_000,
    requests: 100,
    offeredPerS: null,
    sentPerS: value,
    throughput: { value, error: 0.01 * value, df: 9 },
    outputTokensPerS: null,
    inputTokensPerS: null,
    workPerS: null,
    inFlight: load ?? 1,
    tail: () => null,
    errors: { count: 0, of: 100, http429: 0 },
    refused: 0,
    dropped: 0,
    waited: 0,
    cachedShare: null,
    usage: { answers: 0, input: 0, output: 0, work: 0, cachedOf: 0, cached: 0, byCase: new Map() },
    dealt: new Map([["one", 1]]),
    wait: null,
    drift: null,
    usedUpPerS: null,
    slo: { state: "none", terms: [], goodPerS: null },
    state: "steady",
    trusted: true,
    notes: [],
    ...more,
  };
}

export function facts(load: Partial<SweepFacts["load"]> = {}, more: Partial<SweepFacts> = {}): SweepFacts {
  return {
    roles: ["candidate"],
    together: true,
    ...more,
    load: {
      loop: { kind: "closed" },
      points: "auto",
      from: 1,
      to: 256,
      settleMs: 10_000,
      windowMs: 30_000,
      maxInFlight: 512,
      whenFull: "drop",
      ...load,
    },
  };
}
