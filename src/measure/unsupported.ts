/**
 * A 5xx that means "never" looks like one that means "not now" until it is seen over the whole recording: gateways
 * pass unknown fields to a model that lacks them, and answer 502 each time. Retrying those is wasted, and counting
 * them as outages blames the wrong thing.
 */
import type { Failure } from "../decode/failure.js";
import { type Processes, shardsOfSegments } from "../recording/shard-segments.js";
import type { ScoredExchange } from "./scored.js";
import { sharedClockOf } from "./wall-clock.js";

/** 503, 504 and 529 say that capacity is missing; these say that handling the request failed. */
const STATUSES = new Set([500, 501, 502]);
/** By chance at most one case in a hundred recordings may be called unsupported. */
const CHANCE = 0.01;

/** Is a stamp of one segment at or after a stamp of another? */
type IsAfter = (segment: number, atNs: number, thanSegment: number, thanNs: number) => boolean;

/** The exchanges, with the failures of such cases renamed to `unsupported_feature`. */
export function nameUnsupported(exchanges: readonly ScoredExchange[], recorded: Processes): ScoredExchange[] {
  const isAfter = isAfterIn(recorded);
  const named = new Set<string>();
  for (const endpoint of ["baseline", "candidate"] as const) {
    for (const caseId of unsupportedCases(
      exchanges.filter((exchange) => exchange.endpoint === endpoint),
      isAfter,
    )) {
      named.add(`${endpoint} ${caseId}`);
    }
  }
  if (named.size === 0) return [...exchanges];
  return exchanges.map((exchange) =>
    named.has(`${exchange.endpoint} ${exchange.caseId}`)
      ? {
          ...exchange,
          failure: renamed(exchange.failure),
          attemptFailures: exchange.attemptFailures.map(renamed),
        }
      : exchange,
  );
}

function renamed(failure: Failure | null): Failure | null {
  return failure !== null && isSuspect(failure) ? { ...failure, kind: "unsupported_feature" } : failure;
}

function isSuspect(failure: Failure | null): boolean {
  return failure?.kind === "http_5xx" && STATUSES.has(failure.status ?? 0);
}

/**
 * Cases of one endpoint that were never answered and failed so more than once, with another case asked and answered in
 * between, where so many failures are no chance: with the rate `p` of exchanges that fail so elsewhere,
 * `cases × p^exchanges < 1 %`. Attempts at one exchange are seconds apart and count as one.
 */
function unsupportedCases(exchanges: readonly ScoredExchange[], isAfter: IsAfter): string[] {
  const byCase = new Map<string, ScoredExchange[]>();
  for (const exchange of exchanges) {
    if (exchange.phase === "cold" || exchange.cancelled !== null) continue;
    const own = byCase.get(exchange.caseId);
    if (own === undefined) byCase.set(exchange.caseId, [exchange]);
    else own.push(exchange);
  }
  const suspects = [...byCase].filter(([, own]) => own.every(neverAnswered) && own.some(failedSo));
  if (suspects.length === 0) return [];
  const named = new Set(suspects.map(([caseId]) => caseId));
  const others = [...byCase].flatMap(([caseId, own]) => (named.has(caseId) ? [] : own));
  const rate = (others.filter(failedSo).length + 1) / (others.length + 2);
  const answered = others.filter(({ failure }) => failure === null);
  return suspects.flatMap(([caseId, own]) => {
    const failed = own.filter(failedSo);
    const likely = byCase.size * rate ** failed.length >= CHANCE;
    return !likely && wasUpBetween(failed, answered, isAfter) ? [caseId] : [];
  });
}

const failedSo = ({ attemptFailures }: ScoredExchange): boolean => attemptFailures.some(isSuspect);

/** Asked and answered after one failure and before another: what lasted from one to the other was no outage. */
function wasUpBetween(
  failed: readonly ScoredExchange[],
  answered: readonly ScoredExchange[],
  isAfter: IsAfter,
): boolean {
  // The failure that ended first and the one that began last decide: so many answers times failures are not looked at.
  const first = failed.reduce((a, b) => (isAfter(a.segment, a.endedAtNs, b.segment, b.endedAtNs) ? b : a));
  const last = failed.reduce((a, b) => (isAfter(a.segment, a.releasedAtNs, b.segment, b.releasedAtNs) ? a : b));
  return answered.some(
    (answer) =>
      isAfter(answer.segment, answer.releasedAtNs, first.segment, first.endedAtNs) &&
      isAfter(last.segment, last.releasedAtNs, answer.segment, answer.endedAtNs),
  );
}

/**
 * Stamps of two segments have no common origin. Those of one process, and of one shard, follow one another; those of two
 * shards ran beside one another, and meet on the wall clock.
 */
function isAfterIn({ header, segments }: Processes): IsAfter {
  const inOrder: IsAfter = (segment, atNs, than, thanNs) => (segment === than ? atNs >= thanNs : segment > than);
  if (header.shards === undefined) return inOrder;
  const shardOf = shardsOfSegments(segments);
  const at = sharedClockOf({ segments });
  return (segment, atNs, than, thanNs) =>
    shardOf(segment) === shardOf(than) ? inOrder(segment, atNs, than, thanNs) : at(segment, atNs) >= at(than, thanNs);
}

/** Never answered. What says "not now" in between says nothing about the feature. */
function neverAnswered({ attemptFailures }: ScoredExchange): boolean {
  return attemptFailures.length > 0 && attemptFailures.every((failure) => isSuspect(failure) || isPassing(failure));
}

function isPassing(failure: Failure | null): boolean {
  if (failure === null) return false;
  return failure.kind === "http_429" || failure.kind === "http_5xx" || failure.kind === "network";
}
