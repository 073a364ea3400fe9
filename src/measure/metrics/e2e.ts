import { type Metric, span } from "../metric.js";

/** From the request being written to the end of the answer, ms. One attempt's: backoff is not in it. */
export const e2e: Metric = {
  name: "e2e",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "ended − sent",
  noValueWhen: "failed, cancelled",
  measure: (sample) =>
    span(sample, sample.attempt.sentAtNs, sample.failure === null ? sample.attempt.endedAtNs : null, "no answer"),
};
