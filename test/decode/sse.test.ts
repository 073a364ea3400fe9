import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lexSse } from "../../src/decode/sse.js";

const bytes = (text: string): Buffer => Buffer.from(text, "utf8");
const dataOf = (...reads: string[]): string[] => lexSse(reads.map(bytes)).events.map(({ data }) => data);

/** Cuts bytes at the given places, characters and all. */
function cut(buffer: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (buffer.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  return [...ends, buffer.length].map((end) => {
    const piece = buffer.subarray(start, end);
    start = end;
    return piece;
  });
}

describe("events", () => {
  it.each([
    ["LF", "data: a\n\ndata: b\n\n"],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n"],
    ["CR", "data: a\r\rdata: b\r\r"],
    ["no space", "data:a\n\ndata:b\n\n"],
    ["comments and ids between", ": ping\n\nid: 1\ndata: a\n\n: again\ndata: b\nretry: 5\n\n"],
    ["a BOM", "\ufeffdata: a\n\ndata: b\n\n"],
  ])("are found with %s", (_name, text) => expect(dataOf(text)).toEqual(["a", "b"]));

  it("join data lines, keep the event field, and take the read that completed them", () => {
    const { events } = lexSse(["event: error\ndata: a\nda", "ta: b\n", "\ndata: c\n\n"].map(bytes));
    expect(events).toEqual([
      { data: "a\nb", event: "error", read: 2 },
      { data: "c", event: null, read: 2 },
    ]);
  });

  it("keep a character that lies across two reads", () => {
    const text = bytes("data: 한국\n\n");
    expect(lexSse([text.subarray(0, 7), text.subarray(7)]).events[0]?.data).toBe("한국");
  });

  it("that lack their end are delivered, and said to", () => {
    const lexed = lexSse([bytes("data: a\n\ndata: [DONE]")]);
    expect(lexed.events.map(({ data }) => data)).toEqual(["a", "[DONE]"]);
    expect(lexed.anomalies.map(({ kind }) => kind)).toEqual(["unterminated-line", "unterminated-event"]);
  });

  it("cost linear time in one read of many", () => {
    const read = (events: number): Buffer => bytes(`data: ${"x".repeat(200)}\n\n`.repeat(events));
    const timed = (events: number): number => {
      const started = performance.now();
      expect(lexSse([read(events)]).events).toHaveLength(events);
      return performance.now() - started;
    };
    timed(2_000);
    timed(2_000);
    // Eight times the events in forty times the time at most: a quadratic search takes sixty-four.
    const small = Math.max(1, Math.min(timed(5_000), timed(5_000), timed(5_000)));
    expect(Math.min(timed(40_000), timed(40_000), timed(40_000)) / small).toBeLessThan(40);
  });

  it("cost linear time in a line of a million one-byte reads", () => {
    const piece = bytes("x");
    const started = performance.now();
    const { events } = lexSse([bytes("data: "), ...Array.from({ length: 200_000 }, () => piece), bytes("\n\n")]);
    expect(events[0]?.data).toHaveLength(200_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("properties", () => {
  const line = fc.oneof(
    fc.string({ unit: "grapheme" }).map((text) => `data: ${text.replace(/[\r\n]/g, "")}`),
    fc.constantFrom("", ": comment", "event: x", "data", "id: 1", "retry: 10", "unknown: y", "data:z"),
  );
  const stream = fc
    .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom("\n", "\r\n", "\r"))
    .map(([lines, end]) => `${lines.join(end)}${end}${end}`);

  it("cutting the same bytes elsewhere changes neither events nor anomalies", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (text, places) => {
        const whole = lexSse([bytes(text)]);
        const pieces = lexSse(cut(bytes(text), places));
        expect(pieces.events.map(({ data, event }) => [data, event])).toEqual(
          whole.events.map(({ data, event }) => [data, event]),
        );
        expect(pieces.anomalies.map(({ kind, evidence }) => [kind, evidence])).toEqual(
          whole.anomalies.map(({ kind, evidence }) => [kind, evidence]),
        );
        expect(pieces.comments).toBe(whole.comments);
      }),
    );
  });

  it("finds the events that eventsource-parser finds", () => {
    fc.assert(
      fc.property(stream, (written) => {
        // After a final CR the parser waits for what follows; a comment settles it.
        const text = `${written}:\n`;
        const theirs: [string, string | null][] = [];
        createParser({ onEvent: (event) => theirs.push([event.data, event.event ?? null]) }).feed(text);
        expect(lexSse([bytes(text)]).events.map(({ data, event }) => [data, event || null])).toEqual(theirs);
      }),
    );
  });
});
