/**
 * Flips: cases where one side met its expectations and the other did not. Knows outcomes only, no answers.
 */
import { type CheckOutcome, type ExpectationOutcome, SEVERITY_RANK, type Severity } from "../finding.js";

/** The outcomes of one pair. */
export interface JudgedPair {
  readonly caseId: string;
  readonly baseline: CheckOutcome;
  readonly candidate: CheckOutcome;
}

/** The pairs of one case that flipped one way. */
export interface Flip {
  readonly caseId: string;
  /** `regressed`: the baseline met what the candidate did not. */
  readonly direction: "regressed" | "improved";
  readonly count: number;
  /** Pairs of the case in which both sides count. */
  readonly of: number;
  /** An improvement is a `note`: it is no reason against a cutover. */
  readonly severity: Severity;
  /** The gravest unmet expectation of the failing side in the first such pair. */
  readonly detail: string;
  /** One side in every pair, of three or more, the other in at most half: no noise of single answers. */
  readonly consistent: boolean;
}

/** Fewer answers of a case are an anecdote. */
export const FEWEST_PAIRS = 3;

/** Failing these breaks a program; the others are text that a person may still accept. */
const BREAKING = /^(?:not_)?(?:tool_calls|no_tool_calls|is_json|dimensions)$/;

/**
 * All flips: regressions first, of those the consistent ones, then the gravest, the most frequent, and by case id. Every
 * list of them keeps this order.
 */
export function findFlips(pairs: Iterable<JudgedPair>): Flip[] {
  const judged = new Map<string, number>();
  const met = new Map<string, { baseline: number; candidate: number }>();
  const flips = new Map<string, Flip>();
  for (const { caseId, baseline, candidate } of pairs) {
    if (baseline.excluded !== undefined || candidate.excluded !== undefined) continue;
    judged.set(caseId, (judged.get(caseId) ?? 0) + 1);
    const tally = met.get(caseId) ?? { baseline: 0, candidate: 0 };
    if (baseline.met) tally.baseline++;
    if (candidate.met) tally.candidate++;
    met.set(caseId, tally);
    if (baseline.met === candidate.met) continue;
    const direction = baseline.met ? "regressed" : "improved";
    const failing = baseline.met ? candidate : baseline;
    const key = `${direction} ${caseId}`;
    const known = flips.get(key);
    const gravity = gravityOf(failing);
    const severity = direction === "improved" ? "note" : gravity.severity;
    if (!known) {
      flips.set(key, { caseId, direction, count: 1, of: 0, severity, detail: gravity.detail, consistent: false });
    } else {
      const graver =
        SEVERITY_RANK[severity] < SEVERITY_RANK[known.severity] ? { severity, detail: gravity.detail } : {};
      flips.set(key, { ...known, count: known.count + 1, ...graver });
    }
  }
  return [...flips.values()]
    .map((flip) => {
      const of = judged.get(flip.caseId) ?? 0;
      const { baseline = 0, candidate = 0 } = met.get(flip.caseId) ?? {};
      const [all, few] = flip.direction === "regressed" ? [baseline, candidate] : [candidate, baseline];
      return { ...flip, of, consistent: of >= FEWEST_PAIRS && all === of && few <= of / 2 };
    })
    .sort(
      (a, b) =>
        Number(a.direction === "improved") - Number(b.direction === "improved") ||
        Number(b.consistent) - Number(a.consistent) ||
        SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity] ||
        b.count - a.count ||
        (a.caseId < b.caseId ? -1 : 1),
    );
}

function gravityOf(outcome: CheckOutcome): { severity: Severity; detail: string } {
  const unmet = outcome.expectations.filter(({ met }) => !met);
  const breaking = unmet.find(({ name }) => BREAKING.test(name));
  const severity = !outcome.judged || breaking ? "breaks" : "differs";
  return { severity, detail: describe(breaking ?? unmet[0], outcome.judged) };
}

function describe(unmet: ExpectationOutcome | undefined, judged: boolean): string {
  if (!judged) return unmet?.detail ?? "failed";
  return unmet ? `${unmet.name}: ${unmet.detail}` : "";
}
