/** What decides, made up: a gate of every result, a checklist, timeouts, cost, outputs and a control arm. */
import type {
  ChecklistItem,
  ControlSummary,
  CostSummary,
  DifferenceSummary,
  GateSummary,
  OutputsSummary,
  ShiftSummary,
  TimeoutSummary,
} from "../../src/report/decision.js";

const gate = (text: string, more: Partial<GateSummary>): GateSummary => ({
  text,
  place: { line: 31, column: 5 },
  kind: "latency",
  result: "pass",
  value: null,
  lower: null,
  upper: null,
  op: "<",
  margin: 0,
  unit: "ratio",
  n: 0,
  rounds: 3,
  method: "rounds",
  reads: null,
  decides: null,
  reason: "",
  notes: [],
  ...more,
});

/** One of each result. */
export const SAMPLE_GATES: readonly GateSummary[] = [
  gate("ttfa shift < 1.20", {
    value: 0.912,
    lower: 0.861,
    upper: 0.966,
    margin: 1.2,
    n: 120,
    reads: "faster",
    decides: { pass: 1.13, fail: 1.27 },
    reason: "the bound 0.966 lies within 1.20",
  }),
  gate("tool_calls drop < 0.05", {
    kind: "contract",
    result: "fail",
    value: 0.111,
    lower: 0.061,
    upper: 0.171,
    margin: 0.05,
    unit: "share",
    n: 54,
    method: "exact",
    reads: "worse",
    reason: "a drop of at least 6.1 points, beyond 5.0 points",
    place: { line: 33, column: 5 },
  }),
  gate("ttfa slow_share diff < 0.05", {
    result: "inconclusive",
    value: 0.041,
    lower: -0.012,
    upper: 0.094,
    margin: 0.05,
    unit: "share",
    n: 120,
    reads: "~",
    decides: { pass: 0.002, fail: 0.102 },
    reason: "the bounds −1.2 and +9.4 points stand on both sides of 5.0 points",
    notes: ["fewer than 6 rounds: the interval holds within this moment"],
  }),
  gate("ttfa{category=<b>long</b>} p95 < 5s", {
    result: "invalid",
    value: 2_310,
    lower: 1_980,
    upper: null,
    margin: 5_000,
    unit: "ms",
    n: 9,
    method: "order-statistics",
    reason: "the measuring machine was in the way",
    place: null,
  }),
  gate("wake max < 8m", {
    result: "skipped",
    unit: "ms",
    margin: 480_000,
    op: "<=",
    method: "none",
    reason: "a quick run asks contract gates alone",
  }),
  gate('findings{severity="breaks"} new == 0', {
    kind: "contract",
    result: "fail",
    value: 1,
    op: "==",
    unit: "count",
    n: 114,
    method: "exact",
    reason: "1 finding is new on the candidate: tool-arguments-object",
  }),
];

export const SAMPLE_CHECKLIST: readonly ChecklistItem[] = [
  {
    id: "completion",
    group: "parity",
    item: "A completion in one body succeeds",
    status: "verified",
    why: "14 of 15 requests, each of 5 cases at least once",
  },
  {
    id: "golden-prompts",
    group: "parity",
    item: "Golden prompts compared: no case regresses consistently",
    status: "failed",
    why: "3 cases: json-object, tools-choose-one, <script>alert(1)</script>",
  },
  {
    id: "features",
    group: "parity",
    item: "Each non-core feature in use was probed",
    status: "not tested",
    why: "in use here: logprobs, seed; an answer does not prove an effect, `twintail probe` does",
  },
  {
    id: "retry-after",
    group: "reliability",
    item: "A 429 says when to come back, in a form that clients read",
    status: "not tested",
    why: "no 429 was met: only load near the limits of the endpoint brings one",
  },
  {
    id: "not-buffered",
    group: "streaming",
    item: "Nothing on the way buffers, compresses or caches streams",
    status: "verified",
    why: "96 streams of 8 events or more came in pieces to this machine",
  },
  {
    id: "timeouts-sized",
    group: "latency",
    item: "Timeouts are sized to the candidate",
    status: "failed",
    why: "1 of 129 requests reached the limits of this run itself, 600 s in all",
  },
  {
    id: "cost-compared",
    group: "cost",
    item: "The same requests cost no more than on the baseline, retries included",
    status: "verified",
    why: "$0.412 → $0.318 per 1,000 requests",
  },
  {
    id: "store-false",
    group: "privacy",
    item: "Requests to the Responses API say `store: false`",
    status: "not tested",
    why: "no case asks the Responses API",
  },
];

const cut = (count: number, of: number) => ({ count, of });

