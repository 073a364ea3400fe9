/** Writes one answer at the planned times, with what its transport does: late, merged, compressed, split, changed, broken off. */
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { type AnswerChange, changedJson, StreamChange } from "./answer-change.js";
import { type ByteWriter, byteWriter } from "./byte-writer.js";
import type { Dialect } from "./dialect.js";
import type { Fault } from "./faults.js";
import type { RequestLog } from "./send-log.js";
import type { Schedule } from "./wheel.js";
import type { EventKind, WireEvent, WireFormat } from "./wire-format.js";

/** A client that does not read is cut off: its answer would pile up here. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/** How an answer leaves, beside its words. */
export interface Delivery {
  readonly dialect: Dialect;
  readonly change: AnswerChange | null;
  /** A stream is cut so long after its headers; Infinity never. */
  readonly streamCapMs: number;
  /** A stream is cut after so long without an event; Infinity never. */
  readonly streamIdleMs: number;
}

/** Due times are absolute ms of the schedule and must not decrease from call to call. */
export class ResponseWriter {
  readonly #response: ServerResponse;
  readonly #schedule: Schedule;
  readonly #log: RequestLog;
  readonly #fault: Fault;
  readonly #delivery: Delivery;
  readonly #format: Pick<WireFormat, "failure" | "reset"> | undefined;
  readonly #mergeEvents: number;
  readonly #bytes: ByteWriter | undefined;
  readonly #changed: StreamChange | undefined;
  /** What the faults have delayed this answer by so far. */
  #shiftMs: number;
  /** When the last event left, where the dialect's hop takes its time over each. */
  #lastMs = Number.NEGATIVE_INFINITY;
  #lastFlushMs = 0;
  #compresses = false;
  #submitted = 0;
  #dropped = false;
  #heldText = "";
  #heldKinds: EventKind[] = [];
  #heldDueMs: number[] = [];

  constructor(
    response: ServerResponse,
    schedule: Schedule,
    log: RequestLog,
    fault: Fault,
    delivery: Delivery,
    format?: Pick<WireFormat, "failure" | "reset">,
  ) {
    this.#response = response;
    this.#schedule = schedule;
    this.#log = log;
    this.#fault = fault;
    this.#delivery = delivery;
    this.#format = format;
    const { blockBytes, mergeMs } = delivery.dialect.transport;
    const together = blockBytes > 0 || mergeMs > 0 ? Number.POSITIVE_INFINITY : 1;
    this.#mergeEvents = fault.mergeEvents ?? fault.script?.mergeEvery ?? together;
    this.#bytes = fault.oneByteWrites === true ? byteWriter(response) : undefined;
    this.#changed = delivery.change === null ? undefined : new StreamChange(delivery.change);
    this.#shiftMs = fault.slowHeadersMs ?? 0;
  }

