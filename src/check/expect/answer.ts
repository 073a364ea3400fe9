import type { Completion } from "../../decode/completion.js";
import type { GoldenCase } from "../../golden/golden-set.js";
import type { ToolCallOutcome } from "../finding.js";

/** One answer, and what it was an answer to: all that an expectation may look at. */
export interface Answer {
  readonly golden: GoldenCase;
  readonly completion: Completion;
  /** The request body as it was sent. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The content after NFC; empty where there was none. Reasoning, refusal and tool calls are not part of it. */
  readonly text: string;
  /** Judged once, since two expectations ask for it; null where the case expects nothing about calls. */
  readonly toolCalls: ToolCallOutcome | null;
}
