import { type Metric, value } from "../metric.js";

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
    let usd = 0;
    for (const usage of known) {
      const cached =
        price.cachedInputPerMTok === undefined ? 0 : Math.min(usage.cachedTokens ?? 0, usage.inputTokens ?? 0);
      usd += ((usage.inputTokens ?? 0) - cached) * price.inputPerMTok;
      usd += cached * (price.cachedInputPerMTok ?? 0) + (usage.outputTokens ?? 0) * price.outputPerMTok;
    }
    return value(usd / 1e6);
  },
};
