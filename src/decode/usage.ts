import type { Usage } from "./completion.js";
import { asCount, asObject, type JsonObject } from "./json.js";

/** The usage that one event or body carries, wherever it stands; null when it carries none. */
export function usageIn(json: JsonObject): Usage | null {
  const choice = asObject((json.choices as unknown[] | undefined)?.[0]);
  return (
    usageOf(json.usage, "usage") ??
    usageOf(asObject(json.x_groq)?.usage, "x_groq.usage") ??
    usageOf(choice?.usage, "choices[0].usage")
  );
}

function usageOf(value: unknown, source: string): Usage | null {
  const usage = asObject(value);
  if (usage === null) return null;
  const inputTokens = asCount(usage.prompt_tokens) ?? asCount(usage.input_tokens);
  const completionTokens = asCount(usage.completion_tokens) ?? asCount(usage.output_tokens);
  const totalTokens = asCount(usage.total_tokens);
  const outputDetails = asObject(usage.completion_tokens_details) ?? asObject(usage.output_tokens_details);
  const inputDetails = asObject(usage.prompt_tokens_details) ?? asObject(usage.input_tokens_details);
  const reasoningTokens = asCount(outputDetails?.reasoning_tokens) ?? asCount(usage.reasoning_tokens);
  const cachedTokens = asCount(inputDetails?.cached_tokens) ?? asCount(usage.prompt_cache_hit_tokens);
  if (inputTokens === null && completionTokens === null) return null;
  // xAI counts reasoning beside completion_tokens, OpenAI inside: the total tells which.
  const beside =
    reasoningTokens !== null &&
    reasoningTokens > 0 &&
    totalTokens !== null &&
    totalTokens - (inputTokens ?? 0) - (completionTokens ?? 0) === reasoningTokens;
  return {
    inputTokens,
    outputTokens: beside ? (completionTokens ?? 0) + (reasoningTokens ?? 0) : completionTokens,
    reasoningTokens,
    cachedTokens,
    source,
    reasoningAdded: beside,
  };
}
