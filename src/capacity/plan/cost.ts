/** Dollars: from replica hours or from tokens to an hour, a month, a thousand requests and a million tokens. */
import type { TierPrice } from "../../config/capacity-file.js";
import { HOURS_PER_MONTH } from "../../core/units.js";
import type { CapacityInterval, CapacityMode, CapacityTier } from "../../report/capacity-summary.js";
import { exact, scaled } from "./interval.js";

type Lengths = Pick<CapacityTier["lengths"], "inputTokens" | "outputTokens" | "cachedShare">;

export interface CostInput {
  readonly kind: CapacityMode["kind"];
  readonly perMonth: CapacityInterval;
  readonly replicaHours: CapacityInterval | null;
  readonly requestsPerMonth: number;
  readonly lengths: Lengths;
  readonly allowed: boolean;
}

/** A million output tokens bear the whole cost, as do a million of both kinds: nothing is counted twice, nothing is split. */
export function modeCost({
  kind,
  perMonth,
  replicaHours,
  requestsPerMonth,
  lengths,
  allowed,
}: CostInput): CapacityMode {
  const { inputTokens, outputTokens } = lengths;
  const perMillion = (tokens: number | null): CapacityInterval | null =>
    tokens === null || tokens <= 0 ? null : scaled(perMonth, 1e6 / (requestsPerMonth * tokens));
  return {
    kind,
    replicaHours,
    perHour: scaled(perMonth, 1 / HOURS_PER_MONTH),
    perMonth,
    per1000Requests: scaled(perMonth, 1_000 / requestsPerMonth),
    perMTokOutput: perMillion(outputTokens),
    perMTok: perMillion(inputTokens === null || outputTokens === null ? null : inputTokens + outputTokens),
    allowed,
  };
}

/** USD of one request; null where nobody knows how long it is. Without a share, nothing is taken to be cached. */
export function tokenCost(price: Extract<TierPrice, { kind: "tokens" }>, lengths: Lengths): number | null {
  const { inputTokens, outputTokens, cachedShare } = lengths;
  if (inputTokens === null || outputTokens === null) return null;
  const cached = inputTokens * (cachedShare ?? 0);
  const cachedPrice = price.cachedInputPerMTok ?? price.inputPerMTok;
  return (
    ((inputTokens - cached) * price.inputPerMTok + cached * cachedPrice + outputTokens * price.outputPerMTok) / 1e6
  );
}

export function tokenMode(perRequest: number, requestsPerMonth: number, lengths: Lengths): CapacityMode {
  return modeCost({
    kind: "by-token",
    perMonth: exact(perRequest * requestsPerMonth),
    replicaHours: null,
    requestsPerMonth,
    lengths,
    allowed: true,
  });
}
