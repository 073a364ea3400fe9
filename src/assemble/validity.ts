/** Could this machine be trusted with this run? */
import { formatDurationMs } from "../core/duration.js";
import { NS_PER_MS } from "../core/units.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { MachineLine } from "../recording/recording.js";
import type { Summary } from "../report/summary.js";
import { rounded } from "./tails.js";

type Validity = Summary["validity"];

/** Below this share of stalled reads, a tail at p99 still reads the endpoint. */
const MAX_STALLED_SHARE = 0.01;
const MAX_SEND_LAG_P99_MS = 20;
const MAX_BUSY_SHARE = 0.85;
/** Beyond this, deadlines that passed meanwhile are this machine's doing and no failure of an endpoint. */
const MAX_STALL_MS = 10_000;
/** One capture thread stamps honestly up to about this rate (`npm run bench`). */
const MAX_READS_PER_SECOND = 10_000;

export function validityOf(machine: readonly MachineLine[], exchanges: readonly ScoredExchange[]): Validity {
  const total = (pick: (line: MachineLine) => number): number => machine.reduce((sum, line) => sum + pick(line), 0);
  const reads = total((line) => line.reads);
  const lags = exchanges
    .map(({ scalars }) => scalars.get("send_lag"))
    .flatMap((scalar) => (scalar !== undefined && "value" in scalar ? [scalar.value] : []))
    .sort((a, b) => a - b);
  const highest = (values: readonly number[]): number | null =>
    values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value), 0);
  // The last window may be a few ms long: a rate over it would be noise.
  const windows = machine.filter(({ fromNs, toNs }) => toNs - fromNs > 5e8);
  const perSecond = windows.map((line) => (line.reads * 1e9) / (line.toNs - line.fromNs));
  const figure = (name: string, value: number | null, limit: number, unit: string, remedy: string) => ({
    name,
    value: rounded(value),
    limit,
    unit,
    ok: value === null || value <= limit,
    remedy,
  });
  const figures = [
    figure(
      "reads in event-loop stalls",
      reads === 0 ? null : total((line) => line.stalledReads) / reads,
      MAX_STALLED_SHARE,
      "share",
      "stop other work on this machine, or use fewer streams",
    ),
    figure(
      "send lag p99",
      lags.length === 0 ? null : (lags[Math.ceil(0.99 * lags.length) - 1] as number),
      MAX_SEND_LAG_P99_MS,
      "ms",
      "lower capture.concurrency, or use another machine",
    ),
    figure(
      "busy share of the capture thread",
      highest(windows.map((line) => line.busyShare)),
      MAX_BUSY_SHARE,
      "share",
      "lower capture.concurrency, or use another machine",
    ),
    figure("socket reads", highest(perSecond), MAX_READS_PER_SECOND, "reads/s", "lower capture.concurrency"),
  ];
  // What hardly ever happens is a figure only where it did.
  const sleptMs = total((line) => line.sleptMs ?? 0);
  if (sleptMs > 0) {
    const remedy = "keep this machine awake, such as with systemd-inhibit or caffeinate";
    figures.push(figure("time asleep", sleptMs, 0, "ms", remedy));
  }
  const stallMs = total((line) => line.stalls.reduce((sum, [, lateNs]) => sum + overlong(lateNs / NS_PER_MS), 0));
  if (stallMs > 0) {
    const remedy = "let this process run: it was stopped, or the virtual machine that it runs in was paused";
    figures.push(figure("time stood still", stallMs, MAX_STALL_MS, "ms", remedy));
  }
  // A run that was killed in its first second left no window to judge it by.
  return { ok: machine.length > 0 && figures.every(({ ok }) => ok), notes: clockNotes(machine), figures };
}

const overlong = (ms: number): number => (ms > MAX_STALL_MS ? ms : 0);

/** One line for each way in which the wall clock was set. */
function clockNotes(machine: readonly MachineLine[]): string[] {
  const steps = machine.flatMap(({ wallStepMs }) => (wallStepMs === undefined ? [] : [wallStepMs]));
  const note = (words: string, own: readonly number[]): string[] => {
    if (own.length === 0) return [];
    const by = formatDurationMs(Math.abs(own.reduce((sum, step) => sum + step, 0)));
    const often = own.length === 1 ? "" : ` in ${own.length} steps`;
    return [
      `the wall clock was set ${words} by ${by}${often} during the run: stamps are of a monotonic clock and unaffected, times of day are not`,
    ];
  };
  return [
    ...note(
      "back",
      steps.filter((step) => step < 0),
    ),
    ...note(
      "forward",
      steps.filter((step) => step > 0),
    ),
  ];
}

/** The limits that were passed, by how much, and what to change; null when the machine could be trusted. */
export function invalidReason({ ok, figures }: Validity): string | null {
  if (ok) return null;
  const passed = figures.filter((figure) => !figure.ok);
  if (passed.length === 0) return "nothing was recorded by which this machine could be judged";
  return passed
    .map(
      ({ name, value, limit, unit, remedy }) =>
        `${name} ${shown(value, unit)} above the limit of ${shown(limit, unit)}: ${remedy}`,
    )
    .join("; ");
}

function shown(value: number | null, unit: string): string {
  if (value === null) return "unknown";
  return unit === "share" ? `${Number((100 * value).toPrecision(2))} %` : `${Number(value.toPrecision(3))} ${unit}`;
}
