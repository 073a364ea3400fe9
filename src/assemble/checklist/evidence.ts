/** What the items of the checklist look at, and the few ways in which they look. The candidate's, unless said otherwise. */
import type { Comparison, Side } from "../../compare/comparison.js";
import { RATES } from "../../compare/rates.js";
import type { GoldenCase } from "../../golden/golden-set.js";
import type { ScoredExchange } from "../../measure/scored.js";
import type { HeaderLine } from "../../recording/recording.js";
import type { ChecklistItem } from "../../report/decision.js";
import type { Summary } from "../../report/summary.js";
import type { Judged } from "../assemble.js";

export type Answer = Pick<ChecklistItem, "status" | "why">;

export const verified = (why: string): Answer => ({ status: "verified", why });
export const failed = (why: string): Answer => ({ status: "failed", why });
export const notTested = (why: string): Answer => ({ status: "not tested", why });

/** A drop of a rate that nobody would want to find after the move, and that a run of usual size can exclude. */
const TOLERATED = 0.05;
const NAMES_SHOWN = 4;

export class Evidence {
  readonly header: HeaderLine;
  readonly summary: Summary;
  readonly warm: Comparison;
  /** Requests of the candidate outside phase cold that the user did not stop, control arms left out. */
  readonly own: readonly ScoredExchange[];
  /** The same of the baseline. */
  readonly theirs: readonly ScoredExchange[];
  /** Why no answer could be held against expectations; null where they could. */
  readonly unjudged: string | null;
  /** Of one-sided bounds, as the gates'. */
  readonly #alpha: number;
  readonly #cases: ReadonlyMap<string, GoldenCase>;

  constructor(judged: Judged, summary: Summary) {
    this.header = judged.frame.header;
    this.summary = summary;
    this.unjudged = judged.unjudged ?? null;
    this.#alpha = 1 - judged.judgement.confidence;
    this.warm = judged.comparisons.warm as Comparison;
    const of = (side: Side) =>
      judged.exchanges.filter(({ arm, phase, cancelled }) => arm === side && phase !== "cold" && cancelled !== "user");
    this.own = of("candidate");
    this.theirs = of("baseline");
    this.#cases = new Map(this.header.goldenSet.cases.map((golden) => [golden.id, golden]));
  }

  caseOf(exchange: ScoredExchange): GoldenCase | undefined {
    return this.#cases.get(exchange.caseId);
  }

  /** Bodies that the candidate was sent, each with its case. */
  bodies(): { readonly golden: GoldenCase; readonly body: Readonly<Record<string, unknown>> }[] {
    const seen = new Set<string>();
    return this.header.plan.flatMap(({ arm, caseId, requestId }) => {
      const golden = this.#cases.get(caseId);
      const body = this.header.requests[requestId]?.body;
      if (arm !== "candidate" || golden === undefined || body === undefined || seen.has(requestId)) return [];
      seen.add(requestId);
      return [{ golden, body }];
    });
  }

  /** Findings of these rules that the candidate shows. */
  findings(...rules: string[]): Summary["findings"] {
    return this.summary.findings.filter(({ rule, endpoint }) => rules.includes(rule) && endpoint === "candidate");
  }

  /** `failed` with the first of these findings, or null when there is none. */
  failedBy(...rules: string[]): Answer | null {
    const [first, ...others] = this.findings(...rules);
    if (first === undefined) return null;
    const { rule, message, exchanges, sides } = first;
    const alike = sides === "both" ? "; the baseline does so too" : "";
    const more = others.length === 0 ? "" : `; also ${named(others.map((each) => each.rule))}`;
    return failed(`${rule}, ${exchanges.count} of ${exchanges.of} requests: ${message}${alike}${more}`);
  }

  /**
   * Every case that passes the test was answered at least once: what fails at times is a rate, what never works is broken.
   * @param works whether an exchange counts as an answer
   */
  everyCase(
    among: (exchange: ScoredExchange) => boolean,
    works: (exchange: ScoredExchange) => boolean,
    none: string,
  ): Answer {
    const asked = this.own.filter((exchange) => exchange.cancelled === null && among(exchange));
    if (asked.length === 0) return notTested(none);
    const cases = [...new Set(asked.map(({ caseId }) => caseId))];
    const casesOf = (exchanges: readonly ScoredExchange[]) => new Set(exchanges.map(({ caseId }) => caseId));
    const answered = asked.filter(works);
    const ever = casesOf(answered);
    const never = cases.filter((id) => !ever.has(id));
    const worked = answered.length;
    if (never.length > 0) {
      const theirs = casesOf(this.theirs.filter(works));
      const either = never.every((id) => !theirs.has(id));
      const alike = either ? ", nor on the baseline" : "";
      return failed(`never worked: ${named(never)}${alike}; ${worked} of ${asked.length} requests did`);
    }
    return verified(`${worked} of ${asked.length} requests, each of ${plural(cases.length, "case")} at least once`);
  }

  /** A rate is no worse than the baseline's, as far as its bound can say. */
  noWorse(name: string, what: string): Answer {
    const rule = RATES.find((each) => each.name === name);
    if (rule === undefined) return notTested("this rate is not counted");
    const { baseline, candidate, difference } = this.warm.rate(rule);
    if (candidate.of === 0 || baseline.of === 0)
      return notTested(`no ${rule.of} on ${candidate.of === 0 ? "the candidate" : "the baseline"}`);
    const seen = `${what} ${candidate.count} of ${candidate.of}, baseline ${baseline.count} of ${baseline.of}`;
    if (this.summary.rates[name]?.difference?.reads === "worse") return failed(seen);
    const worst =
      rule.better === "higher" ? difference.bound("lower", this.#alpha) : difference.bound("upper", this.#alpha);
    if (worst === null) return notTested(`${seen}: too few rounds for a bound`);
    const loss = rule.better === "higher" ? -worst : worst;
    if (loss < TOLERATED) return verified(`${seen}; a change for the worse of ${points(TOLERATED)} is excluded`);
    return notTested(
      `${seen}: this run cannot exclude a change for the worse of up to ${points(loss)}; run more rounds`,
    );
  }

  count(name: string, side: Side = "candidate"): { readonly count: number; readonly of: number } {
    return this.summary.rates[name]?.[side] ?? { count: 0, of: 0 };
  }
}

/** The first names of a list, and how many more there are. */
export function named(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map((name) => name.slice(0, 60));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

export function plural(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? "" : "s"}`;
}

function points(share: number): string {
  return `${Number((100 * share).toFixed(1))} points`;
}
