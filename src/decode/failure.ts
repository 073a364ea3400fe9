/** Did an attempt succeed? By finish reason, never by `[DONE]`, and never by a 200 alone. */
import type { Api } from "../golden/golden-set.js";
import type { Attempt, Outcome } from "../recording/recording.js";
import type { Completion } from "./completion.js";

export type FailureKind =
  | "http_429"
  | "http_402"
  | "http_401"
  | "http_4xx"
  | "http_5xx"
  | "redirect"
  | "http_other"
  | "timeout"
  | "network"
  | "stale_connection"
  | "truncated"
  | "in_band_error"
  | "broken_stream"
  | "parse_error"
  /** A 5xx that every attempt of one case got while others were answered: judged over the whole recording. */
  | "unsupported_feature";

type NetworkPhase = (Outcome & { readonly kind: "network" })["phase"];
type TimeoutPhase = (Outcome & { readonly kind: "timeout" })["phase"];

/** The one taxonomy of failures, whatever envelope they came in. */
export interface Failure {
  readonly kind: FailureKind;
  /** Where the network failed, or what was waited for in vain. */
  readonly phase?: NetworkPhase | TimeoutPhase;
  readonly status?: number;
  /** The provider's own code, or the transport's (`ECONNRESET`). */
  readonly code?: string;
  /** A few words for a person, with the endpoint's own message where there is one. */
  readonly message: string;
}

const PHASE_WORDS = {
  connect: "connecting",
  firstByte: "the first byte",
  idle: "the next read",
  total: "the end",
} as const;

/** What failures are grouped by: `HTTP 429`, `network: tls`, `timeout: first byte`, `broken stream`. */
export function failureClass({ kind, phase, status }: Failure): string {
  switch (kind) {
    case "timeout":
      return `timeout: ${phase === "firstByte" ? "first byte" : (phase ?? "unknown")}`;
    case "network":
      return `network: ${phase ?? "unknown"}`;
    case "in_band_error":
      return "error in the answer";
    case "unsupported_feature":
    case "broken_stream":
    case "parse_error":
    case "stale_connection":
      return kind.replace("_", " ");
    case "truncated":
      return "truncated";
    default:
      return `HTTP ${status ?? "unknown"}`;
  }
}

/** Why the attempt failed; null when it succeeded, or was cancelled on purpose. */
export function failureOf(attempt: Attempt, completion: Completion, api: Api): Failure | null {
  const { status } = attempt;
  // What the endpoint said of its failure goes before what became of the connection afterwards.
  const told = completion.error?.inBand === true && endedInAnswer(attempt.outcome);
  const transport = told ? null : transportFailure(attempt.outcome, status, completion);
  if (transport !== null || attempt.outcome.kind === "cancelled") return transport;
  const said = completion.error === null ? "" : `: ${completion.error.message}`;
  if (status !== undefined && (status < 200 || status >= 300)) {
    const code = completion.error?.code ?? completion.error?.type ?? null;
    return { kind: statusKind(status), status, ...(code === null ? {} : { code }), message: `HTTP ${status}${said}` };
  }
  if (completion.error !== null) {
    const parse = completion.error.code === "html-body" || completion.error.code === "body-not-json";
    const { code } = completion.error;
    return {
      kind: parse ? "parse_error" : "in_band_error",
      ...(status === undefined ? {} : { status }),
      ...(code === null || parse ? {} : { code }),
      message: `HTTP ${status ?? 200}, but${said.slice(1)}`,
    };
  }
  if (completion.anomalies.some(({ kind }) => kind === "event-not-json")) {
    return { kind: "parse_error", message: "an event is not JSON" };
  }
  if (api === "embeddings") {
    const { dimensions } = completion;
    if (dimensions === null || dimensions.length === 0) {
      return { kind: "parse_error", message: "no embedding in the answer" };
    }
    return dimensions.includes(0) ? { kind: "parse_error", message: "an empty vector in the answer" } : null;
  }
  if (completion.finishReason !== null) return null;
  if (completion.anomalies.some(({ kind }) => kind === "empty-body"))
    return { kind: "parse_error", message: "empty body" };
  return { kind: "broken_stream", message: "ended without a finish reason" };
}

/** The connection was lost or left open while the answer came. */
function endedInAnswer(outcome: Outcome): boolean {
  if (outcome.kind === "network") return outcome.phase === "body";
  return outcome.kind === "timeout" && (outcome.phase === "idle" || outcome.phase === "total");
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
        phase: outcome.phase,
        message: `timeout waiting for ${PHASE_WORDS[outcome.phase]} after ${outcome.afterMs} ms`,
      };
    case "staleConnection":
      return {
        kind: "stale_connection",
        code: outcome.code,
        message: `a kept-alive connection was closed (${outcome.code})`,
      };
    case "truncated":
      return { kind: "truncated", message: `answer longer than ${outcome.limitBytes} bytes` };
    case "network":
      // A stream that lost its connection after its finish reason has lost nothing a client needs.
      if (outcome.phase === "body" && completion.finishReason !== null) return null;
      if (outcome.phase === "body" && status !== undefined && status < 300) {
        return {
          kind: "broken_stream",
          phase: "body",
          code: outcome.code,
          message: `connection lost in the answer (${outcome.code})`,
        };
      }
      return {
        kind: "network",
        phase: outcome.phase,
        code: outcome.code,
        message: `${outcome.phase}: ${outcome.message}`,
      };
  }
}

function statusKind(status: number): FailureKind {
  if (status === 429) return "http_429";
  if (status === 402) return "http_402";
  if (status === 401) return "http_401";
  if (status >= 500) return "http_5xx";
  if (status >= 400) return "http_4xx";
  return status >= 300 ? "redirect" : "http_other";
}
