/**
 * `nights.jsonl`: one line a night, appended whole and never changed. A line that was torn by a kill, or that is none of
 * ours, is named and left alone.
 */
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errorCode, TwintailError } from "../core/errors.js";
import { type Night, nightSchema } from "./night.js";

export const NIGHTS_FILE = "nights.jsonl";

/** A line that could not be read. */
export interface UnreadableLine {
  readonly line: number;
  readonly why: string;
}

export interface History {
  /** By the moment at which they began. */
  readonly nights: readonly Night[];
  readonly unreadable: readonly UnreadableLine[];
}

/**
 * Reads a history folder.
 * @throws TwintailError when it has no `nights.jsonl`, or not one line of it can be read.
 */
export function readNights(folder: string): History {
  const history = readIfThere(folder);
  if (history === null) {
    throw new TwintailError({
      cause: `there is no ${NIGHTS_FILE}`,
      place: folder,
      remedy: "add a night with twintail run --history, or with twintail trend --add",
    });
  }
  if (history.nights.length === 0) {
    const [first] = history.unreadable;
    throw new TwintailError({
      cause: first === undefined ? "there is no night in it" : `no line of it is a night: ${first.why}`,
      place: join(folder, NIGHTS_FILE),
      remedy: "add a night with twintail run --history, or with twintail trend --add",
    });
  }
  return history;
}

/**
 * As {@link readNights}, for a folder that may not have been made yet.
 * @throws TwintailError when it is there and cannot be read.
 */
export function readNightsIfAny(folder: string): History {
  return readIfThere(folder) ?? { nights: [], unreadable: [] };
}

function readIfThere(folder: string): History | null {
  const path = join(folder, NIGHTS_FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return null;
    throw new TwintailError({
      cause: `the history cannot be read (${code ?? String(error)})`,
      place: path,
      remedy: "give the folder that twintail run --history was given",
      error,
    });
  }
  const nights = new Map<string, Night>();
  const unreadable: UnreadableLine[] = [];
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const read = nightIn(line, index === lines.length - 1);
    if (typeof read === "string") unreadable.push({ line: index + 1, why: read });
    // A run that was looked at again was appended again; two processes may have appended one run at once.
    else if (read.look > (nights.get(read.runId)?.look ?? 0)) nights.set(read.runId, read);
  }
  const sorted = [...nights.values()].sort(
    (a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || (a.runId < b.runId ? -1 : 1),
  );
  return { nights: sorted, unreadable };
}

/** The night, or why it is none. */
function nightIn(line: string, last: boolean): Night | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return last ? "cut off by a kill" : "not a line of JSON";
  }
  const result = nightSchema.safeParse(value);
  if (result.success) return result.data;
  const version = (value as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === "number" && version > 1) return "made by a newer twintail";
  const where = result.error.issues[0]?.path.map(String).join(".").slice(0, 80) ?? "";
  return where === "" ? "not a night" : `not a night: ${where}`;
}

/**
 * Appends a night, in one write, readable by its owner alone.
 * @returns false when the run is in the history already, at this look or a later one; nothing is then written.
 * @throws TwintailError when the folder cannot be written.
 */
export function addNight(folder: string, night: Night): boolean {
  const known = readNightsIfAny(folder).nights.find(({ runId }) => runId === night.runId);
  if (known !== undefined && known.look >= night.look) return false;
  withAppended(folder, (descriptor) => {
    // After a torn line the night stands on a line of its own.
    const start = endsWithLine(descriptor) ? "" : "\n";
    const bytes = Buffer.from(`${start}${JSON.stringify(night)}\n`, "utf8");
    let written = 0;
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  });
  return true;
}

/**
 * Makes the folder if need be.
 * @throws TwintailError when a night could not be appended there: better known before a run than after.
 */
export function checkHistory(folder: string): void {
  withAppended(folder, () => {});
}

function withAppended(folder: string, use: (descriptor: number) => void): void {
  const path = join(folder, NIGHTS_FILE);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Appending is what keeps two runs apart that end at once.
    const descriptor = openSync(path, "a+", 0o600);
    try {
      use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new TwintailError({
      cause: `the history cannot be written (${errorCode(error) ?? String(error)})`,
      place: path,
      remedy: "choose a writable folder with --history",
      error,
    });
  }
}

function endsWithLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return last[0] === 0x0a;
}
