/** What the nights of a month cost, before another one is sent. */
import { TwintailError } from "../core/errors.js";
import type { Night } from "./night.js";

const MONTH_DAYS = 30;
const DAY_MS = 86_400_000;

export interface MonthlyCost {
  readonly nights: readonly Night[];
  readonly nowMs: number;
  /** USD that tonight is expected to cost; also of nights that could not tell what they cost. */
  readonly tonight: Readonly<Record<"baseline" | "candidate", number | null>>;
  /** `capture.maxCostPerMonth`, USD. */
  readonly limit: number;
}

/** @throws TwintailError when the nights of the last 30 days and tonight's estimate together exceed the limit. */
export function refuseOverMonthlyCost({ nights, nowMs, tonight, limit }: MonthlyCost): void {
  const recent = nights.filter(({ createdAt }) => Date.parse(createdAt) > nowMs - MONTH_DAYS * DAY_MS);
  const sideOf = (night: Night, role: "baseline" | "candidate"): number => night.cost[role] ?? tonight[role] ?? 0;
  const spent = recent.reduce((sum, night) => sum + sideOf(night, "baseline") + sideOf(night, "candidate"), 0);
  const expected = (tonight.baseline ?? 0) + (tonight.candidate ?? 0);
  if (spent + expected <= limit) return;
  const money = (usd: number): string => `$${usd.toFixed(2)}`;
  throw new TwintailError({
    cause: `${recent.length} ${recent.length === 1 ? "night" : "nights"} of the last ${MONTH_DAYS} days cost ${money(spent)}, and this run about ${money(expected)}: more than maxCostPerMonth ${money(limit)}`,
    place: "capture.maxCostPerMonth",
    remedy: "lower capture.rounds or the cases' max_tokens, run on fewer nights, or raise maxCostPerMonth",
  });
}
