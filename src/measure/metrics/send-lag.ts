import { NS_PER_MS } from "../../core/units.js";
import { type Metric, value } from "../metric.js";

/** How late the machine was in handing the first attempt to the network, ms. Never an endpoint's fault. */
export const sendLag: Metric = {
  name: "send_lag",
  unit: "ms",
  scale: 1_000,
  better: "lower",
  formula: "dispatched − intended (open loop), dispatched − slot free (closed loop)",
  noValueWhen: "never",
  measure({ exchange }) {
    const dueNs = exchange.intendedAtNs ?? exchange.releasedAtNs;
    const dispatchedNs = exchange.attempts[0]?.dispatchedAtNs;
    return dispatchedNs === undefined ? { none: "not sent" } : value((dispatchedNs - dueNs) / NS_PER_MS);
  },
};
