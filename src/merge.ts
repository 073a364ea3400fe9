/** The table of contents of a merge: recordings of shards → one recording, then score it. Sends nothing. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { GateText } from "./config/settings.js";
import { digestOf } from "./core/digest.js";
import { TwintailError } from "./core/errors.js";
import { printableLine } from "./core/printable.js";
import type { GoldenSet } from "./golden/golden-set.js";
import { appendParts, mergedHeader } from "./recording/merge.js";
import { RECORDING_FILE } from "./recording/reader.js";
import type { HeaderLine } from "./recording/recording.js";
import { shardRecordingsIn } from "./recording/results-folder.js";
import { readShard, type ShardRecording } from "./recording/shard-recording.js";
import { RecordingWriter } from "./recording/writer.js";
import type { Report } from "./report/report.js";
import { type ScoreOptions, score } from "./score.js";

export interface MergeOptions {
  /** The folder of the merged run, which is made. Default: `results/` and the run's name. */
  readonly folder?: string | undefined;
  /** Merges shards that did not begin together. */
  readonly anyStart?: boolean;
  /** In place of the recordings' own. */
  readonly gates?: readonly GateText[] | undefined;
  /** The golden set itself, for recordings that hold only its digests. */
  readonly goldenSet?: GoldenSet | undefined;
}

export interface MergedRun {
  readonly folder: string;
  readonly recording: string;
  readonly header: HeaderLine;
  /** In the order in which they were named. */
  readonly parts: readonly ShardRecording[];
  readonly report: Report;
}

/**
 * Joins recordings of shards without loss, and scores what came of it. Missing shards make it partial. The report is not written.
 * @param paths recordings, run folders, or folders in which run folders of shards are; one that was merged before may be among them
 * @throws TwintailError when they are not of one run, when one is there twice, when the golden set is not theirs, or when the
 * merged recording cannot be written or judged; then none is left.
 */
export function mergeShards(paths: readonly string[], options: MergeOptions = {}): MergedRun {
  let first: HeaderLine | null = null;
  const parts: ShardRecording[] = [];
  for (const path of paths.flatMap(shardRecordingsIn)) {
    const { part, header } = readShard(path, first);
    first ??= header;
    parts.push(part);
  }
  if (first === null) {
    throw new TwintailError({ cause: "there is no recording to merge", remedy: "give the run folders of all shards" });
  }
  if (parts.every(({ exchanges }) => exchanges === 0)) throw nothingRecorded(parts);
  const { gates, goldenSet } = options;
  if (goldenSet !== undefined) refuseOtherGoldenSet(first, goldenSet);
  const header = mergedHeader(first, parts, options.anyStart === true);
  const folder = options.folder ?? join("results", header.runId);
  const recording = join(folder, RECORDING_FILE);
  write(recording, header, parts);
  return { folder, recording, header, parts, report: scored(recording, { gates, goldenSet }) };
}

function nothingRecorded(parts: readonly ShardRecording[]): TwintailError {
  const [{ file } = { file: "" }] = parts;
  return new TwintailError({
    cause: parts.length === 1 ? "the shard holds no exchange" : `none of the ${parts.length} shards holds an exchange`,
    place: file,
    remedy: "take the shards up again with run --resume, or run anew",
  });
}

/** Before anything is written: a large run takes a minute to merge. */
function refuseOtherGoldenSet({ goldenDigest }: HeaderLine, given: GoldenSet): void {
  const digest = digestOf(given);
  if (digest === goldenDigest) return;
  throw new TwintailError({
    cause: `the golden set is not the one that was recorded (${printableLine(goldenDigest.slice(0, 19), 30)}, given ${digest.slice(0, 19)})`,
    remedy: "give the golden set as it was when the run was recorded",
  });
}

/** A recording that could not be judged as it was asked would be in the way of the command that is mended. */
function scored(recording: string, options: ScoreOptions): Report {
  try {
    return score(recording, options);
  } catch (error) {
    rmSync(recording, { force: true });
    throw error;
  }
}

/** A part of a merge is no recording: it is removed where the rest cannot be written. */
function write(recording: string, header: HeaderLine, parts: readonly ShardRecording[]): void {
  const writer = RecordingWriter.create(recording, header);
  try {
    appendParts(writer, parts);
  } catch (error) {
    rmSync(recording, { force: true });
    throw error;
  } finally {
    writer.close();
  }
}
