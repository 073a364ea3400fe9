/** Every metric of the catalogue with its tails by phase, and its comparison where one may be made. */
import type { Comparison, Side } from "../compare/comparison.js";
import { type Estimate, intervalOf } from "../compare/estimate.js";
import type { Shift } from "../compare/shift.js";
import { METRICS } from "../measure/catalogue.js";
import type { Metric } from "../measure/metric.js";
import { neededFor } from "../measure/tail.js";
import type { TailBook } from "../measure/tail-book.js";
import type { TailRatioSummary } from "../report/decision.js";
import type { MetricPhase, MetricSummary, Summary, TailSummary } from "../report/summary.js";
import type { Exploratory } from "./exploratory.js";
import { slowShareSummary } from "./rates.js";
import { rounded, shiftSummary, tailSummary } from "./tails.js";

/** Comparisons by phase. */
export type Comparisons = Readonly<Partial<Record<string, Comparison>>>;

/** Metrics whose tails are worth a ratio and a share of slow exchanges. */
const TAILS = new Set(["ttft", "ttfa", "e2e", "stall", "chunk_gap", "decode_rate", "char_rate"]);

/** Send lag is this machine's; a cached share or a reasoning count has no meaningful ratio. */
const NOT_COMPARED = new Set(["send_lag", "wake", "cached_tokens", "reasoning_tokens", "connect"]);

export function isCompared(metric: Metric): boolean {
  return !NOT_COMPARED.has(metric.name);
}

/** Whether a metric has a share of slow exchanges: a time that every streamed answer has. */
export function hasSlowShare({ name, better }: Metric): boolean {
  return TAILS.has(name) && better === "lower" && name !== "chunk_gap";
}

export function metricSummaries(
  tails: TailBook,
  comparisons: Comparisons,
  exploratory: Exploratory,
): Summary["metrics"] {
  const summaries: [string, MetricSummary][] = [];
  for (const metric of METRICS) {
    const phases: Partial<Record<string, MetricPhase>> = {};
    for (const phase of tails.phases) {
      const [baseline, candidate] = (["baseline", "candidate"] as const).map((side) =>
        tailSummary(metric, tails.tail(side, phase, metric), casesOf(comparisons[phase], metric, side)),
      ) as [TailSummary | null, TailSummary | null];
      if ((baseline?.n ?? 0) + (candidate?.n ?? 0) === 0) continue;
      const comparison = isCompared(metric) ? comparisons[phase] : undefined;
      const shift = comparison?.shift(metric.name);
      phases[phase] = {
        baseline,
        candidate,
        shift:
          shift === undefined || isEmpty(shift)
            ? null
            : shiftSummary(metric, shift, exploratory.correctedP(`${phase} shift ${metric.name}`)),
        slow_share:
          phase === "warm" && comparison !== undefined && hasSlowShare(metric)
            ? slowShareSummary(comparison, metric.name, exploratory)
            : null,
        ratio:
          phase === "warm" && comparison !== undefined && TAILS.has(metric.name) && shift?.value !== null
            ? tailRatioSummaries(metric, comparison)
            : {},
      };
    }
    if (Object.keys(phases).length === 0) continue;
    summaries.push([metric.name, { unit: metric.unit, better: metric.better, formula: metric.formula, ...phases }]);
  }
  return Object.fromEntries(summaries);
}

/** No pair at all: other than a comparison that is blank for a reason. */
function isEmpty({ n, value }: Shift): boolean {
  return n === 0 && value === null;
}

const RATIOS: readonly (readonly [slowness: number, lower: string, higher: string])[] = [
  [0.9, "p90", "p10"],
  [0.95, "p95", "p5"],
  [0.99, "p99", "p1"],
  [0.999, "p99.9", "p0.1"],
];

/** Where cases are the samples, how many of them have a value; null where requests are. */
function casesOf(comparison: Comparison | undefined, { name }: Metric, side: Side): number | null {
  return comparison?.estimand === "traffic like these" ? comparison.support(name, side) : null;
}

function tailRatioSummaries(metric: Metric, comparison: Comparison): Record<string, TailRatioSummary> {
  const n = Math.min(comparison.support(metric.name, "baseline"), comparison.support(metric.name, "candidate"));
  const supported = RATIOS.filter(([slowness]) => n >= neededFor(slowness));
  const higher = metric.better === "higher";
  const estimates = comparison.tailRatios(
    metric.name,
    supported.map(([slowness]) => (higher ? 1 - slowness : slowness)),
  );
  return Object.fromEntries(
    supported.map(([, lowerName, higherName], index) => [
      higher ? higherName : lowerName,
      tailRatioSummary(estimates[index] as Estimate),
    ]),
  );
}

function tailRatioSummary(estimate: Estimate): TailRatioSummary {
  const interval = intervalOf(estimate);
  const finite = (value: number | null | undefined): number | null =>
    value === undefined || value === null || !Number.isFinite(value) ? null : rounded(value);
  return {
    ratio: finite(estimate.value),
    lo: finite(interval?.lo),
    hi: finite(interval?.hi),
    rounds: estimate.rounds,
    notes: [...estimate.notes],
  };
}
