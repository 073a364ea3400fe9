/** What a dialect of an API has to say about one answer. One implementation a dialect; none knows time or sockets. */

/** What an event is, for the log of send times. */
export type EventKind = "role" | "token" | "finish" | "usage" | "done" | "body" | "error";

export interface WireEvent {
  readonly kind: EventKind;
  /** The event as sent, its blank line included. */
  readonly text: string;
}

export interface WireFormat {
  /** Tokens to stream; Infinity for an answer without end. */
  readonly tokenCount: number;
  readonly promptTokens: number;
  /** Events before the first token. */
  head(): readonly WireEvent[];
  /** The event of token `index`. */
  token(index: number): WireEvent;
  /** Events after the last token. */
  tail(): readonly WireEvent[];
  /** The answer as one JSON body, for a request that does not stream. */
  body(): unknown;
}

/** Facts of one request that every dialect prints. */
export interface AnswerStamp {
  /** Unique for each request; dialects put their own prefix before it. */
  readonly id: string;
  readonly model: string;
  readonly createdS: number;
  readonly fingerprint: string;
  /** False leaves usage out everywhere. */
  readonly usage: boolean;
  /** Seeds what only looks random, such as log probabilities. */
  readonly seed: number;
}

export const DONE: WireEvent = { kind: "done", text: "data: [DONE]\n\n" };

/** One server-sent event of an object. */
export function dataEvent(kind: EventKind, value: unknown): WireEvent {
  return { kind, text: `data: ${JSON.stringify(value)}\n\n` };
}
