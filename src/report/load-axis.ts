/** The axis that a sweep's curves share: loads, by doublings where they span many, since a sweep rises by doubling. */
import { scaleLinear, scaleLog } from "d3-scale";
import { sweptSides } from "./sweep-decision.js";
import type { SweepPoint, SweepSummary } from "./sweep-summary.js";

/** From this ratio of the highest load to the lowest on, the axis is logarithmic. */
const LOG_FROM = 6;

export interface LoadAxis {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  /** Loads that were measured, those of the rise before those that refined it. */
  readonly measured: readonly number[];
}

/** A point that has a place on the axis. */
export type PlacedPoint = SweepPoint & { readonly load: number };

/** By load; those of a trace have no place. */
export function placedPoints(points: readonly SweepPoint[]): PlacedPoint[] {
  const placed = points.filter((point): point is PlacedPoint => point.load !== null && point.load > 0);
  return placed.sort((a, b) => a.load - b.load);
}

/** Null where fewer than two loads were measured: there is no curve. */
export function loadAxis(summary: SweepSummary): LoadAxis | null {
  const points = placedPoints(sweptSides(summary).flatMap((side) => summary.endpoints[side].sweep?.points ?? []));
  const measured = [...new Set([...points].sort((a, b) => a.index - b.index).map(({ load }) => load))];
  if (measured.length < 2) return null;
  const [lowest, high] = [Math.min(...measured), Math.max(...measured)];
  const log = high / lowest >= LOG_FROM;
  return { low: log ? lowest : 0, high, log, measured };
}

/** Places of loads between two edges. */
export function loadScale({ low, high, log }: LoadAxis, from: number, to: number): (load: number) => number {
  const scale = (log ? scaleLog : scaleLinear)([low, high], [from, to]);
  return (load) => scale(log ? Math.max(low, load) : load);
}

/** Measured loads that leave `room` between them, in their order. */
export function loadTicks(axis: LoadAxis, place: (load: number) => number, room: number): number[] {
  const kept: number[] = [];
  for (const load of axis.measured) {
    if (kept.every((other) => Math.abs(place(other) - place(load)) >= room)) kept.push(load);
  }
  return kept.sort((a, b) => a - b);
}

export interface ValueAxis {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From nought where values span less than a decade or are shares of a whole; else logarithmic. Null without a value. */
export function valueAxis(
  values: readonly number[],
  {
    from,
    to,
    log,
    count,
  }: { readonly from: number; readonly to: number; readonly log: boolean; readonly count: number },
): ValueAxis | null {
  const known = values.filter((value) => Number.isFinite(value) && value >= 0);
  const positive = known.filter((value) => value > 0);
  if (positive.length === 0) return null;
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  if (!log || high / low < 10) {
    const scale = scaleLinear([0, high * 1.06], [from, to]);
    return { place: scale, ticks: scale.ticks(count) };
  }
  const [bottom, top] = [low * 0.85, high * 1.15];
  const scale = scaleLog([bottom, top], [from, to]);
  const decades = scale.ticks(count).filter((tick) => /^[125]e/.test(tick.toExponential()));
  const ticks = decades.length > count + 1 ? decades.filter((tick) => /^1e/.test(tick.toExponential())) : decades;
  return { place: (value) => scale(Math.max(bottom, value)), ticks };
}
