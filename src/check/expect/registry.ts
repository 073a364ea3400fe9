/** Every expectation that twintail knows. A new one is a file beside this, and its line here. */
import { dimensions } from "./dimensions.js";
import type { Expectation } from "./expectation.js";
import { finishReason } from "./finish-reason.js";
import { jsonExpectations } from "./json.js";
import { logprobs } from "./logprobs.js";
import { refusal } from "./refusal.js";
import { stopAbsent } from "./stop.js";
import { textExpectations } from "./text.js";
import { tokenExpectations } from "./tokens.js";
import { toolCallExpectations } from "./tool-calls.js";

export const EXPECTATIONS: readonly Expectation[] = [
  ...textExpectations,
  ...jsonExpectations,
  finishReason,
  ...toolCallExpectations,
  refusal,
  ...tokenExpectations,
  stopAbsent,
  logprobs,
  dimensions,
];

/** Keys of `expect` that change another expectation and judge nothing themselves. */
export const MODIFIERS: ReadonlySet<string> = new Set(["tool_calls_count", "tool_calls_ordered"]);
