/** Streams that are left: are their slots free for the next request? And how long may one stream last? */
import { formatDurationMs } from "../../core/duration.js";
import { NS_PER_MS } from "../../core/units.js";
import type { Attempt } from "../../recording/recording.js";
import { type Answer, firstTokenNs } from "../answer.js";
import {
  type Answers,
  type Feature,
  type Judgement,
  type ProbeRequest,
  type RequestContext,
  user,
  verdict,
} from "../feature.js";
import { refusalOf } from "../refusal.js";
import { SAY_READY } from "./chat.js";

const TRIES = 3;
/** What was left must still have long to go: at 100 tokens/s this is 20 s. */
const LEFT_TOKENS = 2_000;
const READS_BEFORE_LEAVING = 4;
/** How long streams are kept running while a request is held against them. */
const BUSY_MS = 4_000;
const TELL_A_STORY =
  "Tell a very long story of at least five thousand words about a lighthouse keeper. Never stop early, and never sum up.";

/**
 * The next request is taken for queued when its first token takes twice the reference and half a second more: noise of
 * a busy endpoint stays below, a wait behind whole answers does not.
 */
function queuedFromMs(referenceMs: number): number {
  return 2 * referenceMs + 500;
}

const cancelFrees: Feature = {
  id: "cancel-frees",
  name: "a cancelled stream frees its slot",
  keys: [],
  uses: ({ cancel }) => cancel !== undefined,
  requests: cancelRequests,
  judge: judgeCancelled,
};

/**
 * References first: an endpoint that goes on with streams that nobody reads would delay them. The control last, for
 * the same reason: k running streams show whether k are enough to make a request wait.
 */
function cancelRequests({ settings, cancelStreams }: RequestContext): ProbeRequest[] {
  const brief = { api: "chat", variant: "stream", request: { ...user(SAY_READY), ...settings(16) } } as const;
  const long = {
    api: "chat",
    variant: "stream",
    request: { ...user(TELL_A_STORY), ...settings(LEFT_TOKENS) },
  } as const;
  const tries = Array.from({ length: TRIES }, (_, each) => each);
  return [
    ...tries.map((each) => ({ part: "reference", step: each, ...brief })),
    ...tries.flatMap((each): ProbeRequest[] => [
      {
        part: "cancelled",
        step: TRIES + 2 * each,
        copies: cancelStreams,
        cancel: { afterReads: READS_BEFORE_LEAVING },
        control: true,
        ...long,
      },
      { part: "next", step: TRIES + 2 * each + 1, control: true, ...brief },
    ]),
    { part: "running", step: 3 * TRIES, copies: cancelStreams, cancel: { afterMs: BUSY_MS }, control: true, ...long },
    { part: "beside", step: 3 * TRIES, control: true, ...brief },
  ];
}

function judgeCancelled(answers: Answers): Judgement {
  const left = answers.all("cancelled");
  const running = left.filter(
    ({ attempt, completion }) => attempt.outcome.kind === "cancelled" && completion.finishReason === null,
  );
  const k = Math.round(left.length / TRIES);
  const reference = median(answers.all("reference").map(firstTokenMs));
  const next = median(answers.all("next").map(firstTokenMs));
  const beside = median(answers.all("beside").map(firstTokenMs));
  if (running.length < left.length / 2) {
    const why =
      left.length === 0
        ? "none was sent"
        : `${running.length} of ${left.length} streams were still running when they were left`;
    return verdict("unclear", why);
  }
  const refused = [...answers.all("next"), ...answers.all("beside")].find(wasRefused);
  if (refused !== undefined) {
    const why = refused.failure?.message ?? "an attempt was refused before one was answered";
    return verdict("unclear", `a request beside or behind the streams was not served: ${why}`);
  }
  if (!Number.isFinite(reference)) return verdict("unclear", "no first token of the reference");
  const seen = `first token after ${shownMs(next)} behind k = ${k} cancelled streams, ${shownMs(reference)} before, ${shownMs(beside)} beside k running ones`;
  if (next > queuedFromMs(reference)) return verdict("broken", `queued behind cancelled streams: ${seen}`);
  const held = answers.all("running");
  if (beside > queuedFromMs(reference) && held.filter(({ failure }) => failure !== null).length > held.length / 2) {
    return verdict("unclear", `${seen}; most of the running ones failed`);
  }
  if (beside > queuedFromMs(reference)) return verdict("supported", seen);
  return verdict("unclear", `${seen}; running ones delay nothing either, so k is too small to tell`);
}

