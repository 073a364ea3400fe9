/** What is kept of an exchange after its bytes are let go: small, and the same whatever order the file was in. */
import type { CheckOutcome } from "../check/finding.js";
import type { Usage } from "../decode/completion.js";
import type { Failure } from "../decode/failure.js";
import { countCharacters } from "../decode/json.js";
import { wasInterrupted } from "../recording/interrupted.js";
import type { Exchange } from "../recording/recording.js";
import { METRICS } from "./catalogue.js";
import { echoesKey } from "./echo.js";
import { coalescedEvents } from "./gaps.js";
import { KeptOnce } from "./kept-once.js";
import type { Bucket, Measurement, Metric } from "./metric.js";
import type { DecodedSample, DiscardedAttempt } from "./sample.js";
import type { Scalars } from "./scalars.js";
import { SKETCHED_ROUNDS, type Sketch, sketchOf } from "./sketch.js";
import { type Waits, waitsOf } from "./waits.js";

export interface AnswerText {
  readonly content: string | null;
  readonly reasoning: string;
  readonly refusal: string | null;
  readonly toolCalls: readonly { readonly name: string; readonly argumentsText: string | null }[];
  readonly cut: boolean;
}

export interface ScoredExchange
  extends Omit<Exchange, "type" | "attempts" | "intendedAtNs" | "waitedNs" | "segment" | "requestId"> {
  readonly segment: number;
  readonly requestId: string;
  readonly bucket: Bucket;
  readonly failure: Failure | null;
  /**
   * Failures of the attempts that reached the endpoint, first to last. A kept-alive socket that was dead before any byte
   * is no attempt of the endpoint's: `staleConnections` counts those, each asked again at once on a fresh connection.
   */
  readonly attemptFailures: readonly (Failure | null)[];
  readonly staleConnections: number;
  /** Attempts that were given up and asked again, first to last. */
  readonly discarded: readonly DiscardedAttempt[];
  readonly status: number | null;
  readonly firstTokenAtNs: number | null;
  readonly endedAtNs: number;
  readonly cancelled: "plan" | "user" | null;
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly model: string | null;
  readonly systemFingerprint: string | null;
  readonly remoteAddress: string | null;
  readonly characters: number;
  /** Token-bearing events, and those of them that shared a read with an earlier one. */
  readonly tokenEvents: number;
  readonly coalescedEvents: number;
  readonly scalars: Scalars;
  /** Null where nothing was expected: outside phase warm, and where the plan cancelled. */
  readonly check: CheckOutcome | null;
  readonly answer: AnswerText;
  /** What was said, for distances; null of an answer that failed, was cut on purpose, is a vector, or of a late round. */
  readonly sketch: Sketch | null;
  /** Of each attempt outside phase cold, first to last. */
  readonly waits: readonly Waits[];
  /** A header or an error of the last attempt carried what was masked. */
  readonly echoedKey: boolean;
}

const MAX_TEXT = 12_000;
/** Of an answer whose words are not kept. */
const NO_TEXT: AnswerText = { content: null, reasoning: "", refusal: null, toolCalls: [], cut: true };

/** What is kept of an answer's words. */
export interface KeptWords {
  /** For the page. */
  readonly text: boolean;
  /** For distances between answers. */
  readonly sketch: boolean;
}

/** @param once of the recording: what its exchanges have alike is kept once */
export function scoredExchange(
  sample: DecodedSample,
  measurements: ReadonlyMap<Metric, Measurement>,
  check: CheckOutcome | null,
  keep: KeptWords,
  once = new KeptOnce(),
): ScoredExchange {
  const { exchange, attempt, completion } = sample;
  const { outcome } = attempt;
  return {
    id: exchange.id,
    pairId: exchange.pairId,
    segment: exchange.segment,
    endpoint: exchange.endpoint,
    arm: exchange.arm,
    caseId: once.text(exchange.caseId),
    repeat: exchange.repeat,
    round: exchange.round,
    phase: exchange.phase,
    variant: exchange.variant,
    requestId: once.text(exchange.requestId),
    inFlight: exchange.inFlight,
    releasedAtNs: exchange.releasedAtNs,
    ...(exchange.pairBroken === undefined ? {} : { pairBroken: exchange.pairBroken }),
    ...(exchange.masked === undefined ? {} : { masked: exchange.masked }),
    bucket: sample.bucket,
    failure: sample.failure,
    attemptFailures: once.list(sample.attemptFailures.filter((failure) => failure?.kind !== "stale_connection")),
    staleConnections: sample.attemptFailures.filter((failure) => failure?.kind === "stale_connection").length,
    discarded: once.list(sample.discarded),
    status: attempt.status ?? null,
    firstTokenAtNs: completion.tokenEvents[0]?.atNs ?? null,
    endedAtNs: attempt.endedAtNs,
    cancelled: wasInterrupted(attempt) ? "user" : outcome.kind === "cancelled" ? "plan" : null,
    finishReason: once.text(completion.finishReason),
    usage: completion.usage,
    model: once.text(completion.model),
    systemFingerprint: once.text(completion.systemFingerprint),
    remoteAddress: once.text(attempt.remoteAddress ?? null),
    characters: charactersOf(sample),
    tokenEvents: completion.tokenEvents.length,
    coalescedEvents: coalescedEvents(completion),
    scalars: once.scalars.of(measurements),
    check: check === null ? null : once.check(check),
    answer: keep.text ? answerOf(sample) : NO_TEXT,
    sketch:
      keep.sketch &&
      exchange.round < SKETCHED_ROUNDS &&
      sample.failure === null &&
      sample.bucket !== "none" &&
      completion.dimensions === null
        ? sketchOf(completion)
        : null,
    waits: exchange.phase === "cold" ? [] : exchange.attempts.map(waitsOf),
    echoedKey: echoesKey(attempt, completion.error?.message ?? null),
  };
}

/** Unicode characters of everything that was said, streamed or not. */
function charactersOf({ completion: { content, reasoning, refusal, toolCalls } }: DecodedSample): number {
  const texts = [
    content ?? "",
    reasoning,
    refusal ?? "",
    ...toolCalls.map((call) => call.name + (call.argumentsText ?? "")),
  ];
  return texts.reduce((total, text) => total + countCharacters(text), 0);
}

/** Measures every metric of the catalogue. */
export function measureAll(sample: DecodedSample): Map<Metric, Measurement> {
  return new Map(METRICS.map((metric) => [metric, finite(metric.measure(sample))]));
}

/** Stamps and prices of a damaged recording can give anything: what is no number is no value. */
function finite(measurement: Measurement): Measurement {
  if ("none" in measurement || measurement.values.every(Number.isFinite)) return measurement;
  return { none: "not a finite number" };
}

function answerOf({ completion }: DecodedSample): AnswerText {
  const { content, reasoning, refusal, toolCalls } = completion;
  const cap = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
  const capOrNull = (text: string | null): string | null => (text === null ? null : cap(text));
  const texts = [content ?? "", reasoning, refusal ?? "", ...toolCalls.map((call) => call.argumentsText ?? "")];
  return {
    content: capOrNull(content),
    reasoning: cap(reasoning),
    refusal: capOrNull(refusal),
    toolCalls: toolCalls.slice(0, 50).map((call) => ({
      name: call.name.slice(0, 200),
      argumentsText: capOrNull(call.argumentsText),
    })),
    cut: toolCalls.length > 50 || texts.some((text) => text.length > MAX_TEXT),
  };
}
