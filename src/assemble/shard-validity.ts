/** Machines of shards, each by itself: what the figures of all of them together would hide. */
import type { MachineLine } from "../recording/recording.js";
import { type Processes, shardsOfSegments } from "../recording/shard-segments.js";

/** Windows by shard, from 1; one group of all where nothing was sharded. */
export function machinesOf(
  machine: readonly MachineLine[],
  { header, segments }: Processes,
): ReadonlyMap<number | null, readonly MachineLine[]> {
  if (header.shards === undefined) return new Map([[null, machine]]);
  const shardOf = shardsOfSegments(segments);
  const groups = new Map<number | null, MachineLine[]>();
  for (const line of machine) {
    const shard = shardOf(line.segment);
    const group = groups.get(shard);
    if (group === undefined) groups.set(shard, [line]);
    else group.push(line);
  }
  return groups;
}

/** Shards that recorded exchanges and no window of their machine: killed in their first second, with nothing to judge it by. */
export function unseenMachines(
  groups: ReadonlyMap<number | null, readonly MachineLine[]>,
  exchanges: readonly { readonly segment: number }[],
  { header, segments }: Processes,
): number[] {
  if (header.shards === undefined) return [];
  const shardOf = shardsOfSegments(segments);
  const recorded = new Set(exchanges.map(({ segment }) => shardOf(segment)));
  return [...recorded].flatMap((shard) => (shard === null || groups.has(shard) ? [] : shard)).sort((a, b) => a - b);
}

/** Shards whose own share of stalled reads is above a limit: their part of the sample is late, however small it is. */
export function stalledShards(
  groups: ReadonlyMap<number | null, readonly MachineLine[]>,
  limit: number,
): { readonly shard: number; readonly share: number }[] {
  return [...groups]
    .flatMap(([shard, lines]) => {
      const reads = lines.reduce((sum, line) => sum + line.reads, 0);
      const stalled = lines.reduce((sum, line) => sum + line.stalledReads, 0);
      return shard === null || reads === 0 || stalled / reads <= limit ? [] : [{ shard, share: stalled / reads }];
    })
    .sort((a, b) => a.shard - b.shard);
}
