import { type Metric, notStreamed, span } from "../metric.js";

/** Time to the first event of any kind, ms: the server has begun to answer, perhaps with a role and nothing else. */
export const ttfe: Metric = {
  name: "ttfe",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "first event − sent",
  noValueWhen: "not streamed, no event",
  measure: (sample) =>
    notStreamed(sample) ?? span(sample, sample.attempt.sentAtNs, sample.completion.firstEventAtNs, "no event"),
};
