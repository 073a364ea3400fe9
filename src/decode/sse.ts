/**
 * Server-sent events from the bytes of one stream, with the read that completed each. Follows the WHATWG parsing
 * rules, and says where a stream departs from them instead of losing what it carried.
 */
import type { Anomaly, AnomalyKind } from "./anomaly.js";

export interface SseEvent {
  readonly data: string;
  /** The `event:` field; null when there was none. */
  readonly event: string | null;
  /** Ordinal of the read that completed it. */
  readonly read: number;
}

export interface LexedStream {
  readonly events: readonly SseEvent[];
  readonly anomalies: readonly Anomaly[];
  /** Comment lines seen. */
  readonly comments: number;
}

/** Lexes the reads of one stream. Cutting the same bytes into other reads changes only the `read` ordinals. */
export function lexSse(reads: Iterable<Uint8Array>): LexedStream {
  const lexer = new SseLexer();
  for (const bytes of reads) lexer.push(bytes);
  return lexer.finish();
}

class SseLexer {
  readonly #events: SseEvent[] = [];
  readonly #anomalies = new Map<string, Anomaly>();
  // One decoder a stream: a character may lie across reads. It drops a BOM at the start, as the rules ask.
  readonly #decoder = new TextDecoder("utf-8");
  #read = -1;
  #first = true;
  /** Pieces of a line whose end has not come: joined once, so that a line over many reads stays linear. */
  #pending: string[] = [];
  #afterCarriageReturn = false;
  #data: string[] = [];
  #event: string | null = null;
  #comments = 0;

  push(bytes: Uint8Array): void {
    this.#read++;
    if (this.#first && bytes.length > 0) {
      this.#first = false;
      if (bytes[0] === 0xef) this.#note("byte-order-mark", "U+FEFF before the first event");
    }
    this.#text(this.#decoder.decode(bytes, { stream: true }));
  }

  finish(): LexedStream {
    this.#text(this.#decoder.decode());
    if (this.#pending.length > 0 && this.#pending.some((piece) => piece !== "")) {
      const rest = this.#takeLine("");
      this.#note("unterminated-line", rest);
      this.#line(rest);
    }
    if (this.#data.length > 0) {
      // The rules discard it, and with it the last tokens or the usage: deliver it, and say so.
      this.#note("unterminated-event", this.#data.join("\n"));
      this.#dispatch();
    }
    return { events: this.#events, anomalies: [...this.#anomalies.values()], comments: this.#comments };
  }

  #text(text: string): void {
    let start = 0;
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
        if (this.#data.length === 1) this.#note("multi-line-data", line);
        if (line[colon + 1] !== " " && value !== "") this.#note("data-without-space", line);
        this.#data.push(value);
        break;
      case "event":
        this.#event = value;
        break;
      case "id":
      case "retry":
        break;
      default:
        this.#note("unknown-field", line);
    }
  }

  #dispatch(): void {
    this.#events.push({ data: this.#data.join("\n"), event: this.#event, read: this.#read });
    this.#data = [];
    this.#event = null;
  }

  #note(kind: AnomalyKind, evidence: string): void {
    if (!this.#anomalies.has(kind)) {
      this.#anomalies.set(kind, { kind, evidence: evidence.slice(0, 200), read: Math.max(0, this.#read) });
    }
  }
}
