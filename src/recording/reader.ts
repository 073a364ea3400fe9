/** Reads `recording.jsonl` one line at a time, so that memory is bounded by the largest exchange. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { errorCode, TwintailError } from "../core/errors.js";
import { printableLine } from "../core/printable.js";
import { ExtendedHeader } from "./extended-header.js";
import { LatestExchanges } from "./latest-exchange.js";
import {
  type Attempt,
  type BegunLine,
  type DroppedLine,
  type EndLine,
  type Exchange,
  type ExtensionLine,
  type HeaderLine,
  type MachineLine,
  type PauseLine,
  type PointLine,
  RECORDING_SCHEMA_VERSION,
  type RecordedRead,
  type RecordingFrame,
  type RecordingLine,
  type ResumeLine,
  type SegmentLine,
  type StoppedLine,
} from "./recording.js";
import { endOf, lastSegments } from "./shard-segments.js";

export const RECORDING_FILE = "recording.jsonl";

/**
 * Called once for each id, in file order but for an exchange that stands before the extension that planned it, and for one
 * that was cut by a stop: of those the latest comes at the end, and none where a resume sent it again. Order in the file means
 * nothing: sort by `id`. The header holds at least the rows up to this exchange.
 */
export type ExchangeSink = (exchange: Exchange, header: HeaderLine) => void;

/**
 * Reads a recording (a file, or a run folder that holds one) from start to end.
 * @throws TwintailError with `file:line` when it cannot be read or is no recording. A last line torn by a kill is
 * no error: it is counted in `tornBytes`.
 */
export function readRecording(path: string, onExchange: ExchangeSink): RecordingFrame {
  const file = recordingFile(path);
  let header: ExtendedHeader | null = null;
  /** Exchanges of rows that no line has planned yet. */
  let early: Exchange[] = [];
  const handOn = (exchange: Exchange, planned: HeaderLine): void => {
    if (exchange.id < planned.plan.length) onExchange(exchange, planned);
    else early.push(exchange);
  };
  const latest = new LatestExchanges();
  const segments: SegmentLine[] = [];
  const machine: MachineLine[] = [];
  const pauses: PauseLine[] = [];
  const stopped: StoppedLine[] = [];
  const begun: BegunLine[] = [];
  const dropped: DroppedLine[] = [];
  const resumes: ResumeLine[] = [];
  const ends: EndLine[] = [];
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
      throw new TwintailError({ cause: "not a line of JSON", place, remedy: DAMAGED, error });
    }
    if (header === null) {
      header = new ExtendedHeader(asHeader(line, place));
      continue;
    }
    switch (line?.type) {
      case "exchange": {
        const exchange = asExchange(line, place);
        if (!latest.counts(exchange, place)) break;
        handOn(exchange, header.current);
        break;
      }
      case "extension":
      case "point": {
        const added =
          line.type === "point"
            ? (checked(line, pointShape, place) as PointLine)
            : (checked(line, extensionShape, place) as ExtensionLine);
        header.extend(added, place);
        const waiting = early;
        early = [];
        for (const exchange of waiting) handOn(exchange, header.current);
        break;
      }
      case "segment":
        segments.push(checked(line, segmentShape, place) as SegmentLine);
        break;
      case "machine":
        machine.push(checked(line, machineShape, place) as MachineLine);
        break;
      case "pause":
        pauses.push(checked(line, pauseShape, place) as PauseLine);
        break;
      case "stopped":
        stopped.push(checked(line, stoppedShape, place) as StoppedLine);
        break;
      case "begun":
        begun.push(checked(line, begunShape, place) as BegunLine);
        break;
      case "dropped":
        dropped.push(checked(line, droppedShape, place) as DroppedLine);
        break;
      case "resume":
        resumes.push(checked(line, resumeShape, place) as ResumeLine);
        break;
      case "end":
        ends.push(checked(line, endShape, place) as EndLine);
        break;
      default:
        throw new TwintailError({
          cause: `unknown line type ${printableLine(JSON.stringify(line?.type) ?? "none", 60)}`,
          place,
          remedy: "the file was damaged, or made by a newer twintail",
        });
    }
  }
  if (header === null) {
    throw new TwintailError({
      cause: tornBytes > 0 ? "the first line of the recording is cut off" : "the recording is empty",
      place: file,
      remedy: "give a folder under results/",
    });
  }
  const { extensions, points } = header.settle();
  for (const exchange of [...early, ...latest.left()]) onExchange(exchange, header.current);
  const last = lastSegments({ header: header.current, segments }, [...extensions, ...resumes]);
  return {
    header: header.current,
    extensions,
    segments: segments.sort((a, b) => a.id - b.id),
    machine: machine.sort((a, b) => a.segment - b.segment || a.fromNs - b.fromNs),
    pauses: pauses.sort((a, b) => a.segment - b.segment || a.fromNs - b.fromNs || (a.endpoint < b.endpoint ? -1 : 1)),
    stopped: stopped
      .filter(({ segment }) => last.has(segment))
      .sort((a, b) => a.segment - b.segment || a.atNs - b.atNs || (a.endpoint < b.endpoint ? -1 : 1)),
    resumes: resumes.sort((a, b) => a.segment - b.segment),
    points,
    begun: begun.sort((a, b) => a.segment - b.segment || a.atNs - b.atNs),
    dropped: dropped.sort((a, b) => a.segment - b.segment || a.atNs - b.atNs || (a.ids[0] ?? 0) - (b.ids[0] ?? 0)),
    end: endOf(header.current, last, ends),
    tornBytes,
  };
}

