/** Of the plan in a header, what its recording holds: a shard has the whole plan, and sends its own part. */
import type { PlannedRequest } from "../plan/plan.js";
import { rowsOfShard, shardsOfPairs } from "../plan/shard.js";
import type { HeaderLine } from "./recording.js";

/** All rows, but in the recording of one shard. */
export function ownRows({ plan, shard }: Pick<HeaderLine, "plan" | "shard">): readonly PlannedRequest[] {
  return shard === undefined ? plan : rowsOfShard(plan, shard);
}

/** The rows of each shard, the first one's first. */
export function rowsOfShards(plan: HeaderLine["plan"], count: number): PlannedRequest[][] {
  const rows = Array.from({ length: count }, (): PlannedRequest[] => []);
  const shards = shardsOfPairs(plan, count);
  for (const row of plan) rows[(shards.get(row.pairId) ?? 1) - 1]?.push(row);
  return rows;
}
