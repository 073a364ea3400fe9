/** The tier that bears the demand and costs least, if the intervals let that be told. */

import type { CapacityInterval, CapacitySummary } from "../../report/capacity-summary.js";
import { formatDollars, intervalText, MODE_WORDS, perTimeText } from "../../report/capacity-words.js";
import { plural } from "../../report/numbers.js";
import type { Demand } from "./demand.js";
import type { PlannedTier } from "./tier-plan.js";

export type Recommendation = Pick<CapacitySummary, "verdict" | "reason" | "recommended">;

export function recommend(planned: readonly PlannedTier[], { requiredPerS }: Demand): Recommendation {
  const bearing = planned.filter(({ tier }) => tier.meets === "yes");
  const required = perTimeText(requiredPerS);
  if (bearing.length === 0) {
    const doubtful = planned.filter(({ tier }) => tier.meets === "unsure");
    const told = (doubtful.length > 0 ? doubtful : planned)
      .map(({ tier: { name, why } }) => `${name}: ${why}`)
      .join("; ");
    return doubtful.length > 0
      ? { verdict: "unsure", reason: `whether a tier bears ${required} cannot be told. ${told}`, recommended: null }
      : { verdict: "none", reason: `no tier bears ${required}. ${told}`, recommended: null };
  }
  const priced = bearing.flatMap((each) => withCost(each) ?? []).sort((a, b) => a.cost.value - b.cost.value);
  const [best, ...others] = priced;
  if (best === undefined || priced.length < bearing.length) return unpriced(bearing);
  const { hi, value } = best.cost;
  const close = others.filter((other) => hi === null || other.least < hi || other.cost.value <= value);
  const bears = `${best.name} ${best.how}, ${costText(best.cost)}`;
  if (close.length > 0) {
    const named = close.map((each) => `${each.name} ${costText(each.cost)}`).join(", ");
    return {
      verdict: "tied",
      reason: `which tier costs least cannot be told apart: ${bears}; ${named}. Their ranges overlap`,
      recommended: best.name,
    };
  }
  const next = others[0];
  const lead = next === undefined ? "" : `: ${formatDollars(next.cost.value - best.cost.value)} less than ${next.name}`;
  return { verdict: "recommended", reason: `${bears}${lead}${perhapsCheaper(planned, best)}`, recommended: best.name };
}

interface Priced {
  readonly name: string;
  readonly how: string;
  readonly cost: CapacityInterval;
  /** The cost cannot lie below. */
  readonly least: number;
}

function withCost({ tier, floorPerMonth }: PlannedTier): Priced | null {
  const mode = tier.modes.find(({ kind }) => kind === tier.cheapest);
  if (mode === undefined) return null;
  const { perMonth } = mode;
  const replicas =
    tier.replicas === null ? "" : `with ${countText(tier.replicas, tier.bears?.atLeast ?? false)} at the peak, `;
  return {
    name: tier.name,
    how: `bears it ${replicas}${MODE_WORDS[mode.kind]}`,
    cost: perMonth,
    least: perMonth.lo ?? floorPerMonth ?? 0,
  };
}

/** Of what bears at least so much it takes at most as many as its lower bound needs. */
function countText({ value, hi }: CapacityInterval, atLeast: boolean): string {
  const most = hi ?? value;
  return atLeast && most > 1 ? `at most ${plural(most, "replica")}` : plural(value, "replica");
}

function costText(cost: CapacityInterval): string {
  return `${formatDollars(cost.value)} a month${intervalText(cost, formatDollars)}`;
}

function unpriced(bearing: readonly PlannedTier[]): Recommendation {
  const [only] = bearing;
  const without = bearing.filter(({ tier }) => tier.cheapest === null).map(({ tier }) => tier.name);
  const why = `nobody knows what ${without.join(" and ")} would cost: give inputTokens and outputTokens`;
  if (bearing.length === 1 && only !== undefined) {
    return { verdict: "recommended", reason: `${only.tier.name} alone bears it; ${why}`, recommended: only.tier.name };
  }
  return {
    verdict: "tied",
    reason: `${bearing.map(({ tier }) => tier.name).join(" and ")} bear it, and ${why}`,
    recommended: null,
  };
}

/** Tiers that may bear it, and might then cost less. */
function perhapsCheaper(planned: readonly PlannedTier[], best: Priced): string {
  const names = planned
    .filter(({ tier }) => tier.meets === "unsure")
    .filter((each) => (withCost(each)?.least ?? each.floorPerMonth ?? Number.POSITIVE_INFINITY) < best.cost.value)
    .map(({ tier }) => tier.name);
  return names.length === 0
    ? ""
    : `. ${names.join(" and ")} might cost less, but whether ${names.length === 1 ? "it bears" : "they bear"} the demand cannot be told`;
}
