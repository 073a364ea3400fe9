import { type Metric, notStreamed, type Sample, span } from "../metric.js";

const CLOSED = { none: "closed loop" } as const;

function fromIntended(sample: Sample, toNs: number | undefined, reason: string) {
  const { intendedAtNs } = sample.exchange;
  return intendedAtNs === undefined ? CLOSED : span(sample, intendedAtNs, toNs, reason);
}

/** As ttft, from the moment the schedule meant to send: through connect, attempts and backoff. Open loop only. */
export const ttftIntended: Metric = {
  name: "ttft_intended",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "first token − intended, through connect, attempts and backoff",
  noValueWhen: "closed loop",
  measure: (sample) => notStreamed(sample) ?? fromIntended(sample, sample.completion.tokenEvents[0]?.atNs, "no token"),
};

/** As e2e, from the moment the schedule meant to send. Open loop only. */
export const e2eIntended: Metric = {
  name: "e2e_intended",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "ended − intended, through connect, attempts and backoff",
  noValueWhen: "closed loop",
  measure: (sample) =>
    fromIntended(sample, sample.failure === null ? sample.attempt.endedAtNs : undefined, "no answer"),
};
