/** A scored recording of a real server with gates put upon it, for formats that show what gates said. */
import { fileURLToPath } from "node:url";
import type { GateSummary } from "../../src/report/decision.js";
import type { Report } from "../../src/report/report.js";
import type { Summary } from "../../src/report/summary.js";
import { score } from "../../src/score.js";

const RECORDING = fileURLToPath(new URL("../recordings/llama-cpp-apis.jsonl", import.meta.url));
let scored: Report | null = null;

/** One gate of latency that failed, unless said otherwise. */
export function gate(change: Partial<GateSummary> = {}): GateSummary {
  return {
    text: "ttfa shift < 1.20",
    place: { line: 31, column: 5 },
    kind: "latency",
    result: "fail",
    value: 1.312,
    lower: 1.251,
    upper: 1.376,
    op: "<",
    margin: 1.2,
    unit: "ratio",
    n: 380,
    rounds: 10,
    method: "rounds",
    reads: "slower",
    decides: { pass: 1.13, fail: 1.27 },
    reason: "the candidate takes at least 1.25 times as long",
    notes: [],
    ...change,
  };
}

export function gatedReport(gates: readonly GateSummary[], verdict: Summary["verdict"], change = {}): Report {
  scored ??= score(RECORDING);
  const { summary, details } = structuredClone(scored);
  const verdictReason = gates[0] === undefined ? "no gates" : `${gates[0].text}: ${gates[0].reason}`;
  return { summary: { ...summary, gates: [...gates], verdict, verdictReason, ...change }, details };
}
