/** What an API has to say about one answer, in one dialect. One implementation an API; none knows time or sockets. */
import type { Framing } from "./dialect.js";

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
  /** What goes out with token `index`: nothing while a dialect gathers several tokens for one event. */
  token(index: number): readonly WireEvent[];
  /** Events after the last token. */
  tail(): readonly WireEvent[];
  /** The answer as one JSON body, for a request that does not stream. */
  body(): unknown;
  /** An error after the status line, and what follows it. */
  failure(): readonly WireEvent[];
  /** What is said when the upstream breaks off; null closes the connection. */
  reset(): readonly WireEvent[] | null;
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
  /** How often the upstream was asked. */
  readonly attempts: number;
}

/** `[DONE]`, where the dialect sends it. */
export function doneEvents({ done, lineEnd, space }: Framing): readonly WireEvent[] {
  if (done === "absent") return [];
  const line = `data:${space ? " " : ""}[DONE]${lineEnd}`;
  return [{ kind: "done", text: done === "unterminated" ? line : `${line}${lineEnd}` }];
}

/** One server-sent event of an object, named where the API names its events. */
export function dataEvent(framing: Framing, kind: EventKind, value: unknown, name?: string): WireEvent {
  const { lineEnd, space, multiLine } = framing;
  const field = space ? "data: " : "data:";
  const json = multiLine ? JSON.stringify(value, null, 1) : JSON.stringify(value);
  const lines = json
    .split("\n")
    .map((line) => `${field}${line}${lineEnd}`)
    .join("");
  return { kind, text: `${name === undefined ? "" : `event:${space ? " " : ""}${name}${lineEnd}`}${lines}${lineEnd}` };
}
