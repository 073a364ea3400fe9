/** One exchange, decoded and put into its bucket: what every metric and check looks at. */
import type { Completion } from "../decode/completion.js";
import { decodeAttempt } from "../decode/decode.js";
import { type Failure, failureOf } from "../decode/failure.js";
import type { Api, GoldenCase } from "../golden/golden-set.js";
import { wasInterrupted } from "../recording/interrupted.js";
import type { Attempt, Exchange, HeaderLine } from "../recording/recording.js";
import type { Bucket, Sample } from "./metric.js";

/** A sample with the failures of all its attempts, first to last; null for an attempt that succeeded. */
export interface DecodedSample extends Sample {
  readonly attemptFailures: readonly (Failure | null)[];
  /** The attempts before the last one, first to last. Holds every event of each: not to be kept. */
  readonly earlier: readonly DecodedAttempt[];
  /** What the attempts before the last one had been sent when they were given up. */
  readonly discarded: readonly DiscardedAttempt[];
}

export interface DecodedAttempt {
  readonly attempt: Attempt;
  readonly completion: Completion;
}

/** An attempt whose answer was thrown away and asked for again. */
export interface DiscardedAttempt {
  /** It was answered with 200 first: a provider bills what it generated. */
  readonly answered: boolean;
  /** From its usage, where the stream got that far. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Characters of reasoning and answer that had come. */
  readonly characters: number;
  /** How long the next attempt was waited for, ms. */
  readonly backoffMs: number;
}

export function sampleOf(
  exchange: Exchange,
  golden: { readonly api: Api; readonly cancel?: GoldenCase["cancel"] },
  header: HeaderLine,
): DecodedSample {
  const { api } = golden;
  const decoded = exchange.attempts.map((attempt) => {
    const completion = decodeAttempt(attempt, api, exchange.variant);
    return { attempt, completion, failure: failureOf(attempt, completion, api) };
  });
  // The reader refuses an exchange without attempts.
  const last = decoded.at(-1) as (typeof decoded)[number];
  return {
    exchange,
    attempt: last.attempt,
    completion: last.completion,
    usages: decoded.map(({ completion }) => completion.usage),
    failure: last.failure,
    bucket: bucketOf(exchange, golden.cancel !== undefined, last.attempt, last.failure),
    price: header.endpoints[exchange.endpoint].price,
    attemptFailures: decoded.map(({ failure }) => failure),
    earlier: decoded.slice(0, -1).map(({ attempt, completion }) => ({ attempt, completion })),
    discarded: decoded.slice(0, -1).flatMap(({ attempt, completion, failure }) =>
      failure?.kind === "stale_connection"
        ? []
        : [
            {
              answered: attempt.status !== undefined && attempt.status < 300,
              inputTokens: completion.usage?.inputTokens ?? null,
              outputTokens: completion.usage?.outputTokens ?? null,
              characters: completion.tokenEvents.reduce((total, { characters }) => total + characters, 0),
              backoffMs: attempt.backoff?.ms ?? 0,
            },
          ],
    ),
  };
}

/** A case that is to be cancelled is in no bucket, also when its answer was over before the plan hung up. */
function bucketOf(exchange: Exchange, cancels: boolean, last: Attempt, failure: Failure | null): Bucket {
  if (cancels && exchange.phase === "warm") return "none";
  if (last.outcome.kind === "cancelled" || wasInterrupted(last)) return "none";
  if (failure !== null) return "failed";
  return exchange.phase === "cold" ? "cold" : "warm";
}
