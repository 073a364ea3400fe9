/**
 * Appends lines to `recording.jsonl`, each flushed to the operating system before the call returns, so that a kill
 * loses at most the exchange in flight. Written synchronously on the main thread: the capture thread never waits.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode, TwintailError } from "../core/errors.js";
import type { HeaderLine, RecordingLine } from "./recording.js";

export class RecordingWriter {
  readonly path: string;
  #descriptor: number | null;
  #bytes = 0;

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  /**
   * Creates the file, its folder with owner-only permissions, and writes the header.
   * @throws TwintailError when it exists, or cannot be written.
   */
  static create(path: string, header: HeaderLine): RecordingWriter {
    let descriptor: number;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      descriptor = openSync(path, "wx", 0o600);
    } catch (error) {
      throw cannotWrite(path, error);
    }
    const writer = new RecordingWriter(path, descriptor);
    try {
      writer.append(header);
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
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #cutBack(): void {
    try {
      ftruncateSync(this.#descriptor as number, this.#bytes);
    } catch {
      // A torn last line is recognised and named by the reader.
    }
  }
}

const REMEDY: Readonly<Record<string, string>> = {
  EEXIST: "choose another folder with --out",
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
