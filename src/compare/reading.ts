/** What a two-sided 95 % interval says in a word, apart from any gate. */
import type { Better } from "../measure/metric.js";
import { type Estimate, intervalOf } from "./estimate.js";

/** Above this, a corrected p takes a reading back. */
const LEVEL = 0.05;

/** @param pHolm null for what is tested as it is */
export function shiftReading(better: Better, shift: Estimate, pHolm: number | null) {
  const interval = intervalOf(shift);
  if (interval === null || shift.doubtful) return "unknown";
  if (interval.lo <= 1 && interval.hi >= 1) return "~";
  if (pHolm !== null && pHolm > LEVEL) return "~";
  const up = interval.lo > 1;
  if (better === "neither") return up ? "higher" : "lower";
  return up === (better === "lower") ? "slower" : "faster";
}

export function differenceReading(better: Better, estimate: Estimate, pHolm: number | null) {
  const interval = intervalOf(estimate);
  if (interval === null || estimate.doubtful) return "unknown";
  if ((interval.lo <= 0 && interval.hi >= 0) || (pHolm !== null && pHolm > LEVEL)) return "~";
  return interval.lo > 0 === (better === "higher") ? "better" : "worse";
}
