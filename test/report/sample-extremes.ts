/** Reports at the edges: nothing recorded, an invalid machine, tails that end in failures. */
import type { Report } from "../../src/report/report.js";
import { NO_SHIFT, sidesOnly } from "./sample-metrics.js";
import { sampleReport } from "./sample-report.js";

const NO_COST = {
  per1000Requests: null,
  retriesPer1000Requests: null,
  perMonth: null,
  requests: 0,
  notes: ["no price: set `price` of the endpoint"],
};

/** A run that was killed before it recorded anything. */
export function emptyReport(): Report {
  const { summary } = sampleReport();
  const endpoint = {
    ...summary.endpoints.baseline,
    models: {},
    modelsSeen: [],
    systemFingerprints: [],
    remoteAddresses: [],
    exchanges: 0,
    attempts: 0,
    meanInFlight: null,
  };
  const none = { count: 0, of: 0, share: null, notes: ["no exchange of this kind"] };
  return {
    summary: {
      ...summary,
      verdict: null,
      verdictReason: "no gates: this report shows what was measured and decides nothing",
      judgement: { ...summary.judgement, notes: [] },
      gates: [],
      checklist: [],
      timeouts: { suggested: [], cuts: [], notes: [] },
      cost: { baseline: NO_COST, candidate: NO_COST },
      control: null,
      run: {
        ...summary.run,
        recent: [],
        labels: [],
        kind: "run",
        recorded: 0,
        planned: 228,
        partial: true,
        ended: "killed",
        durationMs: 0,
      },
      endpoints: { baseline: endpoint, candidate: endpoint },
      metrics: {
        ttft: {
          unit: "ms",
          better: "lower",
          formula: "",
          warm: { ...sidesOnly(null, null), shift: NO_SHIFT },
        },
      },
      rates: { errors: { baseline: none, candidate: none, difference: null, better: "lower", of: "first attempts" } },
      cold: {
        baseline: [],
        candidate: [],
        warmTtftP50: { baseline: null, candidate: null },
        interval: { baseline: null, candidate: null },
        unplanned: { baseline: [], candidate: [] },
        promised: { baseline: null, candidate: null },
      },
      checks: { unmet: [], toolFaults: { baseline: {}, candidate: {} }, notTested: [] },
      parity: { pairs: 0, rungs: {}, flips: [], outputTokenRatio: null, matchedLength: 0, outputs: null },
      findings: [],
      validity: { ok: true, notes: [], figures: [] },
    },
    details: { cases: [], exchanges: [], timeline: [], curves: [], dots: [], tailFiles: [] },
  };
}

/** An invalid run whose candidate failed in 7 % of its requests. */
export function troubledReport(): Report {
  const report = structuredClone(sampleReport());
  const { summary } = report;
  const tail = summary.metrics.ttfa?.warm?.candidate;
  if (tail)
    Object.assign(tail, {
      failed: 9,
      p95: null,
      p99: null,
      notes: [
        "p95 not reached: 9 of 126 failed before they had a value",
        "p99 not reached: 9 of 126 failed before they had a value",
      ],
    });
  return {
    ...report,
    summary: {
      ...summary,
      verdict: "invalid",
      verdictReason: "p99 send lag of 48 ms is over its limit of 20 ms",
      gates: summary.gates.map((gate) => ({
        ...gate,
        result: gate.kind === "latency" ? ("invalid" as const) : ("pass" as const),
      })),
      validity: {
        ok: false,
        notes: [],
        figures: summary.validity.figures.map((figure, index) =>
          index === 0 ? { ...figure, value: 48.2, ok: false } : figure,
        ),
      },
    },
  };
}
