/** The table of contents of a merge: recordings of shards → one recording, then score it. Sends nothing. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { GateText } from "./config/settings.js";
import { TwintailError } from "./core/errors.js";
import type { GoldenSet } from "./golden/golden-set.js";
import { appendParts, mergedHeader } from "./recording/merge.js";
import { RECORDING_FILE } from "./recording/reader.js";
import type { HeaderLine } from "./recording/recording.js";
import { shardRecordingsIn } from "./recording/results-folder.js";
import { readShard, type ShardRecording } from "./recording/shard-recording.js";
import { RecordingWriter } from "./recording/writer.js";
import type { Report } from "./report/report.js";
import { score } from "./score.js";

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
 * @throws TwintailError when they are not of one run, when one is there twice, or when the merged recording cannot be written.
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
  const header = mergedHeader(first, parts, options.anyStart === true);
  const folder = options.folder ?? join("results", header.runId);
  const recording = join(folder, RECORDING_FILE);
  write(recording, header, parts);
  const { gates, goldenSet } = options;
  return { folder, recording, header, parts, report: score(recording, { gates, goldenSet }) };
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
