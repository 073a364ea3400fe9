import { type Metric, notStreamed, span } from "../metric.js";

/** Time to first answer, ms: as ttft, but reasoning does not count. The one to compare across models. */
export const ttfa: Metric = {
  name: "ttfa",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "first answer − sent: content, refusal or tool call; reasoning does not count",
  noValueWhen: "not streamed, no answer",
  measure: (sample) =>
    notStreamed(sample) ??
    span(
      sample,
      sample.attempt.sentAtNs,
      sample.completion.tokenEvents.find(({ kind }) => kind !== "reasoning")?.atNs,
      "no answer",
    ),
};
