import { type Metric, span } from "../metric.js";

/** From the request being written to the end of the answer, ms. One attempt's: backoff is not in it. */
export const e2e: Metric = {
  name: "e2e",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "ended − sent",
  noValueWhen: "failed, cancelled",
  measure(sample) {
    const { attempt, failure } = sample;
    // A server that leaves the connection open has ended with its last byte, not with our deadline.
    const endedNs = attempt.outcome.kind === "complete" ? attempt.endedAtNs : attempt.reads.at(-1)?.[0];
    return span(sample, attempt.sentAtNs, failure === null ? endedNs : null, "no answer");
  },
};
