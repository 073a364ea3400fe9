/** How long a run lasted. */
import { expect, it } from "vitest";
import { durationMs } from "../../src/assemble/spans.js";
import type { ScoredExchange } from "../../src/measure/scored.js";

const sent = (phase: ScoredExchange["phase"], fromMs: number, toMs: number, segment = 0): ScoredExchange =>
  ({ segment, phase, releasedAtNs: fromMs * 1e6, endedAtNs: toMs * 1e6 }) as ScoredExchange;

it("a shard's wait for the common start is none of its duration, nor is what lies between two processes", () => {
  const recorded = { header: {}, segments: [] } as never;
  const run = [
    sent("warmup", 0, 400),
    sent("warmup", 300, 1_000),
    sent("warm", 31_000, 33_000),
    sent("warm", 32_000, 36_000),
  ];
  expect(durationMs(run, recorded)).toBe(6_000);
  expect(durationMs([...run, sent("warm", 500_000, 501_000, 1)], recorded)).toBe(7_000);
  // One that was late warmed up while others sent: the time is counted once.
  expect(durationMs([...run, sent("warmup", 30_000, 35_000), sent("warm", 36_000, 40_000)], recorded)).toBe(40_000);
});
