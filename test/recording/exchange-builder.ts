/** Exchanges with round numbers, for tests: stamps in ms, events as text. */

import type { GoldenCase } from "../../src/golden/golden-set.js";
import type { Attempt, Exchange, HeaderLine, Outcome, RecordedRead } from "../../src/recording/recording.js";
import { QUICK } from "../config/capture-settings.js";

export interface AttemptParts {
  /** [ms after sending, text] */
  readonly reads?: readonly (readonly [number, RecordedRead[1]])[];
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly outcome?: Outcome;
  readonly endedMs?: number;
  readonly reused?: boolean;
  /** When it was dispatched, ms from the segment's origin; it is sent 10 ms later. */
  readonly dispatchedMs?: number;
}

export const MS = 1_000_000;
/** An attempt is sent so long after it was dispatched: DNS 2, TCP 3, TLS 4, and one to write. */
export const SEND_MS = 10;

export function attempt(parts: AttemptParts = {}): Attempt {
  const dispatchedMs = parts.dispatchedMs ?? 100;
  const sentMs = dispatchedMs + SEND_MS;
  const reads = (parts.reads ?? []).map(([ms, bytes]) => [(sentMs + ms) * MS, bytes] as const);
  const connection = parts.reused
    ? {}
    : {
        dnsEndAtNs: (dispatchedMs + 2) * MS,
        tcpEndAtNs: (dispatchedMs + 5) * MS,
        tlsEndAtNs: (dispatchedMs + 9) * MS,
      };
  return {
    dispatchedAtNs: dispatchedMs * MS,
    ...connection,
    reused: parts.reused ?? false,
    sentAtNs: sentMs * MS,
    headersAtNs: (reads[0]?.[0] ?? (sentMs + 1) * MS) as number,
    status: parts.status ?? 200,
    headers: parts.headers ?? [["content-type", "text/event-stream"]],
    reads,
    endedAtNs: parts.endedMs === undefined ? (reads.at(-1)?.[0] ?? (sentMs + 1) * MS) : (sentMs + parts.endedMs) * MS,
    outcome: parts.outcome ?? { kind: "complete" },
  };
}

export function exchange(attempts: readonly Attempt[], more: Partial<Exchange> = {}): Exchange {
  return {
    type: "exchange",
    id: 0,
    pairId: 0,
    segment: 0,
    endpoint: "baseline",
    arm: "baseline",
    caseId: "case",
    repeat: 0,
    round: 0,
    phase: "warm",
    variant: "stream",
    requestId: "r",
    inFlight: 1,
    releasedAtNs: (attempts[0]?.dispatchedAtNs ?? 0) - MS,
    attempts,
    ...more,
  };
}

/** One server-sent event of a chat stream. */
export function event(
  delta: Record<string, unknown>,
  more: Record<string, unknown> = {},
  finish: string | null = null,
): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: "m", choices, ...more })}\n\n`;
}

export const content = (text: string): string => event({ content: text });
export const finish = (reason = "stop"): string => event({}, {}, reason);
export const usage = (input: number, output: number, more: Record<string, unknown> = {}): string =>
  `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output, ...more } })}\n\n`;
export const DONE = "data: [DONE]\n\n";

/** A header that judging accepts, for exchanges of the given cases. */
export function headerLine(cases: readonly GoldenCase[] = [], exchanges: readonly Exchange[] = []): HeaderLine {
  const endpoint = (role: "baseline" | "candidate") => ({ role, baseUrl: `http://${role}/v1`, models: {} });
  return {
    type: "header",
    schemaVersion: 1,
    runId: "r",
    createdAt: "2026-01-01T00:00:00.000Z",
    kind: "run",
    goldenSet: { name: "t", cases },
    goldenDigest: "sha256:0",
    endpoints: { baseline: endpoint("baseline"), candidate: endpoint("candidate") },
    requests: { r: { method: "POST", path: "/", headers: {}, body: {} } },
    plan: exchanges.map(({ type: _, segment: __, inFlight: ___, releasedAtNs: ____, attempts: _____, ...row }) => row),
    planDigest: "sha256:0",
    notTested: [],
    capture: { ...QUICK, prefix: "unique" },
    judge: { gates: [] },
    seed: 1,
    versions: { twintail: "0", node: "0", undici: "0" },
  };
}
