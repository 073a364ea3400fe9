/**
 * Timeouts for a client of the candidate, and what a timeout that many clients have would have cut. A suggestion never
 * lies below what was seen, and there is none where the samples bound no quantile of the tail.
 */
import { quantileRank } from "../compare/binomial.js";
import { formatDurationMs } from "../core/duration.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { HeaderLine } from "../recording/recording.js";
import type { TimeoutSummary } from "../report/decision.js";
import type { Summary } from "../report/summary.js";
import { rounded } from "./tails.js";

type Role = "baseline" | "candidate";
type Suggested = TimeoutSummary["suggested"][number];

const HEADROOM = 2;
/** As the cells of the tables: 95 %, one-sided. */
const ALPHA = 0.05;
/** Below p90 a bound says nothing about a tail. */
const QUANTILES = [
  ["p99.9", 0.999],
  ["p99", 0.99],
  ["p95", 0.95],
  ["p90", 0.9],
] as const;
const NEEDED_FOR_P90 = 29;
/** A SYN that is lost is sent again after 1 s (RFC 6298), and once more 2 s later. */
const LEAST_CONNECT_MS = 3_000;
const LEAST_MS = 1_000;
/** After the cap the endpoint still has to send its answer. */
const COLD_ANSWER_MS = 60_000;

/** Limits that clients and proxies come with. */
const LIMITS_MS = [15_000, 30_000, 60_000, 100_000];

export function timeoutSummary(
  header: HeaderLine,
  exchanges: readonly ScoredExchange[],
  cold: Summary["cold"],
): TimeoutSummary {
  const warm = exchanges.filter(({ phase, cancelled, arm }) => phase === "warm" && cancelled === null && isMain(arm));
  const own = warm.filter(({ endpoint }) => endpoint === "candidate");
  // What a client waits for a cold start is a timeout of its own.
  const answered = own.filter(({ failure, bucket }) => failure === null && bucket !== "cold");
  const last = (pick: (waits: ScoredExchange["waits"][number]) => number | null): number[] =>
    answered.flatMap(({ waits }) => {
      const found = waits.at(-1);
      return found === undefined ? [] : (pick(found) ?? []);
    });
  const connects = exchanges.flatMap(({ endpoint, phase, scalars }) => {
    const connect = endpoint === "candidate" && phase !== "cold" ? scalars.get("connect") : undefined;
    return connect !== undefined && "value" in connect ? [connect.value] : [];
  });
  const streams = answered.filter(({ variant, waits }) => variant === "stream" && waits.at(-1)?.idleMs != null);
  return {
    suggested: [
      suggestion("connect", connects, "fresh connections", LEAST_CONNECT_MS),
      suggestion(
        "first byte",
        last(({ firstByteMs }) => firstByteMs),
        "answers",
        LEAST_MS,
      ),
      suggestion(
        "idle",
        streams.map(({ waits }) => waits.at(-1)?.idleMs ?? 0),
        "streams",
        LEAST_MS,
      ),
      suggestion(
        "total",
        last(({ totalMs }) => totalMs),
        "answers",
        LEAST_MS,
      ),
      coldSuggestion(header, cold),
    ],
    cuts: LIMITS_MS.map((limitMs) => ({
      limitMs,
      total: cutsOf(warm, ({ totalMs }) => totalMs > limitMs),
      silence: cutsOf(warm, ({ silenceMs }) => silenceMs > limitMs),
    })),
    notes: notesOf(header, warm),
  };
}

/** Control arms ask the same again: each side is counted as its tables count it. */
function isMain(arm: ScoredExchange["arm"]): boolean {
  return arm === "baseline" || arm === "candidate";
}

function suggestion(
  timeout: Exclude<Suggested["timeout"], "cold">,
  values: readonly number[],
  of: string,
  leastMs: number,
): Suggested {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const largest = sorted.at(-1);
  if (largest === undefined) return { timeout, ms: null, basis: `no ${of} to size it by` };
  const seen = `largest of ${n} ${of} ${short(largest)}`;
  for (const [name, q] of QUANTILES) {
    const rank = quantileRank("upper", n, q, ALPHA);
    if (rank === null) continue;
    const bound = sorted[rank - 1] as number;
    const wanted = Math.max(HEADROOM * bound, largest);
    const raised =
      wanted < leastMs
        ? `, and no less than ${short(leastMs)}`
        : largest > HEADROOM * bound
          ? ", raised to the largest seen"
          : "";
    return {
      timeout,
      ms: roundedUp(Math.max(wanted, leastMs)),
      basis: `${HEADROOM} × the 95 % bound on ${name}, ${short(bound)}${raised}; ${seen}`,
    };
  }
  return { timeout, ms: null, basis: `n = ${n} < ${NEEDED_FOR_P90}: no bound on p90; ${seen}` };
}

