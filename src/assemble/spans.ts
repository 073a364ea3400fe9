/**
 * Times of a run that several processes may have recorded. Those of a run that was taken up again followed one another, and what
 * lies between them is no part of it; those of shards ran beside one another, and meet on the wall clock.
 */
import { NS_PER_MS } from "../core/units.js";
import type { ScoredExchange } from "../measure/scored.js";
import { sharedClockOf } from "../measure/wall-clock.js";
import type { PauseLine, RecordingFrame } from "../recording/recording.js";
import { type Processes, shardsOfSegments } from "../recording/shard-segments.js";

type Role = ScoredExchange["endpoint"];
type Span = readonly [fromNs: number, toNs: number];

/** A stamp of a segment on the clock that its run is told by: its own, or for shards the one that they share. */
function clockOf({ header, segments }: Processes): (segment: number, atNs: number) => number {
  return header.shards === undefined ? (_, atNs) => atNs : sharedClockOf({ segments });
}

/** Which try at the run a segment is of: its own number, or for shards its place among those of its shard. */
function tryOf({ header, segments }: Processes): (segment: number) => number {
  if (header.shards === undefined) return (segment) => segment;
  const shardOf = shardsOfSegments(segments);
  const counts = new Map<number | null, number>();
  const places = new Map<number, number>();
  for (const { id } of segments) {
    const before = counts.get(shardOf(id)) ?? 0;
    counts.set(shardOf(id), before + 1);
    places.set(id, before);
  }
  return (segment) => places.get(segment) ?? 0;
}

/**
 * Time in which requests were out: what lies between a run and its extension is none of it, nor how long a shard that was
 * warmed up waited for the start that all have in common.
 */
export function durationMs(exchanges: readonly ScoredExchange[], recorded: Processes): number {
  const at = clockOf(recorded);
  const keyOf = tryOf(recorded);
  const tries = new Map<number, Map<boolean, Span>>();
  for (const { segment, phase, releasedAtNs, endedAtNs } of exchanges) {
    const parts = tries.get(keyOf(segment)) ?? new Map<boolean, Span>();
    const before = BEFORE_START.has(phase);
    const [from, to] = parts.get(before) ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    parts.set(before, [Math.min(from, at(segment, releasedAtNs)), Math.max(to, at(segment, endedAtNs))]);
    tries.set(keyOf(segment), parts);
  }
  return Math.round([...tries.values()].reduce((sum, parts) => sum + coveredNs([...parts.values()]), 0) / NS_PER_MS);
}

const BEFORE_START: ReadonlySet<string> = new Set(["cold", "warmup"]);

const LIMIT_PAUSES: ReadonlySet<string> = new Set(["rpm", "tpm", "remaining"]);

/** Time in which nothing was sent to an endpoint to keep within its limits; of shards, in which one of them sent nothing. */
export function limitPauseMs(frame: Processes & Pick<RecordingFrame, "pauses">, role: Role): number {
  const at = clockOf(frame);
  const keyOf = tryOf(frame);
  const byTry = new Map<number, Span[]>();
  const isOwn = ({ endpoint, why }: PauseLine): boolean => endpoint === role && LIMIT_PAUSES.has(why);
  for (const { segment, fromNs, toNs } of frame.pauses.filter(isOwn)) {
    const span: Span = [at(segment, fromNs), at(segment, Math.max(fromNs, toNs))];
    byTry.set(keyOf(segment), [...(byTry.get(keyOf(segment)) ?? []), span]);
  }
  return Math.round([...byTry.values()].reduce((sum, spans) => sum + coveredNs(spans), 0) / NS_PER_MS);
}

/** Length of the union. */
function coveredNs(spans: readonly Span[]): number {
  let covered = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    covered += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return covered;
}

/**
 * Mean exchanges of one endpoint in flight at the releases of phase warm, the released one included; null without any. Each
 * process counts its own, so that those of shards are counted again by the clock that they share.
 */
export function meanInFlight(own: readonly ScoredExchange[], recorded: Processes): number | null {
  const warm = own.filter(({ phase }) => phase === "warm");
  if (warm.length === 0) return null;
  if (recorded.header.shards === undefined) {
    return warm.reduce((total, { inFlight }) => total + inFlight, 0) / warm.length;
  }
  const at = clockOf(recorded);
  const ascending = (values: number[]): number[] => values.sort((a, b) => a - b);
  const begun = ascending(own.map(({ segment, releasedAtNs }) => at(segment, releasedAtNs)));
  const ended = ascending(own.map(({ segment, endedAtNs }) => at(segment, endedAtNs)));
  let [started, done, total] = [0, 0, 0];
  for (const atNs of ascending(warm.map(({ segment, releasedAtNs }) => at(segment, releasedAtNs)))) {
    while ((begun[started] ?? Number.POSITIVE_INFINITY) <= atNs) started++;
    while ((ended[done] ?? Number.POSITIVE_INFINITY) <= atNs) done++;
    total += started - done;
  }
  return total / warm.length;
}

const MAX_HOSTS = 3;

/** From where it was measured: of several machines all, or the first few. */
export function hostsOf({ segments }: Pick<RecordingFrame, "segments">): string {
  const hosts = [...new Set(segments.map(({ host }) => host))];
  if (hosts.length <= MAX_HOSTS) return hosts.length === 0 ? "unknown" : hosts.join(", ");
  return `${hosts.slice(0, MAX_HOSTS - 1).join(", ")} and ${hosts.length - MAX_HOSTS + 1} more`;
}
