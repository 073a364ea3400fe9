/** Which part of a run a recording is, or which parts it was merged from, and what is missing of each. */
import type { ScoredExchange } from "../measure/scored.js";
import { droppedRows, rowsOfShards } from "../recording/own-rows.js";
import type { HeaderLine, RecordingFrame } from "../recording/recording.js";
import { lackingShards } from "../report/shard-lines.js";
import type { Summary } from "../report/summary.js";

type Run = Summary["run"];
type Frame = Pick<RecordingFrame, "header" | "dropped">;
type Recorded = Pick<ScoredExchange, "id" | "cancelled">;

/** Empty of a run that one process sent. */
export function shardSummary(frame: Frame, exchanges: readonly Recorded[]): Pick<Run, "shard" | "shards"> {
  const { shard } = frame.header;
  const shards = shardsSummary(frame, exchanges);
  return {
    ...(shard === undefined ? {} : { shard: { index: shard.index, count: shard.count, startAtMs: shard.startAtMs } }),
    ...(shards === undefined ? {} : { shards }),
  };
}

/** Of all shards, the missing ones too; undefined of a recording that was not merged. */
function shardsSummary({ header, dropped }: Frame, exchanges: readonly Recorded[]): Run["shards"] {
  const { shards, plan } = header;
  if (shards === undefined) return undefined;
  const { count, startAtMs, merged } = shards;
  const recorded = new Set(exchanges.filter(({ cancelled }) => cancelled !== "user").map(({ id }) => id));
  // No shard is to blame for an arrival that the open loop dropped.
  const accounted = new Set([...recorded, ...droppedRows(dropped)]);
  const known = new Map(merged.map((each) => [each.index, each]));
  const warm = plan.filter(({ phase }) => phase === "warm");
  const parts = rowsOfShards(plan, count).map((rows, place) => {
    const rounds = rows.filter(({ phase }) => phase === "warm");
    const pairs = new Set(rounds.map(({ pairId }) => pairId));
    const lacking = new Set(rounds.flatMap(({ id, pairId }) => (accounted.has(id) ? [] : [pairId])));
    const own = known.get(place + 1);
    return {
      index: place + 1,
      runId: own?.runId ?? null,
      host: own?.host ?? null,
      ended: own === undefined ? ("missing" as const) : (own.end ?? ("killed" as const)),
      pairs: pairs.size,
      lacking: lacking.size,
    };
  });
  return { count, startAtMs, pairs: new Set(warm.map(({ pairId }) => pairId)).size, parts };
}

/** `shard 3 of 8 is missing: 47 of 380 pairs were not recorded`, one for each shard that is not whole. */
export function shardLines(frame: Frame, exchanges: readonly Recorded[]): string[] {
  const shards = shardsSummary(frame, exchanges);
  return shards === undefined ? [] : lackingShards(shards);
}

/** Why a shard alone decides nothing; null of anything else. */
export function unaskedReason({ shard }: Pick<HeaderLine, "shard">): string | null {
  if (shard === undefined) return null;
  return `shard ${shard.index} of ${shard.count}: its gates are judged when all shards were merged (twintail merge)`;
}
