/** Did an attempt succeed? By finish reason, never by `[DONE]`, and never by a 200 alone. */
import type { Api } from "../golden/golden-set.js";
import type { Attempt, Outcome } from "../recording/recording.js";
import type { Completion } from "./completion.js";

export type FailureKind =
  | "http_429"
  | "http_402"
  | "http_4xx"
  | "http_5xx"
  | "http_other"
  | "timeout"
  | "network"
  | "stale_connection"
  | "truncated"
  | "in_band_error"
  | "broken_stream"
  | "parse_error";

export interface Failure {
  readonly kind: FailureKind;
  /** A few words for a person, with the endpoint's own message where there is one. */
  readonly message: string;
}

const PHASE_WORDS = {
  connect: "connecting",
  firstByte: "the first byte",
  idle: "the next read",
  total: "the end",
} as const;

/** Why the attempt failed; null when it succeeded, or was cancelled on purpose. */
export function failureOf(attempt: Attempt, completion: Completion, api: Api): Failure | null {
  const transport = transportFailure(attempt.outcome, attempt.status, completion);
  if (transport !== null || attempt.outcome.kind === "cancelled") return transport;
  const { status } = attempt;
  const said = completion.error === null ? "" : `: ${completion.error.message}`;
  if (status !== undefined && (status < 200 || status >= 300)) {
    return { kind: statusKind(status), message: `HTTP ${status}${said}` };
  }
  if (completion.error !== null) {
    const parse = completion.error.code === "html-body" || completion.error.code === "body-not-json";
    return { kind: parse ? "parse_error" : "in_band_error", message: `HTTP ${status ?? 200}, but${said.slice(1)}` };
  }
  if (completion.anomalies.some(({ kind }) => kind === "event-not-json")) {
    return { kind: "parse_error", message: "an event is not JSON" };
  }
  if (api === "embeddings") {
    if (completion.dimensions !== null && completion.dimensions.length > 0) return null;
    return { kind: "parse_error", message: "no embedding in the answer" };
  }
  if (completion.finishReason !== null) return null;
  if (completion.anomalies.some(({ kind }) => kind === "empty-body"))
    return { kind: "parse_error", message: "empty body" };
  return { kind: "broken_stream", message: "ended without a finish reason" };
}

function transportFailure(outcome: Outcome, status: number | undefined, completion: Completion): Failure | null {
  switch (outcome.kind) {
    case "complete":
    case "cancelled":
      return null;
    case "timeout":
      // The whole answer came, and the connection was left open: nothing is missing.
      if (completion.finishReason !== null && outcome.phase !== "connect") return null;
      return {
        kind: "timeout",
        message: `timeout waiting for ${PHASE_WORDS[outcome.phase]} after ${outcome.afterMs} ms`,
      };
    case "staleConnection":
      return { kind: "stale_connection", message: `a kept-alive connection was closed (${outcome.code})` };
    case "truncated":
      return { kind: "truncated", message: `answer longer than ${outcome.limitBytes} bytes` };
    case "network":
      // A stream that lost its connection after its finish reason has lost nothing a client needs.
      if (outcome.phase === "body" && completion.finishReason !== null) return null;
      if (outcome.phase === "body" && status !== undefined && status < 300) {
        return { kind: "broken_stream", message: `connection lost in the answer (${outcome.code})` };
      }
      return { kind: "network", message: `${outcome.phase}: ${outcome.message}` };
  }
}

function statusKind(status: number): FailureKind {
  if (status === 429) return "http_429";
  if (status === 402) return "http_402";
  if (status >= 500) return "http_5xx";
  return status >= 400 ? "http_4xx" : "http_other";
}
