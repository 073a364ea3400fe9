/**
 * The golden set as the rest of twintail sees it: every include resolved, every default applied. This room
 * does not know endpoints, models or time.
 */

/** The API a case speaks. `chat` is `/chat/completions`. */
export type Api = "chat" | "completions" | "responses" | "embeddings";

/** How one request is delivered: as server-sent events, or as one JSON body. */
export type Variant = "stream" | "body";

/** Where a case hangs up on purpose. Reads, not events: capture does not know events. */
export type CancelRule = { readonly afterReads: number } | { readonly afterMs: number };

/** One expected argument of a tool call. A literal must be equal; the other forms relax it. */
export type ArgumentExpectation =
  | unknown
  | { readonly any_of: readonly unknown[]; readonly optional?: boolean; readonly ignore_case?: boolean }
  | {
      readonly equals: unknown;
      readonly optional?: boolean;
      readonly ignore_case?: boolean;
      readonly unordered?: boolean;
    }
  | { readonly matches: string; readonly optional?: boolean }
  | { readonly optional: true };

export interface ToolCallExpectation {
  readonly name: string;
  readonly arguments?: Readonly<Record<string, ArgumentExpectation>>;
  /** `schema` allows parameters that the tool's schema declares but the expectation does not name. */
  readonly extra?: "forbid" | "schema";
}

/** What an answer has to fulfil. Absent keys are not checked. Every `not_` form inverts its namesake. */
export interface Expectations {
  readonly equals?: unknown;
  readonly not_equals?: unknown;
  readonly contains?: string;
  readonly not_contains?: string;
  readonly contains_any?: readonly string[];
  readonly not_contains_any?: readonly string[];
  readonly contains_all?: readonly string[];
  readonly not_contains_all?: readonly string[];
  readonly icontains?: string;
  readonly not_icontains?: string;
  /** JavaScript source of a regular expression, flags `u` and `s`. */
  readonly regex?: string;
  readonly not_regex?: string;
  readonly starts_with?: string;
  readonly not_starts_with?: string;
  /** `true`, or a JSON Schema (2020-12) that the answer has to satisfy. */
  readonly is_json?: boolean | Readonly<Record<string, unknown>>;
  readonly not_is_json?: boolean | Readonly<Record<string, unknown>>;
  readonly finish_reason?: readonly string[];
  readonly not_finish_reason?: readonly string[];
  readonly tool_calls?: readonly ToolCallExpectation[];
  /** `exact` (default) or `at_least` the listed calls. */
  readonly tool_calls_count?: "exact" | "at_least";
  /** Calls are matched in any order by default; `true` demands the listed order. */
  readonly tool_calls_ordered?: boolean;
  readonly no_tool_calls?: boolean;
  readonly refusal?: boolean;
  /** Tokens by `usage`. */
  readonly max_output_tokens?: number;
  readonly min_output_tokens?: number;
  readonly stop_absent?: boolean;
  readonly logprobs?: boolean;
  /** Embeddings: the length of each vector. */
  readonly dimensions?: number;
}

/** What the simulated endpoint answers to a case. */
export interface Reference {
  readonly content?: string | null;
  readonly reasoning_content?: string;
  readonly refusal?: string;
  readonly tool_calls?: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly finish_reason?: string;
}

export interface GoldenCase {
  readonly id: string;
  readonly category: string;
  readonly tags: readonly string[];
  /** What goes wrong in the field that this case would show, in a phrase. */
  readonly detects: string;
  readonly api: Api;
  /** One or both variants; the order is `stream` first. */
  readonly variants: readonly Variant[];
  /** How many times a round holds it. */
  readonly repeat: number;
  /** `shared`: the prompt stays as written. `unique`: the plan may put a nonce line before it. */
  readonly prefix: "unique" | "shared";
  readonly cancel?: CancelRule;
  /** The request body as the API defines it, without `model` and `stream`; defaults applied. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly expect: Expectations;
  readonly reference?: Reference;
}

export interface GoldenSet {
  readonly name: string;
  readonly description?: string;
  readonly cases: readonly GoldenCase[];
}
