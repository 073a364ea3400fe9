/** Reads `recording.jsonl` one line at a time, so that memory is bounded by the largest exchange. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { errorCode, TwintailError } from "../core/errors.js";
import {
  type EndLine,
  type Exchange,
  type HeaderLine,
  type MachineLine,
  RECORDING_SCHEMA_VERSION,
  type RecordedRead,
  type RecordingFrame,
  type SegmentLine,
} from "./recording.js";

export const RECORDING_FILE = "recording.jsonl";

/** Called for each exchange in file order. Order in the file means nothing: sort by `id`. */
export type ExchangeSink = (exchange: Exchange, header: HeaderLine) => void;

/**
 * Reads a recording (a file, or a run folder that holds one) from start to end.
 * @throws TwintailError with `file:line` when it cannot be read or is no recording. A last line torn by a kill is
 * no error: it is counted in `tornBytes`.
 */
export function readRecording(path: string, onExchange: ExchangeSink): RecordingFrame {
  const file = resolveFile(path);
  let header: HeaderLine | null = null;
  const segments: SegmentLine[] = [];
  const machine: MachineLine[] = [];
  let end: EndLine | null = null;
  let tornBytes = 0;
  let number = 0;
  for (const { bytes, whole } of linesOf(file)) {
    number++;
    if (bytes.length === 0) continue;
    const place = `${file}:${number}`;
    let line: { type?: unknown };
    try {
      line = JSON.parse(bytes.toString("utf8")) as { type?: unknown };
    } catch (error) {
      if (!whole) {
        tornBytes = bytes.length;
        break;
      }
      throw new TwintailError({ cause: "not a line of JSON", place, remedy: "the file was changed or damaged", error });
    }
    if (header === null) {
      header = asHeader(line, place);
      continue;
    }
    switch (line?.type) {
      case "exchange": {
        const exchange = asExchange(line, place);
        onExchange(exchange, header);
        break;
      }
      case "segment":
        segments.push(line as SegmentLine);
        break;
      case "machine":
        machine.push(line as MachineLine);
        break;
      case "end":
        end = line as EndLine;
        break;
      default:
        throw new TwintailError({
          cause: `unknown line type ${JSON.stringify(line?.type)}`,
          place,
          remedy: "the recording was made by a newer twintail",
        });
    }
  }
  if (header === null) {
    throw new TwintailError({ cause: "the recording is empty", place: file, remedy: "give a folder under results/" });
  }
  return { header, segments, machine, end, tornBytes };
}

function resolveFile(path: string): string {
  try {
    const descriptor = openSync(path, "r");
    try {
      return fstatSync(descriptor).isDirectory() ? join(path, RECORDING_FILE) : path;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw cannotRead(path, error);
  }
}

const CHUNK_BYTES = 1 << 20;

/** The lines of a file; the last is not `whole` when no line feed ends it. */
function* linesOf(file: string): Generator<{ bytes: Buffer; whole: boolean }> {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    throw cannotRead(file, error);
  }
  try {
    let pending: Buffer[] = [];
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const length = readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
      if (length === 0) break;
      let start = 0;
      for (;;) {
        const lineEnd = chunk.subarray(0, length).indexOf(0x0a, start);
        if (lineEnd < 0) break;
        const piece = chunk.subarray(start, lineEnd);
        yield { bytes: pending.length === 0 ? piece : Buffer.concat([...pending, piece]), whole: true };
        pending = [];
        start = lineEnd + 1;
      }
      if (start < length) pending.push(chunk.subarray(start, length));
    }
    if (pending.length > 0) yield { bytes: Buffer.concat(pending), whole: false };
  } finally {
    closeSync(descriptor);
  }
}

function cannotRead(path: string, error: unknown): TwintailError {
  const code = errorCode(error);
  const cause = code === "ENOENT" ? "no such recording" : `the recording cannot be read (${code ?? String(error)})`;
  return new TwintailError({
    cause,
    place: path,
    remedy: "give a folder under results/, or its recording.jsonl",
    error,
  });
}

function asHeader(line: unknown, place: string): HeaderLine {
  const header = line as Partial<HeaderLine> | null;
  if (header?.type !== "header") {
    throw new TwintailError({ cause: "not a twintail recording", place, remedy: "give a recording.jsonl" });
  }
  if (header.schemaVersion !== RECORDING_SCHEMA_VERSION) {
    throw new TwintailError({
      cause: `recording schema ${String(header.schemaVersion)}, this twintail reads ${RECORDING_SCHEMA_VERSION}`,
      place,
      remedy: "score it with the twintail version that made it",
    });
  }
  const objects = [header.goldenSet?.cases, header.endpoints?.baseline, header.endpoints?.candidate, header.requests];
  if (objects.some((part) => typeof part !== "object" || part === null) || !Array.isArray(header.plan)) {
    throw new TwintailError({ cause: "the header is incomplete", place, remedy: "the file was changed or damaged" });
  }
  return header as HeaderLine;
}

/** The shape that everything downstream relies on; checked by hand, since a schema costs more than the judgement. */
function asExchange(line: unknown, place: string): Exchange {
  const exchange = line as Exchange;
  const shaped =
    Number.isInteger(exchange.id) &&
    Number.isInteger(exchange.releasedAtNs) &&
    typeof exchange.caseId === "string" &&
    Array.isArray(exchange.attempts) &&
    exchange.attempts.length > 0 &&
    exchange.attempts.every(
      (attempt) =>
        Number.isInteger(attempt?.dispatchedAtNs) &&
        Number.isInteger(attempt.endedAtNs) &&
        typeof attempt.outcome?.kind === "string" &&
        Array.isArray(attempt.reads) &&
        attempt.reads.every(
          (read: RecordedRead) =>
            Array.isArray(read) &&
            Number.isInteger(read[0]) &&
            (typeof read[1] === "string" || typeof read[1]?.b64 === "string"),
        ),
    );
  if (shaped) return exchange;
  throw new TwintailError({ cause: "not an exchange of schema 1", place, remedy: "the file was changed or damaged" });
}