  /** Sends the status line and headers of an event stream; a second call does nothing. */
  startEvents(dueMs: number): void {
    this.#when(dueMs, (startedMs) => {
      if (this.#response.headersSent) return;
      const { streamType, gzip, closesAfterStream } = this.#delivery.dialect.transport;
      this.#response.writeHead(200, {
        "content-type": streamType,
        "cache-control": "no-cache",
        ...(gzip ? { "content-encoding": "gzip" } : {}),
        ...(closesAfterStream ? { connection: "close" } : {}),
      });
      this.#response.flushHeaders();
      this.#compresses = gzip;
      if (this.#delivery.dialect.framing.byteOrderMark) this.#send("\u{FEFF}");
      this.#lastFlushMs = startedMs;
      const { streamCapMs, streamIdleMs } = this.#delivery;
      if (streamCapMs < Number.POSITIVE_INFINITY) this.#schedule.at(startedMs + streamCapMs, () => this.#cutOff());
      if (streamIdleMs < Number.POSITIVE_INFINITY) this.#watchIdle(streamIdleMs);
    });
  }

  /** A comment line, past the log and past what holds events back. */
  comment(text: string, lineEnd: string): void {
    if (!this.#dropped && !this.#response.destroyed && !this.#response.writableEnded)
      this.#send(`${text}${lineEnd}${lineEnd}`);
  }

  event(event: WireEvent, dueMs: number): void {
    const index = this.#submitted++;
    if (index === this.#fault.stall?.atEvent) this.#shiftMs += this.#fault.stall.ms;
    if (index === this.#fault.errorAfterEvents) this.#end(this.#format?.failure() ?? [], dueMs);
    if (index === this.#fault.dropAfterEvents) this.#drop(dueMs);
    this.#when(dueMs, (shiftedDueMs) => this.#hold(event, shiftedDueMs), true);
  }

  /** Whether an event was handed over, comments apart. */
  get hasSpoken(): boolean {
    return this.#submitted > 0;
  }

  /** The upstream breaks off here. */
  cut(dueMs: number): void {
    this.#drop(dueMs);
  }

  endEvents(dueMs: number): void {
    if (this.#submitted === this.#fault.errorAfterEvents) this.#end(this.#format?.failure() ?? [], dueMs);
    if (this.#submitted === this.#fault.dropAfterEvents) this.#drop(dueMs);
    this.#end([], dueMs);
  }

  /** Sends the white space that keeps a body's connection alive while the answer is made. */
  startBody(padding: string, dueMs: number): void {
    this.#when(dueMs, () => {
      this.#response.writeHead(200, { "content-type": "application/json" });
      this.#send(padding);
    });
  }

  /** Sends a whole answer as one body. */
  body(text: string, contentType: string, status: number, dueMs: number): void {
    const { change } = this.#delivery;
    const said = change === null ? text : (changedJson(text, change) ?? text);
    this.#shiftMs += this.#fault.stall?.ms ?? 0;
    this.#when(dueMs, (shiftedDueMs) => {
      if (!this.#response.headersSent) {
        this.#response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(said) });
      }
      this.#log.mark(["body"], [shiftedDueMs]);
      this.#log.flush();
      if (this.#fault.dropAfterEvents !== undefined) {
        this.#send(said.slice(0, said.length / 2));
        this.#afterSent(() => this.#response.socket?.destroy());
      } else if (this.#bytes !== undefined) {
        this.#send(said);
        this.#afterSent(() => this.#response.end());
      } else {
        this.#response.end(said);
      }
    });
  }

  /** Says the last words, then ends. */
  #end(last: readonly WireEvent[], dueMs: number): void {
    this.#when(dueMs, (shiftedDueMs) => {
      for (const event of last) this.#hold(event, shiftedDueMs);
      this.#flush();
      const rest = this.#changed?.end() ?? "";
      if (rest !== "") this.#send(rest);
      this.#log.flush();
      this.#afterSent(() => this.#response.end());
    });
    this.#dropped = true;
  }

  #drop(dueMs: number): void {
    if (this.#dropped) return;
    const instead = this.#format?.reset() ?? null;
    if (instead !== null) {
      this.#end(instead, dueMs);
      return;
    }
    this.#when(dueMs, () => {
      this.#flush();
      this.#log.flush();
      this.#afterSent(() => this.#response.socket?.destroy());
    });
    this.#dropped = true;
  }

  /** What a hop between does at its own deadline: whatever it held is lost. */
  #cutOff(): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#dropped = true;
    this.#log.flush();
    this.#response.socket?.destroy();
  }

  #watchIdle(idleMs: number): void {
    this.#schedule.at(this.#lastFlushMs + idleMs, () => {
      if (this.#response.destroyed || this.#response.writableEnded) return;
      if (this.#schedule.now() - this.#lastFlushMs >= idleMs) this.#cutOff();
      else this.#watchIdle(idleMs);
    });
  }

  #when(dueMs: number, run: (shiftedDueMs: number) => void, isEvent = false): void {
    if (this.#dropped) return;
    const atMs = this.#delayed(dueMs + this.#shiftMs, isEvent);
    const runOpen = (): void => {
      if (!this.#response.destroyed && !this.#response.writableEnded) run(atMs);
    };
    if (atMs === dueMs) runOpen();
    else this.#schedule.at(atMs, runOpen);
  }

  /** A hop hands on one event after the other, and takes its time over each. */
  #delayed(dueMs: number, isEvent: boolean): number {
    const { firstEventDelayMs, eventDelayMs } = this.#delivery.dialect.transport;
    if (firstEventDelayMs === 0 && eventDelayMs === 0) return dueMs;
    const first = this.#lastMs === Number.NEGATIVE_INFINITY;
    if (!isEvent) return first ? dueMs : Math.max(dueMs, this.#lastMs);
    this.#lastMs = Math.max(dueMs, this.#lastMs) + (first ? firstEventDelayMs : eventDelayMs);
    return this.#lastMs;
  }

  #hold({ kind, text }: WireEvent, dueMs: number): void {
    const { mergeMs, blockBytes } = this.#delivery.dialect.transport;
    if (mergeMs > 0 && this.#heldKinds.length === 0) {
      this.#schedule.at(dueMs + mergeMs, () => {
        if (!this.#response.destroyed && !this.#response.writableEnded) this.#flush();
      });
    }
    this.#heldText += text;
    this.#heldKinds.push(kind);
    this.#heldDueMs.push(dueMs);
    const full = blockBytes > 0 && this.#heldText.length >= blockBytes;
    if (full || this.#heldKinds.length >= this.#mergeEvents) this.#flush();
  }

  #flush(): void {
    if (this.#heldKinds.length === 0) return;
    this.#lastFlushMs = this.#schedule.now();
    this.#log.mark(this.#heldKinds, this.#heldDueMs);
    const text = this.#changed === undefined ? this.#heldText : this.#changed.push(this.#heldText);
    if (text !== "") this.#send(text);
    this.#heldText = "";
    this.#heldKinds = [];
    this.#heldDueMs = [];
    if ((this.#response.socket?.writableLength ?? 0) > MAX_UNREAD_BYTES) this.#response.socket?.destroy();
  }

  /** node:http corks the socket until the next tick, which would merge the writes of one turn: uncorked at once. */
  #send(text: string): void {
    if (this.#bytes !== undefined) {
      this.#bytes.write(text);
      return;
    }
    // Members of their own, one after another, are one gzip file.
    this.#response.write(this.#compresses ? gzipSync(text) : text);
    this.#response.socket?.uncork();
  }

  #afterSent(run: () => void): void {
    if (this.#bytes === undefined) run();
    else this.#bytes.after(run);
  }
}
