import { digestOf } from "../core/digest.js";
import type { Api } from "./golden-set.js";
import { withoutNonce } from "./nonce.js";

/**
 * What identifies a prompt however an endpoint's settings change the rest of its body: a digest of messages (or
 * prompt, or input), tools and response format, with the nonce line looked through.
 */
export function requestKey(api: Api, body: Readonly<Record<string, unknown>>): string {
  const { messages, prompt, input, instructions, tools, response_format } = withoutNonce(api, body);
  return digestOf({ api, messages, prompt, input, instructions, tools, response_format });
}
