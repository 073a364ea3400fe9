/** Writes one answer at the planned times, with the faults of its transport: late, merged, split, broken off. */
import type { ServerResponse } from "node:http";
import { type ByteWriter, byteWriter } from "./byte-writer.js";
import type { Fault } from "./faults.js";
import type { RequestLog } from "./send-log.js";
import type { Schedule } from "./wheel.js";
import type { EventKind, WireEvent } from "./wire-format.js";

/** A client that does not read is cut off: its answer would pile up here. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

const EVENT_STREAM_HEADERS = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

/** Due times are absolute ms of the schedule and must not decrease from call to call. */
export class ResponseWriter {
  readonly #response: ServerResponse;
  readonly #schedule: Schedule;
  readonly #log: RequestLog;
  readonly #fault: Fault;
  readonly #mergeEvents: number;
  readonly #bytes: ByteWriter | undefined;
  /** What the faults have delayed this answer by so far. */
  #shiftMs: number;
  #submitted = 0;
  #dropped = false;
  #heldText = "";
  #heldKinds: EventKind[] = [];
  #heldDueMs: number[] = [];

  constructor(response: ServerResponse, schedule: Schedule, log: RequestLog, fault: Fault) {
    this.#response = response;
    this.#schedule = schedule;
    this.#log = log;
    this.#fault = fault;
    this.#mergeEvents = fault.mergeEvents ?? fault.script?.mergeEvery ?? 1;
    this.#bytes = fault.oneByteWrites === true ? byteWriter(response) : undefined;
    this.#shiftMs = fault.slowHeadersMs ?? 0;
  }

  /** Sends the status line and headers of an event stream. */
  startEvents(dueMs: number): void {
    this.#when(dueMs, () => {
      this.#response.writeHead(200, EVENT_STREAM_HEADERS);
      this.#response.flushHeaders();
    });
  }

  event(event: WireEvent, dueMs: number): void {
    const index = this.#submitted++;
    if (index === this.#fault.stall?.atEvent) this.#shiftMs += this.#fault.stall.ms;
    if (index === this.#fault.dropAfterEvents) this.#drop(dueMs);
    this.#when(dueMs, (shiftedDueMs) => {
      this.#heldText += event.text;
      this.#heldKinds.push(event.kind);
      this.#heldDueMs.push(shiftedDueMs);
      if (this.#heldKinds.length >= this.#mergeEvents) this.#flush();
    });
  }

  endEvents(dueMs: number): void {
    if (this.#submitted === this.#fault.dropAfterEvents) this.#drop(dueMs);
    this.#when(dueMs, () => {
      this.#flush();
      this.#log.flush();
      this.#afterSent(() => this.#response.end());
    });
  }

  /** Sends a whole answer as one body. */
  body(text: string, contentType: string, status: number, dueMs: number): void {
    this.#shiftMs += this.#fault.stall?.ms ?? 0;
    this.#when(dueMs, (shiftedDueMs) => {
      this.#response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(text) });
      this.#log.mark(["body"], [shiftedDueMs]);
      this.#log.flush();
      if (this.#fault.dropAfterEvents !== undefined) {
        this.#send(text.slice(0, text.length / 2));
        this.#afterSent(() => this.#response.socket?.destroy());
      } else if (this.#bytes !== undefined) {
        this.#send(text);
        this.#afterSent(() => this.#response.end());
      } else {
        this.#response.end(text);
      }
    });
  }

  #drop(dueMs: number): void {
    this.#when(dueMs, () => {
      this.#flush();
      this.#log.flush();
      this.#afterSent(() => this.#response.socket?.destroy());
    });
    this.#dropped = true;
  }

  #when(dueMs: number, run: (shiftedDueMs: number) => void): void {
    if (this.#dropped) return;
    const shiftedDueMs = dueMs + this.#shiftMs;
    const runOpen = (): void => {
      if (!this.#response.destroyed) run(shiftedDueMs);
    };
    if (this.#shiftMs === 0) runOpen();
    else this.#schedule.at(shiftedDueMs, runOpen);
  }

  #flush(): void {
    if (this.#heldKinds.length === 0) return;
    this.#log.mark(this.#heldKinds, this.#heldDueMs);
    this.#send(this.#heldText);
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
    this.#response.write(text);
    this.#response.socket?.uncork();
  }

  #afterSent(run: () => void): void {
    if (this.#bytes === undefined) run();
    else this.#bytes.after(run);
  }
}
