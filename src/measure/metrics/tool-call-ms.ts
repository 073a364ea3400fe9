import { type Metric, missing, NS_PER_MS, notStreamed, value } from "../metric.js";

/** How long the tool calls of an answer took to arrive, ms: from the first piece to the last read of the arguments. */
export const toolCallMs: Metric = {
  name: "tool_call_ms",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "last tool-call event − first tool-call event",
  noValueWhen: "not streamed, no tool call",
  measure(sample) {
    const none = notStreamed(sample);
    if (none !== null) return none;
    const events = sample.completion.tokenEvents.filter(({ kind }) => kind === "tool_call");
    const first = events[0];
    const last = events.at(-1);
    // Most answers call no tool: a failed exchange without one says nothing about this metric.
    if (first === undefined || last === undefined) return { none: "no tool call" };
    return sample.failure === null ? value((last.atNs - first.atNs) / NS_PER_MS) : missing(sample, "no tool call");
  },
};
