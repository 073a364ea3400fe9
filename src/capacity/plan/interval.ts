/** Figures that rest on what a replica bears, carried through at its value and at both bounds of its interval. */
import type { CapacityInterval } from "../../report/capacity-summary.js";

/**
 * Of a function that falls as capacity grows (replicas, cost), so that `lo` is its value at the upper bound of capacity. A bound
 * that is not known stays unknown.
 */
export function falling(capacity: CapacityInterval, of: (perS: number) => number): CapacityInterval {
  const value = of(capacity.value);
  const at = (perS: number | null, pick: typeof Math.min): number | null => {
    const bound = perS === null ? Number.NaN : of(perS);
    // Starts by hour may cost a little more with fewer replicas, where these differ more from hour to hour.
    return Number.isFinite(bound) ? pick(bound, value) : null;
  };
  return { value, lo: at(capacity.hi, Math.min), hi: at(capacity.lo, Math.max) };
}

export function scaled({ value, lo, hi }: CapacityInterval, factor: number): CapacityInterval {
  return { value: value * factor, lo: lo === null ? null : lo * factor, hi: hi === null ? null : hi * factor };
}

/** What has no uncertainty of its own. */
export function exact(value: number): CapacityInterval {
  return { value, lo: value, hi: value };
}
