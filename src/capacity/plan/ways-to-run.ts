/** The ways that a tier paid by the hour can be run in, apart from what a replica bears. */
import type { DemandSettings, TierSettings } from "../../config/capacity-file.js";
import type { CapacityMode } from "../../report/capacity-summary.js";
import type { Demand } from "./demand.js";
import { mayWaitOf } from "./may-wait.js";
import { alwaysOnHours, byHourHours, type Running, scaleToZeroHours } from "./modes.js";
import { sleepSummary, type TierSleep } from "./sleep-summary.js";
import type { TierSweep } from "./stored-sweep.js";
import type { TierWakeTime } from "./stored-wakes.js";

export interface WaysInput {
  readonly tier: TierSettings;
  readonly swept: TierSweep | null;
  /** Null for what does not scale to zero. */
  readonly wake: TierWakeTime | null;
  readonly demand: Demand;
  readonly settings: DemandSettings;
}

export interface WayToRun {
  readonly kind: CapacityMode["kind"];
  /** Replica hours a month where each bears so much. */
  readonly hours: (each: number) => number;
  readonly allowed: boolean;
}

export interface WaysToRun {
  readonly running: Running;
  readonly ways: readonly WayToRun[];
  readonly sleep: TierSleep | null;
}

/** Of those that need replicas: always on, by hour, and asleep where it may. */
export function waysToRun({ tier, swept, wake, demand, settings }: WaysInput): WaysToRun {
  const mayWait = mayWaitOf(settings.mayWait, swept?.summary.load.slo ?? null);
  const sleep = wake === null || tier.wake === undefined ? null : sleepSummary(tier.wake, wake, swept, demand, mayWait);
  const paidStartS = tier.wake?.paid === true && wake !== null ? wake.timeMs / 1_000 : 0;
  const running: Running = { demand, settings, paidStartS };
  const ways: WayToRun[] = [
    { kind: "always-on", hours: (each) => alwaysOnHours(running, each), allowed: true },
    { kind: "by-hour", hours: (each) => byHourHours(running, each), allowed: true },
  ];
  if (sleep !== null && !sleep.summary.neverSleeps) {
    const { figures, summary } = sleep;
    const paid = tier.wake?.paid ?? true;
    const allowed = summary.delayedShare <= summary.mayWait.share;
    ways.push({ kind: "scale-to-zero", hours: (each) => scaleToZeroHours(running, figures, paid, each), allowed });
  }
  return { running, ways, sleep };
}

/** USD a month of the cheapest way that is allowed, if a replica bore everything. */
export function leastPerMonth(ways: readonly WayToRun[], perHour: number): number {
  return (
    perHour * Math.min(...ways.filter(({ allowed }) => allowed).map(({ hours }) => hours(Number.POSITIVE_INFINITY)))
  );
}
