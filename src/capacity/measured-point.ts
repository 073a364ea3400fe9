/** What is known of one endpoint under one load, before the points are judged together. */

import { roundError } from "../compare/round-error.js";
import { tQuantile } from "../compare/t-distribution.js";
import type { EndpointRole } from "../config/settings.js";
import { type MachineFigure, machineFigures, passedLimits } from "../measure/machine.js";
import type { MachineLine } from "../recording/recording.js";
import { type PointBook, TOKEN_SCALE } from "./point-book.js";
import type { PointTail } from "./point-tail.js";
import { type Rate, rateOf, subWindowsFor } from "./rate.js";
import type { Slo } from "./slo.js";
import { type HeldTerm, holdTerm, limitsAnswers, quantileBounds, type SloState, stateOfTerms } from "./slo-state.js";
import { subWindows, sumOf } from "./window.js";

export interface PointFigures {
  readonly role: EndpointRole;
  /** Ordinal in the sweep. */
  readonly index: number;
  /** In flight (closed loop), requests a second (open loop); null for a trace. */
  readonly load: number | null;
  readonly settleMs: number;
  readonly windowMs: number;
  /** Sent within the window: all latencies and errors are theirs. */
  readonly requests: number;
  /** A second; null in a closed loop. */
  readonly offeredPerS: number | null;
  readonly sentPerS: number;
  readonly throughput: Rate;
  /** Null without usage. */
  readonly outputTokensPerS: Rate | null;
  readonly inputTokensPerS: number | null;
  /** Prompt tokens that were worked off, a second: those that no cache answered. Null without usage. */
  readonly workPerS: Rate | null;
  readonly inFlight: number;
  /** By name of the metric; null without a sample. */
  tail(metric: string): PointTail | null;
  readonly errors: { readonly count: number; readonly of: number; readonly http429: number };
  /** Attempts refused with 429 under this load, while it settled included. */
  readonly refused: number;
  readonly dropped: number;
  readonly waited: number;
  readonly cachedShare: number | null;
  readonly usage: PointBook["usage"];
  /** Requests that were planned, by case: the mix. */
  readonly dealt: ReadonlyMap<string, number>;
  /** Median wait for the first token, ms, with its bounds; of whole answers where none is streamed. */
  readonly wait: { readonly value: number; readonly lo: number | null; readonly hi: number | null } | null;
  readonly drift: Drift | null;
  /** Closed loop whose requests were used up before its time was over: how many it took a second. Null where they were enough. */
  readonly usedUpPerS: number | null;
  readonly slo: { readonly state: SloState; readonly terms: readonly HeldTerm[]; readonly goodPerS: number | null };
  readonly trusted: boolean;
  readonly notes: readonly string[];
}

/** Of an open loop: how it fell behind. */
export interface Drift {
  /** By how many more requests were offered than ended, a second. */
  readonly backlog: Rate;
  /** By how many more prompt tokens were sent than worked off, a second, and how many were sent; null without usage. */
  readonly work: { readonly backlog: Rate; readonly sentPerS: number } | null;
  /** How the mean wait grew, ms a second. */
  readonly wait: Rate;
}

/**
 * @param machine lines that overlap its window
 * @param droppedCells arrivals that were not sent, by cell; null in a closed loop
 * @param dealt requests to this endpoint that were planned, by case
 */
