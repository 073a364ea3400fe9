/**
 * Cold starts that nobody planned, in the middle of a run. Only an endpoint that is known to sleep can have one, and only
 * by evidence: every other slow answer stays in the tails, since leaving it out would make an endpoint look faster.
 */
import { formatDurationMs } from "../core/duration.js";
import { NS_PER_MS } from "../core/units.js";
import type { HeaderLine, RecordingFrame } from "../recording/recording.js";
import { isPutOff, WAKING_WORDS } from "../recording/waking.js";
import type { DecodedSample } from "./sample.js";
import type { ScoredExchange } from "./scored.js";
import { wallClockOf } from "./wall-clock.js";

type Role = ScoredExchange["endpoint"];

/** As a planned trial: within so many warm times nothing was cold. */
const COLD_FACTOR = 3;
/** No wake is this short; it bounds what has to be held back until all was seen. */
const LEAST_MS = 250;
/**
 * Of the planned wake: an answer that took less long was held up by something else, and so was one that was asked for sooner
 * after the last: nobody sleeps so soon who takes so long to wake, and of requests sent one by one each follows a quiet.
 */
const LEAST_OF_WAKE = 0.5;

export interface UnplannedStart {
  readonly exchangeId: number;
  readonly caseId: string;
  readonly round: number;
  readonly ttftMs: number;
  readonly usualMs: number | null;
  readonly evidence: string;
}

/** What is known of an exchange that may have been a cold start. */
export interface Suspect {
  readonly exchange: ScoredExchange;
  /** What the endpoint said of its loading in an earlier attempt; null where it said nothing. */
  readonly said: string | null;
  /** Release to first token where every earlier attempt was put off, else of the last attempt alone; ms. */
  readonly waitedMs: number;
}

/** The exchange as a suspect; null where nothing could make it a cold start. */
export function suspectOf(sample: DecodedSample, exchange: ScoredExchange, header: HeaderLine): Suspect | null {
  const { phase, endpoint, bucket } = exchange;
  if (header.endpoints[endpoint].wake === undefined || bucket !== "warm") return null;
  if (phase !== "warm" && phase !== "solo" && phase !== "warmup") return null;
  const firstNs = exchange.firstTokenAtNs ?? exchange.endedAtNs;
  const putOff = sample.earlier.every(({ attempt }) => isPutOff(attempt));
  const fromNs = putOff ? exchange.releasedAtNs : (sample.attempt.sentAtNs ?? sample.attempt.dispatchedAtNs);
  const waitedMs = (firstNs - fromNs) / NS_PER_MS;
  const said = saidOf(sample);
  return said === null && waitedMs <= LEAST_MS ? null : { exchange, said, waitedMs };
}

/** 202, or a 503 whose words say that the model is on its way. */
function saidOf({ earlier }: DecodedSample): string | null {
  for (const { attempt, completion } of earlier) {
    const { status } = attempt;
    const words = status === 503 ? (completion.error?.message ?? "") : "";
    if (status === 202) return "HTTP 202";
    if (WAKING_WORDS.test(words)) return `HTTP 503: ${words.slice(0, 120)}`;
  }
  return null;
}

export interface UnplannedInput {
  readonly suspects: readonly Suspect[];
  /** All of the recording, in any order. */
  readonly exchanges: readonly ScoredExchange[];
  /** Wakes of planned trials that were cold, ms. */
  readonly wakes: Readonly<Record<Role, readonly number[]>>;
  readonly frame: Pick<RecordingFrame, "header" | "segments" | "resumes">;
}

/** The suspects that evidence shows to be cold starts, by id. */
export function findUnplanned(input: UnplannedInput): Map<number, UnplannedStart> {
  const found = new Map<number, UnplannedStart>();
  for (const role of ["baseline", "candidate"] as const) {
    const suspects = input.suspects.filter(({ exchange }) => exchange.endpoint === role);
    if (suspects.length === 0) continue;
    const view = new EndpointView(role, input);
    for (const suspect of suspects.sort((a, b) => a.exchange.id - b.exchange.id)) {
      const { exchange, waitedMs } = suspect;
      const usualMs = view.usualMs(exchange);
      const evidence = evidenceOf(suspect, usualMs, view);
      if (evidence === null) continue;
      const { id, caseId, round } = exchange;
      found.set(id, { exchangeId: id, caseId, round, ttftMs: waitedMs, usualMs, evidence });
    }
  }
  return found;
}

function evidenceOf({ exchange, said, waitedMs }: Suspect, usualMs: number | null, view: EndpointView): string | null {
  if (said !== null) return `it said so: ${said}`;
  if (usualMs === null || waitedMs <= COLD_FACTOR * usualMs) return null;
  const quiet = view.quietBefore(exchange.id);
  if (quiet === null) return null;
  const { idleAfterMs } = view;
  const first = quiet.firstId === exchange.id;
  if (idleAfterMs !== undefined && quiet.ms >= idleAfterMs) {
    const after = `${formatDurationMs(quiet.ms)} without a request`;
    return first ? `the first answer after ${after}` : `asked while it woke, after ${after}`;
  }
  const { wakeMs } = view;
  if (wakeMs === null || Math.min(waitedMs, quiet.ms) < LEAST_OF_WAKE * wakeMs) return null;
  if (view.answeredMeanwhile(exchange, waitedMs, usualMs)) return null;
  return `no first token for ${formatDurationMs(waitedMs)}, where its planned wake took ${formatDurationMs(wakeMs)}`;
}