/** Wakes are too few for a bound, but the cap is one: after it the endpoint itself gives up. */
function coldSuggestion({ endpoints }: HeaderLine, { candidate: trials, unplanned }: Summary["cold"]): Suggested {
  const timeout = "cold" as const;
  const { wake } = endpoints.candidate;
  const wakes = [
    ...trials.flatMap(({ wakeMs, verdict }) => (wakeMs === null || verdict === "not cold" ? [] : [wakeMs])),
    ...unplanned.candidate.flatMap(({ ttftMs }) => ttftMs ?? []),
  ];
  const failed = trials.filter(({ verdict }) => verdict === "failed").length;
  if (wake === undefined && trials.length === 0) {
    return { timeout, ms: null, basis: "no cold wake was tried: set endpoints.candidate.wake if it scales to zero" };
  }
  const cap = wake === undefined ? "" : `the cap of ${short(wake.capMs)}`;
  if (wakes.length === 0) {
    const why = failed > 0 ? `${count(failed, "cold trial")} had no token` : "no cold wake was seen";
    return { timeout, ms: null, basis: cap === "" ? why : `${why}; ${cap} is a setting, not a measurement` };
  }
  const longest = Math.max(...wakes);
  const seen = `longest of ${count(wakes.length, "wake")} ${short(longest)}${failed > 0 ? `, ${failed} more had no token` : ""}`;
  if (wake === undefined) {
    return { timeout, ms: null, basis: `${seen}; too few for a bound, and no cap is configured` };
  }
  return {
    timeout,
    ms: roundedUp(Math.max(wake.capMs, longest) + COLD_ANSWER_MS),
    basis: `${cap} and ${short(COLD_ANSWER_MS)} for the answer; ${seen}`,
  };
}

function cutsOf(
  warm: readonly ScoredExchange[],
  beyond: (waits: ScoredExchange["waits"][number]) => boolean,
): TimeoutSummary["cuts"][number]["total"] {
  const of = (role: Role) => {
    const own = warm.filter(({ endpoint }) => endpoint === role);
    return { count: own.filter(({ waits }) => waits.some(beyond)).length, of: own.length };
  };
  return { baseline: of("baseline"), candidate: of("candidate") };
}

function notesOf({ capture }: HeaderLine, warm: readonly ScoredExchange[]): string[] {
  const gaveUp = warm.filter(({ failure }) => failure?.kind === "timeout");
  const notes = ["sized for prompts and lengths like these, without retries: each attempt has a timeout of its own"];
  if (gaveUp.length > 0) {
    const { firstByteMs, idleMs, totalMs } = capture.timeouts;
    notes.push(
      `${count(gaveUp.length, "request")} reached the limits of this run itself (first byte ${short(firstByteMs)}, idle ${short(idleMs)}, total ${short(totalMs)}): how long they would have taken is not known`,
    );
  }
  return notes;
}

/** Up to a number that a person would write into a configuration. */
export function roundedUp(ms: number): number {
  const minute = 60_000;
  const steps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
  const wholeMinutes = [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 45, 60];
  // 5.000001 s is 5 s: what comes from nanoseconds is not held to the last of them.
  const least = ms * (1 - 1e-6);
  if (least > 30_000) {
    const minutes = [0.75, ...wholeMinutes].find((each) => each * minute >= least);
    return minutes === undefined ? Math.ceil(least / (30 * minute)) * 30 * minute : minutes * minute;
  }
  const decade = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  const step = steps.find((each) => each * decade >= least) ?? 10;
  return rounded(step * decade) as number;
}

function short(ms: number): string {
  if (ms >= 1_000) return formatDurationMs(ms).replace(".0 s", " s");
  return ms < 10 ? `${Math.max(0.01, ms).toFixed(ms < 1 ? 2 : 1)} ms` : `${Math.round(ms)} ms`;
}

function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? "" : "s"}`;
}
