/** Exchanges for the tests of rules: what a test does not name is as OpenAI sends it. */
import { type WatchedExchange, watchConformance } from "../../../src/check/conformance/watch.js";
import type { Finding } from "../../../src/check/finding.js";
import type { AnomalyKind } from "../../../src/decode/anomaly.js";
import type { ApiError, Completion } from "../../../src/decode/completion.js";
import { decodeAttempt } from "../../../src/decode/decode.js";
import type { Api } from "../../../src/golden/golden-set.js";
import type { Attempt, Exchange } from "../../../src/recording/recording.js";
import { attempt as timed } from "../../recording/exchange-builder.js";
import { aCase, anAttempt, anExchange, aUsage, says } from "../build.js";

export const GOOD: Completion = { ...says("Hello."), usage: aUsage() };
export const ASKED = { model: "a-model", stream_options: { include_usage: true } };

export interface Parts {
  readonly completion?: Partial<Completion>;
  readonly attempt?: Partial<Attempt>;
  readonly exchange?: Partial<Exchange>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly api?: Api;
  readonly path?: string;
  readonly baseUrl?: string;
}

/** A stream of the candidate that gives no cause, but for what is named. */
export function watched(parts: Parts = {}): WatchedExchange {
  return {
    exchange: anExchange({ attempts: [anAttempt(parts.attempt)], ...parts.exchange }),
    completion: {
      ...GOOD,
      id: `chatcmpl-${parts.exchange?.id ?? 0}-${parts.exchange?.endpoint ?? ""}`,
      ...parts.completion,
    },
    golden: { ...aCase({}), api: parts.api ?? "chat" },
    body: parts.body ?? ASKED,
    path: parts.path ?? "/v1/chat/completions",
    baseUrl: parts.baseUrl ?? "https://api.example.com/v1",
  };
}

/** The same for an answer that was not streamed. */
export function watchedBody(parts: Parts = {}): WatchedExchange {
  return watched({
    ...parts,
    completion: { done: false, eventCount: 0, ...parts.completion },
    attempt: { headers: [["content-type", "application/json"]], reads: [[3000, '{"choices":[]}']], ...parts.attempt },
    exchange: { variant: "body", ...parts.exchange },
    body: parts.body ?? { model: "a-model" },
  });
}

export function withAnomaly(kind: AnomalyKind, parts: Parts = {}): WatchedExchange {
  return watched({ ...parts, completion: { ...parts.completion, anomalies: [{ kind, evidence: `seen: ${kind}` }] } });
}

export function anError(over: Partial<ApiError> = {}): ApiError {
  return {
    message: "slow down",
    type: "rate_limit_error",
    code: "rate_limit_exceeded",
    codeType: "string",
    envelope: "openai",
    inBand: false,
    ...over,
  };
}

/** An error that came as a status. */
export function failed(status: number, error: Partial<ApiError> = {}, parts: Parts = {}): WatchedExchange {
  return watchedBody({
    ...parts,
    completion: {
      content: null,
      finishReason: null,
      usage: null,
      choices: 0,
      id: null,
      model: null,
      error: anError(error),
      ...parts.completion,
    },
    attempt: { status, ...parts.attempt, reads: parts.attempt?.reads ?? [[3000, '{"error":{"message":"slow down"}}']] },
  });
}

export function findingsOf(exchanges: readonly WatchedExchange[]): Finding[] {
  const watch = watchConformance();
  for (const exchange of exchanges) watch.see(exchange);
  return watch.findings();
}

export const rulesSeen = (...exchanges: readonly WatchedExchange[]): string[] =>
  findingsOf(exchanges).map(({ rule }) => rule);

/** A stream with stamps: events as text, each at its millisecond after sending; decoded as judging would. */
export function stream(
  id: number,
  reads: readonly (readonly [ms: number, text: string])[],
  parts: Parts & { readonly endedMs?: number; readonly outcome?: Attempt["outcome"] } = {},
): WatchedExchange {
  const { endedMs, outcome } = parts;
  const built = timed({
    reads,
    headers: OPENAI_HEADERS,
    ...(endedMs === undefined ? {} : { endedMs }),
    ...(outcome === undefined ? {} : { outcome }),
  });
  const sent: Attempt = { ...built, ...parts.attempt };
  return {
    ...watched(parts),
    exchange: anExchange({ id, caseId: `case-${id}`, attempts: [sent], ...parts.exchange }),
    completion: { ...decodeAttempt(sent, parts.api ?? "chat", "stream"), ...parts.completion },
  };
}

/** The headers of a stream, in OpenAI's order. */
export const OPENAI_HEADERS: readonly (readonly [string, string])[] = [
  ["date", "Fri, 20 Nov 2026 10:00:00 GMT"],
  ["content-type", "text/event-stream; charset=utf-8"],
  ["transfer-encoding", "chunked"],
  ["connection", "keep-alive"],
  ["openai-organization", "org"],
  ["openai-processing-ms", "312"],
  ["openai-version", "2020-10-01"],
  ["x-ratelimit-limit-requests", "5000"],
  ["x-ratelimit-remaining-requests", "4999"],
  ["x-ratelimit-reset-requests", "12ms"],
  ["x-ratelimit-reset-tokens", "6m0s"],
  ["x-request-id", "req_0123456789"],
  ["strict-transport-security", "max-age=31536000"],
  ["cf-cache-status", "DYNAMIC"],
  ["server", "cloudflare"],
  ["cf-ray", "8f0000000000abcd-FRA"],
  ["alt-svc", 'h3=":443"; ma=86400'],
];

/** One event of OpenAI's: the envelope, one choice or none. */
export function chunk(id: string, choices: readonly unknown[], usage: unknown = null): string {
  const envelope = {
    id,
    object: "chat.completion.chunk",
    created: 1_795_000_000,
    model: "gpt-4o-2024-08-06",
    service_tier: "default",
    system_fingerprint: "fp_0123",
  };
  return `data: ${JSON.stringify({ ...envelope, choices, usage, obfuscation: "aB3" })}\n\n`;
}

export const delta = (value: unknown, finish: string | null = null): unknown => ({
  index: 0,
  delta: value,
  logprobs: null,
  finish_reason: finish,
});

/** The events of a whole answer as OpenAI streams it, usage asked for: role, content, finish, usage, `[DONE]`. */
export function openaiEvents(id: string, words: readonly string[]): string[] {
  const counts = {
    prompt_tokens: 12,
    completion_tokens: words.length,
    total_tokens: 12 + words.length,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
  return [
    chunk(id, [delta({ role: "assistant", content: "", refusal: null })]),
    ...words.map((content) => chunk(id, [delta({ content })])),
    chunk(id, [delta({}, "stop")]),
    chunk(id, [], counts),
    "data: [DONE]\n\n",
  ];
}
