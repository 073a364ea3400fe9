/** Tails, curves, dots and cold trials of the sample report, from its own exchanges. */

import type { ShiftSummary, TailRatioSummary } from "../../src/report/decision.js";
import type { CaseDots, CaseView, ExchangeView, QuantileCurve, TimelineBar } from "../../src/report/report.js";
import type { MetricPhase, MetricSummary, Summary, TailSummary } from "../../src/report/summary.js";
import { sampleDifference } from "./sample-decision.js";

type Pick = (view: ExchangeView) => number | null;
type Better = MetricSummary["better"];
type Row = readonly [name: string, unit: string, better: Better, formula: string, pick: Pick];

const METRICS: readonly Row[] = [
  [
    "connect",
    "ms",
    "lower",
    "DNS + TCP + TLS of a fresh connection",
    (view) => (view.round === 0 ? 0.4 + (view.id % 7) / 10 : null),
  ],
  ["ttfe", "ms", "lower", "firstEvent − sent", (view) => (view.ttftMs === null ? null : view.ttftMs - 6)],
  ["ttft", "ms", "lower", "firstToken − sent; reasoning counts", (view) => view.ttftMs],
  ["ttfa", "ms", "lower", "firstAnswer − sent; reasoning does not count", (view) => view.ttfaMs],
  ["e2e", "ms", "lower", "ended − sent", (view) => view.e2eMs],
  [
    "chunk_gap",
    "ms",
    "lower",
    "gaps between reads that completed a token-bearing event",
    (view) => (view.stallMs === null ? null : 8 + view.stallMs / 20),
  ],
  ["stall", "ms", "lower", "the longest chunk gap of an exchange", (view) => view.stallMs],
  [
    "tpot",
    "ms",
    "lower",
    "(lastToken − firstToken) / (n − n₁)",
    (view) => (view.decodeRate === null ? null : 1_000 / view.decodeRate),
  ],
  ["decode_rate", "tokens/s", "higher", "1000 / tpot", (view) => view.decodeRate],
  ["char_rate", "characters/s", "higher", "characters after the first read per second", (view) => view.charRate],
  ["send_lag", "ms", "lower", "release − slot free", (view) => 0.2 + (view.id % 5) / 10],
  ["input_tokens", "tokens", "neither", "usage", (view) => view.inputTokens],
  ["output_tokens", "tokens", "neither", "usage", (view) => view.outputTokens],
  ["reasoning_tokens", "tokens", "neither", "usage", () => null],
  ["cached_tokens", "tokens", "neither", "usage", (view) => view.cachedTokens],
];
const DOTTED = ["ttft", "ttfa", "e2e", "stall", "char_rate"];
const NEEDED = [
  ["p90", 0.9, 29],
  ["p95", 0.95, 59],
  ["p99", 0.99, 299],
] as const;

