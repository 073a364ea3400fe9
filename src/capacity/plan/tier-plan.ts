/** One tier against the demand: what a replica bears, how many it takes, what each way to run them costs. */
import type { DemandSettings, TierPrice, TierSettings } from "../../config/capacity-file.js";
import type { CapacityInterval, CapacityMode, CapacityTier } from "../../report/capacity-summary.js";
import type { SweptEndpoint } from "../../report/sweep-summary.js";
import { cheapestOf } from "./cheapest.js";
import { modeCost, tokenCost, tokenMode } from "./cost.js";
import type { Demand } from "./demand.js";
import { falling, scaled } from "./interval.js";
import { meetsByItself, meetsByReplicas } from "./meets.js";
import { replicasByHour } from "./modes.js";
import { replicasFor, utilisationOf } from "./replicas.js";
import type { TierSleep } from "./sleep-summary.js";
import type { TierSweep } from "./stored-sweep.js";
import type { TierWakeTime } from "./stored-wakes.js";
import { sweptCapacity } from "./swept-capacity.js";
import { priceOf, priceSummary } from "./tier-price.js";
import { atLengths, capacityAt } from "./token-lengths.js";
import { leastPerMonth, waysToRun } from "./ways-to-run.js";

export interface TierInput {
  readonly tier: TierSettings;
  /** Null for what is paid by the token and was not swept. */
  readonly swept: TierSweep | null;
  /** Null for what does not scale to zero. */
  readonly wake: TierWakeTime | null;
  readonly demand: Demand;
  readonly settings: DemandSettings;
}

export interface PlannedTier {
  readonly tier: CapacityTier;
  /**
   * USD a month of its cheapest mode if a replica bore everything: the true cost cannot lie below, also where nobody knows what
   * a replica bears. Null where nobody knows what a token costs in all.
   */
  readonly floorPerMonth: number | null;
}

/** @throws TwintailError when neither the file nor the sweep has a price that fits. */
export function planTier(input: TierInput): PlannedTier {
  const { tier, swept } = input;
  const price = priceOf(tier, swept);
  const borne = bearingOf(input);
  const perS = borne.bears?.perS ?? null;
  const hourly = price.kind === "hour" && perS !== null ? hourlyPart(input, price.perHour, perS, borne.lengths) : null;
  const modes = hourly?.modes ?? (price.kind === "tokens" ? tokenModes(price, input, borne.lengths) : []);
  const cheapest = cheapestOf(modes);
  const meets =
    borne.refused ??
    (hourly !== null
      ? meetsByReplicas(hourly.replicas, { ...input, requiredPerS: input.demand.requiredPerS })
      : meetsByItself(borne.bears?.perS ?? null, input.demand.requiredPerS));
  return {
    tier: {
      name: tier.name,
      gpu: tier.gpu ?? null,
      gpus: tier.gpus ?? null,
      sweep: swept === null ? null : sweepFacts(swept, tier.sweptReplicas),
      ...meets,
      bears: borne.bears,
      lengths: borne.lengths,
      replicas: hourly?.replicas ?? null,
      spare: price.kind === "hour" ? input.settings.spare : 0,
      maxReplicas: tier.maxReplicas ?? null,
      utilisation: hourly?.utilisation ?? null,
      byHour: hourly?.byHour ?? null,
      price: priceSummary(price),
      modes,
      cheapest: cheapest.kind,
      cheapestText: cheapest.text,
      scaleToZero: hourly?.sleep?.summary ?? null,
      notes: [...borne.notes, ...(hourly?.notes ?? []), ...sweepNotes(swept)],
    },
    floorPerMonth:
      hourly?.floors.get(cheapest.kind ?? "always-on") ??
      (price.kind === "hour" ? leastPerMonth(waysToRun(input).ways, price.perHour) : cheapest.perMonth),
  };
}

interface Bearing {
  readonly bears: CapacityTier["bears"];
  readonly lengths: CapacityTier["lengths"];
  /** Why there is no `bears`. */
  readonly refused: Pick<CapacityTier, "meets" | "why"> | null;
  readonly notes: readonly string[];
}

