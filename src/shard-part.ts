/** What one shard sends of a run, by which settings, and the moment at which all of them begin. */
import { setTimeout as delay } from "node:timers/promises";
import type { Settings } from "./config/settings.js";
import { formatDurationMs } from "./core/duration.js";
import { TwintailError } from "./core/errors.js";
import type { LoadedGoldenSet } from "./golden/load.js";
import { estimatePlan, type PlanEstimate } from "./plan/estimate.js";
import type { Plan } from "./plan/plan.js";
import { planOfShard, refuseThinTokens, type Shard, settingsOfShard } from "./plan/shard.js";

/** One of the processes that send a plan together. */
export interface ShardToRun extends Shard {
  /** When the rounds of all of them begin, ms since the epoch; absent: as soon as this one is ready. */
  readonly startAtMs?: number;
}

export interface ShardPart {
  /** With blocks and requests of the shard alone. */
  readonly plan: Plan;
  readonly estimate: PlanEstimate;
  /** With its part of every limit. Its recording has the settings of the whole run in its header. */
  readonly sent: Settings;
}

/**
 * @param whole what all shards send
 * @throws TwintailError where a part would be nothing, or too little for a request.
 */
export function partOf({ settings, golden, plan: all, estimate: whole }: WholeRun, { index, count }: Shard): ShardPart {
  const shard = { index, count };
  const plan = planOfShard(all, shard);
  const { endpoints, capture } = settings;
  refuseTooFewPlaces(capture, count);
  refuseThinTokens(endpoints, all, count);
  const estimate = estimatePlan(plan, golden.set, endpoints, capture.retry.attempts);
  return { plan, estimate, sent: settingsOfShard(settings, shard, estimate, whole) };
}

/** Where arrivals wait, each thread of each shard has places of its own. */
function refuseTooFewPlaces({ arrivals, workers = 1 }: Settings["capture"], count: number): void {
  if (arrivals === undefined || arrivals.whenFull === "drop" || arrivals.maxInFlight >= workers * count) return;
  throw new TwintailError({
    cause: `${workers * count} threads of all shards have no place each among ${arrivals.maxInFlight} in flight`,
    place: "capture.arrivals.maxInFlight",
    remedy: "raise it, or use fewer threads or shards",
  });
}

interface WholeRun {
  readonly settings: Settings;
  readonly golden: LoadedGoldenSet;
  readonly plan: Plan;
  readonly estimate: PlanEstimate;
}

/** A shard that is later than this sends its rounds when the others have gone on. */
const MAX_LATE_MS = 60_000;

/** @throws TwintailError when the common start is too long ago. */
export function refuseLate({ startAtMs }: ShardToRun, nowMs: number): void {
  const lateMs = nowMs - (startAtMs ?? nowMs);
  if (lateMs <= MAX_LATE_MS) return;
  throw new TwintailError({
    cause: `the common start was ${formatDurationMs(lateMs)} ago: the other shards went on without this one`,
    place: "--start-at",
    remedy: "give every shard a later start, or merge without this one",
  });
}

/** Warmed up so long before the rounds: late enough that no cache forgets it, early enough for a slow answer. */
const WARM_UP_MS = 30_000;
/** The wall clock may be set while it is waited for. */
const LOOK_EVERY_MS = 1_000;

/** Waits until it is time to warm up; returns at once where that has passed, or when it is stopped. */
export async function untilWarmUp({ startAtMs }: ShardToRun, stop: AbortSignal | undefined): Promise<void> {
  if (startAtMs === undefined) return;
  for (;;) {
    const leftMs = startAtMs - WARM_UP_MS - Date.now();
    if (leftMs <= 0 || stop?.aborted) return;
    await delay(Math.min(leftMs, LOOK_EVERY_MS), undefined, stop === undefined ? {} : { signal: stop }).catch(() => {});
  }
}