/**
 * The header line as it was written: what was planned before any extension.
 * @param maxBytes the longest line that is read
 * @throws TwintailError when there is none.
 */
export function readHeader(path: string, maxBytes: number): HeaderLine {
  const file = recordingFile(path);
  const [line] = linesOf(file, maxBytes);
  if (line === undefined || !line.whole) {
    throw new TwintailError({ cause: "no header line", place: file, remedy: DAMAGED });
  }
  try {
    return asHeader(JSON.parse(line.bytes.toString("utf8")), `${file}:1`);
  } catch (error) {
    if (error instanceof TwintailError) throw error;
    throw new TwintailError({ cause: "not a line of JSON", place: `${file}:1`, remedy: DAMAGED, error });
  }
}

/** A line as it stands in the file, with its place. */
export interface PlacedLine {
  readonly line: RecordingLine;
  readonly place: string;
}

/**
 * The lines of a recording as they stand, for who has read it before: shapes are not looked at, and a last line that was cut off
 * is left out.
 * @throws TwintailError with `file:line` of a line that is no JSON.
 */
export function* recordingLines(file: string): Generator<PlacedLine> {
  let number = 0;
  for (const { bytes, whole } of linesOf(file)) {
    number++;
    if (bytes.length === 0) continue;
    const place = `${file}:${number}`;
    const line = parsed(bytes);
    if (line !== null) yield { line, place };
    else if (whole) throw new TwintailError({ cause: "not a line of JSON", place, remedy: DAMAGED });
  }
}

function parsed(bytes: Buffer): RecordingLine | null {
  try {
    return JSON.parse(bytes.toString("utf8")) as RecordingLine;
  } catch {
    return null;
  }
}

/** Is there a header at all? A process that was killed while it wrote it leaves none, or a part. */
export function beginsWhole(file: string): boolean {
  const [line] = linesOf(file);
  return line?.whole === true;
}

/**
 * The recording that a path names: itself, or the one in that folder.
 * @throws TwintailError when there is nothing.
 */
