/** What is missing in a recording whose process was killed or stopped, and whether it can be completed at all. */
import { statSync } from "node:fs";
import { TwintailError } from "../core/errors.js";
import { refuseOtherHost } from "./extendable.js";
import { isInterrupted } from "./interrupted.js";
import { refuseWhileLocked } from "./lock.js";
import { awaitedRows } from "./own-rows.js";
import { beginsWhole, readHeader, readRecording, recordingFile } from "./reader.js";
import type { HeaderLine, RecordingFrame } from "./recording.js";

export interface Resumable {
  readonly file: string;
  /** Of the file when it was read. */
  readonly bytes: number;
  readonly frame: RecordingFrame;
  /** The header as it was written: what was planned before any extension. */
  readonly planned: HeaderLine;
  /** Ids of planned requests that were not recorded, or that a stop had cut; arrivals that were dropped are none of them. */
  readonly missing: ReadonlySet<number>;
  /** How many of them a stop had cut. */
  readonly cut: number;
}

/**
 * Reads a recording that is to be completed.
 * @param path a run folder, or its recording
 * @param host this machine
 * @throws TwintailError when another process writes it, when nothing was recorded, or when it cannot be completed.
 */
export function readResumable(path: string, host: string): Resumable {
  const file = recordingFile(path);
  refuseWhileLocked(file);
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const planned = headerOf(file, bytes);
  const whole = new Set<number>();
  let cut = 0;
  const frame = readRecording(file, (exchange) => {
    if (isInterrupted(exchange)) cut++;
    else whole.add(exchange.id);
  });
  const refusal = REFUSED[frame.header.kind];
  if (refusal !== undefined) throw new TwintailError({ ...refusal, place: file });
  if (frame.header.shards !== undefined) {
    throw new TwintailError({
      cause: "this recording was merged from shards",
      place: file,
      remedy: "resume the shard that is not whole, and merge again",
    });
  }
  const missing = new Set(awaitedRows(frame).flatMap(({ id }) => (whole.has(id) ? [] : [id])));
  if (missing.size > 0) refuseOtherHost(frame.segments, host, file, "resume it from there, or run anew");
  return { file, bytes, frame, planned, missing, cut };
}

const REFUSED: Readonly<Partial<Record<HeaderLine["kind"], { readonly cause: string; readonly remedy: string }>>> = {
  sweep: {
    cause: "this is the recording of a sweep, whose loads follow one another without a pause",
    remedy: "score what is there, or sweep anew",
  },
  probe: { cause: "this is the recording of a probe", remedy: "probe anew: it takes a few minutes" },
  demo: {
    cause: "this is the recording of a demo, whose simulated endpoints ended with it",
    remedy: "run twintail demo anew",
  },
};

/** A process that was killed before its header was written has sent nothing that was to be recorded. */
function headerOf(file: string, bytes: number): HeaderLine {
  if (bytes > 0 && beginsWhole(file)) return readHeader(file, bytes);
  throw new TwintailError({
    cause: "nothing was recorded: the run was killed before its plan was written",
    place: file,
    remedy: "run anew",
  });
}
