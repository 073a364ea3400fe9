/** Bounds on output tokens, by the endpoint's own `usage`: a client-side count is another currency. */
import type { Answer } from "./answer.js";
import { type Expectation, expectation, type Judgement } from "./expectation.js";

const maxOutputTokens = expectation("max_output_tokens", (limit, answer) =>
  bounded(answer, (tokens) => tokens <= limit, `at most ${limit}`),
);

const minOutputTokens = expectation("min_output_tokens", (limit, answer) =>
  bounded(answer, (tokens) => tokens >= limit, `at least ${limit}`),
);

export const tokenExpectations: readonly Expectation[] = [maxOutputTokens, minOutputTokens];

function bounded(answer: Answer, holds: (tokens: number) => boolean, bound: string): Judgement {
  const tokens = answer.completion.usage?.outputTokens ?? null;
  if (tokens === null) return { met: null, detail: `no usage; expected ${bound} output tokens` };
  return { met: holds(tokens), detail: `expected ${bound} output tokens, got ${tokens}` };
}
