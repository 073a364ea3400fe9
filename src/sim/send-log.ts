/**
 * The truth about send times: one JSON line an event, stamped right before its socket write with
 * `process.hrtime`, which is one clock for every process of a host. Lines are kept in memory while a stream runs
 * and written when it ends, before its last bytes: a client that has read the whole answer finds all of it here.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { errorMessage, TwintailError } from "../core/errors.js";
import type { EventKind } from "./wire-format.js";

/** One line of the log. */
export interface SendLogLine {
  /** `x-request-id` of the request, or one of the simulator's own. */
  readonly requestId: string;
  /** Ordinal of the event in its answer, from 0. */
  readonly event: number;
  readonly kind: EventKind;
  /** `process.hrtime.bigint()` as decimal text. Events of one write share it. */
  readonly atNs: string;
  /** How long after its planned time the event was sent, in ns. */
  readonly lateNs: number;
}

/** Sent events of one answer. */
export interface RequestLog {
  mark(kinds: readonly EventKind[], dueMs: readonly number[]): void;
  flush(): void;
}

export interface SendLog {
  open(requestId: string): RequestLog;
  close(): void;
}

const FLUSH_AT = 4_096;

/** Appends to a file; without one, keeps nothing. @throws TwintailError when the file cannot be opened. */
export function openSendLog(file: string | undefined): SendLog {
  if (file === undefined) return { open: () => ({ mark: () => {}, flush: () => {} }), close: () => {} };
  const descriptor = opened(file);
  const logs = new Set<FileRequestLog>();
  return {
    open: (requestId) => {
      const log = new FileRequestLog(descriptor, requestId, (active) => (active ? logs.add(log) : logs.delete(log)));
      return log;
    },
    close: () => {
      for (const log of logs) log.flush();
      closeSync(descriptor);
    },
  };
}

function opened(file: string): number {
  try {
    return openSync(file, "a");
  } catch (error) {
    throw new TwintailError({
      cause: `the log cannot be written: ${errorMessage(error)}`,
      place: file,
      remedy: "give a file in a folder that is there and may be written",
      error,
    });
  }
}

class FileRequestLog implements RequestLog {
  readonly #descriptor: number;
  readonly #idJson: string;
  readonly #pending: (active: boolean) => void;
  #events = 0;
  #kinds: EventKind[] = [];
  #atNs: bigint[] = [];
  #lateNs: number[] = [];

  constructor(descriptor: number, requestId: string, pending: (active: boolean) => void) {
    this.#descriptor = descriptor;
    this.#idJson = JSON.stringify(requestId);
    this.#pending = pending;
  }

  mark(kinds: readonly EventKind[], dueMs: readonly number[]): void {
    if (this.#kinds.length === 0) this.#pending(true);
    const nowMs = performance.now();
    const atNs = process.hrtime.bigint();
    kinds.forEach((kind, index) => {
      this.#kinds.push(kind);
      this.#atNs.push(atNs);
      this.#lateNs.push(Math.round((nowMs - (dueMs[index] ?? nowMs)) * 1e6));
    });
    if (this.#kinds.length >= FLUSH_AT) this.flush();
  }

  flush(): void {
    if (this.#kinds.length === 0) return;
    let lines = "";
    this.#kinds.forEach((kind, index) => {
      lines += `{"requestId":${this.#idJson},"event":${this.#events++},"kind":"${kind}","atNs":"${this.#atNs[index]}","lateNs":${this.#lateNs[index]}}\n`;
    });
    this.#kinds = [];
    this.#atNs = [];
    this.#lateNs = [];
    this.#pending(false);
    try {
      writeSync(this.#descriptor, lines);
    } catch (error) {
      process.stderr.write(`the send log cannot be written: ${errorMessage(error)}\n`);
    }
  }
}
