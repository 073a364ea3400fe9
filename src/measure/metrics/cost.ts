import type { Usage } from "../../decode/completion.js";
import { type Metric, type Sample, value } from "../metric.js";

/** Millionths of a USD of one answer; a price that is missing counts as 0. */
export function microUsdOf(
  { inputTokens, outputTokens, cachedTokens }: Pick<Usage, "inputTokens" | "outputTokens" | "cachedTokens">,
  { inputPerMTok = 0, cachedInputPerMTok, outputPerMTok = 0 }: NonNullable<Sample["price"]>,
): number {
  const cached = cachedInputPerMTok === undefined ? 0 : Math.min(cachedTokens ?? 0, inputTokens ?? 0);
  const input = ((inputTokens ?? 0) - cached) * inputPerMTok + cached * (cachedInputPerMTok ?? 0);
  return input + (outputTokens ?? 0) * outputPerMTok;
}

/** USD of one exchange by its usage and the configured price, retries included. */
export const cost: Metric = {
  name: "cost",
  unit: "USD",
  scale: 1e8,
  better: "lower",
  formula: "usage × price, retries included",
  noValueWhen: "no price or usage",
  measure({ price, usages }) {
    if (price?.inputPerMTok === undefined || price.outputPerMTok === undefined) return { none: "no price" };
    const known = usages.filter((usage) => usage !== null);
    if (known.length === 0) return { none: "no usage" };
    return value(known.reduce((total, usage) => total + microUsdOf(usage, price), 0) / 1e6);
  },
};