export function recordingFile(path: string): string {
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

/**
 * The lines of a file; the last is not `whole` when no line feed ends it, or the line is longer than `maxBytes`. The bytes of a
 * line are overwritten after it: files are read in one buffer, or each megabyte of them would wait for the collector.
 */
function* linesOf(file: string, maxBytes = Number.POSITIVE_INFINITY): Generator<{ bytes: Buffer; whole: boolean }> {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    throw cannotRead(file, error);
  }
  try {
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    while (pendingBytes <= maxBytes) {
      const length = readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
      if (length === 0) break;
      let start = 0;
      for (;;) {
        const lineEnd = chunk.subarray(0, length).indexOf(0x0a, start);
        if (lineEnd < 0) break;
        const piece = chunk.subarray(start, lineEnd);
        yield { bytes: pending.length === 0 ? piece : Buffer.concat([...pending, piece]), whole: true };
        pending = [];
        pendingBytes = 0;
        start = lineEnd + 1;
      }
      if (start < length) pending.push(Buffer.from(chunk.subarray(start, length)));
      pendingBytes += length - start;
    }
    if (pending.length > 0) yield { bytes: Buffer.concat(pending), whole: false };
  } catch (error) {
    throw errorCode(error) === undefined ? error : cannotRead(file, error);
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
  const checked = headerShape.safeParse(line);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const where = issue === undefined ? "" : ` at ${issue.path.map(String).join(".").slice(0, 100)}`;
    throw new TwintailError({ cause: `the header is incomplete${where}`, place, remedy: DAMAGED });
  }
  return header as HeaderLine;
}

const DAMAGED = "the file was changed or damaged";
const ROLES = ["baseline", "candidate"] as const;
const ENDS = ["complete", "interrupted", "deadline", "stopped", "limit", "failed"] as const;
const PHASE = /^(?:cold|warmup|solo|warm|probe|sweep:.{1,100})$/;

const endpointShape = z.looseObject({
  baseUrl: z.string(),
  models: z.record(z.string(), z.string().nullable()),
  tier: z.string().optional(),
  proxy: z.string().optional(),
  simulated: z.string().optional(),
  price: z.record(z.string(), z.number().min(0).max(1e9)).optional(),
});

const preflightShape = z
  .looseObject({ streamUsage: z.enum(["accepted", "refused", "unknown"]), message: z.string().optional() })
  .optional();

/** Of rows and templates there are as many as exchanges: checked by hand, since a schema makes a copy of each. */
const requestsShape = z.custom<HeaderLine["requests"]>(
  (requests) => isObject(requests) && Object.values(requests).every(isTemplate),
);
const planShape = z.custom<HeaderLine["plan"]>((rows) => Array.isArray(rows) && rows.every(isRow));
/** Rows that were added: their places are checked where they are joined. */
const addedRowsShape = z.custom<HeaderLine["plan"]>(
  (rows) => Array.isArray(rows) && rows.every((row) => isRow(row) && isStamp(row.id)),
);
const versionsShape = z.looseObject({ twintail: z.string(), node: z.string(), undici: z.string() });

