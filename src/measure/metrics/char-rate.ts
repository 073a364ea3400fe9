import { chunkGapsMs } from "../gaps.js";
import { type Metric, missing, notStreamed, value } from "../metric.js";

/**
 * Characters a second over the span after the first read: reasoning and answer, as Unicode characters. The decode
 * measure across tokenizers.
 */
export const charRate: Metric = {
  name: "char_rate",
  unit: "characters/s",
  scale: 1_000,
  better: "higher",
  conditional: true,
  formula: "characters of reasoning + answer after the first read, per second of the span",
  noValueWhen: "as chunk_gap",
  measure(sample) {
    const none = notStreamed(sample);
    if (none !== null) return none;
    const { tokenEvents } = sample.completion;
    const first = tokenEvents[0];
    const gaps = chunkGapsMs(sample.completion);
    if (first === undefined || gaps.length === 0 || sample.failure !== null) {
      return missing(sample, "fewer than two reads with tokens");
    }
    let characters = 0;
    for (const event of tokenEvents) if (event.read !== first.read) characters += event.characters;
    const ms = gaps.reduce((total, gap) => total + gap, 0);
    return ms > 0 ? value((1_000 * characters) / ms) : { none: "all tokens at one moment" };
  },
};
