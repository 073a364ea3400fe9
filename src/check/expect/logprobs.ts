import { expectation } from "./expectation.js";

/** `logprobs`: present in a known shape, with as many alternatives a token as the request asked for. */
export const logprobs = expectation("logprobs", (expected, { completion, body }) => {
  const seen = completion.logprobs;
  if (!expected) return { met: seen === null, detail: "expected no logprobs" };
  if (seen === null) return { met: false, detail: "no logprobs" };
  if (!seen.wellFormed)
    return { met: false, detail: "logprobs in an unknown shape, or with values that are no number" };
  if (seen.tokens === 0) return { met: false, detail: "logprobs without a token" };
  const asked = typeof body.top_logprobs === "number" ? body.top_logprobs : 0;
  return {
    met: seen.topPerToken >= asked,
    detail: `expected ${asked} alternatives a token, got ${seen.topPerToken}`,
  };
});
