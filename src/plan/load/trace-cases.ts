/** Prompts for a trace that says how long prompts were and not what they said: prose of about as many tokens. */
import type { TraceArrival } from "../../config/settings.js";
import { fillerText } from "../../golden/filler.js";
import type { GoldenCase } from "../../golden/golden-set.js";

/** Lengths within 5 % share a prompt text: the nonce before it makes each request its own. */
const STEP = Math.log(1.05);
/** English prose, by the tokenizers in use. */
const TOKENS_PER_WORD = 1.3;
const DEFAULT_OUTPUT_TOKENS = 256;

function caseIdOf(inputTokens: number): string {
  return `trace-input-${Math.round(Math.exp(STEP * Math.round(Math.log(Math.max(1, inputTokens)) / STEP)))}`;
}

/** A case for every length that the trace has; none for a trace without lengths. */
export function traceCases(arrivals: readonly TraceArrival[]): GoldenCase[] {
  const ids = new Set(
    arrivals.flatMap(({ inputTokens }) => (inputTokens === undefined ? [] : [caseIdOf(inputTokens)])),
  );
  return [...ids].sort().map((id) => {
    const tokens = Number(id.slice("trace-input-".length));
    return {
      id,
      category: "trace",
      tags: [],
      detects: "",
      api: "chat",
      variants: ["stream"],
      repeat: 1,
      prefix: "unique",
      request: {
        messages: [
          { role: "user", content: fillerText({ words: Math.max(1, Math.round(tokens / TOKENS_PER_WORD)), seed: id }) },
        ],
        max_tokens: DEFAULT_OUTPUT_TOKENS,
        temperature: 0,
      },
      expect: {},
    };
  });
}

/** What an arrival asks; null where the trace says nothing of it. */
export function traceRequest(
  { inputTokens, outputTokens }: TraceArrival,
  cases: readonly GoldenCase[],
): { readonly golden: GoldenCase; readonly variant: "stream"; readonly maxTokens?: number } | null {
  if (inputTokens === undefined) return null;
  const golden = cases.find(({ id }) => id === caseIdOf(inputTokens));
  if (golden === undefined) return null;
  return { golden, variant: "stream", ...(outputTokens === undefined ? {} : { maxTokens: Math.max(1, outputTokens) }) };
}
