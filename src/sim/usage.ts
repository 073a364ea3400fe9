/** The `usage` object of chat and of the old completions, as a dialect counts. */
import type { UsageCounts, UsageTraits } from "./dialect.js";

export function usageObject(traits: UsageTraits, counts: UsageCounts): Readonly<Record<string, unknown>> {
  const { promptTokens, completionTokens, reasoningTokens } = counts;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: traits.excludesReasoning ? completionTokens - reasoningTokens : completionTokens,
    total_tokens: promptTokens + completionTokens,
    ...(traits.details
      ? {
          prompt_tokens_details: { cached_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: reasoningTokens },
        }
      : {}),
    ...traits.extras(counts),
  };
}
