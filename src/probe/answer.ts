/** One exchange of a probe, decoded, in the form that features look at. */

import type { Completion } from "../decode/completion.js";
import { decodeAttempt } from "../decode/decode.js";
import { type Failure, failureOf } from "../decode/failure.js";
import { asArray, asObject, asText, parseJson } from "../decode/json.js";
import type { GoldenCase } from "../golden/golden-set.js";
import { header } from "../recording/headers.js";
import { decodeBytes } from "../recording/reads.js";
import type { Attempt, Exchange } from "../recording/recording.js";
import type { Judgement } from "./feature.js";

type Body = Readonly<Record<string, unknown>>;

/** Of a longer body only so much is read as JSON. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

export interface Answer {
  readonly golden: GoldenCase;
  readonly exchange: Exchange;
  /** The last attempt: what passes on a retry is judged by what it says. */
  readonly attempt: Attempt;
  /** The body that was sent. */
  readonly sent: Body;
  readonly completion: Completion;
  /** Null when it succeeded, or was cancelled. */
  readonly failure: Failure | null;
  /** The body that came, where it is JSON; undefined otherwise. */
  readonly json: unknown;
  readonly bytes: Buffer;
  /** A chat request that was sent to this endpoint after this one had ended succeeded: it was up, and went on. */
  readonly outlived: boolean;
}

export function answerOf(exchange: Exchange, golden: GoldenCase, sent: Body, outlived = false): Answer {
  const attempt = exchange.attempts.at(-1) as Attempt;
  const foreign = golden.tags.includes(FOREIGN);
  const completion = decodeAttempt(attempt, golden.api, exchange.variant);
  const bytes = Buffer.concat(attempt.reads.map(([, part]) => decodeBytes(part))).subarray(0, MAX_BODY_BYTES);
  const failure = failureOf(
    attempt,
    foreign ? asForeign(completion, attempt) : completion,
    foreign ? "chat" : golden.api,
  );
  const json = exchange.variant === "body" ? parseJson(bytes.toString("utf8")) : undefined;
  return { golden, exchange, attempt, sent, completion, failure, json, bytes, outlived };
}

/** The tag of cases whose answers `decode` does not know. */
export const FOREIGN = "foreign";
/** The tag of cases whose own failure says nothing about their feature. */
export const CONTROL = "control";

/** What is neither JSON nor has a finish reason is no failure here: the feature looks at the bytes itself. */
function asForeign(completion: Completion, { outcome }: Attempt): Completion {
  const { error } = completion;
  const unread = error?.inBand === true && (error.code === "html-body" || error.code === "body-not-json");
  return {
    ...completion,
    error: unread ? null : error,
    finishReason: outcome.kind === "complete" ? "none" : null,
    anomalies: [],
  };
}

/** What the endpoint wrote: answer and reasoning, for a comparison. */
export function writtenText({ completion }: Answer): string {
  return `${completion.reasoning}\n${completion.content ?? ""}`;
}

export function contentOf({ completion }: Answer): string {
  return completion.content ?? "";
}

export function outputTokens({ completion }: Answer): number | null {
  return completion.usage?.outputTokens ?? null;
}

/** True when the limit on output tokens ended the answer. */
export function wasCut({ completion }: Answer): boolean {
  return completion.finishReason === "length";
}

/**
 * Why an answer holds nothing to judge: the limit on tokens, a content filter or a refusal came before its first word
 * and its first call. Null when there is something, or when an answer is empty for no reason.
 */
export function cutBeforeFirstWord(answer: Answer): Judgement | null {
  const { toolCalls, finishReason, refusal } = answer.completion;
  if (contentOf(answer).trim() !== "" || toolCalls.length > 0) return null;
  const unclear = (seen: string): Judgement => ({ verdict: "unclear", seen });
  if (wasCut(answer)) {
    const { max_tokens: max, max_completion_tokens: maxCompletion } = answer.sent;
    const limit = max ?? maxCompletion;
    const tokens = typeof limit === "number" ? `${limit} tokens` : "all tokens";
    return unclear(`${tokens} went before the first word of an answer`);
  }
  if (finishReason === "content_filter") return unclear("a content filter ended the answer before its first word");
  return (refusal ?? "") === "" ? null : unclear("the model refused to answer");
}

/** A list in a foreign body, such as `data`. */
export function listIn(answer: Answer, key: string): readonly unknown[] {
  return asArray(asObject(answer.json)?.[key]);
}

export function textIn(value: unknown, key: string): string | null {
  return asText(asObject(value)?.[key]);
}

export function contentType({ attempt }: Answer): string {
  return header(attempt, "content-type")?.toLowerCase() ?? "";
}

/** Dispatch of the attempt that was answered to its first token, in ns: no backoff counts. Infinity when none came. */
export function firstTokenNs({ completion, attempt }: Answer): number {
  const first = completion.tokenEvents[0]?.atNs ?? (completion.finishReason === null ? undefined : attempt.endedAtNs);
  return first === undefined ? Number.POSITIVE_INFINITY : first - attempt.dispatchedAtNs;
}

/** Statuses of an endpoint that has too much to do, whatever it was asked for. 498 is Groq's for want of capacity. */
export const OVERLOAD: ReadonlySet<number> = new Set([408, 429, 498, 503, 504, 529]);
