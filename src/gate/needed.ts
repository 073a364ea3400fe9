/** How many samples a bound takes. */

/**
 * The fewest values of which one bounds quantile `q` at confidence `1 − alpha`: 408 for an upper bound of p99 at 0.05 / 3.
 */
export function neededForRank(side: "lower" | "upper", q: number, alpha: number): number {
  return Math.ceil(Math.log(alpha) / Math.log(side === "upper" ? q : 1 - q) - 1e-9);
}

/**
 * The fewest samples of which none (or every one, for a share that has to be high) leaves a bound within the margin; null where
 * no number does.
 */
export function neededForShare(distance: number, alpha: number): number | null {
  if (distance <= 0) return null;
  if (distance >= 1) return 1;
  return Math.ceil(Math.log(alpha) / Math.log(1 - distance) + 1e-9);
}
