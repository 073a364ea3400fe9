/** One recording that is to be merged: which shards it holds, in which segments, and whether they are of the plan that all have. */
import { statSync } from "node:fs";
import { digestOf } from "../core/digest.js";
import { TwintailError } from "../core/errors.js";
import { printableLine } from "../core/printable.js";
import { differingPath } from "../plan/other-rows.js";
import { shardsOfPairs } from "../plan/shard.js";
import { FirstRounds } from "./first-rounds.js";
import { refuseWhileLockedHere } from "./lock.js";
import { readRecording, recordingFile } from "./reader.js";
import type { HeaderLine, MergedShards, RecordingFrame } from "./recording.js";
import { shardsOfSegments } from "./shard-segments.js";

export interface ShardRecording extends Pick<HeaderLine, "createdAt" | "requests" | "preflight" | "recent"> {
  readonly file: string;
  readonly count: number;
  readonly startAtMs: number;
  /** One, but of a recording that was merged before. */
  readonly shards: MergedShards["merged"];
  /** Shard → when it sent its first round, ms since the epoch, as far as it did. */
  readonly beganMs: ReadonlyMap<number, number>;
  /** Segment → its shard, from 1. */
  readonly segments: ReadonlyMap<number, number>;
  readonly node: string;
  readonly exchanges: number;
  readonly bytes: number;
}

/** What all shards of one run have alike; the first that is not is named. */
const ALIKE = [
  "kind",
  "store",
  "seed",
  "endpoints",
  "capture",
  "judge",
  "goldenDigest",
  "notTested",
  // Covers most of the others, and names none of them.
  "planDigest",
] as const satisfies readonly (keyof HeaderLine)[];

/**
 * Reads a recording to its end, and keeps what its header adds to that of the others.
 * @param path a run folder, or its recording
 * @param first the header of the first recording that was read; null for that one itself
 * @throws TwintailError when it is no shard, is still written on this machine, holds what is not its own, or is of another plan.
 */
export function readShard(path: string, first: HeaderLine | null): { part: ShardRecording; header: HeaderLine } {
  const file = recordingFile(path);
  refuseWhileLockedHere(file);
  const seen = new Map<number, Map<number, number>>();
  let dealt: ReadonlyMap<number, number> | null = null;
  let exchanges = 0;
  const rounds = new FirstRounds();
  const frame = readRecording(file, (exchange, header) => {
    const { id, segment } = exchange;
    exchanges++;
    rounds.add(exchange);
    dealt ??= shardsOfPairs(header.plan, countOf(header, file));
    const index = dealt.get(header.plan[id]?.pairId ?? -1) ?? 0;
    const own = seen.get(segment) ?? new Map<number, number>();
    if (!own.has(index)) own.set(index, id);
    seen.set(segment, own);
  });
  const { header } = frame;
  const count = countOf(header, file);
  if (first !== null) refuseOtherRun(file, header, first);
  const shards = header.shards?.merged ?? [entryOf(frame)];
  const segments = segmentsOf(frame);
  for (const [segment, own] of seen) {
    for (const [index, id] of own) {
      if (segments.get(segment) !== index) throw notItsOwn(file, id, index, segments.get(segment));
    }
  }
  const { createdAt, requests, preflight, recent, versions, shard } = header;
  const part: ShardRecording = {
    file,
    count,
    startAtMs: shard?.startAtMs ?? header.shards?.startAtMs ?? 0,
    shards,
    beganMs: rounds.beganMs(frame, segments),
    segments,
    createdAt,
    requests,
    ...(preflight === undefined ? {} : { preflight }),
    ...(recent === undefined ? {} : { recent }),
    node: versions.node,
    exchanges,
    bytes: statSync(file).size,
  };
  return { part, header };
}

function countOf({ kind, shard, shards }: HeaderLine, file: string): number {
  if (kind === "sweep") {
    throw new TwintailError({
      cause: "this is the recording of a sweep: its loads are of one machine, and are not merged",
      place: file,
      remedy: "leave it out",
    });
  }
  const count = shard?.count ?? shards?.count;
  if (count !== undefined) return count;
  throw new TwintailError({
    cause: "this is the recording of a whole run, no shard of one",
    place: file,
    remedy: "give recordings that twintail run --shard made",
  });
}

function entryOf({ header, segments, end }: RecordingFrame): MergedShards["merged"][number] {
  return {
    index: header.shard?.index ?? 0,
    runId: header.runId,
    createdAt: header.createdAt,
    host: segments[0]?.host ?? "unknown",
    end: end?.reason ?? null,
  };
}

/** Segments that any line names, with their shards. */
function segmentsOf({ header, segments, resumes, machine, pauses }: RecordingFrame): Map<number, number> {
  const shardOf = shardsOfSegments(segments);
  const ids = [...segments.map(({ id }) => id), ...[...resumes, ...machine, ...pauses].map(({ segment }) => segment)];
  return new Map(ids.map((id) => [id, header.shard?.index ?? shardOf(id) ?? 0]));
}

function notItsOwn(file: string, id: number, index: number, where: number | undefined): TwintailError {
  return new TwintailError({
    cause: `exchange ${id} is of shard ${index}, and stands in the recording of ${where === undefined ? "no process" : `shard ${where}`}`,
    place: file,
    remedy: "the file was changed or damaged",
  });
}

/** @throws TwintailError with the first thing that is not alike. */
function refuseOtherRun(file: string, header: HeaderLine, first: HeaderLine): void {
  const count = (line: HeaderLine): number | undefined => line.shard?.count ?? line.shards?.count;
  const [was, is] = [count(first), count(header)];
  if (was !== is) throw differs(file, first, `it is of ${is} shards, that of ${was}`);
  if (header.versions.twintail !== first.versions.twintail) {
    throw differs(
      file,
      first,
      `it was made by twintail ${shown(header.versions.twintail)}, that by ${shown(first.versions.twintail)}`,
    );
  }
  for (const name of ALIKE) {
    const path = differingPath(first[name] ?? null, header[name] ?? null, [name]);
    if (path !== null) throw differs(file, first, `they differ in ${shown(path)}`);
  }
  if (digestOf(header.plan) !== digestOf(first.plan)) throw differs(file, first, "their plans have other rows");
}

function differs(file: string, first: HeaderLine, how: string): TwintailError {
  return new TwintailError({
    cause: `it is of another run than ${shown(first.runId)}: ${how}`,
    place: file,
    remedy: "merge shards of one run alone: one configuration, one golden set, one seed",
  });
}

const shown = (text: string): string => printableLine(text, 200);