/** What judging relies on. Loose: a later twintail may have written more. */
const headerShape = z.looseObject({
  runId: z.string(),
  createdAt: z.string(),
  kind: z.enum(["run", "demo", "wake", "probe", "sweep"]),
  store: z.enum(["redacted", "metadata"]).optional(),
  probe: z
    .looseObject({
      goldenSet: z.looseObject({ name: z.string(), digest: z.string(), cases: z.int() }),
      inUse: z.record(z.string(), z.int()),
      cancelStreams: z.int(),
    })
    .optional(),
  sweep: z
    .looseObject({
      roles: z.array(z.enum(ROLES)).min(1),
      together: z.boolean(),
      load: z.looseObject({
        loop: z.discriminatedUnion("kind", [
          z.looseObject({ kind: z.literal("closed") }),
          z.looseObject({ kind: z.literal("open"), shape: z.looseObject({ kind: z.string() }) }),
        ]),
        points: z.union([z.literal("auto"), z.array(z.number().positive())]),
        from: z.number().positive(),
        to: z.number().positive(),
        settleMs: z.number().nonnegative(),
        windowMs: z.number().positive(),
        maxInFlight: z.int().positive(),
        slo: z.looseObject({ text: z.string(), line: z.int(), column: z.int() }).optional(),
      }),
    })
    .optional(),
  shard: z
    .looseObject({ index: z.int().positive(), count: z.int().positive().max(100_000), startAtMs: z.number() })
    .optional(),
  shards: z
    .looseObject({
      count: z.int().positive().max(100_000),
      startAtMs: z.number(),
      merged: z.array(
        z.looseObject({
          index: z.int().positive(),
          runId: z.string(),
          createdAt: z.string(),
          host: z.string(),
          end: z.enum(ENDS).nullable(),
        }),
      ),
    })
    .optional(),
  goldenDigest: z.string(),
  caseDigests: z.record(z.string(), z.string()).optional(),
  planDigest: z.string(),
  seed: z.int(),
  versions: versionsShape,
  goldenSet: z.looseObject({
    name: z.string(),
    cases: z.array(
      z.looseObject({
        id: z.string(),
        category: z.string(),
        detects: z.string(),
        api: z.enum(["chat", "completions", "responses", "embeddings"]),
        tags: z.array(z.string()),
        variants: z.array(z.enum(["stream", "body"])),
        expect: z.looseObject({ tool_calls: z.array(z.looseObject({ name: z.string() })).optional() }),
        request: z.looseObject({}),
      }),
    ),
  }),
  endpoints: z.looseObject({ baseline: endpointShape, candidate: endpointShape }),
  requests: requestsShape,
  plan: planShape,
  notTested: z.array(z.looseObject({ caseId: z.string(), endpoint: z.enum(ROLES), reason: z.string() })),
  capture: z.looseObject({
    rounds: z.int(),
    concurrency: z.int(),
    prefix: z.enum(["unique", "shared"]),
    order: z.enum(["random", "serial"]),
    control: z.boolean(),
  }),
  preflight: z.object({ baseline: preflightShape, candidate: preflightShape }).optional(),
  judge: z.looseObject({
    gates: z.array(z.looseObject({ text: z.string(), line: z.int(), column: z.int() })),
    requestsPerDay: z.number().positive().max(1e12).optional(),
    estimand: z.enum(["these prompts", "traffic like these"]).optional(),
    quick: z.literal(true).optional(),
  }),
  recent: z.array(z.looseObject({ runId: z.string(), createdAt: z.string() })).optional(),
});

const stamp = z.int();
const segmentShape = z.looseObject({
  id: stamp,
  hrtimeOriginNs: z.string(),
  wallClockMs: z.number(),
  host: z.string(),
  shard: z.string().nullable().optional(),
});
const machineShape = z.looseObject({
  segment: stamp,
  fromNs: stamp,
  toNs: stamp,
  stalls: z.array(z.tuple([stamp, stamp])),
  busyShare: z.number(),
  reads: stamp,
  stalledReads: stamp,
  maxReadsPerTurn: stamp,
  sleptMs: z.number().optional(),
  wallStepMs: z.number().optional(),
});
const pauseShape = z.looseObject({
  segment: stamp,
  endpoint: z.enum(ROLES),
  fromNs: stamp,
  toNs: stamp,
  why: z.enum(["idle", "scale-down", "rpm", "tpm", "remaining"]),
  failed: z.string().optional(),
});
const stoppedShape = z.looseObject({
  segment: stamp,
  endpoint: z.enum(ROLES),
  atNs: stamp,
  kind: z.enum(["key refused", "credit spent", "failures"]),
  after: stamp,
  last: z.string(),
});
const resumeShape = z.looseObject({
  segment: stamp,
  createdAt: z.string(),
  missing: stamp,
  repairedBytes: stamp,
  prelude: z.array(z.looseObject({ endpoint: z.enum(ROLES), attempts: stamp, ms: z.number(), outcome: z.string() })),
  versions: versionsShape,
});
const extensionShape = z.looseObject({
  segment: stamp,
  createdAt: z.string(),
  rounds: stamp,
  plan: addedRowsShape,
  planDigest: z.string(),
  requests: requestsShape,
  versions: versionsShape,
});
const pointShape = z.looseObject({
  segment: stamp,
  point: z.looseObject({
    index: stamp,
    roles: z.array(z.enum(ROLES)),
    load: z.number().positive().nullable(),
    settleMs: z.number().nonnegative(),
    windowMs: z.number().positive(),
  }),
  plan: addedRowsShape.refine((rows) => rows.length > 0),
  requests: requestsShape,
});
const begunShape = z.looseObject({ segment: stamp, phase: z.string().regex(PHASE), atNs: stamp });
const droppedShape = z.looseObject({ segment: stamp, atNs: stamp, ids: z.array(stamp) });
const endShape = z.looseObject({
  segment: stamp,
  atNs: stamp,
  reason: z.enum(ENDS),
  message: z.string().optional(),
});

