/**
 * Finds recordings among the run folders of a results folder. What cannot be read there is no recording of ours, but for a
 * merge: what it left out in silence would be missing from the run.
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { EndpointFacts, EndpointRole } from "../config/settings.js";
import { canonicalJson } from "../core/digest.js";
import { errorCode, errorMessage, TwintailError } from "../core/errors.js";
import { RECORDING_FILE, readHeader } from "./reader.js";
import type { HeaderLine } from "./recording.js";

/** What makes two runs runs of the same thing. */
export interface RunSubject {
  readonly goldenDigest: string;
  readonly endpoints: Readonly<Record<EndpointRole, Pick<EndpointFacts, "baseUrl" | "models">>>;
}

const MAX_FOLDERS = 2_000;
/** The start of a header says when it was made; golden set, plan and requests come after. */
const START_BYTES = 1_024;
const CREATED = /^\{"type":"header","schemaVersion":\d+,"runId":"[^"]*","createdAt":"([^"]{1,40})"/;
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
const MAX_HEADERS = 50;
const DAY_MS = 24 * 3_600_000;

/** Runs of the same golden set against the same endpoints in the 24 hours before `nowMs`, newest first. */
export function recentRuns(results: string, subject: RunSubject, nowMs: number): NonNullable<HeaderLine["recent"]> {
  const recent: { runId: string; createdAt: string }[] = [];
  const since = startsIn(results).filter(({ createdMs }) => createdMs <= nowMs && createdMs >= nowMs - DAY_MS);
  for (const { folder } of since.slice(0, MAX_HEADERS)) {
    const header = headerIn(folder);
    if (header === null || !isRunOf(header, subject)) continue;
    recent.push({ runId: header.runId, createdAt: header.createdAt });
  }
  return recent;
}

/**
 * The folder of the newest run of the same golden set against the same endpoints.
 * @throws TwintailError when there is none.
 */
export function newestRun(results: string, subject: RunSubject): string {
  for (const { folder } of startsIn(results).slice(0, MAX_HEADERS)) {
    const header = headerIn(folder);
    if (header !== null && isRunOf(header, subject)) return folder;
  }
  throw new TwintailError({
    cause: "no run of this golden set against these endpoints is here",
    place: results,
    remedy: "name the folder of a run with --of, or run without --extend",
  });
}

/** How deep run folders of shards may lie in a folder of artifacts. */
const MAX_DEPTH = 4;

/**
 * What a path names for a merge: a recording or a run folder itself; of any other folder the recordings of single shards in it.
 * @throws TwintailError when it is a folder without any, or one in which a folder or a recording cannot be read.
 */
export function shardRecordingsIn(path: string): string[] {
  if (!isFolder(path) || isFile(join(path, RECORDING_FILE))) return [path];
  const found = recordingsBelow(path, MAX_DEPTH).filter(
    (folder) => readHeader(folder, Number.POSITIVE_INFINITY).shard !== undefined,
  );
  if (found.length > 0) return found.sort();
  throw new TwintailError({
    cause: "no recording of a shard is in it",
    place: path,
    remedy: "give the run folders that twintail run --shard made",
  });
}

function recordingsBelow(folder: string, depth: number): string[] {
  if (isFile(join(folder, RECORDING_FILE))) return [folder];
  if (depth === 0) return [];
  const inner = looked(folder, () => readdirSync(folder, { withFileTypes: true })).filter((each) => each.isDirectory());
  return inner.flatMap(({ name }) => recordingsBelow(join(folder, name), depth - 1));
}

function isFolder(path: string): boolean {
  return looked(path, () => statSync(path, { throwIfNoEntry: false }))?.isDirectory() === true;
}

function isFile(path: string): boolean {
  return looked(path, () => statSync(path, { throwIfNoEntry: false }))?.isFile() === true;
}

/** @throws TwintailError where the system refuses to look. */
function looked<Seen>(place: string, look: () => Seen): Seen {
  try {
    return look();
  } catch (error) {
    throw new TwintailError({
      cause: `it cannot be looked into for shards (${errorCode(error) ?? errorMessage(error)})`,
      place,
      remedy: "make it readable, or name the run folders of the shards",
      error,
    });
  }
}

function isRunOf({ kind, shard, goldenDigest, endpoints }: HeaderLine, subject: RunSubject): boolean {
  return (
    kind !== "probe" &&
    kind !== "wake" &&
    // One part of a run is no run; merged, they are.
    shard === undefined &&
    goldenDigest === subject.goldenDigest &&
    (["baseline", "candidate"] as const).every(
      (role) =>
        endpoints[role].baseUrl === subject.endpoints[role].baseUrl &&
        canonicalJson(endpoints[role].models) === canonicalJson(subject.endpoints[role].models),
    )
  );
}

/** Run folders, newest first. */
function startsIn(results: string): { folder: string; createdMs: number }[] {
  let names: string[];
  try {
    names = readdirSync(results, { withFileTypes: true }).flatMap((each) => (each.isFile() ? [] : [each.name]));
  } catch {
    return [];
  }
  // Names begin with the time: of too many, the newest are looked at.
  return names
    .sort()
    .reverse()
    .slice(0, MAX_FOLDERS)
    .flatMap((name) => {
      const folder = join(results, name);
      const createdMs = Date.parse(CREATED.exec(startOf(join(folder, RECORDING_FILE)))?.[1] ?? "");
      return Number.isNaN(createdMs) ? [] : [{ folder, createdMs }];
    })
    .sort((a, b) => b.createdMs - a.createdMs);
}

function startOf(file: string): string {
  try {
    const descriptor = openSync(file, "r");
    try {
      const start = Buffer.alloc(START_BYTES);
      return start.toString("utf8", 0, readSync(descriptor, start, 0, START_BYTES, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return "";
  }
}

function headerIn(folder: string): HeaderLine | null {
  try {
    return readHeader(folder, MAX_HEADER_BYTES);
  } catch {
    return null;
  }
}