/** A span in which nothing was in flight, and the request that ended it. */
interface Quiet {
  readonly ms: number;
  readonly firstId: number;
}

/** One endpoint over the whole recording, on the wall clock. */
class EndpointView {
  readonly idleAfterMs: number | undefined;
  /** Of planned trials, the middle one. */
  readonly wakeMs: number | null;
  readonly #quiet = new Map<number, Quiet>();
  readonly #firstTokensMs: readonly number[];
  readonly #usual: ReadonlyMap<string, number>;
  readonly #at: (exchange: ScoredExchange, ns: number) => number;

  constructor(role: Role, { exchanges, wakes, frame }: UnplannedInput) {
    this.idleAfterMs = frame.header.endpoints[role].wake?.idleAfterMs;
    this.wakeMs = medianOf(wakes[role]);
    this.#at = wallClockOf(frame);
    const own = exchanges
      .filter(({ endpoint }) => endpoint === role)
      .map((exchange) => ({ exchange, releasedMs: this.#at(exchange, exchange.releasedAtNs) }))
      .sort((a, b) => a.releasedMs - b.releasedMs || a.exchange.id - b.exchange.id);
    const woken = new Set(
      frame.resumes.flatMap(({ segment, prelude }) =>
        prelude.some(({ endpoint }) => endpoint === role) ? segment : [],
      ),
    );
    this.#findQuiet(own, woken);
    this.#firstTokensMs = own
      .flatMap(({ exchange }) => (exchange.firstTokenAtNs === null ? [] : this.#at(exchange, exchange.firstTokenAtNs)))
      .sort((a, b) => a - b);
    this.#usual = this.#usualOf(own.map(({ exchange }) => exchange));
  }

  /** The quiet that the exchange ended, or that was ended while it was not answered yet; null where it had company. */
  quietBefore(id: number): Quiet | null {
    return this.#quiet.get(id) ?? null;
  }

  /** The warm time to first token of the same case in the same variant, ms. */
  usualMs(exchange: ScoredExchange): number | null {
    return this.#usual.get(keyOf(exchange)) ?? null;
  }

  /** Whether anybody was given a first token before what came together with the exchange's own. */
  answeredMeanwhile(exchange: ScoredExchange, waitedMs: number, usualMs: number): boolean {
    const firstMs = this.#at(exchange, exchange.firstTokenAtNs ?? exchange.endedAtNs);
    const fromMs = firstMs - waitedMs;
    // After a wake answers come as their prompts are read, one sooner and one later.
    const untilMs = firstMs - Math.max(2 * usualMs, 0.1 * waitedMs);
    let low = 0;
    let high = this.#firstTokensMs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#firstTokensMs[middle] as number) > fromMs) high = middle;
      else low = middle + 1;
    }
    return (this.#firstTokensMs[low] ?? Number.POSITIVE_INFINITY) < untilMs;
  }

  #findQuiet(
    own: readonly { readonly exchange: ScoredExchange; readonly releasedMs: number }[],
    woken: ReadonlySet<number>,
  ): void {
    let busyUntilMs: number | null = null;
    let quiet: Quiet | null = null;
    let answeredMs = Number.POSITIVE_INFINITY;
    const begun = new Set<number>();
    for (const { exchange, releasedMs } of own) {
      const { id, segment, firstTokenAtNs, endedAtNs, failure } = exchange;
      // What a resume sent first is not in the recording: the endpoint was awake.
      const justWoken = woken.has(segment) && !begun.has(segment);
      begun.add(segment);
      if (busyUntilMs !== null && releasedMs > busyUntilMs && !justWoken) {
        // Who failed meanwhile did not wake it: the same quiet goes on.
        if (quiet === null || answeredMs < releasedMs) quiet = { ms: releasedMs - busyUntilMs, firstId: id };
        answeredMs = Number.POSITIVE_INFINITY;
      } else if (releasedMs >= answeredMs) quiet = null;
      if (quiet !== null) this.#quiet.set(id, quiet);
      const firstNs = firstTokenAtNs ?? (failure === null ? endedAtNs : null);
      if (firstNs !== null) answeredMs = Math.min(answeredMs, this.#at(exchange, firstNs));
      busyUntilMs = Math.max(busyUntilMs ?? Number.NEGATIVE_INFINITY, this.#at(exchange, endedAtNs));
    }
  }

  /** Of what answered at once; what came after a long quiet is asked about, so it says nothing of what is usual. */
  #usualOf(own: readonly ScoredExchange[]): Map<string, number> {
    const byCase = new Map<string, number[]>();
    for (const exchange of own) {
      const { id, phase, bucket, attemptFailures, variant, scalars } = exchange;
      if (phase === "cold" || phase === "probe" || bucket !== "warm" || attemptFailures.length !== 1) continue;
      const scalar = scalars.get(variant === "stream" ? "ttft" : "e2e");
      if (scalar === undefined || !("value" in scalar)) continue;
      const quiet = this.#quiet.get(id);
      if (this.idleAfterMs !== undefined && quiet !== undefined && quiet.ms >= this.idleAfterMs) continue;
      const key = keyOf(exchange);
      const known = byCase.get(key);
      if (known === undefined) byCase.set(key, [scalar.value]);
      else known.push(scalar.value);
    }
    return new Map([...byCase].map(([key, values]) => [key, medianOf(values) as number]));
  }
}

function keyOf({ caseId, variant }: ScoredExchange): string {
  return `${caseId} ${variant}`;
}

function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? null;
}
