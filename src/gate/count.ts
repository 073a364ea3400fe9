/** Questions that a count answers exactly: findings, flips, wakes. */
import { FEWEST_PAIRS } from "../check/parity/flips.js";
import type { Side } from "../compare/comparison.js";
import type { Question, Selector } from "./gate.js";
import type { Evidence } from "./judgement.js";
import { selectedCases } from "./selection.js";

export type CountedQuestion = Exclude<Question, { readonly subject: "metric" | "rate" }>;

export interface Counted {
  /** Null without a sample; infinite for a wake that never ended. */
  readonly value: number | null;
  /** What could have been counted. */
  readonly n: number;
  /** What was counted, or why nothing could be, in words. */
  readonly says: string;
  readonly notes: readonly string[];
}

export function countOf(question: CountedQuestion, selectors: readonly Selector[], evidence: Evidence): Counted {
  switch (question.subject) {
    case "findings":
      return question.take === "new"
        ? rulesSeen(evidence, selectors, "rule is new on the candidate", "rules are new on the candidate", isNew)
        : rulesSeen(
            evidence,
            selectors,
            `rule shows on the ${question.side}`,
            `rules show on the ${question.side}`,
            (findings) => findings.some(({ sides }) => sides === question.side || sides === "both" || sides === "pair"),
          );
    case "flips":
      return flipped(evidence, selectors, question.take);
    case "wake":
      return question.take === "max" ? slowestWake(evidence, question.side) : coldWakes(evidence, question.side);
  }
}

type Finding = Evidence["findings"][number];

function rulesSeen(
  { findings, comparison }: Evidence,
  selectors: readonly Selector[],
  one: string,
  many: string,
  counts: (findings: readonly Finding[]) => boolean,
): Counted {
  const asked = comparison.side("candidate");
  const n = asked.filter(({ failure }) => failure === null).length;
  if (asked.length === 0) return { value: null, n, says: "no request of the candidate was recorded", notes: [] };
  const byRule = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (!selectors.every(({ key, value }) => (key === "rule" ? finding.rule : finding.severity) === value)) continue;
    byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), finding]);
  }
  const rules = [...byRule].flatMap(([rule, own]) => (counts(own) ? [rule] : []));
  // What was never answered breaks no rule of the wire, and keeps none.
  if (n === 0 && rules.length === 0)
    return { value: null, n, says: `none of ${asked.length} requests of the candidate was answered`, notes: [] };
  return {
    value: rules.length,
    n,
    says: `${rules.length} ${rules.length === 1 ? one : many}${named(rules)}`,
    notes: [],
  };
}

/** At least so many exchanges more, and so many times the share: one bad answer is not alike forty. */
const MORE_COUNT = 3;
const MORE_SHARE = 2;

/**
 * A rule that the candidate breaks and the baseline does not, or hardly ever; or a difference between the two. What both
 * show alike is what a client lives with already.
 */
function isNew(findings: readonly Finding[]): boolean {
  const of = (side: Side) => findings.find(({ endpoint }) => endpoint === side)?.exchanges;
  const [candidate, baseline] = [of("candidate"), of("baseline")];
  if (findings.some(({ sides }) => sides === "candidate" || sides === "pair")) return true;
  if (candidate === undefined || baseline === undefined) return false;
  return (
    candidate.count - baseline.count >= MORE_COUNT &&
    candidate.count * baseline.of > MORE_SHARE * baseline.count * candidate.of
  );
}

function flipped(
  { flips, cases, comparison }: Evidence,
  selectors: readonly Selector[],
  direction: "regressed" | "improved",
): Counted {
  const ids = new Set(selectedCases(selectors, cases).map(({ id }) => id));
  const judged = new Map<string, number>();
  for (const { baseline, candidate } of comparison.pairs) {
    const [a, b] = [baseline?.check, candidate?.check];
    if (!baseline || !a || !b || a.excluded !== undefined || b.excluded !== undefined) continue;
    if (!ids.has(baseline.caseId) || a.expectations.length === 0) continue;
    judged.set(baseline.caseId, (judged.get(baseline.caseId) ?? 0) + 1);
  }
  if (judged.size === 0)
    return { value: null, n: 0, says: "no case with an expectation was answered on both sides", notes: [] };
  const n = [...judged.values()].filter((pairs) => pairs >= FEWEST_PAIRS).length;
  const few = judged.size - n;
  const asFew = `fewer than ${FEWEST_PAIRS} pairs of answers, too few to flip`;
  if (n === 0) return { value: null, n, says: `every case has ${asFew}`, notes: [] };
  const notes = few === 0 ? [] : [`${few} of ${judged.size} cases ${few === 1 ? "has" : "have"} ${asFew}`];
  const severity = selectors.find(({ key }) => key === "severity")?.value;
  const found = flips.filter(
    (flip) =>
      flip.direction === direction &&
      flip.consistent &&
      ids.has(flip.caseId) &&
      (severity === undefined || flip.severity === severity),
  );
  const says = `${found.length} of ${n} ${n === 1 ? "case" : "cases"} ${direction}${named(found.map(({ caseId }) => caseId))}`;
  return { value: found.length, n, says, notes };
}

const OBSERVED = "a statement about the wakes observed: so few say nothing about the next one";

function slowestWake({ cold }: Evidence, side: Side): Counted {
  // A trial that failed was cold for all that is known, and never woke.
  const trials = cold[side].filter(
    ({ verdict, budget }) => verdict === "failed" || (verdict === "cold" && budget !== null),
  );
  const left = cold[side].length - trials.length;
  const notes =
    left === 0
      ? []
      : [
          `${left} of ${cold[side].length} trials ${left === 1 ? "was" : "were"} not cold, or cannot tell what a wake took`,
        ];
  if (trials.length === 0) return { value: null, n: 0, says: `no cold wake of the ${side} was observed`, notes };
  const value = trials.reduce((most, { wakeMs }) => Math.max(most, wakeMs ?? Number.POSITIVE_INFINITY), 0);
  const n = trials.length;
  const says = n === 1 ? "the one wake observed" : `the slowest of ${n} wakes observed`;
  return { value, n, says, notes: [...notes, OBSERVED] };
}

function coldWakes({ cold }: Evidence, side: Side): Counted {
  const n = cold[side].length;
  if (n === 0) return { value: null, n, says: `no cold wake of the ${side} was tried`, notes: [] };
  const value = cold[side].filter(({ verdict }) => verdict === "cold").length;
  return { value, n, says: `${value} of ${n} trials of the ${side} woke from cold`, notes: [] };
}

const MOST_NAMED = 3;

function named(names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length - MOST_NAMED;
  return `: ${names.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
