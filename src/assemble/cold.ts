/** Cold trials, one by one: so few can never make a tail. */

import { quantileRank } from "../compare/binomial.js";
import { formatDurationMs } from "../core/duration.js";
import { NS_PER_MS } from "../core/units.js";
import { METRICS } from "../measure/catalogue.js";
import { wake } from "../measure/metrics/wake.js";
import { putOffBy } from "../measure/put-off.js";
import type { DecodedSample } from "../measure/sample.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { TailBook } from "../measure/tail-book.js";
import type { RecordingFrame } from "../recording/recording.js";
import { isPutOff } from "../recording/waking.js";
import type { ColdTrial, Summary, UnplannedCold } from "../report/summary.js";
import { rounded } from "./tails.js";

type Role = "baseline" | "candidate";

/** A trial within this many warm references was never cold. */
const NOT_COLD_FACTOR = 3;
/** Nor was one this close to them: no engine starts in less, and a machine may lose as much anywhere. */
const NOT_COLD_MS = 250;

export interface ColdFacts {
  readonly endpoint: Role;
  readonly pairId: number;
  readonly segment: number;
  readonly round: number;
  readonly releasedAtNs: number;
  readonly endedAtNs: number;
  readonly trial: Pick<ColdTrial, "exchangeId" | "wakeMs" | "attempts" | "putOff" | "backoffMs" | "e2eMs" | "parts">;
  /** Why it failed, before its first token or after it; null of one that was answered whole. */
  readonly end: { readonly message: string; readonly atCap: boolean } | null;
}

/** What a cold exchange was spent on. The parts follow one another from release to first token, or to the end without one. */
export function coldFactsOf(sample: DecodedSample): ColdFacts {
  const { exchange, attempt, completion, failure, attemptFailures } = sample;
  const { attempts } = exchange;
  // Nothing but the cap kept capture from asking once more.
  const gaveUp = failure !== null && isPutOff(attempt);
  const wakeMs = wakeMsOf(sample);
  const untilNs = wakeMs === null ? attempt.endedAtNs : (completion.tokenEvents[0]?.atNs ?? attempt.endedAtNs);
  const dispatchedNs = attempts[0]?.dispatchedAtNs ?? exchange.releasedAtNs;
  let refusedNs = 0;
  let unavailableNs = 0;
  const putOff: Record<string, number> = {};
  for (const [index, each] of attempts.entries()) {
    const next = attempts[index + 1];
    if (next === undefined && !gaveUp) break;
    const spentNs = (next?.dispatchedAtNs ?? untilNs) - each.dispatchedAtNs;
    if (each.status === undefined) refusedNs += spentNs;
    else unavailableNs += spentNs;
    const by = putOffBy(each, attemptFailures[index] ?? null);
    putOff[by] = (putOff[by] ?? 0) + 1;
  }
  const { sentAtNs, headersAtNs } = attempt;
  // A connection over which nothing was written never came to be, however far it got.
  const connectedNs = sentAtNs === undefined ? untilNs : (attempt.tlsEndAtNs ?? attempt.tcpEndAtNs ?? sentAtNs);
  const msOf = (ns: number): number => rounded(ns / NS_PER_MS) as number;
  const part = (fromNs: number | undefined, toNs: number): number | null =>
    gaveUp || fromNs === undefined ? null : msOf(toNs - fromNs);
  return {
    endpoint: exchange.endpoint,
    pairId: exchange.pairId,
    segment: exchange.segment,
    round: exchange.round,
    releasedAtNs: exchange.releasedAtNs,
    endedAtNs: attempt.endedAtNs,
    trial: {
      exchangeId: exchange.id,
      wakeMs,
      attempts: attempts.length,
      putOff,
      backoffMs: attempts.reduce((total, { backoff }) => total + (backoff?.ms ?? 0), 0),
      e2eMs: failure === null ? msOf(attempt.endedAtNs - exchange.releasedAtNs) : null,
      parts: {
        refusedMs: msOf(refusedNs),
        unavailableMs: msOf(unavailableNs),
        connectMs: gaveUp ? 0 : msOf(connectedNs - attempt.dispatchedAtNs),
        requestMs: msOf(
          dispatchedNs - exchange.releasedAtNs + (gaveUp || sentAtNs === undefined ? 0 : sentAtNs - connectedNs),
        ),
        headersMs: part(sentAtNs, headersAtNs ?? untilNs),
        firstTokenMs: part(headersAtNs, untilNs),
      },
    },
    end: failure === null ? null : { message: failure.message, atCap: gaveUp || attempt.outcome.kind === "timeout" },
  };
}

