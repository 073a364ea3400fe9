/**
 * Appends lines to `recording.jsonl`, each flushed to the operating system before the call returns, so that a kill
 * loses at most the exchange in flight. Written synchronously on the main thread: the capture thread never waits.
 */
import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode, TwintailError } from "../core/errors.js";
import { type Lock, lockRecording } from "./lock.js";
import type { HeaderLine, RecordingLine } from "./recording.js";

/** Holds the recording's lock until it is closed. */
export class RecordingWriter {
  readonly path: string;
  readonly #lock: Lock;
  #descriptor: number | null;
  #bytes: number;

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
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      return lockRecording(path);
    });
    const descriptor = guarded(path, () => openSync(path, "wx", 0o600), lock);
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
   * Appends one line.
   * @throws TwintailError when the disk refuses it; the file then ends with the last whole line.
   */
  append(line: RecordingLine): void {
    if (this.#descriptor === null) throw new Error("the recording is closed");
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`, "utf8");
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      if (written > 0) this.#cutBack();
      throw cannotWrite(this.path, error);
    }
    this.#bytes += written;
  }

  close(): void {
    if (this.#descriptor === null) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#lock.release();
  }

  #cutBack(): void {
    try {
      ftruncateSync(this.#descriptor as number, this.#bytes);
    } catch {
      // A torn last line is recognised and named by the reader.
    }
  }
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
  const { size } = fstatSync(descriptor);
  if (size !== bytes) {
    throw new TwintailError({
      cause: "the recording has changed since it was read",
      place: path,
      remedy: "another process appended to it; look at its report first",
    });
  }
  const last = Buffer.alloc(1);
  if (size > 0) readSync(descriptor, last, 0, 1, size - 1);
  if (last[0] === 0x0a) return;
  throw new TwintailError({
    cause: "the last line of the recording is cut off",
    place: path,
    remedy: "score what is there, or run anew",
  });
}

const REMEDY: Readonly<Record<string, string>> = {
  EEXIST: "choose another folder with --out",
  ENOENT: "give a folder under results/",
  ENOSPC: "free space on that disk; what was recorded before can be scored",
  EDQUOT: "free space in that quota; what was recorded before can be scored",
  EFBIG: "raise the file size limit; what was recorded before can be scored",
  EROFS: "choose a writable folder with --out",
  EACCES: "choose a writable folder with --out",
  EPERM: "choose a writable folder with --out",
};

function cannotWrite(path: string, error: unknown): TwintailError {
  const code = errorCode(error) ?? String(error);
  const cause =
    { EEXIST: "a recording is there already", ENOSPC: "the disk is full", EDQUOT: "the disk quota is used up" }[code] ??
    `the recording cannot be written (${code})`;
  return new TwintailError({ cause, place: path, remedy: REMEDY[code] ?? "check the folder", error });
}
