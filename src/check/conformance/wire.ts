/** What several rules ask of an exchange. */
import type { Attempt } from "../../recording/recording.js";
import type { WireView } from "./rule.js";

/** A response header by its lower-case name; null when it was not sent. */
export function header(attempt: Attempt, name: string): string | null {
  return attempt.headers?.find(([key]) => key === name)?.[1] ?? null;
}

/** A stream that was asked for, came with status 200, and was read to its end. */
export function isWholeStream({ exchange, attempt }: WireView): boolean {
  return exchange.variant === "stream" && attempt.status === 200 && attempt.outcome.kind === "complete";
}

/** Said to be server-sent events, or made of several of them whatever it was said to be. */
export function isEventStream({ attempt, completion }: WireView): boolean {
  return /\btext\/event-stream\b/i.test(header(attempt, "content-type") ?? "") || completion.eventCount > 1;
}

/** The last text of an answer that was recorded as text, at most `max` UTF-16 code units; empty when there is none. */
export function lastText(attempt: Attempt, max = 200): string {
  let text = "";
  for (let index = attempt.reads.length - 1; index >= 0 && text.length < max; index--) {
    const bytes = attempt.reads[index]?.[1];
    if (typeof bytes !== "string") break;
    text = bytes.slice(-max) + text;
  }
  return text.slice(-max);
}

/** The first read, at most `max` UTF-16 code units; empty when there is none or it was no text. */
export function firstText(attempt: Attempt, max = 200): string {
  const bytes = attempt.reads[0]?.[1];
  return typeof bytes === "string" ? bytes.slice(0, max) : "";
}
