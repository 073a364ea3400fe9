/** What decoding asks of an API: it knows no dialect beyond this. */
import type { ApiError, Completion } from "./completion.js";

/** Where a value of a stream stood and when it came. */
export interface Arrival {
  /** Ordinal of the read that completed it, and that read's stamp in ns from the segment's origin. */
  readonly read: number;
  readonly atNs: number;
  /** The value as it was sent: the evidence. */
  readonly text: string;
  /** The `event:` field; null when there was none. */
  readonly name: string | null;
}

/** What a dialect makes of an answer; framing adds the rest of the {@link Completion}. */
export type Answer = Omit<Completion, "anomalies" | "eventCount" | "commentCount" | "firstEventAtNs">;

/** Accumulates one answer. Takes any JSON and never throws. */
export interface Dialect {
  /** Its events are named by `event:` fields. */
  readonly namesEvents: boolean;
  /** One JSON value of a stream. */
  event(json: unknown, arrival: Arrival): void;
  /** A whole body. */
  body(json: unknown): void;
  /** An error that framing found, outside the values. */
  fail(error: ApiError): void;
  /**
   * @param ended whether the endpoint itself ended the answer: only then is what lacks at its end a fact about it.
   * @param doneSaid whether `[DONE]` was sent.
   */
  finish(ended: boolean, doneSaid: boolean): Answer;
}

export const EMPTY_ANSWER: Answer = {
  content: null,
  reasoning: "",
  refusal: null,
  toolCalls: [],
  finishReason: null,
  usage: null,
  model: null,
  id: null,
  systemFingerprint: null,
  logprobs: null,
  choices: 0,
  dimensions: null,
  error: null,
  tokenEvents: [],
  done: false,
};
