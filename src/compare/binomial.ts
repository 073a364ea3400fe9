/** Exact bounds of a share, and of a quantile: both are questions about binomial counts. */
import { incompleteBeta } from "./t-distribution.js";

/** P(X ≤ k) for X ~ Binomial(n, p). */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incompleteBeta(n - k, k + 1, 1 - p);
}

/**
 * One-sided bound of a share at confidence `1 − alpha` (Clopper and Pearson 1934): 0 of 10 at 0.05 gives an upper bound
 * of 0.2589.
 */
export function shareBound(side: "lower" | "upper", count: number, of: number, alpha: number): number {
  if (of === 0) return side === "lower" ? 0 : 1;
  if (side === "lower" && count === 0) return 0;
  if (side === "upper" && count === of) return 1;
  // Above the lower bound, `count` or more is likelier than alpha; below the upper, `count` or fewer is.
  const tooFar = (p: number): boolean =>
    side === "lower" ? 1 - binomialCdf(count - 1, of, p) > alpha : binomialCdf(count, of, p) < alpha;
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (tooFar(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/**
 * The rank (from 1) of the order statistic that bounds quantile `q` of the source of `n` values at confidence `1 − alpha`;
 * null when no value does. David and Nagaraja, Order Statistics, §7.1: P(X₍ᵣ₎ ≤ ξ_q) = P(Bin(n, q) ≥ r).
 */
export function quantileRank(side: "lower" | "upper", n: number, q: number, alpha: number): number | null {
  // Ranks are monotone, so both searches are bisections.
  let low = 1;
  let high = n;
  if (n === 0) return null;
  if (side === "upper") {
    // The least r with P(Bin < r) ≥ 1 − alpha.
    const enough = (r: number): boolean => binomialCdf(r - 1, n, q) >= 1 - alpha;
    if (!enough(n)) return null;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (enough(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
  // The greatest r with P(Bin < r) ≤ alpha.
  const enough = (r: number): boolean => binomialCdf(r - 1, n, q) <= alpha;
  if (!enough(1)) return null;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (enough(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
