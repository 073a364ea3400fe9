/** The set's `defaults` put under a case's own request body. */
import type { Api } from "./golden-set.js";

type Body = Readonly<Record<string, unknown>>;

/** Names of one limit: a case that sets either replaces the default of both. */
const LIMITS = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

/** Keys of chat completions that another API does not have, and would refuse. */
const FOREIGN: Readonly<Record<Exclude<Api, "embeddings">, readonly string[]>> = {
  chat: ["prompt", "input", "instructions", "max_output_tokens"],
  completions: [
    "messages",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "top_logprobs",
    "max_completion_tokens",
    "max_output_tokens",
  ],
  responses: [
    "messages",
    "prompt",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "stop",
    "n",
    "logprobs",
    "logit_bias",
    "response_format",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
  ],
};

/**
 * The body with every default that it does not set itself. A default that the API does not know is left out;
 * `/responses` gets `max_tokens` under its own name, `max_output_tokens`. Embeddings take no defaults.
 */
export function withDefaults(api: Api, defaults: Body, request: Body): Body {
  if (api === "embeddings") return request;
  const limited = LIMITS.some((key) => key in request);
  const taken = Object.entries(defaults).filter(
    ([key]) => !FOREIGN[api].includes(key) && !(limited && LIMITS.includes(key)),
  );
  const limit = defaults.max_output_tokens ?? defaults.max_tokens ?? defaults.max_completion_tokens;
  const own = api === "responses" && !limited && limit !== undefined ? { max_output_tokens: limit } : {};
  return { ...Object.fromEntries(taken), ...own, ...request };
}