function wakeMsOf(sample: DecodedSample): number | null {
  const measurement = wake.measure(sample);
  return "values" in measurement ? rounded(measurement.values[0] ?? null) : null;
}

export interface ColdInput {
  /** Trials that came to an end, in any order. */
  readonly cold: readonly ColdFacts[];
  /** By id; cold starts that nobody planned have bucket `cold`. */
  readonly exchanges: readonly ScoredExchange[];
  readonly unplanned: Readonly<Record<Role, readonly UnplannedCold[]>>;
  readonly tails: TailBook;
  readonly frame: RecordingFrame;
}

/** The trials of both endpoints, judged against their own warm reference and what was promised. */
export function coldSummary(input: ColdInput): Summary["cold"] {
  const { header } = input.frame;
  const of = <T>(pick: (role: Role) => T) => ({ baseline: pick("baseline"), candidate: pick("candidate") });
  const warmTtftP50 = of((role) => warmMedian(role, input.tails));
  const trials = of((role) => coldTrials(role, input, warmTtftP50[role]));
  return {
    ...trials,
    warmTtftP50,
    interval: of((role) => intervalOf(trials[role])),
    unplanned: of((role) => [...input.unplanned[role]]),
    promised: of((role) => {
      const { wake: promise } = header.endpoints[role];
      return promise === undefined ? null : { budgetMs: promise.budgetMs, capMs: promise.capMs };
    }),
  };
}

/**
 * Wakes of the trials that were cold, ms, by what is known before any exchange is kept apart: a scale for cold starts that
 * nobody planned.
 */
export function coldWakes(cold: readonly ColdFacts[], exchanges: readonly ScoredExchange[], role: Role): number[] {
  return cold
    .filter(({ endpoint }) => endpoint === role)
    .flatMap((facts) => {
      const { wakeMs } = facts.trial;
      const warm = middleOf(referencesOf(facts, exchanges));
      return wakeMs !== null && warm !== null && notColdBecause(facts.trial, warm) === null ? [wakeMs] : [];
    });
}

const TTFT = METRICS.find(({ name }) => name === "ttft");

/** Warm-up first: it asks what the cold trial asked. Then solo, which waits in no queue either. */
function warmMedian(role: Role, tails: TailBook): number | null {
  for (const phase of ["warmup", "solo", "warm"] as const) {
    const tail = TTFT === undefined ? null : tails.tail(role, phase, TTFT);
    const median = tail === null || tail.values === 0 ? null : tail.quantile(0.5);
    if (median !== null && Number.isFinite(median)) return rounded(median);
  }
  return null;
}

function coldTrials(role: Role, { cold, exchanges, frame }: ColdInput, warmP50: number | null): ColdTrial[] {
  const ordinals = trialOrdinals(frame);
  const own = cold.filter(({ endpoint }) => endpoint === role).sort((a, b) => a.trial.exchangeId - b.trial.exchangeId);
  return own.map((facts, index) => {
    const references = referencesOf(facts, exchanges);
    const judged = judgeCold(facts, middleOf(references) ?? warmP50, frame);
    return {
      ...facts.trial,
      trial: ordinals.get(facts.pairId) ?? index,
      asleepBy: asleepBy(facts, own[index - 1], frame),
      warmTtftMs: references.map((ms) => rounded(ms) as number),
      ...judged,
    };
  });
}

