/** What one endpoint did in two runs, side by side. Whether a difference decides anything is not known here. */
import { outputsSummary } from "../assemble/control.js";
import { type Exploratory, testable } from "../assemble/exploratory.js";
import { hasSlowShare, isCompared } from "../assemble/metrics.js";
import { differenceSummary, rounded, roundedP, shiftSummary } from "../assemble/tails.js";
import type { Finding } from "../check/finding.js";
import { findFlips } from "../check/parity/flips.js";
import type { Comparison } from "../compare/comparison.js";
import type { Estimate } from "../compare/estimate.js";
import { exactConditionalP } from "../compare/exact-test.js";
import type { OutputComparison } from "../compare/outputs.js";
import { judgedPairs } from "../compare/pairs.js";
import { RATES } from "../compare/rates.js";
import { METRICS } from "../measure/catalogue.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { HeaderLine, RecordingFrame } from "../recording/recording.js";
import type { EndpointChange } from "../report/run-comparison.js";
import type { Summary } from "../report/summary.js";

export type Role = "baseline" | "candidate";

/** A run whose exchanges were judged. */
export interface JudgedRun {
  readonly frame: RecordingFrame;
  readonly exchanges: readonly ScoredExchange[];
  readonly findings: readonly Finding[];
  readonly cold: Summary["cold"];
}

/** One endpoint in both runs. Answers are compared once: permutations take their time. */
export interface EndpointPairs {
  readonly role: Role;
  readonly comparison: Comparison;
  readonly outputs: OutputComparison | null;
}

/** What is corrected together: everything that is counted and timed; and whether answers differ, a question of its own. */
export interface Families {
  readonly all: Exploratory;
  /** By role. */
  readonly answers: Exploratory;
}

/** Everything of one endpoint that is counted and timed, as keys of one family. */
export function testsOf({ role, comparison }: EndpointPairs): [key: string, p: number | null][] {
  return [
    ...METRICS.filter(isCompared).map(({ name }): [string, number | null] => {
      const { p, doubtful } = comparison.shift(name);
      return [`${role} shift ${name}`, doubtful ? null : p];
    }),
    ...METRICS.filter(hasSlowShare).map(({ name }): [string, number | null] => [
      `${role} slow_share ${name}`,
      comparison.slowShare(name).difference.p,
    ]),
    ...RATES.map((rule): [string, number | null] => [`${role} rate ${rule.name}`, testable(comparison.rate(rule))]),
  ];
}

export function endpointChange(
  { role, comparison, outputs }: EndpointPairs,
  older: JudgedRun,
  newer: JudgedRun,
  { all: family, answers }: Families,
): EndpointChange {
  return {
    facts: { older: factsOf(role, older), newer: factsOf(role, newer) },
    pairs: comparison.pairs.filter(({ baseline, candidate }) => baseline !== null && candidate !== null).length,
    metrics: metricsOf(role, comparison, family),
    rates: ratesOf(role, comparison, family),
    answers: answersOf(outputs, answers.correctedP(role)),
    cases: casesOf(comparison),
    findings: findingsOf(role, older, newer),
    wakes: { older: older.cold[role].map(({ wakeMs }) => wakeMs), newer: newer.cold[role].map(({ wakeMs }) => wakeMs) },
  };
}

function factsOf(role: Role, { frame, exchanges }: JudgedRun): EndpointChange["facts"]["older"] {
  const { baseUrl, models } = (frame.header as HeaderLine).endpoints[role];
  const seen = (pick: (exchange: ScoredExchange) => string | null): string[] => {
    const own = exchanges.filter(({ endpoint }) => endpoint === role).map(pick);
    return [...new Set(own.filter((value) => value !== null))].sort().slice(0, 50);
  };
  return {
    baseUrl,
    models: { ...models },
    modelsSeen: seen(({ model }) => model),
    systemFingerprints: seen(({ systemFingerprint }) => systemFingerprint),
  };
}

