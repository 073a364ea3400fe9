/**
 * Recordings of shards → one recording, line by line: no exchange is kept, so that memory is that of the headers. Nothing is
 * lost and nothing is judged: each process keeps its segment, with a number of its own.
 */
import { formatDurationMs } from "../core/duration.js";
import { TwintailError } from "../core/errors.js";
import { printableLine } from "../core/printable.js";
import type { RequestTemplate } from "../plan/plan.js";
import { recordingLines } from "./reader.js";
import type { EndLine, HeaderLine, MergedShards, RecordingLine } from "./recording.js";
import type { ShardRecording } from "./shard-recording.js";
import { shardMark } from "./shard-segments.js";
import type { RecordingWriter } from "./writer.js";

/** Shards that began further apart than this did not send one run at one time. */
const MAX_APART_MS = 5_000;

/**
 * The header of what is merged from these, in any order.
 * @param anyStart also of shards that did not begin together
 * @throws TwintailError when two are the same shard, or did not begin together.
 */
export function mergedHeader(first: HeaderLine, parts: readonly ShardRecording[], anyStart: boolean): HeaderLine {
  const merged = mergedShards(parts);
  if (!anyStart) refuseApart(parts);
  const { shard: _, shards: __, ...header } = first;
  const count = parts[0]?.count ?? 1;
  const { plan } = header;
  const known: Record<string, RequestTemplate> = Object.assign({}, ...parts.map(({ requests }) => requests));
  const requests: Record<string, RequestTemplate> = {};
  for (const { requestId } of plan) {
    const template = known[requestId];
    if (template !== undefined) requests[requestId] = template;
  }
  const createdAt = parts.map((part) => part.createdAt).sort()[0] ?? header.createdAt;
  return {
    ...header,
    runId: `${baseName(first.runId)}-merged-${merged.length}-of-${count}`,
    createdAt,
    requests,
    ...preflightOf(parts),
    ...recentOf(parts, new Set(merged.map(({ runId }) => runId))),
    shards: { count, startAtMs: Math.min(...parts.map(({ startAtMs }) => startAtMs)), merged },
  };
}

/** In the order of their index. */
function mergedShards(parts: readonly ShardRecording[]): MergedShards["merged"] {
  const files = new Map<number, string>();
  for (const { file, shards } of parts) {
    for (const { index } of shards) {
      const other = files.get(index);
      if (other !== undefined) {
        throw new TwintailError({
          cause: `shard ${index} is there twice: ${other} has it too`,
          place: file,
          remedy: "leave one of them out",
        });
      }
      files.set(index, file);
    }
  }
  return parts.flatMap(({ shards }) => shards).sort((a, b) => a.index - b.index);
}

/**
 * `shard 3 sent its first round 42 s after shard 1`, one for each that was late though it was given the same start: it came up
 * late, or took long to warm up.
 */
export function lateShards(parts: readonly Pick<ShardRecording, "beganMs">[]): string[] {
  const began = parts.flatMap(({ beganMs }) => [...beganMs]).sort(([, a], [, b]) => a - b);
  const [first] = began;
  if (first === undefined) return [];
  return began.flatMap(([shard, ms]) =>
    ms - first[1] <= MAX_APART_MS
      ? []
      : `shard ${shard} sent its first round ${formatDurationMs(ms - first[1])} after shard ${first[0]}: a round of the two is no one moment`,
  );
}

function refuseApart(parts: readonly ShardRecording[]): void {
  const sorted = [...parts].sort((a, b) => a.startAtMs - b.startAtMs);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return;
  const apartMs = last.startAtMs - first.startAtMs;
  if (apartMs <= MAX_APART_MS) return;
  const name = ({ shards }: ShardRecording): string => `shard ${shards[0]?.index ?? "?"}`;
  throw new TwintailError({
    cause: `${name(last)} began ${Math.round(apartMs / 1_000)} s after ${name(first)}: a round of the two is no one moment`,
    place: last.file,
    remedy: "give every shard one --start-at, or merge all the same with --any-start",
  });
}