/** Both endpoints of one moment are one trial, also where one of them was interrupted. */
function trialOrdinals({ header }: RecordingFrame): ReadonlyMap<number, number> {
  const pairs = new Set(header.plan.flatMap(({ phase, pairId }) => (phase === "cold" ? [pairId] : [])));
  return new Map([...pairs].map((pairId, ordinal) => [pairId, ordinal]));
}

/** Warm times to first token of the requests that were planned right after a trial, in order. */
function referencesOf(facts: ColdFacts, exchanges: readonly ScoredExchange[]): number[] {
  return exchanges.flatMap((exchange) => {
    const { endpoint, phase, segment, round, bucket, releasedAtNs, variant, scalars } = exchange;
    if (endpoint !== facts.endpoint || phase !== "warmup" || bucket !== "warm") return [];
    if (segment !== facts.segment || round !== facts.round || releasedAtNs < facts.endedAtNs) return [];
    const scalar = scalars.get(variant === "stream" ? "ttft" : "e2e");
    return scalar !== undefined && "value" in scalar ? [scalar.value] : [];
  });
}

function middleOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  // Of two the faster one: the other may have found the endpoint still busy with its wake.
  return sorted[(sorted.length - 1) >> 1] ?? null;
}

type Judged = Pick<ColdTrial, "verdict" | "note" | "budget" | "cap">;

function judgeCold(facts: ColdFacts, warmTtftMs: number | null, frame: RecordingFrame): Judged {
  const promise = frame.header.endpoints[facts.endpoint].wake;
  const { wakeMs } = facts.trial;
  const held = (limitMs: number | undefined): "kept" | "broken" | null =>
    limitMs === undefined || wakeMs === null ? null : wakeMs <= limitMs ? "kept" : "broken";
  const backMs = heldBackMs(facts, frame);
  const within = (limitMs: number | undefined): "kept" | "broken" | null =>
    held(limitMs) === "broken" && (wakeMs ?? 0) - backMs <= (limitMs ?? 0) ? null : held(limitMs);
  const [budget, cap] = [within(promise?.budgetMs), within(promise?.capMs)];
  const slept = sleptMs(facts, frame);
  if (slept > 0 && wakeMs !== null) {
    const note = `this machine was suspended for ${formatDurationMs(slept)} meanwhile: what the wake took is not known`;
    return { verdict: warmTtftMs === null ? "no warm reference" : "cold", note, budget: null, cap: null };
  }
  if (wakeMs === null) return failedTrial(facts, promise?.capMs, backMs);
  if (warmTtftMs === null) {
    const onlyBroken = (each: Judged["budget"]) => (each === "broken" ? each : null);
    return {
      verdict: "no warm reference",
      note: "no warm request to compare with",
      budget: onlyBroken(budget),
      cap: onlyBroken(cap),
    };
  }
  const note = notColdBecause(facts.trial, warmTtftMs);
  if (note !== null) return { verdict: "not cold", note, budget: null, cap: null };
  const unknown = promise !== undefined && (budget === null || cap === null);
  const heldBack = unknown ? `${heldBackWords(backMs)}: what the wake took is not known` : "";
  return { verdict: "cold", note: [heldBack, facts.end?.message ?? ""].filter(Boolean).join("; "), budget, cap };
}

/** Why an answer was no wake; null of one that was. Connecting is left out, as it is of a warm time to first token. */
function notColdBecause({ wakeMs, parts }: ColdFacts["trial"], warmTtftMs: number): string | null {
  const waitedMs = (wakeMs ?? Number.POSITIVE_INFINITY) - parts.connectMs - parts.requestMs;
  if (waitedMs <= NOT_COLD_FACTOR * warmTtftMs) return `within ${NOT_COLD_FACTOR} times the warm time to first token`;
  return waitedMs <= warmTtftMs + NOT_COLD_MS ? `within ${NOT_COLD_MS} ms of the warm time to first token` : null;
}

