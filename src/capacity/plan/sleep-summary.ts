/** How a tier would sleep under the demand, in figures and in one sentence. */
import type { TierWake } from "../../config/capacity-file.js";
import type { ScaleToZeroSummary } from "../../report/capacity-summary.js";
import { manyText } from "../../report/capacity-words.js";
import { formatMs, formatPlainMs, formatShare, formatSignificant } from "../../report/numbers.js";
import type { Demand } from "./demand.js";
import type { MayWait } from "./may-wait.js";
import { type SleepFigures, sleepFigures } from "./scale-to-zero.js";
import type { TierSweep } from "./stored-sweep.js";
import type { TierWakeTime } from "./stored-wakes.js";

export interface TierSleep {
  readonly figures: SleepFigures;
  readonly summary: ScaleToZeroSummary;
}

/** Asleep for less than this share of the time is not worth a word. */
const NEVER = 0.001;

export function sleepSummary(
  { idleTailMs }: TierWake,
  { timeMs: wakeMs }: TierWakeTime,
  swept: TierSweep | null,
  { cycle, requestsPerMonth }: Demand,
  mayWait: MayWait,
): TierSleep {
  const tailMs = Math.max(1_000, idleTailMs + answerMs(swept));
  const figures = sleepFigures({ ratesPerS: cycle, wakeS: wakeMs / 1_000, tailS: tailMs / 1_000 });
  const perDay = (shares: readonly number[]): number =>
    (24 * shares.reduce((sum, share) => sum + share, 0)) / shares.length;
  const awakeHoursPerDay = perDay(figures.upByHour);
  const neverSleeps = awakeHoursPerDay > 24 * (1 - NEVER);
  const delayedPerMonth = figures.delayedShare * requestsPerMonth;
  const meanDelayMs = 1_000 * figures.meanDelayS;
  const awake = `${formatSignificant(figures.wakesPerDay)} wakes a day, up ${awakeHoursPerDay.toFixed(1)} of 24 h`;
  const wait = `${formatShare(figures.delayedShare)} of the requests, ${manyText(delayedPerMonth)} a month, wait for a wake, ${formatMs(meanDelayMs)} on average`;
  return {
    figures,
    summary: {
      wakeMs,
      tailMs,
      wakesPerDay: figures.wakesPerDay,
      awakeHoursPerDay,
      wakingHoursPerDay: perDay(figures.wakingByHour),
      delayedShare: figures.delayedShare,
      delayedPerMonth,
      meanDelayMs,
      mayWait,
      neverSleeps,
      text: neverSleeps
        ? `senseless: requests come so often that a pause of ${formatPlainMs(tailMs)} is hardly ever seen, and it would never sleep`
        : figures.delayedShare === 0
          ? `${awake}; no request waits, since a wake takes no time`
          : `${awake}; ${wait}; ${formatShare(mayWait.share)} may (${mayWait.from})`,
    },
  };
}

/** It is awake while it answers: at the lowest load, since that is where it may fall asleep. */
function answerMs(swept: TierSweep | null): number {
  return swept?.sweep.points.find(({ e2e }) => typeof e2e?.mean === "number")?.e2e?.mean ?? 0;
}
