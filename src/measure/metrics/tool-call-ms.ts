import { NS_PER_MS } from "../../core/units.js";
import { type Metric, missing, notStreamed, value } from "../metric.js";

/** How long the tool calls of an answer took to arrive, ms: from the first piece to the last read of the arguments. */
export const toolCallMs: Metric = {
  name: "tool_call_ms",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  conditional: true,
  formula: "last tool-call event − first tool-call event",
  noValueWhen: "not streamed, no tool call",
  measure(sample) {
    const none = notStreamed(sample);
    if (none !== null) return none;
    const events = sample.completion.tokenEvents.filter(({ kind }) => kind === "tool_call");
    const first = events[0];
    const last = events.at(-1);
    if (first === undefined || last === undefined || sample.failure !== null) return missing(sample, "no tool call");
    return value((last.atNs - first.atNs) / NS_PER_MS);
  },
};
