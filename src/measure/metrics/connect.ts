import { type Metric, missing, span } from "../metric.js";

/**
 * DNS, TCP and TLS of a fresh connection, ms. A request on a kept-alive connection has none.
 * Source: stamps of capture's own connector.
 */
export const connect: Metric = {
  name: "connect",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "DNS + TCP + TLS of a fresh connection",
  noValueWhen: "connection reused",
  measure(sample) {
    const { attempt } = sample;
    if (attempt.reused) return { none: "connection reused" };
    const endNs = attempt.tlsEndAtNs ?? attempt.tcpEndAtNs;
    if (endNs === undefined) return missing(sample, "no connection");
    return span(sample, attempt.dispatchedAtNs, endNs, "no connection");
  },
};
