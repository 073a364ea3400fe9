import { NS_PER_MS } from "../../core/units.js";
import { type Metric, missing, value } from "../metric.js";

/** Cold wake, ms: from release to the first token, through every attempt, refusal and wait. */
export const wake: Metric = {
  name: "wake",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "cold: first token − released, through every attempt",
  noValueWhen: "not cold",
  measure(sample) {
    if (sample.exchange.phase !== "cold") return { none: "not cold" };
    const firstNs =
      sample.completion.tokenEvents[0]?.atNs ?? (sample.failure === null ? sample.attempt.endedAtNs : null);
    if (firstNs === null) return missing(sample, "no token");
    return value((firstNs - sample.exchange.releasedAtNs) / NS_PER_MS);
  },
};
