/**
 * Appends lines to `recording.jsonl`, each flushed to the operating system before the call returns, so that a kill
 * loses at most the exchanges in flight and those on their way here. Written synchronously on the main thread: the
 * capture thread never waits.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { errorCode, TwintailError } from "../core/errors.js";
import { type Lock, lockRecording } from "./lock.js";
import type { HeaderLine, RecordingLine } from "./recording.js";

/** A file that is deleted takes every line without a word: it is looked at so often. */
const LOOK_EVERY_MS = 1_000;

/** Holds the recording's lock until it is closed. */
export class RecordingWriter {
  readonly path: string;
  readonly #lock: Lock;
  #descriptor: number | null;
  #bytes: number;
  #lookedMs = 0;
  #ended = false;

  private constructor(path: string, lock: Lock, descriptor: number, bytes: number) {
    this.path = path;
    this.#lock = lock;
    this.#descriptor = descriptor;
    this.#bytes = bytes;
  }

  /**
   * Creates the file, its folder with owner-only permissions, and writes the header.
   * @throws TwintailError when it exists, or cannot be written.
   */
  static create(path: string, header: HeaderLine): RecordingWriter {
    const lock = guarded(path, () => {
      makeFolder(dirname(path));
      return lockRecording(path);
    });
    const descriptor = guarded(path, () => openSync(path, "ax", 0o600), lock);
    const writer = new RecordingWriter(path, lock, descriptor, 0);
    try {
      writer.append(header);
    } catch (error) {
      writer.close();
      throw error;
    }
    return writer;
  }

  /**
   * Opens a recording to append to it.
   * @param bytes its size when it was read: what came since is another process's, and unknown to the caller
   * @throws TwintailError when another process appends to it, when it has changed, or when its last line is cut off.
   */
  static open(path: string, bytes: number): RecordingWriter {
    const lock = guarded(path, () => lockRecording(path));
    const descriptor = guarded(path, () => openSync(path, constants.O_RDWR | constants.O_APPEND), lock);
    const writer = new RecordingWriter(path, lock, descriptor, bytes);
    try {
      refuseUnlessWhole(path, descriptor, bytes);
    } catch (error) {
      writer.close();
      throw error;
    }
    return writer;
  }

  /**
   * Opens a recording whose process was killed, and mends its last line: what was cut off is removed, and where a line feed
   * alone is missing it is added.
   * @param bytes as for {@link open}
   * @param tornBytes of the last line, as the reader counted them
   * @throws TwintailError when another process appends to it, or when it has changed.
   */
  static repair(path: string, bytes: number, tornBytes: number): RecordingWriter {
    const lock = guarded(path, () => lockRecording(path));
    const descriptor = guarded(path, () => openSync(path, constants.O_RDWR | constants.O_APPEND), lock);
    const writer = new RecordingWriter(path, lock, descriptor, bytes - tornBytes);
    try {
      refuseChanged(path, descriptor, bytes);
      guarded(path, () => {
        if (tornBytes > 0) ftruncateSync(descriptor, bytes - tornBytes);
        else if (!endsWhole(descriptor, bytes)) writer.#bytes += writeSync(descriptor, "\n");
      });
    } catch (error) {
      writer.close();
      throw error;
    }
    return writer;
  }

  /** Appends one line of a recording that is merged: it has the ends of several processes. @throws TwintailError as {@link append}. */
  add(line: RecordingLine): void {
    this.append(line);
    this.#ended = false;
  }