function metricsOf(role: Role, comparison: Comparison, family: Exploratory): EndpointChange["metrics"] {
  const metrics: EndpointChange["metrics"] = {};
  for (const metric of METRICS.filter(isCompared)) {
    const shift = comparison.shift(metric.name);
    if (shift.value === null && shift.n === 0) continue;
    const slow = hasSlowShare(metric) ? comparison.slowShare(metric.name) : null;
    metrics[metric.name] = {
      unit: metric.unit,
      better: metric.better,
      p50: {
        older: finite(comparison.quantile(metric.name, "baseline", 0.5)),
        newer: finite(comparison.quantile(metric.name, "candidate", 0.5)),
      },
      shift: shiftSummary(metric, shift, family.correctedP(`${role} shift ${metric.name}`)),
      slowShare:
        slow === null
          ? null
          : {
              older: { ...slow.baseline },
              newer: { ...slow.candidate },
              difference: differenceSummary(
                "lower",
                slow.difference,
                family.correctedP(`${role} slow_share ${metric.name}`),
              ),
            },
    };
  }
  return metrics;
}

function finite({ value }: Estimate): number | null {
  return value === null || !Number.isFinite(value) ? null : rounded(value);
}

function ratesOf(role: Role, comparison: Comparison, family: Exploratory): EndpointChange["rates"] {
  return Object.fromEntries(
    RATES.map((rule) => {
      const { baseline, candidate, difference } = comparison.rate(rule);
      const pHolm = family.correctedP(`${role} rate ${rule.name}`);
      return [
        rule.name,
        {
          older: { ...baseline },
          newer: { ...candidate },
          better: rule.better,
          of: rule.of,
          difference: differenceSummary(rule.better, difference, pHolm),
        },
      ];
    }),
  );
}

const LEVEL = 0.05;

function answersOf(compared: OutputComparison | null, corrected: number | null): EndpointChange["answers"] {
  const outputs = outputsSummary(compared);
  if (outputs === null) return null;
  const { p, within, between, excess, mostDiffering } = outputs;
  return {
    p,
    within: { older: within.baseline ?? 0, newer: within.candidate ?? 0 },
    between: between ?? 0,
    excess: excess ?? 0,
    reads: corrected === null ? "unknown" : corrected <= LEVEL ? "differ" : "alike",
    mostDiffering: mostDiffering.map(({ caseId }) => caseId),
  };
}

function casesOf({ pairs }: Comparison): EndpointChange["cases"] {
  const judged = judgedPairs(pairs);
  return findFlips(judged).map(({ caseId, direction, severity, consistent, detail }) => {
    const own = judged.filter(
      (pair) => pair.caseId === caseId && pair.baseline.excluded === undefined && pair.candidate.excluded === undefined,
    );
    const met = (side: "baseline" | "candidate") => ({
      count: own.filter((pair) => pair[side].met).length,
      of: own.length,
    });
    const [older, newer] = [met("baseline"), met("candidate")];
    const p = roundedP(exactConditionalP([{ baseline: older, candidate: newer }]));
    return { caseId, direction, met: { older, newer }, severity, consistent, p, detail };
  });
}

function findingsOf(role: Role, older: JudgedRun, newer: JudgedRun): EndpointChange["findings"] {
  const own = (run: JudgedRun) => run.findings.filter(({ endpoint }) => endpoint === role);
  const known = new Set(own(older).map(({ rule }) => rule));
  const found = own(newer);
  const before = older.exchanges.filter(({ endpoint, bucket }) => endpoint === role && bucket !== "none").length;
  return {
    new: found
      .filter(({ rule }) => !known.has(rule))
      .map(({ rule, severity, message, exchanges, evidence }) => ({
        rule,
        severity,
        message,
        exchanges: { ...exchanges },
        p: roundedP(exactConditionalP([{ baseline: { count: 0, of: before }, candidate: exchanges }])),
        evidence,
      })),
    gone: [...known].filter((rule) => !found.some((finding) => finding.rule === rule)),
  };
}
