/** Of the plan in a header, what its recording holds: a shard has the whole plan, and sends its own part. */
import type { PlannedRequest } from "../plan/plan.js";
import { rowsOfShard, shardsOfPairs } from "../plan/shard.js";
import type { HeaderLine, RecordingFrame } from "./recording.js";

/** All rows, but in the recording of one shard. */
export function ownRows({ plan, shard }: Pick<HeaderLine, "plan" | "shard">): readonly PlannedRequest[] {
  return shard === undefined ? plan : rowsOfShard(plan, shard);
}

/** Rows of arrivals that an open loop did not send, since as many were in flight as may be. */
export function droppedRows(dropped: RecordingFrame["dropped"]): ReadonlySet<number> {
  return new Set(dropped.flatMap(({ ids }) => [...ids]));
}

/** Those of {@link ownRows} that a recording has to hold to be whole: what was dropped is a figure of its own. */
export function awaitedRows({
  header,
  dropped,
}: Pick<RecordingFrame, "header" | "dropped">): readonly PlannedRequest[] {
  const unsent = droppedRows(dropped);
  return unsent.size === 0 ? ownRows(header) : ownRows(header).filter(({ id }) => !unsent.has(id));
}

/** The rows of each shard, the first one's first. */
export function rowsOfShards(plan: HeaderLine["plan"], count: number): PlannedRequest[][] {
  const rows = Array.from({ length: count }, (): PlannedRequest[] => []);
  const shards = shardsOfPairs(plan, count);
  for (const row of plan) rows[(shards.get(row.pairId) ?? 1) - 1]?.push(row);
  return rows;
}