export function figuresOf(
  book: PointBook,
  slo: Slo | null,
  machine: readonly MachineLine[],
  droppedCells: Float64Array | null,
  dealt: ReadonlyMap<string, number>,
): PointFigures {
  const { window, usage } = book;
  const { seconds } = window;
  const answerMs = book.tails.get("e2e")?.mean ?? null;
  const count = subWindowsFor(window.windowMs, answerMs);
  const tail = (metric: string): PointTail | null => {
    const own = book.tails.get(metric);
    return own === undefined || (own.n === 0 && Object.keys(own.missing).length === 0) ? null : own;
  };
  const dropped = droppedCells === null ? 0 : sumOf(droppedCells);
  const rates = {
    errors: { count: book.errors, of: book.requests },
    http_429: { count: book.http429, of: book.requests },
  };
  const terms = (slo?.terms ?? []).map((term) =>
    holdTerm(term, term.kind === "rate" ? null : tail(term.metric.name), rates),
  );
  const planned = [...dealt.values()].reduce((sum, count) => sum + count, 0);
  const usedUpPerS = droppedCells === null ? usedUp(book, planned) : null;
  const untrusted =
    usedUpPerS === null
      ? untrustedReason(book, machine, droppedCells !== null)
      : "the requests that were planned for it were used up before its time was over: it was faster than expected";
  return {
    role: book.role,
    index: book.point.index,
    load: book.point.load,
    settleMs: book.point.settleMs,
    windowMs: window.windowMs,
    requests: book.requests,
    offeredPerS: droppedCells === null ? null : (book.requests + dropped) / seconds,
    sentPerS: (droppedCells === null ? book.requests : book.inTime) / seconds,
    throughput: rateOf(book.answered, seconds, count),
    outputTokensPerS: tokensPerS(book, seconds, count),
    inputTokensPerS: usage.answers === 0 ? null : book.inputTokensAnswered / seconds,
    workPerS: usage.answers === 0 ? null : rateOf(book.work.done, seconds, count),
    inFlight: sumOf(book.inFlight) / (window.toNs - window.fromNs),
    tail,
    errors: { count: book.errors, of: book.requests, http429: book.http429 },
    refused: book.refused,
    dropped,
    waited: book.waited,
    cachedShare: usage.cachedOf === 0 ? null : usage.cached / usage.cachedOf,
    usage,
    dealt,
    wait: waitOf(tail("ttft")) ?? waitOf(tail("e2e")),
    drift: droppedCells === null ? null : driftOf(book, droppedCells, count),
    usedUpPerS,
    slo: {
      state: stateOfTerms(terms),
      terms,
      goodPerS: slo === null || !limitsAnswers(slo) ? null : sumOf(book.good) / seconds,
    },
    trusted: untrusted === null,
    notes: [
      ...(untrusted === null ? [] : [untrusted]),
      ...usageNotes(book),
      ...lengthNotes(window.windowMs, answerMs, count),
      ...(droppedCells === null ? settleNotes(book.point.settleMs, answerMs) : []),
    ],
  };
}

/** Of the lanes: fewer that are busy when the window closes had nothing more to send. */
const BUSY_SHARE = 0.9;

function usedUp({ seen, lastReleasedNs, begunAtNs, atItsEnd, point }: PointBook, planned: number): number | null {
  if (planned === 0 || seen < planned || atItsEnd >= BUSY_SHARE * (point.load ?? 0)) return null;
  return (seen * 1e9) / Math.max(1, lastReleasedNs - begunAtNs);
}

function waitOf(tail: PointTail | null): PointFigures["wait"] {
  if (tail === null || tail.n === 0) return null;
  const [lo, value, hi] = quantileBounds(tail, 0.5);
  return { value: value as number, lo, hi };
}

/** Answers without usage count as the average of the others. */
function tokensPerS(book: PointBook, seconds: number, count: number): Rate | null {
  if (book.withUsage === 0) return null;
  const rate = rateOf(book.tokens, seconds, count, TOKEN_SCALE);
  const more = Math.max(1, book.answers / book.withUsage);
  return { ...rate, value: rate.value * more, error: rate.error === null ? null : rate.error * more };
}

function usageNotes({ answers, withUsage }: PointBook): string[] {
  if (answers === 0 || withUsage === answers) return [];
  if (withUsage === 0) return ["no answer reported its usage, so tokens are not known"];
  return [`usage came with ${withUsage} of ${answers} answers: the others are taken as their average`];
}

/** Without the figures of one load, so that all loads which it is true of share one note. */
function lengthNotes(windowMs: number, answerMs: number | null, count: number): string[] {
  if (answerMs === null || windowMs / count >= answerMs) return [];
  return [
    `answers are long against a window of ${(windowMs / 1_000).toFixed(0)} s, which holds too few of them for a sure interval: raise load.window`,
  ];
}

