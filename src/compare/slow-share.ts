/**
 * Stalls that heterogeneous prompts would drown in a pooled tail: exchanges slower than twice the median of their own
 * case, both endpoints pooled.
 */
import type { ScoredExchange } from "../measure/scored.js";
import { caseKey, isInTails } from "./pairs.js";
import type { RateRule } from "./rates.js";

const FACTOR = 2;

/**
 * The rate of slow exchanges of one metric. Failed exchanges are slow: they ended before they had a value.
 * @param exchanges of both endpoints, from which the medians are taken
 */
export function slowShareRule(exchanges: readonly ScoredExchange[], metric: string): RateRule {
  const medians = new Map<string, number>();
  for (const [key, values] of valuesByCase(exchanges, metric)) {
    values.sort((a, b) => a - b);
    medians.set(key, ((values[values.length >> 1] as number) + (values[(values.length - 1) >> 1] as number)) / 2);
  }
  return {
    name: "slow_share",
    better: "lower",
    timing: true,
    of: `streamed answers whose ${metric} exceeds twice the median of their case`,
    count: (exchange) => {
      const scalar = exchange.scalars.get(metric);
      if (scalar === undefined || !isInTails(exchange)) return null;
      if ("value" in scalar) {
        return [scalar.value > FACTOR * (medians.get(caseKey(exchange)) as number) ? 1 : 0, 1];
      }
      return scalar.failed ? [1, 1] : null;
    },
  };
}

function valuesByCase(exchanges: readonly ScoredExchange[], metric: string): Map<string, number[]> {
  const byCase = new Map<string, number[]>();
  for (const exchange of exchanges) {
    const scalar = exchange.scalars.get(metric);
    if (scalar === undefined || !("value" in scalar) || exchange.bucket === "cold") continue;
    const key = caseKey(exchange);
    const values = byCase.get(key);
    if (values === undefined) byCase.set(key, [scalar.value]);
    else values.push(scalar.value);
  }
  return byCase;
}