function bearingOf({ tier, swept, settings }: TierInput): Bearing {
  const { meanInputTokens = null, meanOutputTokens = null, cachedShare = null } = swept?.sweep ?? {};
  const at = atLengths(settings, {
    inputTokens: meanInputTokens,
    outputTokens: meanOutputTokens,
    cachedShare,
  });
  if (swept === null) {
    const lengths = { ...at.lengths, swept: null };
    return {
      bears: null,
      lengths,
      refused: { meets: "unsure", why: "it was not swept, so nobody knows what it bears" },
      notes: [],
    };
  }
  const { lengths } = at;
  if (at.refused) return { bears: null, lengths, refused: { meets: "unsure", why: at.why }, notes: [] };
  const capacity = sweptCapacity({
    sweep: swept.sweep,
    slo: swept.summary.load.slo,
    kneeShare: settings.kneeShare,
    replicas: tier.sweptReplicas,
  });
  if (capacity.basis === null) {
    return { bears: null, lengths, refused: { meets: capacity.meets, why: capacity.why }, notes: at.notes };
  }
  const { basis, atLeast, text, notes } = capacity;
  const perS = capacityAt(capacity.perS, lengths);
  if (perS.value <= 0)
    return { bears: null, lengths, refused: { meets: "no", why: "no answer came at any load" }, notes };
  return {
    bears: { basis, swept: capacity.perS, perS, atLeast, text },
    lengths,
    refused: null,
    notes: [...at.notes, ...notes],
  };
}

interface HourlyPart {
  readonly replicas: CapacityInterval;
  readonly utilisation: NonNullable<CapacityTier["utilisation"]>;
  readonly byHour: NonNullable<CapacityTier["byHour"]>;
  readonly modes: CapacityMode[];
  readonly floors: ReadonlyMap<CapacityMode["kind"], number>;
  readonly sleep: TierSleep | null;
  readonly notes: readonly string[];
}

function hourlyPart(
  input: TierInput,
  perHour: number,
  perS: CapacityInterval,
  lengths: CapacityTier["lengths"],
): HourlyPart {
  const { demand, settings, wake } = input;
  const { spare } = settings;
  const replicas = falling(perS, (each) => replicasFor(demand.requiredPerS, each, spare));
  const { running, ways, sleep } = waysToRun(input);
  const modes = ways.map(({ kind, hours, allowed }) => {
    const replicaHours = falling(perS, hours);
    const perMonth = scaled(replicaHours, perHour);
    return modeCost({ kind, perMonth, replicaHours, requestsPerMonth: demand.requestsPerMonth, lengths, allowed });
  });
  const cycle = replicasByHour(running, perS.value);
  return {
    replicas,
    utilisation: utilisationOf({ ...demand, capacityPerS: perS.value, replicas: replicas.value, spare }),
    byHour: { weekday: cycle.slice(0, 24), weekend: demand.weekend === null ? null : cycle.slice(-24) },
    modes,
    floors: new Map(ways.map(({ kind, hours }) => [kind, perHour * hours(Number.POSITIVE_INFINITY)])),
    sleep,
    notes: wake === null || wake.text === "" ? [] : [wake.text],
  };
}

function tokenModes(
  price: Extract<TierPrice, { kind: "tokens" }>,
  { demand }: TierInput,
  lengths: CapacityTier["lengths"],
): CapacityMode[] {
  const perRequest = tokenCost(price, lengths);
  return perRequest === null ? [] : [tokenMode(perRequest, demand.requestsPerMonth, lengths)];
}

function sweepFacts({ summary, role, endpoint }: TierSweep, replicas: number): NonNullable<CapacityTier["sweep"]> {
  const { baseUrl, models, simulated }: SweptEndpoint = endpoint;
  const { run, load, verdict } = summary;
  return {
    runId: run.runId,
    createdAt: run.createdAt,
    endpoint: role,
    baseUrl,
    models,
    simulated,
    verdict,
    shape: load.shape,
    slo: load.slo,
    replicas,
  };
}

function sweepNotes(swept: TierSweep | null): string[] {
  if (swept === null) return [];
  const { summary, sweep } = swept;
  const spoilt =
    summary.verdict === "measured" ? [] : [`its sweep is ${summary.verdict}: ${summary.reason.replace(/\.$/, "")}`];
  const limited =
    sweep.stopped.kind === "rate-limited"
      ? ["rate-limited, not saturated: more replicas bear more only where the limit grows with them"]
      : [];
  return [...spoilt, ...limited, ...sweep.notes];
}
