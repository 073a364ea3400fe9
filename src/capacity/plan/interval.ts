/** Figures that rest on what a replica bears, carried through at its value and at both bounds of its interval. */
import type { CapacityInterval } from "../../report/capacity-summary.js";

/**
 * Of a function that falls as capacity grows (replicas, cost), so that `lo` is its value at the upper bound of capacity. A bound
 * that is not known stays unknown.
 */
export function falling(capacity: CapacityInterval, of: (perS: number) => number): CapacityInterval {
  const at = (perS: number | null): number | null => {
    const value = perS === null ? Number.NaN : of(perS);
    return Number.isFinite(value) ? value : null;
  };
  return { value: of(capacity.value), lo: at(capacity.hi), hi: at(capacity.lo) };
}

export function scaled({ value, lo, hi }: CapacityInterval, factor: number): CapacityInterval {
  return { value: value * factor, lo: lo === null ? null : lo * factor, hi: hi === null ? null : hi * factor };
}

/** What has no uncertainty of its own. */
export function exact(value: number): CapacityInterval {
  return { value, lo: value, hi: value };
}
