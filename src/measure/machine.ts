/** Could this machine be trusted with what it measured? The limits are those of every judgement: of a run, and of each load. */
import { NS_PER_MS } from "../core/units.js";
import type { MachineLine } from "../recording/recording.js";

/** Below this share of stalled reads, a tail at p99 still reads the endpoint. */
export const MAX_STALLED_SHARE = 0.01;
const MAX_SEND_LAG_P99_MS = 20;
const MAX_BUSY_SHARE = 0.85;
/** Beyond this, deadlines that passed meanwhile are this machine's doing and no failure of an endpoint. */
const MAX_STALL_MS = 10_000;
/** One capture thread stamps honestly up to about this rate (`npm run bench`). */
const MAX_READS_PER_SECOND = 10_000;

export interface MachineFigure {
  readonly name: string;
  readonly value: number | null;
  readonly limit: number;
  readonly unit: string;
  readonly ok: boolean;
  readonly remedy: string;
}

/**
 * @param sendLagP99Ms of the exchanges meanwhile; null where there were none
 * @param less what to do so that less is in flight at once
 */
export function machineFigures(
  machine: readonly MachineLine[],
  sendLagP99Ms: number | null,
  less = "lower capture.concurrency",
): MachineFigure[] {
  const total = (pick: (line: MachineLine) => number): number => machine.reduce((sum, line) => sum + pick(line), 0);
  const reads = total((line) => line.reads);
  const highest = (values: readonly number[]): number | null =>
    values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value), 0);
  // The last window may be a few ms long: a rate over it would be noise.
  const windows = machine.filter(({ fromNs, toNs }) => toNs - fromNs > 5e8);
  const perSecond = windows.map((line) => (line.reads * 1e9) / (line.toNs - line.fromNs));
  const figure = (name: string, value: number | null, limit: number, unit: string, remedy: string): MachineFigure => ({
    name,
    value,
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
    figure("send lag p99", sendLagP99Ms, MAX_SEND_LAG_P99_MS, "ms", `${less}, or use another machine`),
    figure(
      "busy share of the capture thread",
      highest(windows.map((line) => line.busyShare)),
      MAX_BUSY_SHARE,
      "share",
      `${less}, or use another machine`,
    ),
    figure("socket reads", highest(perSecond), MAX_READS_PER_SECOND, "reads/s", less),
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
  return figures;
}

const overlong = (ms: number): number => (ms > MAX_STALL_MS ? ms : 0);

/** The limits that were passed, by how much, and what to change; null when the machine could be trusted. */
export function passedLimits(figures: readonly MachineFigure[]): string | null {
  const passed = figures.filter((figure) => !figure.ok);
  if (passed.length === 0) return null;
  return passed
    .map(({ name, value, limit, unit, remedy }) => {
      const [own, most] = [shownFigure(value, unit), shownFigure(limit, unit)];
      // What is hardly above a limit does not read as that limit.
      return `${name} ${own === most ? "a little" : `${own},`} above the limit of ${most}: ${remedy}`;
    })
    .join("; ");
}

/** As people read it. */
export function shownFigure(value: number | null, unit: string): string {
  if (value === null) return "unknown";
  return unit === "share" ? `${Number((100 * value).toPrecision(2))} %` : `${Number(value.toPrecision(3))} ${unit}`;
}
