/**
 * What a check found, with its evidence. Checks know golden cases and the wire; they know no statistics.
 */
import type { EndpointRole } from "../config/settings.js";

export type Severity = "breaks" | "differs" | "note";

/** Sorts the gravest first. */
export const SEVERITY_RANK: Readonly<Record<Severity, number>> = { breaks: 0, differs: 1, note: 2 };

/** On which sides a rule was seen; `pair` when it is about the two endpoints together. */
export type FindingSides = EndpointRole | "both" | "pair";

/** One fact worth a person's attention. The evidence is what was sent, not an opinion about it. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** What was found and what it does to a client, in one sentence without its full stop. */
  readonly message: string;
  /** The clients or habits that it breaks. */
  readonly clients: string;
  readonly evidence: string;
  /** Absent when it is about the two endpoints together. */
  readonly endpoint?: EndpointRole;
  /** The case of the first exchange that showed it. */
  readonly caseId?: string;
  /** How many exchanges of this endpoint showed it, of those that were looked at. */
  readonly exchanges: { readonly count: number; readonly of: number };
  readonly sides: FindingSides;
}

/** The ways a tool call can be wrong. */
export type ToolCallFault =
  | "no_call"
  | "unexpected_call"
  | "wrong_count"
  | "wrong_name"
  | "unknown_name"
  | "invalid_json"
  | "schema_mismatch"
  | "missing_required"
  | "unexpected_param"
  | "type"
  | "value"
  | "finish_reason"
  | "bad_id_or_index"
  | "truncated"
  | "leaked_as_text";

/** One expectation held against one answer. */
export interface ExpectationOutcome {
  /** The key in the golden set, such as `contains_all` or `tool_calls`. */
  readonly name: string;
  readonly met: boolean;
  /** What was expected and what was seen, in one line; empty when met. */
  readonly detail: string;
}

/**
 * Tool calls in three layers, each `null` when it does not apply: was a call made when one was due (trigger), do
 * name and arguments satisfy the declared schema (schema), and are they the expected values (value)?
 */
export interface ToolCallOutcome {
  readonly trigger: boolean | null;
  readonly schema: boolean | null;
  readonly value: boolean | null;
  readonly faults: readonly { readonly fault: ToolCallFault; readonly detail: string }[];
}

/** What all checks say of one exchange. */
export interface CheckOutcome {
  /** False when the exchange failed before an answer could be judged; its expectations are then all unmet. */
  readonly judged: boolean;
  readonly met: boolean;
  readonly expectations: readonly ExpectationOutcome[];
  /** Present for cases that expect calls, or none. */
  readonly toolCalls: ToolCallOutcome | null;
  /** Present where JSON was expected: it is valid, and satisfies the schema where one was given. */
  readonly jsonValid: boolean | null;
  /** Why the exchange belongs to no rate and no flip, such as a cancellation on purpose. Absent for all others. */
  readonly excluded?: string;
}

/** The highest rung of the ladder that a pair of answers reaches. */
export type ParityRung = "bytes" | "text" | "json" | "tool_calls" | "expectations" | "none";

export interface ParityOutcome {
  readonly rung: ParityRung;
  /** Share of characters in common by the diff, 0 to 1; null where nothing was compared. */
  readonly similarity: number | null;
  /** Where the two answers part; null when they are equal. */
  readonly firstDifference: {
    /** Offset in code points. */
    readonly at: number;
    readonly baseline: string;
    readonly candidate: string;
  } | null;
}
