/**
 * Plays one recorded attempt to a client: status, headers and reads at the offsets at which they came, counted from
 * the moment the request was there, and then the end that it had.
 */

import { type ServerResponse, validateHeaderName, validateHeaderValue } from "node:http";
import { StringDecoder } from "node:string_decoder";
import { header } from "../../recording/headers.js";
import { decodeBytes } from "../../recording/reads.js";
import type { Attempt, Outcome } from "../../recording/recording.js";
import { type AnswerChange, changedJson, StreamChange } from "../answer-change.js";
import type { Schedule } from "../wheel.js";

export interface Playing {
  readonly response: ServerResponse;
  readonly schedule: Schedule;
  /** When the request was there, ms of the schedule. */
  readonly arrivedMs: number;
  readonly speed: number;
  readonly change: AnswerChange | null;
  /** The connection closes in the middle. */
  readonly cut: boolean;
}

/** What a run cancelled went on for nobody knows how long: open for so many ms at recorded speed, then cut. */
const HOLD_MS = 5_000;

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

interface Timed {
  readonly atMs: number;
  readonly bytes: Buffer | string;
}

export function play(attempt: Attempt, playing: Playing): void {
  const { response, schedule, arrivedMs, speed } = playing;
  const anchorNs = attempt.sentAtNs ?? attempt.dispatchedAtNs;
  const at = (ns: number): number => arrivedMs + Math.max(0, ns - anchorNs) / 1e6 / speed;
  const whenOpen = (atMs: number, run: () => void): void =>
    schedule.at(atMs, () => {
      if (!response.destroyed && !response.writableEnded) run();
    });

  const { status, headersAtNs } = attempt;
  const endMs = at(attempt.endedAtNs);
  if (status === undefined || status < 200 || status > 999 || headersAtNs === undefined) {
    playEnd(attempt.outcome, endMs, playing, whenOpen);
    return;
  }
  const reads: Timed[] = attempt.reads.map(([ns, bytes]) => ({ atMs: at(ns), bytes: decodeBytes(bytes) }));
  const encoded = attempt.headers?.some(([name]) => name === "content-encoding") === true;
  const change = encoded ? null : playing.change;
  const said = change === null ? reads : changedReads(reads, change, isEventStream(attempt));
  const headersMs = at(headersAtNs);
  whenOpen(headersMs, () => {
    response.sendDate = false;
    response.writeHead(status, headersOf(attempt, change !== null));
    // Apart from the first read only where it was apart.
    if ((said[0]?.atMs ?? Number.POSITIVE_INFINITY) > headersMs) response.flushHeaders();
  });
  const cutAt = playing.cut ? Math.floor(said.length / 2) : said.length;
  for (const { atMs, bytes } of said.slice(0, cutAt)) {
    whenOpen(atMs, () => {
      response.write(bytes);
      response.socket?.uncork();
    });
  }
  if (playing.cut) playCut(said[cutAt], whenOpen, response, endMs);
  else playEnd(attempt.outcome, Math.max(endMs, said.at(-1)?.atMs ?? 0), playing, whenOpen);
}

type WhenOpen = (atMs: number, run: () => void) => void;

function playCut(middle: Timed | undefined, whenOpen: WhenOpen, response: ServerResponse, endMs: number): void {
  whenOpen(middle?.atMs ?? endMs, () => {
    if (middle !== undefined) response.write(middle.bytes.slice(0, Math.floor(middle.bytes.length / 2)));
    response.socket?.uncork();
    response.socket?.destroy();
  });
}

function playEnd(outcome: Outcome, endMs: number, { response, speed }: Playing, whenOpen: WhenOpen): void {
  switch (outcome.kind) {
    case "complete":
      whenOpen(endMs, () => response.end());
      return;
    case "timeout":
      return; // silence, until the client gives up
    case "cancelled":
      whenOpen(endMs + HOLD_MS / speed, () => response.socket?.destroy());
      return;
    case "network":
      whenOpen(endMs, () => {
        if (outcome.code === "ECONNRESET") response.socket?.resetAndDestroy();
        else response.socket?.destroy();
      });
      return;
    case "staleConnection":
    case "truncated":
      whenOpen(endMs, () => response.socket?.destroy());
  }
}

/** Node frames the body anew: what framed it then, and a length that is no longer true, are left out. */
function headersOf(attempt: Attempt, changed: boolean): string[] {
  const given = attempt.headers ?? [];
  const connection = given.flatMap(([name, value]) =>
    name === "connection" ? value.toLowerCase().split(/[,\s]+/) : [],
  );
  const bytes = attempt.reads.reduce((sum, [, read]) => sum + decodeBytes(read).length, 0);
  const complete = attempt.outcome.kind === "complete";
  const flat = given.flatMap(([name, value]) => {
    if (HOP_BY_HOP.has(name) || connection.includes(name) || !isSendable(name, value)) return [];
    if (name === "content-length" && (changed || attempt.cutBytes !== undefined)) return [];
    if (name === "content-length" && complete && Number(value) !== bytes) return [];
    return [name, value];
  });
  return connection.includes("close") ? [...flat, "connection", "close"] : flat;
}

function isSendable(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

function isEventStream(attempt: Attempt): boolean {
  const type = header(attempt, "content-type") ?? "";
  if (type.includes("event-stream")) return true;
  const [first] = attempt.reads;
  return first !== undefined && /^(?:\s*:|\s*data:|\s*event:)/.test(decodeBytes(first[1]).toString("utf8", 0, 200));
}

/** Reads keep their times; a read of which nothing is left is none. A body is changed as a whole, with its last read. */
function changedReads(reads: readonly Timed[], change: AnswerChange, events: boolean): Timed[] {
  const last = reads.at(-1);
  if (last === undefined) return [];
  if (!events) {
    const text = Buffer.concat(reads.map(({ bytes }) => Buffer.from(bytes))).toString("utf8");
    return [{ atMs: last.atMs, bytes: changedJson(text, change) ?? text }];
  }
  // A character may be spread over two reads.
  const decoder = new StringDecoder("utf8");
  const stream = new StreamChange(change);
  const changed = reads.map(({ atMs, bytes }) => ({ atMs, bytes: stream.push(decoder.write(Buffer.from(bytes))) }));
  const rest = stream.push(decoder.end()) + stream.end();
  return [...changed, { atMs: last.atMs, bytes: rest }].filter(({ bytes }) => bytes !== "");
}
