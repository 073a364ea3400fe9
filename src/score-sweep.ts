/**
 * The table of contents of the judgement of a sweep: a recording goes in, what the endpoints bore comes out. A pure function of
 * the file, whatever order its lines are in.
 */
import { assembleSweep } from "./assemble/sweep.js";
import { SweepBook } from "./capacity/sweep-book.js";
import { TwintailError } from "./core/errors.js";
import type { GoldenCase } from "./golden/golden-set.js";
import { sampleOf } from "./measure/sample.js";
import { measureAll } from "./measure/scored.js";
import { readRecording } from "./recording/reader.js";
import type { HeaderLine, RecordingFrame, SweepFacts } from "./recording/recording.js";
import type { SweepSummary } from "./report/sweep-summary.js";

/**
 * Judges the recording of a sweep (a run folder or its `recording.jsonl`), complete or partial. It is read twice: an exchange
 * can be placed only once it is known when its load began, and none is kept.
 * @throws TwintailError with `file:line` when it cannot be read, or is the recording of something else.
 */
export function scoreSweep(path: string): SweepSummary {
  const frame = readRecording(path, (_, header) => {
    factsOf(header, path);
  });
  const book = bookOf(frame, path);
  let cases: ReadonlyMap<string, GoldenCase> | null = null;
  readRecording(path, (exchange, header) => {
    cases ??= new Map(header.goldenSet.cases.map((golden) => [golden.id, golden]));
    const golden = cases.get(exchange.caseId);
    if (golden === undefined) {
      throw new TwintailError({
        cause: `exchange ${exchange.id} is of case "${exchange.caseId}", which the header lacks`,
        place: path,
        remedy: "the file was changed or damaged",
      });
    }
    const sample = sampleOf(exchange, golden, header);
    book.add(sample, measureAll(sample));
  });
  return assembleSweep(frame, book);
}

/** A book of everything but the exchanges. */
function bookOf(frame: RecordingFrame, path: string): SweepBook {
  const book = new SweepBook(factsOf(frame.header, path));
  for (const line of frame.points) book.point(line);
  for (const line of frame.begun) book.begun(line);
  for (const line of frame.dropped) book.dropped(line);
  for (const line of frame.machine) book.machine(line);
  const cutAtNs = cutAt(frame);
  if (cutAtNs !== null) book.cutAt(cutAtNs);
  return book;
}

/** When it ended before its own end; null where it did not. One that was killed left its last window of the machine. */
function cutAt({ end, machine }: RecordingFrame): number | null {
  if (end === null) return machine.reduce((last, { toNs }) => Math.max(last, toNs), 0);
  return end.reason === "complete" || end.reason === "stopped" ? null : end.atNs;
}

function factsOf({ kind, sweep }: HeaderLine, path: string): SweepFacts {
  if (kind === "sweep" && sweep !== undefined) return sweep;
  const remedy = kind === "probe" ? `twintail probe --from ${path}` : `twintail score ${path}`;
  throw new TwintailError({
    cause: `this is the recording of a ${kind}, not of a sweep`,
    place: path,
    remedy: `judge it with ${remedy}`,
  });
}
