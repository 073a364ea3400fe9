/**
 * The body of one attempt as it arrived: bytes, and for each socket read its stamp and where it ended. Bytes are
 * copied at once, since undici's chunks are views that would keep whole socket buffers alive.
 */
import type { Clock } from "./clock.js";

/** Transferable: three buffers, no objects a read. */
export interface ReadLogData {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly atNs: Float64Array<ArrayBuffer>;
  /** End offset of each read in `bytes`. */
  readonly ends: Float64Array<ArrayBuffer>;
}

const FIRST_CAPACITY = 4 * 1024;
/** A read costs about 20 bytes beyond its content; a server that sends single bytes must not cost gigabytes. */
const MAX_READS = 1_000_000;

/** Its reactions are microtasks, without the bookkeeping that queueMicrotask adds to each. */
const SETTLED = Promise.resolve();

/** The first reads of a log, as many as fit into `maxBytes`; the rest is let go. */
export function firstReads(log: ReadLogData, maxBytes: number): ReadLogData {
  if (log.bytes.length <= maxBytes) return log;
  let reads = 0;
  while (reads < log.ends.length && (log.ends[reads] as number) <= maxBytes) reads++;
  return {
    bytes: log.bytes.slice(0, log.ends[reads - 1] ?? 0),
    atNs: log.atNs.slice(0, reads),
    ends: log.ends.slice(0, reads),
  };
}

export class ReadLog {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #length = 0;
  readonly #atNs: number[] = [];
  readonly #ends: number[] = [];
  #openStampNs: number | null = null;
  #openIsRead = false;
  /** Made once: a closure a read would cost more than the read. */
  readonly #endRead = (): void => {
    this.#openStampNs = null;
    this.#openIsRead = false;
  };

  constructor(
    private readonly now: Clock,
    private readonly maxBytes: number,
  ) {}

  /** Number of reads that carried body bytes. */
  get reads(): number {
    return this.#ends.length;
  }

  get lastReadAtNs(): number | undefined {
    return this.#atNs.at(-1);
  }

  /**
   * The stamp of the socket read that is being handled. undici parses a read synchronously and calls back once per
   * HTTP chunk in it: the first callback takes the time, a microtask (which cannot run before the parser returns)
   * ends it.
   */
  stamp(): number {
    if (this.#openStampNs === null) {
      this.#openStampNs = this.now();
      SETTLED.then(this.#endRead);
    }
    return this.#openStampNs;
  }

  /** Adds a piece of the current read. Returns false when the limit is reached: the piece is cut, reading has to stop. */
  add(chunk: Uint8Array): boolean {
    const atNs = this.stamp();
    if (this.#openIsRead === false) {
      if (this.#ends.length >= MAX_READS) return false;
      this.#openIsRead = true;
      this.#atNs.push(atNs);
      this.#ends.push(this.#length);
    }
    const room = this.maxBytes - this.#length;
    const piece = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#reserve(this.#length + piece.length);
    this.#bytes.set(piece, this.#length);
    this.#length += piece.length;
    this.#ends[this.#ends.length - 1] = this.#length;
    return piece.length === chunk.length;
  }

  finish(): ReadLogData {
    return {
      bytes: this.#bytes.slice(0, this.#length),
      atNs: Float64Array.from(this.#atNs),
      ends: Float64Array.from(this.#ends),
    };
  }

  #reserve(needed: number): void {
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
