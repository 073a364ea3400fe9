/** What is asked: rates by hour, the peak, and what has to be borne there. Knows no tier. */
import type { DemandSettings } from "../../config/capacity-file.js";
import { HOURS_PER_MONTH } from "../../core/units.js";

export interface Demand {
  /** Mean requests a second of each hour, growth included: 24 hours, or the 168 of a week that begins on Monday. It repeats. */
  readonly cycle: readonly number[];
  readonly weekday: readonly number[];
  readonly weekend: readonly number[] | null;
  readonly busiestPerS: number;
  readonly peakPerS: number;
  readonly requiredPerS: number;
  readonly averagePerS: number;
  readonly requestsPerMonth: number;
}

export function demandOf(settings: DemandSettings): Demand {
  const grown = (rates: readonly number[]): number[] => rates.map((rate) => rate * (1 + settings.growth));
  const weekday = grown(settings.weekday);
  const weekend = settings.weekend === null ? null : grown(settings.weekend);
  const cycle = cycleOf({ weekday, weekend });
  const busiestPerS = Math.max(...cycle);
  const averagePerS = cycle.reduce((sum, rate) => sum + rate, 0) / cycle.length;
  return {
    cycle,
    weekday,
    weekend,
    busiestPerS,
    peakPerS: busiestPerS * settings.peakToMean,
    requiredPerS: requiredOf(busiestPerS, settings),
    averagePerS,
    requestsPerMonth: averagePerS * 3_600 * HOURS_PER_MONTH,
  };
}

/** Requests a second that replicas have to bear in an hour of this mean: its busiest moments, and headroom above them. */
export function requiredOf(meanPerS: number, { peakToMean, headroom }: DemandSettings): number {
  return meanPerS * peakToMean * (1 + headroom);
}

/** Hours in their order: a day where all are alike, a week from Monday where the weekend is not. */
export function cycleOf<T>({
  weekday,
  weekend,
}: {
  readonly weekday: readonly T[];
  readonly weekend: readonly T[] | null;
}): T[] {
  if (weekend === null) return [...weekday];
  return [...Array.from({ length: 5 }, () => weekday), weekend, weekend].flat();
}