/** A limit on rates, an outage or a lost connection says nothing of slots; one that went on waiting does. */
function wasRefused({ exchange, failure, outlived }: Answer): boolean {
  const statuses = exchange.attempts.map(({ status }) => status ?? 0);
  if (statuses.some((status) => status === 402 || status === 429 || status >= 500)) return true;
  return failure !== null && !(failure.kind === "timeout" && failure.phase === "firstByte" && outlived);
}

/** A request that failed waited for ever. */
function firstTokenMs(answer: Answer): number {
  return answer.failure === null ? firstTokenNs(answer) / NS_PER_MS : Number.POSITIVE_INFINITY;
}

function shownMs(ms: number): string {
  return Number.isFinite(ms) ? formatDurationMs(ms) : "no token";
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
}

const longStream: Feature = {
  id: "long-stream",
  name: "long stream",
  keys: [],
  judgesFailures: true,
  requests({ longStreamMs, longStreamTokens, settings }) {
    if (longStreamMs === null) return [];
    const request = { ...user(TELL_A_STORY), ...settings(longStreamTokens) };
    return [{ part: "long", api: "chat", variant: "stream", request, cancel: { afterMs: longStreamMs }, step: 0 }];
  },
  judge(answers) {
    const answer = answers.one("long");
    const { attempt, completion, exchange, failure } = answer;
    const ages = exchange.attempts.map(ageMs);
    const age = formatDurationMs(ages.at(-1) ?? 0);
    if (attempt.outcome.kind === "cancelled" && attempt.outcome.by === "plan") {
      const before = exchange.attempts.slice(0, -1).findIndex(wasCutShort);
      const cut = ages[before];
      const evidence = streamEvidence(answer);
      if (attempt.reads.length === 0) return verdict("broken", `not a byte in ${age}`);
      if (cut !== undefined)
        return verdict("unclear", `cut after ${formatDurationMs(cut)} once, alive at ${age} once; ${evidence}`);
      return verdict("supported", `alive at ${age}: ${evidence}`);
    }
    if (completion.finishReason !== null) {
      return verdict(
        "unclear",
        `ended by itself after ${age} with ${completion.finishReason}; ${streamEvidence(answer)}`,
      );
    }
    if (wasCutShort(attempt)) {
      const times = ages.filter((_, index) => wasCutShort(exchange.attempts[index] as Attempt)).map(formatDurationMs);
      const proxy =
        times.length > 1 ? `${times.length} times, after ${times.join(" and ")}` : `after ${times[0] ?? age}`;
      return verdict(
        "broken",
        `cut ${proxy}, without a finish reason (${failure?.message ?? "ended"}); ${streamEvidence(answer)}`,
      );
    }
    return refusalOf(answer) ?? verdict("broken", "no stream came");
  },
};

function ageMs(attempt: Attempt): number {
  return (attempt.endedAtNs - (attempt.sentAtNs ?? attempt.dispatchedAtNs)) / NS_PER_MS;
}

/** It had begun with a 200, and ended without being asked to. */
function wasCutShort({ status, outcome, reads }: Attempt): boolean {
  return status === 200 && reads.length > 0 && (outcome.kind === "complete" || outcome.kind === "network");
}

/** First byte and longest silence tell a stream that was held back from one that flowed. */
function streamEvidence({ attempt, completion }: Answer): string {
  const sentAtNs = attempt.sentAtNs ?? attempt.dispatchedAtNs;
  const stamps = attempt.reads.map(([atNs]) => atNs);
  const first = formatDurationMs(((stamps[0] ?? attempt.endedAtNs) - sentAtNs) / NS_PER_MS);
  let longestNs = 0;
  for (let index = 1; index < stamps.length; index++) {
    longestNs = Math.max(longestNs, (stamps[index] as number) - (stamps[index - 1] as number));
  }
  longestNs = Math.max(longestNs, attempt.endedAtNs - (stamps.at(-1) ?? attempt.endedAtNs));
  return `${completion.eventCount} events in ${stamps.length} reads, first byte after ${first}, longest silence ${formatDurationMs(longestNs / NS_PER_MS)}`;
}

export const LOAD_FEATURES: readonly Feature[] = [cancelFrees, longStream];
