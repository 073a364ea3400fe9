/** What several rules ask of an exchange. Nothing here depends on how bytes were cut into reads. */
import type { AnomalyKind } from "../../decode/anomaly.js";
import { header } from "../../recording/headers.js";
import { decodeBytes } from "../../recording/reads.js";
import type { Attempt } from "../../recording/recording.js";
import type { WireView } from "./rule.js";

const SHOWN_BYTES = 200;

export function isSuccess({ status = 0 }: Attempt): boolean {
  return status >= 200 && status < 300;
}

/** Read to its end: what is missing was not sent, rather than lost or not waited for. */
export function isWhole({ attempt }: WireView): boolean {
  return attempt.outcome.kind === "complete";
}

/** Status 200, read to its end. */
export function isWholeAnswer(view: WireView): boolean {
  return view.attempt.status === 200 && isWhole(view);
}

/** A stream that was asked for, came with status 200, and was read to its end. */
export function isWholeStream(view: WireView): boolean {
  return view.exchange.variant === "stream" && isWholeAnswer(view);
}

/** Chat or completions: the APIs with choices and finish reasons. */
export function hasChoices({ golden }: WireView): boolean {
  return golden.api === "chat" || golden.api === "completions";
}

/** Said to be server-sent events, or made of several of them whatever it was said to be. */
export function isEventStream({ attempt, completion }: WireView): boolean {
  return /\btext\/event-stream\b/i.test(header(attempt, "content-type") ?? "") || completion.eventCount > 1;
}

/** The evidence of a fact that decoding has noted; null when it has not. */
export function anomalyEvidence({ completion }: WireView, kind: AnomalyKind): string | null {
  return completion.anomalies.find((each) => each.kind === kind)?.evidence ?? null;
}

/** The first bytes of a body as text. */
export function firstText(attempt: Attempt, max = SHOWN_BYTES): string {
  const parts: Buffer[] = [];
  let size = 0;
  for (const [, bytes] of attempt.reads) {
    if (size >= max) break;
    const part = decodeBytes(typeof bytes === "string" ? bytes.slice(0, max) : bytes);
    parts.push(part);
    size += part.length;
  }
  // A character that the cut went through is left out.
  return Buffer.concat(parts)
    .subarray(0, max)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
}

/** The last bytes of a body as text. */
export function lastText(attempt: Attempt, max = SHOWN_BYTES): string {
  const parts: Buffer[] = [];
  let size = 0;
  for (let index = attempt.reads.length - 1; index >= 0 && size < max; index--) {
    const bytes = attempt.reads[index]?.[1] ?? "";
    const part = decodeBytes(typeof bytes === "string" ? bytes.slice(-max) : bytes);
    parts.unshift(part);
    size += part.length;
  }
  return Buffer.concat(parts)
    .subarray(-max)
    .toString("utf8")
    .replace(/^\uFFFD+/, "");
}