/** A tail by nearest rank; failed exchanges stand at the slow end. */
export function sampleTail(
  values: readonly number[],
  failed: number,
  better: Better,
  unit: string,
): TailSummary | null {
  const n = values.length + failed;
  if (n === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const notes: string[] = [];
  const rank = (q: number): number | null => {
    const position = Math.max(1, Math.ceil(q * n));
    const index = better === "higher" ? position - failed : position;
    return sorted[index - 1] ?? null;
  };
  const tail: TailSummary = {
    n,
    values: values.length,
    failed,
    missing: values.length < n - failed ? { "too few reads": n - failed - values.length } : {},
    min: sorted[0] ?? null,
    p1: better === "higher" ? rank(0.01) : null,
    p5: better === "higher" ? rank(0.05) : null,
    p10: better === "higher" ? rank(0.1) : null,
    p50: rank(0.5),
    p90: better === "higher" ? null : rank(0.9),
    p95: better === "higher" ? null : rank(0.95),
    p99: better === "higher" ? null : rank(0.99),
    max: sorted.at(-1) ?? null,
    mean: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    notes,
  };
  for (const [label, q, least] of NEEDED) {
    const key = better === "higher" ? ({ p90: "p10", p95: "p5", p99: "p1" } as const)[label] : label;
    if (n < least) {
      tail[key] = null;
      const bound = (Math.exp(Math.log(0.05) / n) * 100).toFixed(1);
      const extreme = `${better === "higher" ? "min" : "max"} ${(sorted.at(better === "higher" ? 0 : -1) ?? 0).toFixed(1)} ${unit}`;
      notes.push(
        `${key} not estimable (n = ${n} < ${least}); ${extreme}; 95 % confident that ≥ ${bound} % of requests are ${better === "higher" ? "above" : "below"} it`,
      );
    } else if (Math.ceil(q * n) > values.length) {
      tail[key] = null;
      notes.push(`${key} not reached: ${failed} of ${n} failed before they had a value`);
    }
  }
  return tail;
}

export const NO_SHIFT: ShiftSummary = {
  ratio: null,
  lo: null,
  hi: null,
  p: null,
  pHolm: null,
  rounds: 0,
  pairs: 0,
  dropped: { baseline: 0, candidate: 0 },
  method: "none",
  reads: "unknown",
  notes: ["no pair has a value on both sides"],
};

/** Of one gated metric the p stands as it is; of all others it is corrected. */
const GATED = "ttfa";

/** Both sides of a phase, without a comparison. */
export function sidesOnly(baseline: TailSummary | null, candidate: TailSummary | null): MetricPhase {
  return { baseline, candidate, shift: null, slow_share: null, ratio: {} };
}

function sampleSlowShare(name: string, n: number): MetricPhase["slow_share"] {
  if (!["ttft", "ttfa", "e2e", "stall"].includes(name)) return null;
  const share = (count: number) => ({ count, of: n, share: count / n, notes: [] });
  const value = 5 / n;
  return {
    baseline: share(1),
    candidate: share(6),
    difference: sampleDifference(value, value - 0.053, value + 0.053, name === GATED ? { pHolm: null } : {}),
  };
}

/** The median of the tail grows where the middle shrinks: what a shift plot is for. */
function sampleRatios(name: string, better: Better): Record<string, TailRatioSummary> {
  if (!["ttft", "ttfa", "e2e", "stall", "char_rate"].includes(name)) return {};
  const ratio = (value: number, spread: number | null): TailRatioSummary => ({
    ratio: value,
    lo: spread === null ? null : value / spread,
    hi: spread === null ? null : value * spread,
    rounds: 3,
    notes: spread === null ? ["fewer than 6 rounds: no interval"] : [],
  });
  const [p90, p95] = better === "higher" ? ["p10", "p5"] : ["p90", "p95"];
  const stalled = name === "stall" ? 40 : 1;
  return { [p90]: ratio(1.08 * stalled, 1.12), [p95]: ratio(1.42, name === "e2e" ? null : 1.3) };
}

function sampleShift(
  name: string,
  base: readonly number[],
  candidate: readonly number[],
  better: Better,
): ShiftSummary {
  const median = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 1;
  if (median(base) === 0) return NO_SHIFT;
  const ratio = median(candidate) / median(base);
  const lo = ratio * 0.955;
  const hi = ratio * 1.052;
  const words =
    better === "lower"
      ? (["faster", "slower"] as const)
      : better === "higher"
        ? (["slower", "faster"] as const)
        : (["lower", "higher"] as const);
  return {
    ratio,
    lo,
    hi,
    p: lo > 1 || hi < 1 ? 0.0021 : 0.41,
    pHolm: name === GATED ? null : lo > 1 || hi < 1 ? 0.021 : 1,
    rounds: 3,
    pairs: candidate.length,
    dropped: { baseline: 0, candidate: 3 },
    method: "within-this-moment",
    reads: hi < 1 ? words[0] : lo > 1 ? words[1] : "~",
    notes: ["within this moment: 3 rounds are too few for an interval over rounds (needs 6)"],
  };
}

export function sampleMetrics(
  cases: readonly CaseView[],
  exchanges: readonly ExchangeView[],
): { metrics: Summary["metrics"]; curves: QuantileCurve[]; dots: CaseDots[] } {
  const metrics: Summary["metrics"] = {};
  const curves: QuantileCurve[] = [];
  for (const [name, unit, better, formula, pick] of METRICS) {
    const side = (arm: "baseline" | "candidate") => {
      const views = exchanges.filter((view) => view.arm === arm);
      const values = views.map(pick).filter((value) => value !== null);
      const failed =
        unit === "ms" && name !== "connect" && name !== "send_lag" ? views.filter((view) => !view.ok).length : 0;
      return { values, failed, tail: sampleTail(values, failed, better, unit) };
    };
    const baseline = side("baseline");
    const candidate = side("candidate");
    metrics[name] = {
      unit,
      better,
      formula,
      warm: {
        baseline: baseline.tail,
        candidate: candidate.tail,
        shift: baseline.tail && candidate.tail ? sampleShift(name, baseline.values, candidate.values, better) : null,
        slow_share: sampleSlowShare(name, baseline.values.length),
        ratio: sampleRatios(name, better),
      },
    };
    if (["ttft", "ttfa", "char_rate"].includes(name)) {
      const few = baseline.values.slice(0, 5);
      const metric = metrics[name];
      if (metric)
        metric.solo = sidesOnly(
          sampleTail(few, 0, better, unit),
          sampleTail(candidate.values.slice(0, 5), 0, better, unit),
        );
    }
    if (unit === "tokens" || name === "connect" || name === "send_lag") continue;
    for (const [endpoint, { values, failed }] of [
      ["baseline", baseline],
      ["candidate", candidate],
    ] as const) {
      const n = values.length + failed;
      if (n === 0) continue;
      const slow = [...values].sort((a, b) => (better === "higher" ? b - a : a - b));
      const points = Array.from({ length: n }, (_, index): [number, number | null] => [index / n, slow[index] ?? null]);
      curves.push({
        metric: name,
        phase: "warm",
        endpoint,
        points,
        supportedQ: n >= 299 ? 0.99 : n >= 59 ? 0.95 : n >= 29 ? 0.9 : 0.5,
      });
    }
  }
  const dots = DOTTED.flatMap((metric) => {
    const pick = METRICS.find(([name]) => name === metric)?.[4];
    return cases.flatMap((each): CaseDots[] => {
      const rounds = each.pairs.flatMap((pair) => {
        const left = pair.baseline && pick?.(pair.baseline);
        const right = pair.candidate && pick?.(pair.candidate);
        return left && right ? [right / left] : [];
      });
      const ratio = [...rounds].sort((a, b) => a - b)[Math.floor(rounds.length / 2)];
      return ratio === undefined ? [] : [{ metric, caseId: each.id, category: each.category, ratio, rounds }];
    });
  });
  return { metrics, curves, dots };
}

/** Three trials a side: a slow wake, a fast one, and one that never answered. */
export function sampleCold(): { cold: Summary["cold"]; bars: TimelineBar[] } {
  const trial = (
    exchangeId: number,
    wakeMs: number | null,
    refusedMs: number,
    unavailableMs: number,
    verdict: Summary["cold"]["baseline"][number]["verdict"],
    note = "",
  ) => ({
    exchangeId,
    wakeMs,
    attempts: wakeMs === null ? 31 : 1 + Math.round(unavailableMs / 10_000),
    parts: {
      refusedMs,
      unavailableMs,
      connectMs: 12.4,
      requestMs: 0,
      headersMs: wakeMs === null ? null : (wakeMs - refusedMs - unavailableMs - 12.4) * 0.8,
      firstTokenMs: wakeMs === null ? null : (wakeMs - refusedMs - unavailableMs - 12.4) * 0.2,
    },
    trial: Math.floor((exchangeId - 900) / 2),
    putOff: unavailableMs > 0 ? { "HTTP 503": (wakeMs === null ? 1 : 0) + Math.round(unavailableMs / 10_000) } : {},
    backoffMs: unavailableMs,
    budget:
      verdict === "not cold" ? null : wakeMs !== null && wakeMs <= 160_000 ? ("kept" as const) : ("broken" as const),
    cap: verdict === "not cold" ? null : wakeMs === null ? ("broken" as const) : ("kept" as const),
    e2eMs: wakeMs === null ? null : wakeMs + 2_400,
    asleepBy: "assumed" as const,
    warmTtftMs: wakeMs === null ? [] : [398, 412, 405],
    verdict,
    note,
  });
  const cold: Summary["cold"] = {
    baseline: [
      trial(900, 41_200, 0, 30_100, "cold"),
      trial(902, 612, 0, 0, "not cold", "answered within 3 × the warm reference"),
    ],
    candidate: [
      trial(901, 154_000, 22_000, 98_000, "cold"),
      trial(903, 171_300, 0, 131_000, "cold"),
      trial(905, null, 12_000, 290_000, "failed", "no token before the cap of 5 min; last answer HTTP 504"),
    ],
    warmTtftP50: { baseline: 404, candidate: 371 },
    interval: { baseline: null, candidate: null },
    unplanned: {
      baseline: [],
      candidate: [
        {
          exchangeId: 77,
          caseId: "chat-short",
          round: 4,
          ttftMs: 121_400,
          usualMs: 362,
          evidence: "first answer after 15 min without a request",
        },
      ],
    },
    promised: { baseline: null, candidate: { budgetMs: 160_000, capMs: 300_000 } },
  };
  let cursor = 0;
  const bars = [
    ...cold.baseline.map((each) => ["baseline", each] as const),
    ...cold.candidate.map((each) => ["candidate", each] as const),
  ].map(([endpoint, each], index): TimelineBar => {
    const releasedMs = index < 2 ? cursor : cursor - (index === 2 ? cursor : 0);
    const length = each.wakeMs ?? 160_000;
    cursor = releasedMs + length + 500;
    return {
      exchangeId: each.exchangeId,
      caseId: "chat-greeting",
      endpoint,
      phase: "cold",
      releasedMs,
      firstTokenMs: each.wakeMs === null ? null : releasedMs + length - 200,
      endedMs: releasedMs + length,
      ok: each.wakeMs !== null,
    };
  });
  return { cold, bars };
}
