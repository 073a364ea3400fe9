import { chunkGapsMs } from "../gaps.js";
import { type Metric, missing, notStreamed } from "../metric.js";

const TOO_FEW = "fewer than two reads with tokens";

/**
 * Gaps between consecutive socket reads that completed a token-bearing event, ms. Not inter-token latency: a read may
 * hold many tokens. Events that share a read are counted as coalesced, never as a gap of 0.
 */
export const chunkGap: Metric = {
  name: "chunk_gap",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  conditional: true,
  formula: "gaps between consecutive reads that completed a token-bearing event",
  noValueWhen: "not streamed, < 2 such reads",
  measure(sample) {
    const none = notStreamed(sample);
    if (none !== null) return none;
    const gaps = chunkGapsMs(sample.completion);
    return gaps.length === 0 || sample.failure !== null ? missing(sample, TOO_FEW) : { values: gaps };
  },
};

/** The longest chunk gap of an exchange, ms: what a person watching the answer would have noticed. */
export const stall: Metric = {
  name: "stall",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  conditional: true,
  formula: "the longest chunk gap of an exchange",
  noValueWhen: "as chunk_gap",
  measure(sample) {
    const none = notStreamed(sample);
    if (none !== null) return none;
    const gaps = chunkGapsMs(sample.completion);
    if (gaps.length === 0 || sample.failure !== null) return missing(sample, TOO_FEW);
    return { values: [gaps.reduce((longest, gap) => Math.max(longest, gap), 0)] };
  },
};
