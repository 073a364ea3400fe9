/** What this setup can resolve: each endpoint compared with itself, by exactly what compares the two. */
import type { Comparison, Side } from "../compare/comparison.js";
import type { Estimate } from "../compare/estimate.js";
import { intervalOf } from "../compare/estimate.js";
import type { OutputComparison } from "../compare/outputs.js";
import { RATES } from "../compare/rates.js";
import { METRICS } from "../measure/catalogue.js";
import type { ControlSummary, OutputsSummary } from "../report/decision.js";
import { isCompared } from "./metrics.js";
import { differenceSummary, rounded, roundedP, shiftSummary } from "./tails.js";

/** @param against each endpoint's comparison with itself */
export function controlSummary(against: Readonly<Record<Side, Comparison>>): ControlSummary {
  const metrics: ControlSummary["metrics"] = {};
  for (const metric of METRICS.filter(isCompared)) {
    const [baseline, candidate] = [against.baseline.shift(metric.name), against.candidate.shift(metric.name)];
    if (baseline.value === null && candidate.value === null) continue;
    metrics[metric.name] = {
      baseline: baseline.value === null ? null : shiftSummary(metric, baseline, null),
      candidate: candidate.value === null ? null : shiftSummary(metric, candidate, null),
      resolves: rounded(resolution([baseline, candidate])),
    };
  }
  const rates: ControlSummary["rates"] = {};
  for (const rule of RATES) {
    const [baseline, candidate] = [against.baseline.rate(rule), against.candidate.rate(rule)];
    if (baseline.difference.value === null && candidate.difference.value === null) continue;
    const side = ({ difference }: { difference: Estimate }) => differenceSummary(rule.better, difference, null);
    rates[rule.name] = { baseline: side(baseline), candidate: side(candidate) };
  }
  return {
    metrics,
    rates,
    outputs: {
      baseline: outputsSummary(against.baseline.outputs()),
      candidate: outputsSummary(against.candidate.outputs()),
    },
    notes: [],
  };
}

/** The farthest that either endpoint's interval reaches from 1, with itself on both sides. */
function resolution(shifts: readonly Estimate[]): number | null {
  const reaches = shifts.flatMap((shift) => {
    const interval = intervalOf(shift);
    return interval === null ? [] : [Math.max(interval.hi, 1 / interval.lo)];
  });
  return reaches.length === 0 ? null : Math.max(...reaches);
}

const MOST_CASES = 10;
const LEVEL = 0.05;

export function outputsSummary(outputs: OutputComparison | null): OutputsSummary | null {
  if (outputs === null) return null;
  const { p, permutations, rounds, within, between, excess, cases } = outputs;
  const near = (value: number): number => rounded(value) as number;
  return {
    p: roundedP(p),
    permutations,
    cases: cases.length,
    rounds,
    within: { baseline: near(within.baseline), candidate: near(within.candidate) },
    between: near(between),
    excess: near(excess),
    reads: p === null ? "unknown" : p <= LEVEL ? "differ" : "alike",
    mostDiffering: cases
      .filter((each) => each.excess > 0)
      .slice(0, MOST_CASES)
      .map((each) => ({
        caseId: each.caseId,
        within: near(each.within),
        between: near(each.between),
        excess: near(each.excess),
      })),
    notes: [],
  };
}
