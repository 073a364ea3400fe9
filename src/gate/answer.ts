/** What a comparison says to a gate's question. */
import type { Comparison } from "../compare/comparison.js";
import type { Estimate } from "../compare/estimate.js";
import { RATES, type RateRule } from "../compare/rates.js";
import { differenceReading, shiftReading } from "../compare/reading.js";
import type { Better } from "../measure/metric.js";
import { neededFor } from "../measure/tail.js";
import { betterOf, type Question } from "./gate.js";
import type { Reading } from "./judgement.js";
import { meanOf } from "./mean.js";

/** Questions about exchanges, answered with bounds or by what was observed. */
export type MeasuredQuestion = Extract<Question, { readonly subject: "metric" | "rate" }>;

/**
 * How the distance of a bound to the value goes with the value: by a factor, by a difference, by counts, by rank; or there is
 * no bound since only the observed extreme was asked for.
 */
export type Shape = "factor" | "difference" | "counts" | "rank" | "observed";

export interface Answer {
  readonly estimate: Estimate;
  readonly shape: Shape;
}

export function answerOf(question: MeasuredQuestion, comparison: Comparison): Answer {
  switch (question.take) {
    case "shift":
      return { estimate: comparison.shift(question.name), shape: "factor" };
    case "ratio":
      return { estimate: supportedRatio(question, comparison), shape: "factor" };
    case "quantile":
      return { estimate: comparison.quantile(question.name, question.side, question.percent / 100), shape: "rank" };
    case "max":
    case "min":
      return { estimate: extremeOf(question, comparison), shape: "observed" };
    case "mean": {
      const values = comparison.values(question.name, question.side);
      const failed = values.filter(({ value }) => isFailed(value, betterOf(question))).length;
      return { estimate: meanOf(values, failed, comparison.estimand), shape: "difference" };
    }
    case "slow_share rate":
      return { estimate: comparison.share(comparison.slowShareRule(question.name), question.side), shape: "counts" };
    case "slow_share diff":
      return { estimate: comparison.slowShare(question.name).difference, shape: "difference" };
    case "rate":
      return { estimate: comparison.share(ruleOf(question.name), question.side), shape: "counts" };
    case "diff":
      return { estimate: comparison.rate(ruleOf(question.name)).difference, shape: "difference" };
    case "drop":
      return { estimate: negated(comparison.rate(ruleOf(question.name)).difference), shape: "difference" };
  }
}

/** A resampled tail knows no stall that the sample lacks: what the tables leave blank has no bounds here either. */
function supportedRatio(
  { name, percent }: Extract<MeasuredQuestion, { readonly take: "ratio" }>,
  comparison: Comparison,
): Estimate {
  const estimate = comparison.tailRatios(name, [percent / 100])[0] as Estimate;
  const n = Math.min(comparison.support(name, "baseline"), comparison.support(name, "candidate"));
  const needed = neededForRatio(percent);
  if (estimate.value === null || n >= needed) return estimate;
  const of = comparison.estimand === "these prompts" ? "requests" : "cases";
  const note = `a ratio of p${percent} takes ${needed} ${of} a side, and there are ${n}`;
  return { ...estimate, method: "none", bound: () => null, notes: [...estimate.notes, note] };
}

/** The fewest samples a side for the ratio of a percentile, at either end: as many as the tables take to show it. */
export function neededForRatio(percent: number): number {
  return neededFor(Math.max(percent, 100 - percent) / 100);
}

/** Whether a value stands for a request that failed before it had one. */
export function isFailed(value: number, better: Better): boolean {
  return !Number.isFinite(value) || (better === "higher" && value === 0);
}

/** What the two-sided interval says, apart from the gate's margin; null where the question is about one side. */
export function readingOf(question: Question, estimate: Estimate): Reading | null {
  const isRatio = question.take === "shift" || question.take === "ratio";
  if (!isRatio && !["diff", "drop", "slow_share diff"].includes(question.take)) return null;
  return isRatio
    ? shiftReading(betterOf(question), estimate, null)
    : differenceReading(betterOf(question), estimate, null);
}

/** The highest or lowest value of one side, as it was seen. */
function extremeOf(question: Extract<MeasuredQuestion, { readonly side: unknown }>, comparison: Comparison): Estimate {
  const values = comparison.values(question.name, question.side);
  const extreme = values.reduce<number | null>(
    (most, { value }) => (most === null || (question.take === "max" ? value > most : value < most) ? value : most),
    null,
  );
  return {
    value: extreme,
    p: null,
    n: values.length,
    rounds: new Set(values.map(({ round }) => round)).size,
    method: "none",
    doubtful: false,
    notes: [
      extreme === null ? "no exchange has this value" : "what was observed: it says nothing about other requests",
    ],
    bound: () => null,
  };
}

function negated(estimate: Estimate): Estimate {
  return {
    ...estimate,
    value: estimate.value === null ? null : 0 - estimate.value,
    bound(side, alpha) {
      const other = estimate.bound(side === "lower" ? "upper" : "lower", alpha);
      return other === null ? null : 0 - other;
    },
  };
}

/** Parsed names are names of rules. */
function ruleOf(name: string): RateRule {
  return RATES.find((rule) => rule.name === name) as RateRule;
}
