/** Events of a stream → the JSON values that a dialect reads, with what departs from one value an event. */
import type { AnomalyLog } from "./anomaly-log.js";
import { apiErrorIn, plainError, streamErrorIn } from "./api-error.js";
import type { Arrival, Dialect } from "./dialect.js";
import { parseJson } from "./json.js";
import { splitValues } from "./json-scan.js";
import type { LexedStream, SseEvent } from "./sse.js";

const DONE = "[DONE]";

export interface StreamFacts {
  readonly eventCount: number;
  readonly firstEventAtNs: number | null;
  /** `[DONE]` was sent. */
  readonly done: boolean;
}

/**
 * Feeds a dialect with the events of a stream.
 * @param atNs stamp of a read by its ordinal.
 * @param ended whether the endpoint ended the stream; what lacks at the end of one that was cut is no fact about it.
 */
export function readStream(
  stream: LexedStream,
  atNs: (read: number) => number,
  dialect: Dialect,
  log: AnomalyLog,
  ended: boolean,
): StreamFacts {
  const { events, lastUnterminated } = stream;
  const last = events.at(-1);
  const doneUnterminated = lastUnterminated && last !== undefined && isDone(last.data);
  for (const { kind, evidence, read } of stream.anomalies) {
    const end = kind === "unterminated-line" || kind === "unterminated-event";
    if (!end || (ended && !doneUnterminated)) log.note(kind, evidence, read);
  }
  if (doneUnterminated && ended) log.note("done-unterminated", last.data, last.read);
  const torn = stream.anomalies.some(({ kind }) => kind === "unterminated-line");
  const reader = new ValueReader(dialect, log);
  for (const event of events) reader.event(event, atNs(event.read), torn && event === last);
  return { eventCount: events.length, firstEventAtNs: events[0] ? atNs(events[0].read) : null, done: reader.done };
}

class ValueReader {
  done = false;

  constructor(
    readonly dialect: Dialect,
    readonly log: AnomalyLog,
  ) {}

  event(event: SseEvent, atNs: number, torn: boolean): void {
    const { data, event: name, read } = event;
    if (isDone(data)) {
      this.done = true;
      return;
    }
    if (data === "" || data.trim() === "") {
      this.log.note("empty-data", "data:", read);
      return;
    }
    if (this.done) this.log.note("data-after-done", data, read);
    if (event.outside === "raw") this.log.note("raw-json-in-stream", data, read);
    if (name !== null && name !== "" && !this.dialect.namesEvents) {
      this.log.note(name === "error" ? "error-event" : "named-event", `event: ${name}`, read);
    }
    const saysError = name === "error" || event.outside === "error";
    const arrival = { read, atNs, text: data, name };
    const json = parseJson(data);
    if (json !== undefined) {
      if (data.includes("\n") && event.outside === undefined) this.log.note("multi-line-data", data, read);
      this.#value(json, arrival, saysError);
      return;
    }
    const { values, rest } = splitValues(data);
    const parsed = values.map((text) => (text === DONE ? DONE : parseJson(text)));
    if (saysError && parsed.length === 0) {
      this.dialect.fail(plainError(data, "plain", true));
      this.log.note("error-in-stream", data, read);
      return;
    }
    const broken = rest !== "" || parsed.includes(undefined);
    // An event that was cut off is not JSON because it was cut off, which is said already.
    if (broken && !torn) this.log.note("event-not-json", data, read);
    if (parsed.length > 1) this.log.note("events-without-blank-line", data, read);
    for (const [index, value] of parsed.entries()) {
      if (value === DONE) this.done = true;
      else if (value !== undefined) this.#value(value, { ...arrival, text: values[index] ?? data }, saysError);
    }
  }

  #value(json: unknown, arrival: Arrival, saysError: boolean): void {
    if (saysError && streamErrorIn(json) === null) {
      this.dialect.fail(apiErrorIn(json, true) ?? plainError(arrival.text, "plain", true));
      this.log.note("error-in-stream", arrival.text, arrival.read);
      return;
    }
    this.dialect.event(json, arrival);
  }
}

/** The longest text that is looked at for `[DONE]` and white space around it. */
const MAX_DONE = 20;

function isDone(data: string): boolean {
  return data.length <= MAX_DONE && data.trim() === DONE;
}
