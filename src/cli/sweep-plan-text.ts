/** A sweep as `sweep --dry-run` prints it: which loads, on whom, for how long, and what is asked. */

import { longestSettleMs } from "../capacity/settle.js";
import { shapeText } from "../capacity/shape-text.js";
import type { LoadSettings } from "../config/settings.js";
import { formatDurationMs } from "../core/duration.js";
import { printableLine } from "../core/printable.js";
import { isSwept, weightedCases } from "../plan/load/mix.js";
import { plural } from "../report/numbers.js";
import type { PreparedSweep } from "../sweep.js";

/** Points that refine the knee, and as many the SLO's breaking load, at most. */
const MOST_REFINED = 8;

export function sweepPlanText({ settings, golden, facts, seed, plan }: PreparedSweep): string {
  const { load, roles, together } = facts;
  const cases = golden.set.cases.filter(isSwept);
  const mix = new Map<string, number>();
  for (const { golden: each, share } of weightedCases(cases, load.mix)) {
    mix.set(each.category, (mix.get(each.category) ?? 0) + share);
  }
  const turns = together ? 1 : roles.length;
  const most = turns * mostPoints(load);
  const pointMs = load.settleMs + load.windowMs;
  const trace = load.loop.kind === "open" && load.loop.shape.kind === "trace" ? load.loop.shape.arrivals : null;
  const isTrace = trace !== null;
  const lengths = trace?.every(({ inputTokens }) => inputTokens !== undefined) ? "as long as the trace says" : null;
  const longestMs = isTrace ? pointMs : longestSettleMs(load) + load.windowMs;
  const lines = [
    `Sweep of ${printableLine(golden.set.name, 60)}: ${shapeText(load)}, seed ${seed}`,
    ...roles.map((role) => `${role.padEnd(9)} ${settings.endpoints[role].baseUrl}`),
    "",
    `loads     ${loadsText(load)}`,
    `each      ${formatDurationMs(load.settleMs)} to settle${longestMs > pointMs ? ` (up to ${formatDurationMs(longestMs - load.windowMs)} where answers take long)` : ""}, ${formatDurationMs(load.windowMs)} measured; ends early at the first 429`,
    `at most   ${plural(most, "load")}, ${formatDurationMs(most * pointMs)}${longestMs > pointMs ? ` to ${formatDurationMs(most * longestMs)}` : ""} and what is still in flight at the end of each${isTrace ? "" : "; one that this machine was too busy for is sent again"}`,
    `before    ${plural(plan.rows.length, "request")} to wake and warm up`,
    `mix       ${lengths ?? [...mix].map(([category, share]) => `${printableLine(category, 40)} ${percent(share)}`).join(", ")}`,
    ...(load.slo === undefined ? [] : [`SLO       ${printableLine(load.slo.text, 200)}`]),
    ...(roles.length < 2
      ? []
      : [
          together
            ? "both endpoints are loaded at the same moments, as long as both are loaded"
            : "one endpoint after the other: they share hardware",
        ]),
    ...costLines(settings),
  ];
  return `${lines.join("\n")}\n`;
}

function loadsText({ loop, points, from, to, settleMs, windowMs }: LoadSettings): string {
  if (loop.kind === "open" && loop.shape.kind === "trace") {
    const lengthMs = loop.shape.arrivals.at(-1)?.atMs ?? 0;
    const playedMs = settleMs + windowMs;
    if (lengthMs <= playedMs) return "as the trace has it";
    return `the first ${formatDurationMs(playedMs)} of a trace of ${formatDurationMs(lengthMs)}: load.window plays more`;
  }
  const unit = loop.kind === "closed" ? "in flight" : "requests/s";
  if (points !== "auto") return `${points.join(", ")} ${unit}`;
  return `from ${from} ${unit}, doubled until it saturates or reaches ${to}; then between, around the knee and the SLO`;
}

function mostPoints({ loop, points, from, to }: LoadSettings): number {
  if (loop.kind === "open" && loop.shape.kind === "trace") return 1;
  if (points !== "auto") return points.length;
  return Math.ceil(Math.log2(to / from)) + 1 + MOST_REFINED;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

/** How many requests a load takes is not known before: a limit is the only promise. */
function costLines({ capture: { maxCost, maxRequests } }: PreparedSweep["settings"]): string[] {
  if (maxCost === undefined && maxRequests === undefined) {
    return ["no limit on cost or requests: capture.maxCost and capture.maxRequests set one"];
  }
  const limits = [
    ...(maxCost === undefined ? [] : [`$${maxCost.toFixed(2)}`]),
    ...(maxRequests === undefined ? [] : [plural(maxRequests, "request")]),
  ];
  return [`ends at ${limits.join(" or ")}`];
}
