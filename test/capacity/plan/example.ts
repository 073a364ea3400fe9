/** The worked example of docs/capacity.md: examples/capacity.yaml, with a sweep of both of its tiers. */
import { fileURLToPath } from "node:url";
import { capacity } from "../../../src/capacity.js";
import type { CapacitySummary } from "../../../src/report/capacity-summary.js";
import type { SweepSummary } from "../../../src/report/sweep-summary.js";
import { endpoint, sweepSummary, swept, sweptPoint, within, writeSweep } from "./sweeps.js";

export const EXAMPLE_FILE = fileURLToPath(new URL("../../../examples/capacity.yaml", import.meta.url));

/** A replica of h100x2 bears 10 requests a second, 9 to 11; one of a100x2 bears 6, 5.6 to 6.4. */
export function exampleSweep(): SweepSummary {
  return sweepSummary({
    reason: "both endpoints were driven until they gave way",
    candidate: endpoint({
      tier: "h100x2",
      sweep: swept({
        goodput: { throughput: within(10, 9, 11), load: within(10, 9, 11), limitedBy: "ttft p95 < 1s", notes: [] },
      }),
    }),
    baseline: endpoint({
      tier: "a100x2",
      baseUrl: "https://baseline.example/v1",
      sweep: swept({
        stopped: { kind: "saturated", text: "throughput stopped growing at 7.5 req/s." },
        knee: { throughput: within(7.5, 7.2, 7.8), outputTokensPerS: null, load: within(7.5), notes: [] },
        goodput: { throughput: within(6, 5.6, 6.4), load: within(6), limitedBy: "ttft p95 < 1s", notes: [] },
        points: [sweptPoint(0, 2), sweptPoint(1, 6), sweptPoint(2, 7.5, { state: "saturated" })],
      }),
    }),
  });
}

export function examplePlan(folder: string): CapacitySummary {
  const path = writeSweep(folder, "2026-11-28T02-00-00Z-sweep-1a2b", exampleSweep());
  return capacity({ file: EXAMPLE_FILE, sweeps: [path] });
}
