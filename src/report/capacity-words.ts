/** What a capacity plan's figures read as, the same in the terminal and on the page. */
import type { CapacityInterval, CapacityMode, CapacitySummary, CapacityTier } from "./capacity-summary.js";
import { formatCount, formatShare, formatSignificant, formatUsd } from "./numbers.js";

export const CAPACITY_WORDS: Readonly<Record<CapacitySummary["verdict"], string>> = {
  recommended: "Recommended",
  tied: "Cannot be told apart",
  none: "No tier bears it",
  unsure: "Cannot be told",
};

export const MODE_WORDS: Readonly<Record<CapacityMode["kind"], string>> = {
  "always-on": "always on",
  "by-hour": "scheduled by hour",
  "scale-to-zero": "scale to zero",
  "by-token": "by the token",
};

/** ` [9.00, 11.0]` after a value; ` or less` and its like where one bound is not known; nothing where both are the value. */
export function intervalText({ value, lo, hi }: CapacityInterval, format: (value: number) => string): string {
  if (lo === null && hi === null) return " [no interval]";
  if (lo === null) return hi === value ? " or less" : ` [≤ ${format(hi ?? value)}]`;
  if (hi === null) return lo === value ? " or more" : ` [≥ ${format(lo)}]`;
  return lo === value && hi === value ? "" : ` [${format(lo)}, ${format(hi)}]`;
}

/** Below this many a second three decimals say little or nothing. */
const SELDOM_PER_S = 0.1;

function rateUnit(perS: number): { readonly name: string; readonly format: (perS: number) => string } {
  return perS > 0 && perS < SELDOM_PER_S
    ? { name: "requests an hour", format: (each) => formatSignificant(3_600 * each) }
    : { name: "req/s", format: formatSignificant };
}

/** `10.0 req/s`, and `36.0 requests an hour` where they come seldom. */
export function perTimeText(perS: number): string {
  const { name, format } = rateUnit(perS);
  return `${format(perS)} ${name}`;
}

/** `1.00 to 30.0 req/s`; each in its own unit where one of them is seldom. */
export function perTimeRange(from: number, to: number): string {
  const { name, format } = rateUnit(to);
  return from === 0 || rateUnit(from).name === name
    ? `${format(from)} to ${format(to)} ${name}`
    : `${perTimeText(from)} to ${perTimeText(to)}`;
}

/** `10.0 req/s [9.00, 11.0]`, in the unit of its value. */
export function rateText(interval: CapacityInterval): string {
  const { format } = rateUnit(interval.value);
  return `${perTimeText(interval.value)}${intervalText(interval, format)}`;
}

/** `7 [6, 7]`, one of them spare. */
export function replicasText({ replicas, spare }: Pick<CapacityTier, "replicas" | "spare">): string {
  if (replicas === null) return "–";
  const own = spare === 0 ? "" : ` (${spare} spare)`;
  return `${formatCount(replicas.value)}${intervalText(replicas, formatCount)}${own}`;
}

export function usdText(interval: CapacityInterval | null): string {
  return interval === null ? "–" : `${formatDollars(interval.value)}${intervalText(interval, formatDollars)}`;
}

/** Cents from a dollar to a thousand, as a bill says them: `$0.563`, `$45.50`, `$13,626`. */
export function formatDollars(usd: number): string {
  return usd >= 0.995 && usd < 999.995 ? `$${usd.toFixed(2)}` : formatUsd(usd);
}

/** `$6.50 an hour`, `$0.15 in, $0.05 cached, $0.60 out per million tokens`. */
export function priceText({ price }: Pick<CapacityTier, "price">): string {
  // As it was written: a price has no more digits than a bill.
  const usd = (amount: number): string => `$${Number(amount.toFixed(6))}`;
  if ("perHour" in price) return `${formatDollars(price.perHour)} an hour a replica`;
  const { inputPerMTok, cachedInputPerMTok, outputPerMTok } = price;
  return `${usd(inputPerMTok)} in, ${usd(cachedInputPerMTok)} cached, ${usd(outputPerMTok)} out per million tokens`;
}

