/**
 * Stalls that heterogeneous prompts would drown in a pooled tail: exchanges slower than twice the median of their own
 * case, both endpoints pooled.
 */
import type { ScoredExchange } from "../measure/scored.js";

const FACTOR = 2;

export interface SlowShare {
  readonly slow: number;
  readonly of: number;
}

/** Failed exchanges are slow: they ended before they had a value. */
export function slowShareOf(
  exchanges: readonly ScoredExchange[],
  metric: string,
): Readonly<Record<"baseline" | "candidate", SlowShare>> {
  const medians = new Map<string, number[]>();
  for (const exchange of exchanges) {
    const scalar = exchange.scalars[metric];
    if (scalar === undefined || !("value" in scalar)) continue;
    const key = `${exchange.caseId} ${exchange.variant}`;
    const values = medians.get(key);
    if (values === undefined) medians.set(key, [scalar.value]);
    else values.push(scalar.value);
  }
  for (const values of medians.values()) values.sort((a, b) => a - b);
  const result = { baseline: { slow: 0, of: 0 }, candidate: { slow: 0, of: 0 } };
  for (const exchange of exchanges) {
    const scalar = exchange.scalars[metric];
    if (scalar === undefined || exchange.bucket === "none") continue;
    if ("none" in scalar && !scalar.failed) continue;
    const values = medians.get(`${exchange.caseId} ${exchange.variant}`) ?? [];
    const median = medianOf(values);
    const side = result[exchange.endpoint];
    side.of++;
    if ("none" in scalar || scalar.value > FACTOR * median) side.slow++;
  }
  return result;
}

/** Midpoint median of sorted values; infinite when there are none. */
function medianOf(sorted: readonly number[]): number {
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  return upper === undefined || lower === undefined ? Number.POSITIVE_INFINITY : (upper + lower) / 2;
}
