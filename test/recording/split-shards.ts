/** One recording as several shards would have written it, each in a process with the same clock. */
import { shardsOfPairs } from "../../src/plan/shard.js";
import type { Exchange, HeaderLine, RecordingLine } from "../../src/recording/recording.js";
import type { Summary } from "../../src/report/summary.js";

const START_MS = 1_767_225_600_000;

/** The lines of each shard, the first one's first. Windows and pauses are dealt in turn; ends and giving up are everybody's. */
export function splitIntoShards(lines: readonly RecordingLine[], count: number): RecordingLine[][] {
  const header = lines.find((line): line is HeaderLine => line.type === "header") as HeaderLine;
  const dealt = shardsOfPairs(header.plan, count);
  const turns = new Map<string, number>();
  const inTurn = (type: string): number => {
    const turn = turns.get(type) ?? 0;
    turns.set(type, turn + 1);
    return (turn % count) + 1;
  };
  const ownerOf = (line: RecordingLine): number | null => {
    switch (line.type) {
      case "exchange":
        return dealt.get(line.pairId) ?? null;
      case "machine":
      case "pause":
        return inTurn(line.type);
      default:
        return null;
    }
  };
  const owned = lines.filter((line) => line.type !== "header").map((line) => ({ line, owner: ownerOf(line) }));
  return Array.from({ length: count }, (_, place) => {
    const index = place + 1;
    const own = owned.flatMap(({ line, owner }) => (owner === null || owner === index ? [line] : []));
    return [shardHeader(header, dealt, { index, count }), ...recounted(own, `${index}/${count}`)];
  });
}

function shardHeader(
  header: HeaderLine,
  dealt: ReadonlyMap<number, number>,
  { index, count }: { readonly index: number; readonly count: number },
): HeaderLine {
  const ids = new Set(header.plan.flatMap((row) => (dealt.get(row.pairId) === index ? [row.requestId] : [])));
  return {
    ...header,
    runId: `${header.runId}-shard-${index}-of-${count}`,
    shard: { index, count, startAtMs: START_MS },
    requests: Object.fromEntries(Object.entries(header.requests).filter(([id]) => ids.has(id))),
  };
}

/** With what each process counts of its own: exchanges in flight. */
function recounted(lines: readonly RecordingLine[], shard: string): RecordingLine[] {
  const exchanges = lines.filter((line): line is Exchange => line.type === "exchange");
  return lines.map((line) => {
    if (line.type === "segment") return { ...line, shard };
    return line.type === "exchange" ? { ...line, inFlight: inFlightOf(line, exchanges) } : line;
  });
}

/** Exchanges of its endpoint that were released before it, or with it, and had not ended. */
export function inFlightOf({ endpoint, releasedAtNs }: Exchange, exchanges: readonly Exchange[]): number {
  return exchanges.filter(
    (other) =>
      other.endpoint === endpoint &&
      other.releasedAtNs <= releasedAtNs &&
      (other.attempts.at(-1)?.endedAtNs ?? 0) > releasedAtNs,
  ).length;
}

/** The summary without what names the run and its shards. */
export function withoutShards(summary: Summary): unknown {
  const { runId: _, shards: __, shard: ___, ...run } = summary.run;
  const stopped = run.stopped.map(({ shards: ____, ...line }) => line);
  return { ...summary, run: { ...run, stopped } };
}
