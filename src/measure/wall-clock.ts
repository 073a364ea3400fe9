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
