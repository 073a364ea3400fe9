/** An SLO held against one load, and against one answer. */
import { quantileRank, shareBound } from "../compare/binomial.js";
import { compares } from "../gate/hold.js";
import type { Measurement, Metric } from "../measure/metric.js";
import type { PointTail } from "./point-tail.js";
import type { Slo, SloRate, SloTerm } from "./slo.js";

/** `unsure`: the limit lies within what the sample's bounds allow. `none`: there is no sample. */
export type SloState = "met" | "missed" | "unsure" | "none";

export interface HeldTerm {
  readonly term: SloTerm;
  readonly state: SloState;
  /** Infinite where failures stand. */
  readonly value: number | null;
  /** One-sided 95 % bounds. */
  readonly lo: number | null;
  readonly hi: number | null;
}

export interface Counted {
  readonly count: number;
  readonly of: number;
}

const ALPHA = 0.05;

/** @param rates of the exchanges that were sent within the window */
export function holdTerm(term: SloTerm, tail: PointTail | null, rates: Readonly<Record<SloRate, Counted>>): HeldTerm {
  if (term.kind === "rate") {
    const { count, of } = rates[term.rate];
    if (of === 0) return none(term);
    return held(term, count / of, shareBound("lower", count, of, ALPHA), shareBound("upper", count, of, ALPHA));
  }
  if (tail === null || tail.n === 0) return none(term);
  if (term.kind === "quantile") {
    const [lo, value, hi] = quantileBounds(tail, term.q);
    return held(term, value, lo, hi);
  }
  const higher = term.metric.better === "higher";
  if (term.kind === "mean") {
    if (tail.failed === 0) return observed(term, tail.mean);
    // A failure is one more value: infinite, or a rate of 0.
    return observed(term, higher ? (tail.sum ?? 0) / (tail.values + tail.failed) : Number.POSITIVE_INFINITY);
  }
  const slow = higher ? "min" : "max";
  if (tail.failed > 0 && term.kind === slow) return observed(term, slow === "max" ? Number.POSITIVE_INFINITY : 0);
  return observed(term, term.kind === "max" ? tail.max : tail.min);
}

/**
 * A quantile of a tail with one-sided 95 % bounds by order statistics. Exchanges are the samples: the many gaps of one answer
 * are not independent, so they count as one.
 */
export function quantileBounds(
  tail: PointTail,
  q: number,
): readonly [lo: number | null, value: number | null, hi: number | null] {
  const { n } = tail;
  const at = (side: "lower" | "upper"): number | null => {
    const rank = quantileRank(side, n, q, ALPHA);
    return rank === null ? null : tail.quantile(rank / n);
  };
  return [at("lower"), tail.quantile(q), at("upper")];
}

function held(term: SloTerm, value: number | null, lo: number | null, hi: number | null): HeldTerm {
  const [near, far] = term.op.startsWith("<") ? [hi, lo] : [lo, hi];
  const met = near !== null && compares(near, term.op, term.limit);
  const missed = far !== null && !compares(far, term.op, term.limit);
  return { term, state: met ? "met" : missed ? "missed" : "unsure", value, lo, hi };
}

/** What was observed and has no bound is taken as it is. */
function observed(term: SloTerm, value: number | null): HeldTerm {
  if (value === null) return none(term);
  return { term, state: compares(value, term.op, term.limit) ? "met" : "missed", value, lo: null, hi: null };
}

function none(term: SloTerm): HeldTerm {
  return { term, state: "none", value: null, lo: null, hi: null };
}

/** Of all terms: missed as soon as one is. A term without a sample neither keeps nor breaks it, unless all are. */
export function stateOfTerms(terms: readonly HeldTerm[]): SloState {
  const states = terms.map(({ state }) => state).filter((state) => state !== "none");
  if (states.length === 0) return "none";
  return states.includes("missed") ? "missed" : states.includes("unsure") ? "unsure" : "met";
}

/** Whether the value itself lies within the limit, apart from its bounds. */
export function keeps({ term, value }: HeldTerm): boolean {
  return value === null || compares(value, term.op, term.limit);
}

/** Whether an SLO has a limit that one answer can be held against. */
export function limitsAnswers(slo: Slo): boolean {
  return slo.terms.some(({ kind }) => kind !== "rate");
}

/**
 * Whether an answer keeps every limit on its own: the quantile of its own values where it has many. A metric that an answer
 * rightly lacks, such as the decode rate of a short one, limits it in nothing.
 */
export function isGood(slo: Slo, measurements: ReadonlyMap<Metric, Measurement>): boolean {
  return slo.terms.every((term) => {
    if (term.kind === "rate") return true;
    const measurement = measurements.get(term.metric);
    if (measurement === undefined || !("values" in measurement)) return true;
    return compares(ownValue(term, measurement.values), term.op, term.limit);
  });
}

function ownValue(term: Exclude<SloTerm, { kind: "rate" }>, values: readonly number[]): number {
  if (term.kind === "mean") return values.reduce((sum, value) => sum + value, 0) / values.length;
  const sorted = [...values].sort((a, b) => a - b);
  const rank =
    term.kind === "quantile" ? Math.ceil(term.q * sorted.length - 1e-9) : term.kind === "max" ? sorted.length : 1;
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] as number;
}
