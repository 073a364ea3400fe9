/** Which exchanges make a pair, and which pairs may be compared. */
import type { JudgedPair } from "../check/parity/flips.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { Estimand } from "./estimate.js";
import { type PairValue, pairedShift, type Shift } from "./shift.js";

/** Both halves of one moment; either may be missing in a partial recording. */
export interface Pair {
  readonly pairId: number;
  readonly baseline: ScoredExchange | null;
  readonly candidate: ScoredExchange | null;
  /** (control, candidate2): shown beside, never mixed into paired statistics. */
  readonly control: boolean;
  /**
   * Its halves were measured by two processes, at two moments: answers may be compared, times may not. Absent of a pair that
   * is one.
   */
  readonly broken?: true;
}

type Halves = Pick<Pair, "baseline" | "candidate">;

/** What a pair of two processes has beside its halves. */
export function brokenMark({ baseline, candidate }: Halves): Pick<Pair, "broken"> {
  return baseline !== null && candidate !== null && baseline.segment !== candidate.segment ? { broken: true } : {};
}

/** A case in one variant: what repeats from round to round. */
export function caseKey({ caseId, variant }: Pick<ScoredExchange, "caseId" | "variant">): string {
  return `${caseId} ${variant}`;
}

/** Of the arms that compare an endpoint with itself. */
export function isControl({ arm }: Pick<ScoredExchange, "arm">): boolean {
  return arm === "control" || arm === "candidate2";
}

/** Neither cancelled nor a cold start. */
export function isInTails({ bucket }: Pick<ScoredExchange, "bucket">): boolean {
  return bucket !== "none" && bucket !== "cold";
}

/** Pairs by id, from exchanges in any order. */
export function pairsOf(exchanges: readonly ScoredExchange[]): Pair[] {
  const pairs = new Map<
    number,
    { baseline: ScoredExchange | null; candidate: ScoredExchange | null; control: boolean }
  >();
  for (const exchange of exchanges) {
    const pair = pairs.get(exchange.pairId) ?? { baseline: null, candidate: null, control: false };
    pair[exchange.endpoint] = exchange;
    pair.control = isControl(exchange);
    pairs.set(exchange.pairId, pair);
  }
  return [...pairs]
    .sort(([a], [b]) => a - b)
    .map(([pairId, pair]) => {
      const flagged = pair.baseline?.pairBroken || pair.candidate?.pairBroken;
      return { pairId, ...pair, ...(flagged ? { broken: true as const } : brokenMark(pair)) };
    });
}

/**
 * The paired shift of one metric. Only successes of the first attempt count: a retried request was measured at
 * another, calmer moment. A pair to which the metric does not apply on either side is no pair.
 */
export function shiftOf(pairs: readonly Pair[], metric: string, estimand?: Estimand): Shift {
  const values: PairValue[] = [];
  for (const { baseline, candidate, control, broken } of pairs) {
    if (control || broken || baseline === null || candidate === null) continue;
    if (baseline.bucket === "none" || candidate.bucket === "none") continue;
    if (!hasValue(baseline, metric) && !hasValue(candidate, metric) && !bothFailed(baseline, candidate, metric))
      continue;
    values.push({
      caseId: caseKey(baseline),
      round: baseline.round,
      baseline: comparable(baseline, metric),
      candidate: comparable(candidate, metric),
    });
  }
  return pairedShift(values, estimand);
}

export function hasValue(exchange: ScoredExchange, metric: string): boolean {
  const scalar = exchange.scalars.get(metric);
  return scalar !== undefined && "value" in scalar;
}

/** Both would have had a value, and neither came: a pair that is dropped on both sides. */
function bothFailed(baseline: ScoredExchange, candidate: ScoredExchange, metric: string): boolean {
  return [baseline, candidate].every(({ scalars }) => {
    const scalar = scalars.get(metric);
    return scalar !== undefined && "none" in scalar && scalar.failed;
  });
}

/** The value that may enter a paired comparison, or null: of a cold start that nobody planned there is none. */
export function comparable(exchange: ScoredExchange, metric: string): number | null {
  if (!isInTails(exchange) || exchange.attemptFailures.length !== 1 || exchange.failure !== null) return null;
  const scalar = exchange.scalars.get(metric);
  return scalar !== undefined && "value" in scalar ? scalar.value : null;
}

/** What was expected and met on both sides of each pair, control pairs left out. */
export function judgedPairs(pairs: readonly Pair[]): JudgedPair[] {
  return pairs.flatMap(({ baseline, candidate, control }) =>
    control || !baseline?.check || !candidate?.check
      ? []
      : [{ caseId: baseline.caseId, baseline: baseline.check, candidate: candidate.check }],
  );
}
