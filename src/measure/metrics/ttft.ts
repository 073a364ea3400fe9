import { type Metric, notStreamed, span } from "../metric.js";

/**
 * Time to first token, ms: to the first event with non-empty content, reasoning, refusal or tool-call fragment. A
 * role-only event is no token. From the moment the request was written on an established connection.
 */
export const ttft: Metric = {
  name: "ttft",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "first token − sent; reasoning counts",
  noValueWhen: "not streamed, no token",
  measure: (sample) =>
    notStreamed(sample) ?? span(sample, sample.attempt.sentAtNs, sample.completion.tokenEvents[0]?.atNs, "no token"),
};
