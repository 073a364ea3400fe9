/** What a client library made of one recorded answer, in the words of the API it speaks. Plain data: it crosses processes. */

export interface ObservedCall {
  readonly id: string | null;
  readonly name: string | null;
  /** The text of the arguments, or of the JSON that the client parsed them to. */
  readonly argumentsText: string | null;
}

export interface ObservedUsage {
  readonly inputTokens: number | null;
  /** Absent where the client has no such count. */
  readonly outputTokens?: number | null;
}

export interface Thrown {
  /** The class of the error. */
  readonly name: string;
  /** At most 600 characters. */
  readonly message: string;
  /** `the call`, `event 12`, `reading the answer`, … */
  readonly where: string;
  /** It is the client's own class for errors that the API answered. */
  readonly api: boolean;
  readonly status: number | null;
  readonly code: string | null;
}

/** An absent field is one that the client does not expose. */
export interface Observation {
  readonly content?: string | null;
  readonly reasoning?: string | null;
  readonly refusal?: string | null;
  readonly toolCalls?: readonly ObservedCall[];
  readonly finishReason?: string | null;
  readonly usage?: ObservedUsage | null;
  /** Embeddings: the length of each vector. */
  readonly dimensions?: readonly number[];
  /** An error that the client handed on as data, without throwing. */
  readonly told?: { readonly message: string; readonly code: string | null };
  readonly thrown?: Thrown;
  /** What code that reads `choices[0].delta` without a question mark would have thrown, and at which event. */
  readonly unguarded?: string;
  /** This version of the client has no such call. */
  readonly absent?: true;
}
