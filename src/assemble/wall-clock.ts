/** Stamps count from their segment's origin: segments meet on the wall clock. */
import { NS_PER_MS } from "../core/units.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { RecordingFrame } from "../recording/recording.js";

/** Wall-clock ms of a stamp of an exchange. */
export function wallClockOf({ segments }: RecordingFrame): (exchange: ScoredExchange, atNs: number) => number {
  const originMs = new Map(segments.map(({ id, wallClockMs }) => [id, wallClockMs]));
  return ({ segment }, atNs) => (originMs.get(segment) ?? 0) + atNs / NS_PER_MS;
}