/** What is paid by the token has none of its user's own. */
export function hasReplicas({ price }: Pick<CapacityTier, "price">): boolean {
  return "perHour" in price;
}

/** `2 × H100`. */
export function hardwareText({ gpu, gpus }: Pick<CapacityTier, "gpu" | "gpus">): string {
  if (gpu === null) return gpus === null ? "" : `${gpus} GPUs`;
  return gpus === null ? gpu : `${gpus} × ${gpu}`;
}

/** `candidate of 2026-…-sweep-1a2b, open loop, Poisson arrivals: gpt-oss-120b at https://…`. */
export function sweepText(sweep: NonNullable<CapacityTier["sweep"]>): string {
  const asked = Object.values(sweep.models).filter((model) => model !== null);
  const replicas = sweep.replicas === 1 ? "" : `, ${sweep.replicas} replicas`;
  return `${sweep.endpoint} of ${sweep.runId}, ${sweep.shape}${replicas}: ${[...new Set(asked)].join(", ")} at ${sweep.baseUrl}`;
}

/** What all figures of a tier rest on: `900 prompt tokens, 12.0 % of them from a cache, 250 output tokens`. */
export function lengthsText({ lengths, bears }: Pick<CapacityTier, "lengths" | "bears">): string {
  const { inputTokens, outputTokens, cachedShare, swept, extrapolated } = lengths;
  const tokens = (value: number | null): string => (value === null ? "an unknown number of" : formatCount(value));
  const cached =
    cachedShare === null ? "cache hits not known" : `${formatShare(cachedShare)} of them answered by a cache`;
  const now = `${tokens(inputTokens)} prompt tokens (${cached}), ${tokens(outputTokens)} output tokens`;
  if (swept === null || (swept.inputTokens === inputTokens && swept.outputTokens === outputTokens)) return now;
  return `${now}; swept with ${tokens(swept.inputTokens)} and ${tokens(swept.outputTokens)}${extrapolated && bears !== null ? ", so extrapolated" : ""}`;
}

/** `60 % at the peak, 72 % with the spare one lost, 24 % on average`. */
export function utilisationText({ utilisation, spare }: Pick<CapacityTier, "utilisation" | "spare">): string {
  if (utilisation === null) return "–";
  const { peak, spareLost, average } = utilisation;
  const lost =
    spare === 0 ? "" : `, ${percent(spareLost)} with ${spare === 1 ? "the spare one" : "the spare ones"} lost`;
  return `${percent(peak)} at the peak${lost}, ${percent(average)} on average`;
}

/** A share as it was written, without noughts behind the point: `20 %`, `2.5 %`. */
export function percentText(share: number): string {
  return `${Number((100 * share).toPrecision(12))} %`;
}

function percent(share: number): string {
  return share > 0 && share < 0.005 ? "<1 %" : `${(100 * share).toFixed(0)} %`;
}

export const MEETS_WORDS: Readonly<Record<CapacityTier["meets"], string>> = {
  yes: "bears it",
  no: "does not",
  unsure: "cannot be told",
};

/** `29.2 million`, `12,480`. */
export function manyText(count: number): string {
  return count >= 999_500 ? `${formatSignificant(count / 1e6)} million` : formatCount(count);
}

/** The demand in one paragraph. */
export function demandText({ demand, tiers }: Pick<CapacitySummary, "demand" | "tiers">): string {
  const { peakPerS, requiredPerS, averagePerS, requestsPerMonth, growth, headroom, spare, peakToMean } = demand;
  const parts = [
    `${perTimeText(peakPerS)} at the peak${peakToMean === 1 ? "" : `, ${formatSignificant(peakToMean)} times the mean of the busiest hour`}`,
    ...(growth === 0 ? [] : [`grown by ${percentText(growth)}`]),
    `${perTimeText(requiredPerS)} with ${percentText(headroom)} headroom`,
    `${perTimeText(averagePerS)} on average`,
    `${manyText(requestsPerMonth)} requests a month`,
    ...(tiers.some(hasReplicas) ? [spare === 0 ? "no spare replica" : `${spare} spare`] : []),
  ];
  return parts.join("; ");
}
