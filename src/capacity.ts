/** The table of contents of capacity planning: sweeps × tiers × demand → replicas and cost. No clock, no network. */
import { resolve } from "node:path";
import { assumptionsOf } from "./capacity/plan/assumptions.js";
import { type Demand, demandOf } from "./capacity/plan/demand.js";
import { recommend } from "./capacity/plan/recommendation.js";
import { readSweep, type StoredSweep, sweepOfTier } from "./capacity/plan/stored-sweep.js";
import { wakeTimeOf } from "./capacity/plan/stored-wakes.js";
import { planTier } from "./capacity/plan/tier-plan.js";
import { type CapacitySettings, type DemandSettings, loadCapacity } from "./config/capacity-file.js";
import { CAPACITY_SCHEMA_VERSION, type CapacitySummary } from "./report/capacity-summary.js";

export interface CapacityOptions {
  /** `capacity.yaml`, or what was read from it. */
  readonly file: string | CapacitySettings;
  /** Folders of sweeps or their `sweep.json`, for tiers that name none: found by the `tier` of the swept endpoint. */
  readonly sweeps?: readonly string[];
  /** Plans on partial and invalid sweeps too, and marks them. */
  readonly allowPartial?: boolean;
}

/**
 * Replicas and cost of each tier for a demand.
 * @throws TwintailError when the file has a mistake, a sweep cannot be read, or a tier has none or no price.
 */
export function capacity({ file, sweeps = [], allowPartial = false }: CapacityOptions): CapacitySummary {
  const { tiers, demand: settings } = typeof file === "string" ? loadCapacity(file) : file;
  const read = rememberedSweeps(allowPartial);
  // One that is named twice, in whatever way, is one.
  const given = [...new Set(sweeps.map(read))];
  const demand = demandOf(settings);
  const used = new Set<string>();
  const planned = tiers.map((tier) => {
    const swept = sweepOfTier(tier, tier.sweep === undefined ? null : read(tier.sweep), given);
    if (swept !== null) used.add(swept.path);
    return planTier({ tier, swept, wake: wakeTimeOf(tier), demand, settings });
  });
  return {
    schemaVersion: CAPACITY_SCHEMA_VERSION,
    ...recommend(planned, demand),
    demand: demandSummary(demand, settings),
    tiers: planned.map(({ tier }) => tier),
    assumptions: assumptionsOf({
      settings,
      tiers: planned.map(({ tier }, index) => ({ planned: tier, settings: tiers[index] as (typeof tiers)[number] })),
    }),
    unused: given.flatMap(({ path }) => (used.has(path) ? [] : [path])),
  };
}

/** Two tiers may be the two endpoints of one sweep. */
function rememberedSweeps(allowPartial: boolean): (path: string) => StoredSweep {
  const known = new Map<string, StoredSweep>();
  return (path) => {
    const name = resolve(path).replace(/[\\/]sweep\.json$/, "");
    const stored = known.get(name) ?? readSweep(path, { allowPartial });
    known.set(name, stored);
    return stored;
  };
}

function demandSummary(demand: Demand, settings: DemandSettings): CapacitySummary["demand"] {
  const { weekday, weekend, busiestPerS, peakPerS, requiredPerS, averagePerS, requestsPerMonth } = demand;
  const { growth, headroom, spare, peakToMean } = settings;
  return {
    weekday: [...weekday],
    weekend: weekend === null ? null : [...weekend],
    busiestPerS,
    peakPerS,
    requiredPerS,
    averagePerS,
    requestsPerMonth,
    growth,
    headroom,
    spare,
    peakToMean,
  };
}