/** A run's name without the shard that it is. */
function baseName(runId: string): string {
  return runId.replace(/-(?:shard-\d+-of-\d+|merged-\d+-of-\d+)$/, "");
}

/** Of each endpoint what the first shard found that found anything. */
function preflightOf(parts: readonly ShardRecording[]): Pick<HeaderLine, "preflight"> {
  const of = (role: "baseline" | "candidate") => {
    const said = parts.flatMap(({ preflight }) => preflight?.[role] ?? []);
    return said.find(({ streamUsage }) => streamUsage !== "unknown") ?? said[0];
  };
  const [baseline, candidate] = [of("baseline"), of("candidate")];
  if (baseline === undefined && candidate === undefined) return {};
  return { preflight: { ...(baseline && { baseline }), ...(candidate && { candidate }) } };
}

/** Runs before this one, as any shard found them. */
function recentOf(parts: readonly ShardRecording[], own: ReadonlySet<string>): Pick<HeaderLine, "recent"> {
  const runs = new Map(parts.flatMap(({ recent }) => (recent ?? []).map((run) => [run.runId, run] as const)));
  const recent = [...runs.values()]
    .filter(({ runId }) => !own.has(runId))
    .sort((a, b) => (a.createdAt === b.createdAt ? (a.runId < b.runId ? -1 : 1) : a.createdAt < b.createdAt ? 1 : -1));
  return recent.length === 0 ? {} : { recent };
}

/** Segments of the merged recording by those of its parts: by shard, and of each in their order. */
export function newSegments(
  parts: readonly ShardRecording[],
): ReadonlyMap<ShardRecording, ReadonlyMap<number, number>> {
  const all = parts.flatMap((part) => [...part.segments].map(([id, shard]) => ({ part, id, shard })));
  const numbers = new Map(parts.map((part) => [part, new Map<number, number>()]));
  const sorted = all.sort((a, b) => a.shard - b.shard || a.id - b.id);
  for (const [number, { part, id }] of sorted.entries()) numbers.get(part)?.set(id, number);
  return numbers;
}

/**
 * Appends every line of the parts but their headers. Ends come last: a merge that is killed leaves a recording that was killed.
 * @throws TwintailError with `file:line` of a line that was changed meanwhile, or when the disk refuses one.
 */
export function appendParts(writer: RecordingWriter, parts: readonly ShardRecording[]): void {
  const numbers = newSegments(parts);
  const ends: EndLine[] = [];
  for (const part of parts) {
    const own = numbers.get(part) ?? new Map<number, number>();
    for (const { line, place } of recordingLines(part.file)) {
      if (line.type === "header") continue;
      const renumbered = withSegment(line, own, place);
      if (renumbered.type === "end") ends.push(renumbered);
      else if (renumbered.type === "segment") writer.add({ ...renumbered, shard: markOf(part, line, place) });
      else writer.add(renumbered);
    }
  }
  for (const end of ends) writer.add(end);
}

function markOf({ segments, count }: ShardRecording, line: RecordingLine, place: string): string {
  const index = line.type === "segment" ? segments.get(line.id) : undefined;
  if (index === undefined) throw changed(place);
  return shardMark({ index, count });
}

type Renumbered = Exclude<RecordingLine, HeaderLine>;

function withSegment(line: Renumbered, numbers: ReadonlyMap<number, number>, place: string): Renumbered {
  const segment = numbers.get(line.type === "segment" ? line.id : line.segment);
  if (segment === undefined) throw changed(place);
  return line.type === "segment" ? { ...line, id: segment } : { ...line, segment };
}

function changed(place: string): TwintailError {
  return new TwintailError({
    cause: "the line is of a process that the recording does not name",
    place: printableLine(place, 300),
    remedy: "the file was changed or damaged",
  });
}