export const SAMPLE_TIMEOUTS: TimeoutSummary = {
  suggested: [
    {
      timeout: "connect",
      ms: 3_000,
      basis: "2 × the 95 % bound on p90, 1.2 ms, and no less than 3 s; largest of 44 fresh connections 1.3 ms",
    },
    { timeout: "first byte", ms: 5_000, basis: "2 × the 95 % bound on p95, 2.3 s; largest of 126 answers 2.4 s" },
    { timeout: "idle", ms: 6_000, basis: "2 × the 95 % bound on p95, 2.9 s; largest of 111 streams 3 s" },
    { timeout: "total", ms: null, basis: "n = 12 < 29: no bound on p90; largest of 12 answers 31 s" },
    {
      timeout: "cold",
      ms: 600_000,
      basis: "the cap of 8 min and 1 min for the answer; longest of 2 wakes 2 min 51 s, 1 more had no token",
    },
  ],
  cuts: [
    {
      limitMs: 15_000,
      total: { baseline: cut(3, 129), candidate: cut(5, 126) },
      silence: { baseline: cut(0, 129), candidate: cut(1, 126) },
    },
    {
      limitMs: 30_000,
      total: { baseline: cut(3, 129), candidate: cut(4, 126) },
      silence: { baseline: cut(0, 129), candidate: cut(1, 126) },
    },
    {
      limitMs: 60_000,
      total: { baseline: cut(0, 129), candidate: cut(1, 126) },
      silence: { baseline: cut(0, 129), candidate: cut(1, 126) },
    },
    {
      limitMs: 100_000,
      total: { baseline: cut(0, 129), candidate: cut(1, 126) },
      silence: { baseline: cut(0, 129), candidate: cut(1, 126) },
    },
  ],
  notes: ["sized for prompts and lengths like these, without retries: each attempt has a timeout of its own"],
};

export const SAMPLE_COST: { baseline: CostSummary; candidate: CostSummary } = {
  baseline: {
    per1000Requests: 0.41234,
    retriesPer1000Requests: 0,
    perMonth: 3_133.8,
    requests: 129,
    notes: [],
  },
  candidate: {
    per1000Requests: 0.31811,
    retriesPer1000Requests: 0.00198,
    perMonth: 2_417.6,
    requests: 126,
    notes: ["usage came with 120 of 123 answers: the others are taken as their average"],
  },
};

export const SAMPLE_OUTPUTS: OutputsSummary = {
  p: 0.002,
  permutations: 2_000,
  cases: 36,
  rounds: 3,
  within: { baseline: 0.021, candidate: 0.034 },
  between: 0.118,
  excess: 0.0905,
  reads: "differ",
  mostDiffering: [
    { caseId: "schema-enum", within: 0.02, between: 0.61, excess: 0.59 },
    { caseId: "cjk-summary", within: 0.1, between: 0.42, excess: 0.32 },
  ],
  notes: [],
};

export function sampleDifference(
  value: number,
  lo: number,
  hi: number,
  more: Partial<DifferenceSummary> = {},
): DifferenceSummary {
  return {
    value,
    lo,
    hi,
    p: lo > 0 || hi < 0 ? 0.012 : 0.48,
    pHolm: lo > 0 || hi < 0 ? 0.19 : 1,
    rounds: 3,
    method: "exact",
    reads: "~",
    notes: ["fewer than 6 rounds: the interval holds within this moment"],
    ...more,
  };
}

/** Each endpoint against itself: 8 % is noise here. */
export function sampleControl(shift: ShiftSummary): ControlSummary {
  const alone = (ratio: number): ShiftSummary => ({
    ...shift,
    ratio,
    lo: ratio * 0.95,
    hi: ratio * 1.06,
    p: 0.6,
    pHolm: null,
    reads: "~",
  });
  return {
    metrics: {
      ttfa: { baseline: alone(1.01), candidate: alone(0.99), resolves: 1.0706 },
      e2e: { baseline: alone(1.02), candidate: null, resolves: 1.0812 },
      stall: { baseline: null, candidate: null, resolves: null },
    },
    rates: {
      tool_calls: { baseline: sampleDifference(0, -0.04, 0.04, { pHolm: null, p: 1 }), candidate: null },
    },
    outputs: {
      baseline: {
        ...SAMPLE_OUTPUTS,
        p: 0.7,
        reads: "alike",
        within: { baseline: 0.021, candidate: 0.022 },
        between: 0.022,
        excess: 0.0005,
        mostDiffering: [],
      },
      candidate: null,
    },
    notes: ["the candidate's own answers were cut"],
  };
}