function checked(line: unknown, shape: z.ZodType, place: string): unknown {
  const result = shape.safeParse(line);
  if (result.success) return line;
  const where = result.error.issues[0]?.path.map(String).join(".").slice(0, 100) ?? "";
  throw new TwintailError({ cause: `the line is incomplete at ${printableLine(where, 100)}`, place, remedy: DAMAGED });
}

/** The shape that everything downstream relies on; checked by hand, since a schema costs more than the judgement. */
function asExchange(line: unknown, place: string): Exchange {
  const exchange = line as Exchange;
  const shaped =
    [exchange.id, exchange.pairId, exchange.round, exchange.releasedAtNs, exchange.inFlight, exchange.segment].every(
      isStamp,
    ) &&
    (exchange.intendedAtNs === undefined || isStamp(exchange.intendedAtNs)) &&
    (exchange.waitedNs === undefined || isStamp(exchange.waitedNs)) &&
    typeof exchange.caseId === "string" &&
    ROLES.includes(exchange.endpoint) &&
    ARMS.has(exchange.arm) &&
    typeof exchange.phase === "string" &&
    PHASE.test(exchange.phase) &&
    (exchange.variant === "stream" || exchange.variant === "body") &&
    Array.isArray(exchange.attempts) &&
    exchange.attempts.length > 0 &&
    exchange.attempts.every(isAttempt);
  if (shaped) return exchange;
  throw new TwintailError({ cause: "not an exchange of schema 1", place, remedy: DAMAGED });
}

const ARMS: ReadonlySet<unknown> = new Set(["baseline", "candidate", "control", "candidate2"]);
const OUTCOMES: ReadonlySet<unknown> = new Set([
  "complete",
  "cancelled",
  "timeout",
  "network",
  "staleConnection",
  "truncated",
]);
const OPTIONAL_STAMPS = ["dnsEndAtNs", "tcpEndAtNs", "tlsEndAtNs", "sentAtNs", "headersAtNs", "status"] as const;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTemplate(template: unknown): boolean {
  if (!isObject(template)) return false;
  return typeof template.method === "string" && typeof template.path === "string" && isObject(template.body);
}

function isRow(row: unknown): row is Readonly<Record<string, unknown>> {
  return isObject(row) && typeof row.phase === "string" && isStamp(row.round);
}

function isStamp(value: unknown): boolean {
  return Number.isSafeInteger(value);
}

function isAttempt(attempt: Attempt | null): boolean {
  return (
    isStamp(attempt?.dispatchedAtNs) &&
    isStamp(attempt?.endedAtNs) &&
    OPTIONAL_STAMPS.every((name) => attempt?.[name] === undefined || isStamp(attempt[name])) &&
    (attempt?.status === undefined || (attempt.status >= 100 && attempt.status <= 999)) &&
    OUTCOMES.has(attempt?.outcome?.kind) &&
    (attempt?.backoff === undefined || (isStamp(attempt.backoff?.ms) && attempt.backoff.ms >= 0)) &&
    Array.isArray(attempt?.reads) &&
    attempt.reads.every(isRead) &&
    (attempt.headers === undefined || (Array.isArray(attempt.headers) && attempt.headers.every(isHeader)))
  );
}

function isRead(read: RecordedRead): boolean {
  return Array.isArray(read) && isStamp(read[0]) && (typeof read[1] === "string" || typeof read[1]?.b64 === "string");
}

function isHeader(header: unknown): boolean {
  return Array.isArray(header) && typeof header[0] === "string" && typeof header[1] === "string";
}
