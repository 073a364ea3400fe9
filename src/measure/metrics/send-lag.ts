import { NS_PER_MS } from "../../core/units.js";
import { type Metric, value } from "../metric.js";

/**
 * How late the machine was in handing the first attempt to the network, ms. Never an endpoint's fault. A wait for a place
 * among as many as may be in flight is no lag: it was asked for.
 */
export const sendLag: Metric = {
  name: "send_lag",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "dispatched − intended − waited for a place (open loop), dispatched − slot free (closed loop)",
  noValueWhen: "never",
  measure({ exchange }) {
    const { intendedAtNs, waitedNs = 0 } = exchange;
    const dueNs = intendedAtNs === undefined ? exchange.releasedAtNs : intendedAtNs + waitedNs;
    const dispatchedNs = exchange.attempts[0]?.dispatchedAtNs;
    return dispatchedNs === undefined ? { none: "not sent" } : value((dispatchedNs - dueNs) / NS_PER_MS);
  },
};
