/**
 * Replica hours of a month in each way to run them. `n(h)` is what hour h needs; every way has the spare ones, and a start is
 * paid as long as a wake takes, where waking is paid.
 */
import type { DemandSettings } from "../../config/capacity-file.js";
import { HOURS_PER_MONTH } from "../../core/units.js";
import { type Demand, requiredOf } from "./demand.js";
import { replicasFor } from "./replicas.js";
import type { SleepFigures } from "./scale-to-zero.js";

export interface Running {
  readonly demand: Demand;
  readonly settings: DemandSettings;
  /** How long a start is paid; 0 where starts cost nothing, or nobody knows. */
  readonly paidStartS: number;
}

/** Replicas of each hour of the cycle. */
export function replicasByHour({ demand, settings }: Running, capacityPerS: number): number[] {
  return demand.cycle.map((rate) => replicasFor(requiredOf(rate, settings), capacityPerS, settings.spare));
}

export function alwaysOnHours({ demand, settings }: Running, capacityPerS: number): number {
  return HOURS_PER_MONTH * replicasFor(demand.requiredPerS, capacityPerS, settings.spare);
}

export function byHourHours(running: Running, capacityPerS: number): number {
  const replicas = replicasByHour(running, capacityPerS);
  return perMonth(
    replicas,
    replicas.map((count, hour) => count + startHours(running, replicas, hour)),
  );
}

/**
 * As many as each hour needs while it is up. All of them wake together, which is time that it is up; only where an hour finds it up
 * do more of them start beforehand.
 */
export function scaleToZeroHours(running: Running, sleep: SleepFigures, wakingIsPaid: boolean, capacityPerS: number) {
  const replicas = replicasByHour(running, capacityPerS);
  return perMonth(
    replicas,
    replicas.map((count, hour) => {
      const up = sleep.upByHour[hour] ?? 0;
      const paid = wakingIsPaid ? up : Math.max(0, up - (sleep.wakingByHour[hour] ?? 0));
      return count * paid + startHours(running, replicas, hour) * (sleep.upAtBegin[hour] ?? 0);
    }),
  );
}

/** Replicas that this hour has and the one before had not start beforehand. */
function startHours({ paidStartS }: Running, replicas: readonly number[], hour: number): number {
  const before = replicas.at(hour - 1) ?? 0;
  return (Math.max(0, (replicas[hour] ?? 0) - before) * paidStartS) / 3_600;
}

function perMonth(cycle: readonly unknown[], hours: readonly number[]): number {
  return (HOURS_PER_MONTH / cycle.length) * hours.reduce((sum, each) => sum + each, 0);
}
