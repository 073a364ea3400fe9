/** One drift of the wire catalogue: bytes as a provider sends them, what they say, and the facts that they show. */
import type { AnomalyKind } from "../../src/decode/anomaly.js";
import type { ApiError, LogprobsSummary, ToolCall, Usage } from "../../src/decode/completion.js";
import type { Api, Variant } from "../../src/golden/golden-set.js";

/** What a row must decode to. What is left out is expected to be absent: null, empty, or no tool call. */
export interface Expected {
  readonly content?: string;
  readonly reasoning?: string;
  readonly refusal?: string;
  readonly toolCalls?: readonly Partial<ToolCall>[];
  readonly finishReason?: string;
  readonly usage?: Partial<Usage>;
  readonly error?: Partial<ApiError>;
  readonly logprobs?: Partial<LogprobsSummary>;
  readonly dimensions?: readonly number[];
  readonly choices?: number;
  readonly done?: boolean;
  readonly commentCount?: number;
}

export interface WireRow {
  /** Words of the row in the catalogue of drifts, and what is special here. */
  readonly row: string;
  readonly seenAt: string;
  readonly api: Api;
  readonly variant: Variant;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly bytes: string | Buffer;
  readonly expects: Expected;
  /** Exactly these, in any order. */
  readonly anomalies: readonly AnomalyKind[];
  /** Costs a tenth of a second to decode, where others cost a tenth of a millisecond. */
  readonly heavy?: true;
}

type Parts = Pick<WireRow, "row" | "seenAt" | "bytes" | "expects"> &
  Partial<Pick<WireRow, "api" | "status" | "headers" | "anomalies" | "heavy">>;

/** A row that was asked for as a stream. */
export function streamed(parts: Parts): WireRow {
  return {
    api: "chat",
    status: 200,
    headers: [["content-type", "text/event-stream"]],
    anomalies: [],
    ...parts,
    variant: "stream",
  };
}

/** A row that was asked for as one body; give its bytes as text or as the value that is sent. */
export function answered(parts: Omit<Parts, "bytes"> & { bytes: string | Buffer | object }): WireRow {
  const { bytes } = parts;
  return {
    api: "chat",
    status: 200,
    headers: [["content-type", "application/json"]],
    anomalies: [],
    ...parts,
    bytes: typeof bytes === "string" || Buffer.isBuffer(bytes) ? bytes : JSON.stringify(bytes),
    variant: "body",
  };
}

export type Json = Readonly<Record<string, unknown>>;

export const ENVELOPE = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1752000000, model: "m-1" };

/** One event: any value as `data`. */
export function data(value: unknown): string {
  return `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
}

/** A chunk of chat with one choice. */
export function chunk(delta: Json, choice: Json = {}, more: Json = {}): string {
  return data({ ...ENVELOPE, choices: [{ index: 0, delta, finish_reason: null, ...choice }], ...more });
}

export const ROLE = chunk({ role: "assistant", content: "" });
export const text = (content: string): string => chunk({ content });
export const finish = (reason = "stop"): string => chunk({}, { finish_reason: reason });
export const USAGE = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
export const usageEvent = (usage: Json | null = USAGE): string => data({ ...ENVELOPE, choices: [], usage });
export const DONE = data("[DONE]");
/** `Hello` as OpenAI sends it. */
export const HELLO = [ROLE, text("Hel"), text("lo")];
export const SAID = { content: "Hello", finishReason: "stop" };
export const COUNTED = { usage: { inputTokens: 9, outputTokens: 2, source: "usage" } };

/** A body of chat with one choice. */
export function body(message: Json, choice: Json = {}, more: Json = {}): Json {
  return {
    ...ENVELOPE,
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop", ...choice }],
    usage: USAGE,
    ...more,
  };
}
