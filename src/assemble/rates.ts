/** Counts with their denominators and differences, phase warm. */
import type { Comparison, RateComparison } from "../compare/comparison.js";
import { RATES, type RateRule, type Share } from "../compare/rates.js";
import { slowShareRule } from "../compare/slow-share.js";
import type { DifferenceSummary } from "../report/decision.js";
import type { MetricPhase, ShareSummary, Summary } from "../report/summary.js";
import type { Exploratory } from "./exploratory.js";
import { differenceSummary, rounded } from "./tails.js";

export function rateSummaries(comparison: Comparison, exploratory: Exploratory): Summary["rates"] {
  const rates: Summary["rates"] = {};
  for (const rule of RATES) {
    rates[rule.name] = {
      ...rateSides(
        comparison.rate(rule),
        rule,
        exploratory.correctedP(`rate ${rule.name}`),
        "no exchange of that kind",
      ),
      better: rule.better,
      of: rule.of,
    };
  }
  const rule = slowShareRule([], "ttfa");
  rates.slow_share = { ...slowShareSummary(comparison, "ttfa", exploratory), better: rule.better, of: rule.of };
  return rates;
}

type SlowShareSummary = NonNullable<MetricPhase["slow_share"]>;

export function slowShareSummary(comparison: Comparison, metric: string, exploratory: Exploratory): SlowShareSummary {
  const compared = comparison.slowShare(metric);
  const none = comparison.pairs.some(({ broken }) => broken)
    ? "no streamed answer in a pair of one moment"
    : "no streamed answer";
  return rateSides(compared, { better: "lower" }, exploratory.correctedP(`slow_share ${metric}`), none);
}

function rateSides(
  { baseline, candidate, difference }: RateComparison,
  { better }: Pick<RateRule, "better">,
  pHolm: number | null,
  none: string,
): { baseline: ShareSummary; candidate: ShareSummary; difference: DifferenceSummary | null } {
  return {
    baseline: share(baseline, none),
    candidate: share(candidate, none),
    difference: differenceSummary(better, difference, pHolm),
  };
}

function share({ count, of }: Share, reason: string): ShareSummary {
  return { count, of, share: of === 0 ? null : rounded(count / of), notes: of === 0 ? [reason] : [] };
}
