/**
 * Server-sent events from the bytes of one stream, with the read that completed each. Follows the WHATWG parsing
 * rules, and says where a stream departs from them instead of losing what it carried.
 */
import type { Anomaly, AnomalyKind } from "./anomaly.js";
import { AnomalyLog } from "./anomaly-log.js";
import { parseJson } from "./json.js";
import { JsonScan, splitValues } from "./json-scan.js";

export interface SseEvent {
  readonly data: string;
  /** The `event:` field; null when there was none. */
  readonly event: string | null;
  /** Ordinal of the read that completed it. */
  readonly read: number;
  /** Where its data stood when not in `data:` fields: in a field named `error:`, or as JSON in no field at all. */
  readonly outside: "error" | "raw" | undefined;
}

export interface LexedStream {
  readonly events: readonly SseEvent[];
  readonly anomalies: readonly Anomaly[];
  /** Comment lines seen. */
  readonly comments: number;
  /** The last event was completed by the end of the stream, not by a blank line. */
  readonly lastUnterminated: boolean;
}

/** Lexes the reads of one stream. Cutting the same bytes into other reads changes only the `read` ordinals. */
export function lexSse(reads: Iterable<Uint8Array>): LexedStream {
  const lexer = new SseLexer();
  for (const bytes of reads) lexer.push(bytes);
  return lexer.finish();
}

class SseLexer {
  readonly #events: SseEvent[] = [];
  readonly #log = new AnomalyLog();
  // One decoder a stream: a character may lie across reads, the byte order mark too.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #read = -1;
  #started = false;
  /** Pieces of a line whose end has not come: joined once, so that a line over many reads stays linear. */
  #pending: string[] = [];
  #afterCarriageReturn = false;
  #data: string[] = [];
  #event: string | null = null;
  #comments = 0;
  #lastUnterminated = false;
  /** Lines of a JSON value that stands in no field, from the one that opens it. */
  #raw: string[] = [];
  #rawScan = new JsonScan();
  /** JSON is not looked for again in lines that were taken for JSON before. */
  #replaying = false;

  push(bytes: Uint8Array): void {
    this.#read++;
    this.#text(this.#decoder.decode(bytes, { stream: true }));
  }

  finish(): LexedStream {
    this.#text(this.#decoder.decode());
    if (this.#pending.length > 0 && this.#pending.some((piece) => piece !== "")) {
      const rest = this.#takeLine("");
      this.#note("unterminated-line", rest);
      this.#line(rest);
    }
    this.#dropRaw();
    if (this.#data.length > 0) {
      // The rules discard it, and with it the last tokens or the usage: deliver it, and say so.
      this.#note("unterminated-event", this.#data.join("\n"));
      this.#lastUnterminated = true;
      this.#dispatch();
    }
    return {
      events: this.#events,
      anomalies: this.#log.list(),
      comments: this.#comments,
      lastUnterminated: this.#lastUnterminated,
    };
  }

  #text(text: string): void {
    let start = 0;
    if (!this.#started && text !== "") {
      this.#started = true;
      if (text.startsWith(BYTE_ORDER_MARK)) {
        this.#note("byte-order-mark", "U+FEFF before the first event");
        start = 1;
      }
    }
    if (this.#afterCarriageReturn && text.length > 0) {
      this.#afterCarriageReturn = false;
      if (text[0] === "\n") start = 1;
    }
    for (;;) {
      const lineFeed = text.indexOf("\n", start);
      // CR is looked for inside one line at a time: a search to the end of the read for each line would be quadratic.
      const line = lineFeed < 0 ? text.slice(start) : text.slice(start, lineFeed);
      if (line.includes("\r")) this.#withCarriageReturns(line, lineFeed >= 0);
      else if (lineFeed >= 0) this.#line(this.#takeLine(line));
      else if (line !== "") this.#pending.push(line);
      if (lineFeed < 0) return;
      start = lineFeed + 1;
    }
  }

  #withCarriageReturns(text: string, lineFeedFollows: boolean): void {
    this.#note("carriage-return", "lines end in CR");
    const lines = text.split("\r");
    const last = lines.pop() ?? "";
    for (const line of lines) this.#line(this.#takeLine(line));
    if (last === "") this.#afterCarriageReturn = !lineFeedFollows;
    else if (lineFeedFollows) this.#line(this.#takeLine(last));
    else this.#pending.push(last);
  }

  #takeLine(tail: string): string {
    if (this.#pending.length === 0) return tail;
    const line = this.#pending.join("") + tail;
    this.#pending = [];
    return line;
  }

  #line(line: string): void {
    if (this.#raw.length > 0 && this.#continueRaw(line)) return;
    if (line === "") {
      if (this.#data.length > 0) this.#dispatch();
      else this.#event = null;
      return;
    }
    if (line.startsWith(":")) {
      this.#comments++;
      this.#note("comment", line);
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    switch (field) {
      case "data":
        if (line[colon + 1] !== " " && value !== "") this.#note("data-without-space", line);
        this.#data.push(value);
        break;
      case "event":
        this.#event = value;
        break;
      case "id":
      case "retry":
        break;
      case "error":
        this.#note("error-field", line);
        this.#outside(value, "error");
        break;
      default:
        if (!this.#replaying && OPENS_JSON.test(line)) this.#beginRaw(line);
        else this.#note("unknown-field", line);
    }
  }

  /** A JSON value in no field may have one line or many. */
  #beginRaw(line: string): void {
    this.#rawScan = new JsonScan();
    this.#raw = [line];
    if (this.#rawScan.push(line) >= 0) this.#endRaw();
  }

  /** Whether the line was a part of the JSON value that is open. */
  #continueRaw(line: string): boolean {
    if (KNOWN_FIELD.test(line)) {
      this.#dropRaw();
      return false;
    }
    this.#raw.push(line);
    if (this.#rawScan.push(line) >= 0) this.#endRaw();
    return true;
  }

  #endRaw(): void {
    const text = this.#raw.join("\n");
    if (parseJson(text) === undefined && splitValues(text).values.length === 0) {
      this.#dropRaw();
      return;
    }
    this.#raw = [];
    this.#outside(text, "raw");
  }

  /** What began like JSON was none: its lines are lines like any other. */
  #dropRaw(): void {
    const lines = this.#raw;
    this.#raw = [];
    this.#replaying = true;
    for (const line of lines) this.#line(line);
    this.#replaying = false;
  }

  /** An event of its own, after what was open before it. */
  #outside(data: string, outside: "error" | "raw"): void {
    if (this.#data.length > 0) this.#dispatch();
    this.#events.push({ data, event: this.#event, read: this.#read, outside });
    this.#event = null;
  }

  #dispatch(): void {
    const [first = ""] = this.#data;
    const data = this.#data.length === 1 ? first : this.#data.join("\n");
    this.#events.push({ data, event: this.#event, read: this.#read, outside: undefined });
    this.#data = [];
    this.#event = null;
  }

  #note(kind: AnomalyKind, evidence: string): void {
    this.#log.note(kind, evidence, Math.max(0, this.#read));
  }
}

const BYTE_ORDER_MARK = "\ufeff";
const OPENS_JSON = /^\s*[[{]/;
const KNOWN_FIELD = /^(?:data|event|id|retry|error):/;
