/**
 * What an exchange said, once its bytes were decoded. This room knows dialects; it does not know golden cases,
 * gates or which endpoint is which.
 */
import type { Anomaly } from "./anomaly.js";

export type EventKind = "content" | "reasoning" | "refusal" | "tool_call";

/** A token-bearing event: non-empty content, reasoning, refusal, or a tool-call name or argument fragment. */
export interface TokenEvent {
  /** Ordinal of the read that completed the event. */
  readonly read: number;
  /** Stamp of that read, ns from the segment's origin. */
  readonly atNs: number;
  readonly kind: EventKind;
  /** Unicode characters (code points) of reasoning and answer it carried. */
  readonly characters: number;
}

export interface ToolCall {
  readonly id: string | null;
  /** As sent; null in a whole message, or when no piece carried one. */
  readonly index: number | null;
  readonly name: string;
  /** The argument text as it was sent; `null` when none was. */
  readonly argumentsText: string | null;
  /** The parsed arguments; absent when the text is not JSON. */
  readonly arguments?: unknown;
  /** Stamps of the first and the last event that carried a piece of it. */
  readonly firstAtNs: number | null;
  readonly lastAtNs: number | null;
}

export interface Usage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly cachedTokens: number | null;
  /** Where it stood: `usage`, `x_groq.usage`, `choices[0].usage`. */
  readonly source: string;
  /** Set when `completion_tokens` excluded reasoning and it was added. */
  readonly reasoningAdded: boolean;
}

/**
 * The shapes that errors come in. `openai` is `{error: {message, type, param, code}}`; `object` is
 * `{object: "error", message}`; `flat` `{message, type, code}`; `message` `{message}` alone; `text` `{error: "text"}`;
 * `detail` and `detail-list` are FastAPI's; `array` is `[{error}]`; `errors` `{success: false, errors: []}`;
 * the last three are no JSON.
 */
export type ErrorEnvelope =
  | "openai"
  | "object"
  | "flat"
  | "message"
  | "text"
  | "detail"
  | "detail-list"
  | "array"
  | "errors"
  | "html"
  | "plain"
  | "empty";

/** An error that the endpoint put into words, in a body or in a stream. */
export interface ApiError {
  readonly message: string;
  readonly type: string | null;
  /** As text, whatever it was sent as. */
  readonly code: string | null;
  /** What the code was sent as: clients compare it with `===`. */
  readonly codeType: "string" | "number" | "null" | "absent";
  readonly envelope: ErrorEnvelope;
  /** In the stream after a 200, or as the whole body. */
  readonly inBand: boolean;
}

/** The logprobs of an answer, as far as they are checked. */
export interface LogprobsSummary {
  /** Tokens with a finite logprob and a text. */
  readonly tokens: number;
  /** The longest `top_logprobs` list. */
  readonly topPerToken: number;
  readonly wellFormed: boolean;
}

export interface Completion {
  readonly content: string | null;
  readonly reasoning: string;
  readonly refusal: string | null;
  readonly toolCalls: readonly ToolCall[];
  /** As sent; null when none was seen. For `/responses` in the words of chat: stop, length, tool_calls, content_filter. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly model: string | null;
  readonly id: string | null;
  readonly systemFingerprint: string | null;
  readonly logprobs: LogprobsSummary | null;
  /** Different `choices[].index` seen. The first choice alone is decoded. 0 in APIs without choices. */
  readonly choices: number;
  /** Embeddings only: the length of each vector, in order. */
  readonly dimensions: readonly number[] | null;
  readonly error: ApiError | null;
  readonly anomalies: readonly Anomaly[];

  /** Events of any kind that carried data. */
  readonly eventCount: number;
  /** Comment lines of the stream: they keep a silence alive that a client takes for life. */
  readonly commentCount: number;
  readonly firstEventAtNs: number | null;
  readonly tokenEvents: readonly TokenEvent[];
  /** The end was said: `[DONE]`, or the final event of `/responses`. */
  readonly done: boolean;
}