  /**
   * Appends one line. An end is the last: where the file is gone by then, no second end says that the run failed.
   * @throws TwintailError when the disk refuses it: the file then ends with the last whole line; or when the file was deleted
   * meanwhile.
   */
  append(line: RecordingLine): void {
    if (this.#descriptor === null) throw new Error("the recording is closed");
    if (this.#ended) return;
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`, "utf8");
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      if (written > 0) this.#cutBack(written);
      throw cannotWrite(this.path, error);
    }
    this.#bytes += written;
    const nowMs = Date.now();
    this.#ended = line.type === "end";
    if (!this.#ended && nowMs - this.#lookedMs < LOOK_EVERY_MS) return;
    this.#lookedMs = nowMs;
    refuseGone(this.path, this.#descriptor, this.#ended);
    this.#refuseShared();
  }

  close(): void {
    if (this.#descriptor === null) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#lock.release();
  }

  /** Somebody removed the lock while it was held: two who write would each ask for what the other asks for. */
  #refuseShared(): void {
    if (fstatSync(this.#descriptor as number).size === this.#bytes) return;
    this.#ended = true;
    throw new TwintailError({
      cause: "another process wrote this recording at the same time",
      place: this.path,
      remedy: "its lock was removed while it was held: run anew, and leave the lock to twintail",
    });
  }

  #cutBack(written: number): void {
    try {
      if (fstatSync(this.#descriptor as number).size !== this.#bytes + written) return;
      ftruncateSync(this.#descriptor as number, this.#bytes);
    } catch {
      // A torn last line is recognised and named by the reader.
    }
  }
}

/** On a read-only disk Node calls a nested folder that it cannot make ENOENT: asked for the first one alone, it says EROFS. */
function makeFolder(folder: string): void {
  const options = { recursive: true, mode: 0o700 };
  try {
    mkdirSync(folder, options);
  } catch (error) {
    const code = errorCode(error);
    if (code === "EEXIST" || code === "ENOTDIR") throw fileInTheWay(folder);
    if (code !== "ENOENT") throw error;
    let missing = folder;
    while (!existsSync(dirname(missing)) && dirname(missing) !== missing) missing = dirname(missing);
    mkdirSync(missing, 0o700);
    mkdirSync(folder, options);
  }
}

function fileInTheWay(folder: string): TwintailError {
  let file = folder;
  while (!existsSync(file) && dirname(file) !== file) file = dirname(file);
  return new TwintailError({
    cause: "this is a file, where a folder is to be",
    place: file,
    remedy: "choose another folder with --out",
  });
}

/** The lock is released when what it was taken for fails. */
function guarded<T>(path: string, action: () => T, lock?: Lock): T {
  try {
    return action();
  } catch (error) {
    lock?.release();
    throw error instanceof TwintailError ? error : cannotWrite(path, error);
  }
}

function refuseUnlessWhole(path: string, descriptor: number, bytes: number): void {
  refuseChanged(path, descriptor, bytes);
  if (endsWhole(descriptor, bytes)) return;
  throw new TwintailError({
    cause: "the last line of the recording is cut off",
    place: path,
    remedy: "complete it with --resume",
  });
}

function refuseChanged(path: string, descriptor: number, bytes: number): void {
  if (fstatSync(descriptor).size === bytes) return;
  throw new TwintailError({
    cause: "the recording has changed since it was read",
    place: path,
    remedy: "another process appended to it; look at its report first",
  });
}

function endsWhole(descriptor: number, bytes: number): boolean {
  const last = Buffer.alloc(1);
  if (bytes > 0) readSync(descriptor, last, 0, 1, bytes - 1);
  return last[0] === 0x0a;
}

/** @param atItsEnd whether it must be found at its place too, since it is about to be read there */
function refuseGone(path: string, descriptor: number, atItsEnd: boolean): void {
  const { nlink, ino } = fstatSync(descriptor);
  if (nlink === 0) {
    throw new TwintailError({
      cause: "the recording was deleted while it was written",
      place: path,
      remedy: "what was recorded is lost; run anew, and keep the folder",
    });
  }
  if (!atItsEnd || statSync(path, { throwIfNoEntry: false })?.ino === ino) return;
  throw new TwintailError({
    cause: "the recording was moved while it was written",
    place: path,
    remedy: "it is whole: give twintail score the place where it is now",
  });
}

const REMEDY: Readonly<Record<string, string>> = {
  EEXIST: "choose another folder with --out",
  ENOENT: "give a folder under results/",
  ENOSPC: "free space on that disk; what was recorded before can be scored",
  EDQUOT: "free space in that quota; what was recorded before can be scored",
  EFBIG: "raise the file size limit; what was recorded before can be scored",
  EROFS: "make its folder writable, or choose another with --out",
  EACCES: "make its folder writable, or choose another with --out",
  EPERM: "make its folder writable, or choose another with --out",
};

function cannotWrite(path: string, error: unknown): TwintailError {
  const code = errorCode(error) ?? String(error);
  const cause =
    { EEXIST: "a recording is there already", ENOSPC: "the disk is full", EDQUOT: "the disk quota is used up" }[code] ??
    `the recording cannot be written (${code})`;
  return new TwintailError({ cause, place: path, remedy: REMEDY[code] ?? "check the folder", error });
}