/** Lanes whose first answers end within the window are its beginning, and not how it goes on. */
function settleNotes(settleMs: number, answerMs: number | null): string[] {
  if (answerMs === null || answerMs <= settleMs) return [];
  return ["answers take longer than it settled, so the window still shows how it began: raise load.settle"];
}

/** A schedule that is kept to within so much is the load that it says it is. */
const MAX_BEHIND = 0.01;

/** How far what was sent is from what was due, as a share: a machine that cannot keep its schedule loads with less. */
function behindSchedule({ requests, inTime }: PointBook): MachineFigure {
  const value = requests === 0 ? null : Math.abs(inTime - requests) / requests;
  const remedy = "lower load.to, raise capture.workers, or use another machine";
  return {
    name: "arrivals not sent in their time",
    value,
    limit: MAX_BEHIND,
    unit: "share",
    // One more or less at the edge of a window is none.
    ok: value === null || Math.abs(inTime - requests) <= Math.max(1, MAX_BEHIND * requests),
    remedy,
  };
}

function untrustedReason(book: PointBook, machine: readonly MachineLine[], open: boolean): string | null {
  if (machine.length === 0) return "nothing was recorded by which this machine could be judged under this load";
  const lag = book.tails.get("send_lag");
  return passedLimits([
    ...machineFigures(machine, lag === undefined || lag.n === 0 ? null : lag.quantile(0.99), "lower load.to"),
    ...(open ? [behindSchedule(book)] : []),
  ]);
}

function driftOf(book: PointBook, dropped: Float64Array, count: number): Drift {
  const { window, sent, ended, work, waits, usage } = book;
  const { seconds } = window;
  const excess = sent.map((each, cell) => each + (dropped[cell] as number) - (ended[cell] as number));
  const behind = work.sent.map((each, cell) => each - (work.done[cell] as number));
  const streamed = sumOf(waits.ttft.count) > 0 ? waits.ttft : waits.e2e;
  return {
    backlog: differenceOf(excess, seconds, count),
    work:
      usage.answers === 0
        ? null
        : { backlog: differenceOf(behind, seconds, count), sentPerS: sumOf(work.sent) / seconds },
    wait: slopeOf(streamed, count, seconds),
  };
}

/** A rate that may be below 0. */
function differenceOf(cells: Float64Array, seconds: number, count: number): Rate {
  const perSecond = subWindows(cells, count).map((sum) => (sum * count) / seconds);
  const { error, df } = roundError(perSecond);
  return { value: sumOf(cells) / seconds, error, df };
}

/** How the mean wait rose or fell with time, ms a second: least squares over sub-windows. */
function slopeOf(waits: { count: Float64Array; sum: Float64Array }, count: number, seconds: number): Rate {
  const counts = subWindows(waits.count, count);
  const sums = subWindows(waits.sum, count);
  const at = counts.flatMap((n, index) =>
    n === 0 ? [] : [[((index + 0.5) * seconds) / count, (sums[index] as number) / n / 1_000] as const],
  );
  const n = at.length;
  if (n < 4) return { value: 0, error: null, df: 0 };
  const [x, y] = [0, 1].map((part) => at.reduce((sum, pair) => sum + (pair[part] as number), 0) / n) as [
    number,
    number,
  ];
  const sxx = at.reduce((sum, [s]) => sum + (s - x) ** 2, 0);
  const value = at.reduce((sum, [s, ms]) => sum + (s - x) * (ms - y), 0) / sxx;
  const left = at.reduce((sum, [s, ms]) => sum + (ms - y - value * (s - x)) ** 2, 0);
  return { value, error: Math.sqrt(left / (n - 2) / sxx), df: n - 2 };
}

/** Whether a rate lies above 0 at confidence `1 − alpha`. */
export function isAbove({ value, error, df }: Rate, alpha: number): boolean {
  return error !== null && value - tQuantile(alpha, df) * error > 0;
}
