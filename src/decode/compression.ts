/**
 * Bodies that came compressed although identity was asked for. What they hold is bounded, and given back cut where the
 * reads were cut, so that an event keeps the moment at which its last byte could be decompressed.
 */
import * as zlib from "node:zlib";
import { header } from "../recording/headers.js";
import type { Attempt } from "../recording/recording.js";
import type { AnomalyLog } from "./anomaly-log.js";

const MiB = 1 << 20;
/** What one body may hold: as much as a recording may keep of one that is not compressed. */
const MAX_OUTPUT = 32 * MiB;
/** Bytes in and out that may be spent on finding which read completed what. */
const MAX_WORK = 64 * MiB;
/** Beginning to decompress costs more than a short prefix does. */
const MAX_PREFIXES = 1_000;
/** An answer is compressed once; a list of codings is somebody's mistake or attack. */
const MAX_CODINGS = 2;

export interface Opened {
  /** What each read held, in order; where too much work would be needed to tell, several reads' text is in the last. */
  readonly pieces: readonly Buffer[];
  /** Why it could not be decompressed; null when it could. */
  readonly problem: string | null;
}

/** The bytes of an attempt as they were before compression. */
export function openReads(attempt: Attempt, reads: readonly Buffer[], log: AnomalyLog): Opened {
  const given = header(attempt, "content-encoding") ?? "";
  const codings = given
    .slice(0, 100)
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (typeof attempt.openedFrom === "string") log.note("compressed-body", `content-encoding: ${attempt.openedFrom}`);
  if (codings.length === 0 || reads.every((read) => read.length === 0)) return { pieces: reads, problem: null };
  log.note("compressed-body", `content-encoding: ${given}`);
  const bytes = Buffer.concat(reads);
  const decoders = codings.reverse().map((coding) => decoderOf(coding));
  if (decoders.length > MAX_CODINGS || decoders.includes(null)) {
    return { pieces: [], problem: `the body is compressed (${given.slice(0, 20)}) in a way that cannot be read` };
  }
  const open = (compressed: Buffer): Buffer =>
    decoders.reduce((data, decode) => (decode === null ? data : decode(data)), compressed);
  const whole = longestOpened(open, bytes);
  if (whole === "too-large") {
    return {
      pieces: [],
      problem: `the body is compressed (${given.slice(0, 20)}) and holds over ${MAX_OUTPUT / MiB} MiB`,
    };
  }
  if (whole.length === 0) {
    // Some proxies decompress and leave the given.
    if (isPlain(bytes)) return { pieces: reads, problem: null };
    return { pieces: [], problem: `the body is compressed (${given.slice(0, 20)}) and cut off or damaged` };
  }
  return { pieces: cutAsRead(open, reads, bytes, whole), problem: null };
}

/**
 * Node keeps the output buffer of a call that failed until the event loop turns, and scoring does not turn it: the buffer
 * is as small as the input.
 */
function bounds(bytes: Buffer): { maxOutputLength: number; chunkSize: number } {
  return { maxOutputLength: MAX_OUTPUT, chunkSize: Math.min(64 * 1024, Math.max(1024, bytes.length)) };
}

type Decoder = (compressed: Buffer) => Buffer;

function decoderOf(coding: string): Decoder | null {
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
  // A flush in place of an end: a stream that was cut gives what it holds.
  const flushed = (bytes: Buffer) => ({ finishFlush: Z_SYNC_FLUSH, ...bounds(bytes) });
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return (bytes) => zlib.gunzipSync(bytes, flushed(bytes));
    case "deflate":
      // The name means zlib's format; some servers send it without its two bytes of header.
      return (bytes) => (hasZlibHeader(bytes) ? zlib.inflateSync : zlib.inflateRawSync)(bytes, flushed(bytes));
    case "br":
      return (bytes) => zlib.brotliDecompressSync(bytes, { ...flushed(bytes), finishFlush: BROTLI_OPERATION_FLUSH });
    case "zstd":
      return zstd();
    default:
      return null;
  }
}

/** Node has it from 22.15 on. */
function zstd(): Decoder | null {
  const { zstdDecompressSync, constants } = zlib as unknown as {
    zstdDecompressSync?: (bytes: Buffer, options: object) => Buffer;
    constants: { ZSTD_e_flush?: number };
  };
  if (zstdDecompressSync === undefined) return null;
  return (bytes) => zstdDecompressSync(bytes, { ...bounds(bytes), finishFlush: constants.ZSTD_e_flush ?? 1 });
}

function hasZlibHeader(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}

/** What the longest readable prefix holds: all of it, or as much as comes before the damage. */
function longestOpened(open: Decoder, bytes: Buffer): Buffer | "too-large" {
  let good = 0;
  let bad = bytes.length + 1;
  let held: Buffer = Buffer.alloc(0);
  let work = 0;
  for (let length = bytes.length; bad - good > 1 && work <= MAX_WORK; length = (good + bad) >> 1) {
    const opened = tryOpen(open, bytes.subarray(0, length));
    if (opened === "too-large") return opened;
    work += length + (opened?.length ?? length);
    if (opened === null) bad = length;
    else {
      good = length;
      held = opened;
    }
  }
  return held;
}

function tryOpen(open: Decoder, bytes: Buffer): Buffer | "too-large" | null {
  if (bytes.length === 0) return bytes;
  try {
    return open(bytes);
  } catch (error) {
    return (error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE" ? "too-large" : null;
  }
}

/** Cuts the text where each read ends, by decompressing prefixes as far as the work allows. */
function cutAsRead(open: Decoder, reads: readonly Buffer[], bytes: Buffer, whole: Buffer): Buffer[] {
  const affordable = Math.min(MAX_PREFIXES, Math.max(1, Math.floor(MAX_WORK / (bytes.length + whole.length))));
  const step = Math.max(1, Math.ceil(reads.length / affordable));
  const pieces: Buffer[] = [];
  let readEnd = 0;
  let given = 0;
  for (const [index, read] of reads.entries()) {
    readEnd += read.length;
    const last = index === reads.length - 1;
    let end = given;
    if (last) end = whole.length;
    else if ((index + 1) % step === 0 && read.length > 0) {
      const opened = tryOpen(open, bytes.subarray(0, readEnd));
      // What lies beyond damage is not opened, and its reads add nothing.
      end = Buffer.isBuffer(opened) ? Math.max(given, Math.min(opened.length, whole.length)) : given;
    }
    pieces.push(whole.subarray(given, end));
    given = end;
  }
  return pieces;
}

function isPlain(bytes: Buffer): boolean {
  return /^[\s\ufeff]*(?:[{[<:]|data|event|id|retry)/.test(bytes.toString("utf8", 0, 100));
}