function failedTrial({ end, releasedAtNs, endedAtNs }: ColdFacts, capMs: number | undefined, backMs: number): Judged {
  const { message, atCap } = end ?? { message: "no token in the answer", atCap: false };
  const elapsedMs = (endedAtNs - releasedAtNs) / NS_PER_MS;
  const capped = atCap || (capMs !== undefined && elapsedMs >= capMs);
  const note =
    capped && capMs !== undefined
      ? `no token before the cap of ${formatDurationMs(capMs).replace(".0 s", " s")}; last: ${message}`
      : `after ${formatDurationMs(elapsedMs)}: ${message}`;
  const broken = capMs === undefined ? null : ("broken" as const);
  const heldBack = backMs === 0 ? "" : `; ${heldBackWords(backMs)}`;
  return { verdict: "failed", note: `${note}${heldBack}`, budget: broken, cap: capped ? broken : null };
}

const OWN_LIMITS: ReadonlySet<string> = new Set(["rpm", "tpm", "remaining"]);

/** How long the run's own limits kept an attempt of the trial from being made. */
function heldBackMs({ endpoint, segment, releasedAtNs, endedAtNs }: ColdFacts, { pauses }: RecordingFrame): number {
  const spansNs = pauses
    .filter((pause) => pause.endpoint === endpoint && pause.segment === segment && OWN_LIMITS.has(pause.why))
    .map(({ fromNs, toNs }) => Math.min(toNs, endedAtNs) - Math.max(fromNs, releasedAtNs));
  return spansNs.reduce((sum, ns) => sum + Math.max(0, ns), 0) / NS_PER_MS;
}

function heldBackWords(ms: number): string {
  return `limits of this run held it back for ${formatDurationMs(ms)} meanwhile`;
}

/** The machine's own clock stood still during the trial. */
function sleptMs({ segment, releasedAtNs, endedAtNs }: ColdFacts, { machine }: RecordingFrame): number {
  return machine
    .filter((line) => line.segment === segment && line.toNs > releasedAtNs && line.fromNs < endedAtNs)
    .reduce((total, line) => total + (line.sleptMs ?? 0), 0);
}

/** By what was done, and did not fail, between the trial before and this one. */
function asleepBy(facts: ColdFacts, before: ColdFacts | undefined, { pauses }: RecordingFrame): ColdTrial["asleepBy"] {
  const sinceNs = before !== undefined && before.segment === facts.segment ? before.endedAtNs : 0;
  const done = pauses.filter(
    ({ endpoint, segment, fromNs, toNs, failed }) =>
      endpoint === facts.endpoint &&
      segment === facts.segment &&
      failed === undefined &&
      fromNs >= sinceNs &&
      toNs <= facts.releasedAtNs,
  );
  return (["scale-down", "idle"] as const).find((means) => done.some(({ why }) => why === means)) ?? "assumed";
}

/** Below this no two order statistics enclose the median with 95 %. */
const LEAST_FOR_INTERVAL = 6;
const CONFIDENCE = 0.95;

/** Order-statistic bounds of the median. A trial that failed never woke: it stands behind every wake. */
function intervalOf(trials: readonly ColdTrial[]): Summary["cold"]["interval"]["baseline"] {
  const wakes = trials.flatMap(({ verdict, wakeMs, budget }) =>
    verdict === "failed"
      ? [Number.POSITIVE_INFINITY]
      : verdict === "cold" && wakeMs !== null && budget !== null
        ? [wakeMs]
        : [],
  );
  const n = wakes.length;
  if (n < LEAST_FOR_INTERVAL) return null;
  wakes.sort((a, b) => (a === b ? 0 : a - b));
  const alpha = (1 - CONFIDENCE) / 2;
  const at = (rank: number | null): number | null => {
    const value = rank === null ? undefined : wakes[rank - 1];
    return value === undefined || !Number.isFinite(value) ? null : rounded(value);
  };
  const [p50, lower, upper] = [
    at(Math.ceil(n / 2)),
    at(quantileRank("lower", n, 0.5, alpha)),
    at(quantileRank("upper", n, 0.5, alpha)),
  ];
  const failed = wakes.filter((wakeMs) => !Number.isFinite(wakeMs)).length;
  const notes = upper === null ? [`${failed} of ${n} trials never woke: the median has no upper bound`] : [];
  return { n, p50, lower, upper, confidence: CONFIDENCE, notes };
}
