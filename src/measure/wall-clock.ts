/** Stamps count from their segment's origin: segments meet on the wall clock. */
import { NS_PER_MS } from "../core/units.js";
import type { RecordingFrame } from "../recording/recording.js";
import type { ScoredExchange } from "./scored.js";

/** Wall-clock ms of a stamp of an exchange. */
export function wallClockOf({
  segments,
}: Pick<RecordingFrame, "segments">): (exchange: Pick<ScoredExchange, "segment">, atNs: number) => number {
  const originMs = new Map(segments.map(({ id, wallClockMs }) => [id, wallClockMs]));
  return ({ segment }, atNs) => (originMs.get(segment) ?? 0) + atNs / NS_PER_MS;
}

/**
 * Stamps of every segment as whole ns on one clock, that of the wall: from the first segment's origin, so that no digit is
 * lost. As near as the clocks of the machines are to one another.
 */
export function sharedClockOf({
  segments,
}: Pick<RecordingFrame, "segments">): (segment: number, atNs: number) => number {
  const least = segments.reduce((first, { wallClockMs }) => Math.min(first, wallClockMs), Number.POSITIVE_INFINITY);
  const offsetNs = new Map(segments.map(({ id, wallClockMs }) => [id, (wallClockMs - least) * NS_PER_MS]));
  return (segment, atNs) => (offsetNs.get(segment) ?? 0) + atNs;
}
