import type { Usage } from "../../decode/completion.js";
import { type Metric, notStreamed, value } from "../metric.js";

/** A count of `usage`; the endpoint's own, never a tokenizer of ours. */
function usageCount(
  name: string,
  field: "inputTokens" | "outputTokens" | "reasoningTokens" | "cachedTokens",
  of: string,
): Metric {
  return {
    name,
    unit: "tokens",
    scale: 1,
    better: "neither",
    formula: `usage: ${of}`,
    noValueWhen: "no usage",
    measure(sample) {
      const usage: Usage | null = sample.completion.usage;
      const count = usage?.[field] ?? null;
      // Token counts have no slow end: a failure is a missing count, not an infinite one.
      if (count === null) return { none: usage === null ? "no usage" : `usage without ${of}` };
      return value(count);
    },
  };
}

export const inputTokens = usageCount("input_tokens", "inputTokens", "prompt tokens");
export const outputTokens = usageCount("output_tokens", "outputTokens", "completion tokens, reasoning included");
export const reasoningTokens = usageCount("reasoning_tokens", "reasoningTokens", "reasoning tokens");
export const cachedTokens = usageCount("cached_tokens", "cachedTokens", "cached prompt tokens");

/** How many tokens an event carries on average: chunk gaps compare only where this is alike. */
export const tokensPerEvent: Metric = {
  name: "tokens_per_event",
  unit: "tokens/event",
  scale: 1_000,
  better: "neither",
  formula: "output tokens / token-bearing events",
  noValueWhen: "not streamed, no usage",
  measure(sample) {
    const none = notStreamed(sample);
    if (none !== null) return none;
    const { usage, tokenEvents, reasoning } = sample.completion;
    if (usage?.outputTokens === undefined || usage.outputTokens === null) return { none: "no usage" };
    const hidden = reasoning === "" ? (usage.reasoningTokens ?? 0) : 0;
    if (tokenEvents.length === 0) return { none: "no token" };
    if (hidden > usage.outputTokens) return { none: "usage counts more reasoning than output" };
    return value((usage.outputTokens - hidden) / tokenEvents.length);
  },
};
