/** What a request that failed says of its feature, apart from what it says of the endpoint's health. */
import type { Attempt } from "../recording/recording.js";
import { type Answer, OVERLOAD } from "./answer.js";
import type { Judgement } from "./feature.js";

/** The judgement of a request that failed or was interrupted; null when it succeeded. */
export function refusalOf(answer: Answer): Judgement | null {
  const { exchange, attempt, failure, completion, outlived } = answer;
  if (attempt.outcome.kind === "cancelled" && attempt.outcome.by === "user") {
    return { verdict: "not tried", seen: "the probe was interrupted" };
  }
  if (failure === null) return null;
  const { message } = failure;
  const tries = exchange.attempts.length;
  const times = tries === 1 ? "one attempt" : `${tries} attempts`;
  const unclear = (why: string): Judgement => ({ verdict: "unclear", seen: `${message} (${why})` });
  switch (failure.kind) {
    case "http_401":
    case "http_4xx":
    case "redirect":
    case "http_other":
      if (wasOverloaded(answer)) return unclear(`${times}, an overload, not a refusal`);
      if (LIMIT_REACHED.test(message)) return unclear("the limit on tokens was used up");
      return { verdict: "rejected", seen: message };
    case "http_5xx":
      if (wasOverloaded(answer)) return unclear(`${times}, an overload, not a refusal`);
      if (failure.status === 501) return { verdict: "rejected", seen: message };
      if (tries === 1) return unclear("one attempt: an error that came once may be chance");
      if (!outlived) return unclear(`${times}, and no later chat request succeeded`);
      return { verdict: "rejected", seen: `${message} (${times}, while other requests succeed)` };
    case "http_402":
    case "http_429":
      return unclear(times);
    case "in_band_error": {
      const words = [completion.error?.code, completion.error?.type].join(" ");
      if (OUTAGE.test(words)) return unclear("an outage or an overload, not a refusal");
      const delivered = (completion.content ?? "") !== "" || completion.toolCalls.length > 0;
      return { verdict: delivered ? "broken" : "rejected", seen: message };
    }
    case "stale_connection":
    case "truncated":
      return unclear("it says nothing of the feature");
    case "network":
    case "timeout":
    case "broken_stream":
      return judgeTransport(answer, message, times);
    default:
      return { verdict: "broken", seen: message };
  }
}

/** Codes and types of errors in a 200 that would have been a 402, 408, 429 or 5xx: nobody asked again. */
const OUTAGE =
  /\b(?:402|408|429|498|5\d\d)\b|overload|rate.?limit|quota|unavailable|capacity|timeout|server.?error|internal.?error/i;

/** OpenAI's 400 to a limit that a reasoning model used up before its first word. */
const LIMIT_REACHED = /max_tokens or model output limit was reached/i;

export function wasOverloaded({ exchange }: Answer): boolean {
  return exchange.attempts.some(({ status }) => status !== undefined && OVERLOAD.has(status));
}

/**
 * A connection that is lost is the feature's fault only where the endpoint lived on: once a 200 had begun, or where
 * every attempt was lost after it was sent. What failed before it was sent says nothing of what was asked.
 */
function judgeTransport({ exchange, attempt, outlived }: Answer, message: string, times: string): Judgement {
  const unclear = (why: string): Judgement => ({ verdict: "unclear", seen: `${message} (${why})` });
  if (attempt.outcome.kind === "complete") return { verdict: "broken", seen: message };
  if (attempt.outcome.kind === "timeout" && attempt.outcome.phase === "total")
    return unclear("the probe's own deadline");
  const begun = attempt.status === 200 && attempt.reads.length > 0;
  const repeats = exchange.attempts.length > 1 && exchange.attempts.every(wasLostOnceSent);
  if (!begun && !repeats) return unclear(`${times}, before an answer began`);
  if (!outlived) return unclear(`${times}, and no later chat request succeeded`);
  return { verdict: "broken", seen: begun ? message : `${message} (${times}, while later requests succeed)` };
}

function wasLostOnceSent({ outcome }: Attempt): boolean {
  if (outcome.kind === "timeout") return outcome.phase !== "connect" && outcome.phase !== "total";
  return outcome.kind === "network" && !BEFORE_SENDING.has(outcome.phase);
}

const BEFORE_SENDING: ReadonlySet<string> = new Set(["dns", "connect", "tls"]);
