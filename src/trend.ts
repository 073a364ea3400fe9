/** The table of contents of a nightly history: runs go in as lines, series come out. No clock, no network. */
import { TwintailError } from "./core/errors.js";
import type { GoldenSet } from "./golden/golden-set.js";
import { vantageOf } from "./history/groups.js";
import { nightOf } from "./history/night.js";
import { addNight, type History, readNights } from "./history/nights-file.js";
import { trendOf } from "./history/trend.js";
import type { Report } from "./report/report.js";
import type { TrendSummary } from "./report/trend-summary.js";
import { judgeExchanges, score } from "./score.js";

export interface AddedNight {
  readonly runId: string;
  /** False when it was in the history already, at this look or a later one: nothing was written. */
  readonly added: boolean;
  /** Nights of the history that began later. */
  readonly later: number;
}

export interface AddNightOptions {
  /** Names the place where it was measured, in place of its host name. */
  readonly vantage?: string | undefined;
  /** Where the recording was scored already. */
  readonly report?: Report | undefined;
  /** The golden set itself, for a recording that holds only its digests. */
  readonly goldenSet?: GoldenSet | undefined;
}

/**
 * Adds a run (its folder or recording) to a history folder, which is made if need be.
 * @throws TwintailError when the recording cannot be read, is a probe or one shard of a run, or the history cannot be written.
 */
export function addToHistory(
  folder: string,
  run: string,
  { vantage, report, goldenSet }: AddNightOptions = {},
): AddedNight {
  const { summary } = report ?? score(run, { goldenSet });
  if (summary.run.shard !== undefined) {
    const { index, count } = summary.run.shard;
    throw new TwintailError({
      cause: `this is shard ${index} of ${count}: one shard is no night`,
      place: run,
      remedy: "merge the shards with twintail merge, and add the merged run",
    });
  }
  const {
    frame: { header },
    exchanges,
  } = judgeExchanges(run, goldenSet);
  const added = addNight(folder, nightOf({ summary, header, exchanges, vantage }));
  const beganMs = Date.parse(header.createdAt);
  const later = readNights(folder).nights.filter(({ createdAt }) => Date.parse(createdAt) > beganMs).length;
  return { runId: header.runId, added, later };
}

export interface TrendOptions {
  /** Nights measured from one place alone. */
  readonly vantage?: string | undefined;
  /** A date, or the id of a run: what came before it is left out, after a change that is there to stay. */
  readonly since?: string | undefined;
}

/**
 * Reads a history folder and judges its last night by the nights before it.
 * @throws TwintailError when there is no history in it, or nothing is left of it.
 */
export function trend(folder: string, options: TrendOptions = {}): TrendSummary {
  const { nights, unreadable } = readNights(folder);
  const since = sinceOf(nights, options.since);
  const kept = nights.filter(
    (night) =>
      Date.parse(night.createdAt) >= since && (options.vantage === undefined || vantageOf(night) === options.vantage),
  );
  if (kept.length === 0) {
    const places = [...new Set(nights.map(vantageOf))].join(", ");
    throw new TwintailError({
      cause: "no night is left",
      place: folder,
      remedy: `choose another --since, or a --vantage that it has: ${places}`,
    });
  }
  return trendOf({ nights: kept, unreadable });
}

function sinceOf(nights: History["nights"], text: string | undefined): number {
  if (text === undefined) return Number.NEGATIVE_INFINITY;
  const ms = Date.parse(nights.find(({ runId }) => runId === text)?.createdAt ?? text);
  if (Number.isFinite(ms)) return ms;
  throw new TwintailError({
    cause: `"${text}" is neither a date nor a run of this history`,
    place: "--since",
    remedy: "write it as 2026-01-31",
  });
}
