/** A run that several processes sent together, in words: which part this is, and which parts are not whole. */
import { formatCount, plural } from "./numbers.js";
import type { Summary } from "./summary.js";

type Shards = NonNullable<Summary["run"]["shards"]>;

const ENDED: Readonly<Record<Shards["parts"][number]["ended"], string>> = {
  missing: "is missing",
  complete: "came to its end",
  interrupted: "was interrupted",
  deadline: "ended at its deadline",
  stopped: "gave an endpoint up",
  limit: "ended at a limit",
  failed: "ended with an error",
  killed: "was killed",
};

/** `shard 3 of 8 is missing: 47 of 380 pairs were not recorded`, one for each shard that is not whole. */
export function lackingShards({ count, pairs, parts }: Shards): string[] {
  return parts.flatMap(({ index, ended, lacking }) => {
    if (ended === "complete" && lacking === 0) return [];
    const name = `shard ${index} of ${count} ${ENDED[ended]}`;
    if (lacking === 0) return [name];
    return [
      `${name}: ${formatCount(lacking)} of ${plural(pairs, "pair")} ${lacking === 1 ? "was" : "were"} not recorded`,
    ];
  });
}

/** From which parts a run was merged; null of one that was not. */
export function mergedLine({ shards }: Summary["run"]): string | null {
  if (shards === undefined) return null;
  const there = shards.parts.filter(({ ended }) => ended !== "missing");
  const hosts = new Set(there.map(({ host }) => host)).size;
  return `Merged from ${formatCount(there.length)} of ${plural(shards.count, "shard")}, of ${plural(hosts, "machine")}.`;
}

/** `shards 2, 5 and 6`; empty without any. */
export function shardNames(shards: readonly number[]): string {
  if (shards.length <= 1) return shards.map((shard) => `shard ${shard}`).join("");
  return `shards ${shards.slice(0, -1).join(", ")} and ${shards.at(-1)}`;
}
