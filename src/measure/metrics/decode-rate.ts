import { decodeSpan } from "../decode-span.js";
import { type Metric, type Sample, value } from "../metric.js";

const NO_VALUE = "n < 64, or (n₁ − 1)/(n − 1) > 3 %, or all tokens in ≤ 2 reads, or no usage";

/** Time per output token after the first event, ms; null where it would not be what it says. */
function tpotMs(sample: Sample) {
  const span = decodeSpan(sample);
  if ("measurement" in span) return span.measurement;
  return span.ms / (span.tokens - span.firstTokens);
}

/**
 * Time per output token, ms. The tokens of the first event (n₁ on average) were decoded before the span began.
 * Tokens are the endpoint's own `usage`, less reasoning that was never streamed.
 */
export const tpot: Metric = {
  name: "tpot",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  conditional: true,
  formula: "(last token − first token) / (n − n₁), n₁ = n / token-bearing events",
  noValueWhen: NO_VALUE,
  measure(sample) {
    const ms = tpotMs(sample);
    return typeof ms === "number" ? value(ms) : ms;
  },
};

/** Decode rate, tokens/s. Compared only between endpoints that count with one tokenizer. */
export const decodeRate: Metric = {
  name: "decode_rate",
  unit: "tokens/s",
  scale: 1_000,
  better: "higher",
  conditional: true,
  formula: "1000 / tpot",
  noValueWhen: "as tpot",
  measure(sample) {
    const ms = tpotMs(sample);
    if (typeof ms !== "number") return ms;
    return ms > 0 ? value(1_000 / ms) : { none: "all tokens at one moment" };
  },
};
