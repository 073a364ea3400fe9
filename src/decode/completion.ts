/**
 * What an exchange said, once its bytes were decoded. This room knows dialects; it does not know golden cases,
 * gates or which endpoint is which.
 */

/** A fact about the wire, with the bytes that show it. Rules in `check/conformance` make findings of them. */
export interface Anomaly {
  /** Kebab-case name of the fact, such as `usage-on-every-event`. */
  readonly kind: string;
  /** At most 200 characters of what was seen. */
  readonly evidence: string;
  /** Ordinal of the read that completed the evidence, where there is one. */
  readonly read?: number;
}

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

/** An error that the endpoint put into words, in a body or in a stream. */
export interface ApiError {
  readonly message: string;
  readonly type: string | null;
  readonly code: string | null;
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
  /** As sent; null when none was seen. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly model: string | null;
  readonly id: string | null;
  readonly systemFingerprint: string | null;
  readonly logprobs: LogprobsSummary | null;
  /** Embeddings only: the length of each vector, in order. */
  readonly dimensions: readonly number[] | null;
  readonly error: ApiError | null;
  readonly anomalies: readonly Anomaly[];

  /** Events of any kind that carried data. */
  readonly eventCount: number;
  readonly firstEventAtNs: number | null;
  readonly tokenEvents: readonly TokenEvent[];
  /** `[DONE]` was seen. */
  readonly done: boolean;
}
