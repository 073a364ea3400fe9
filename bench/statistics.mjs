/** The few statistics that the parts share. */

/** Nearest rank; NaN of nothing. */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values) {
  return quantile(values, 0.5);
}
