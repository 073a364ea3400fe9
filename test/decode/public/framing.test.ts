/**
 * The framing cases of web-platform-tests, `eventsource/format-*` (BSD-3-Clause), as facts: each names the case whose rule
 * it holds `lexSse` to; the bytes are ours. Left out is what lies outside the lexer: reconnecting with an id or after a
 * time, and types of content.
 */
import { describe, expect, it } from "vitest";
import { lexSse } from "../../../src/decode/sse.js";

interface FramingCase {
  /** Cases of web-platform-tests with the same rule. */
  readonly wpt: string;
  readonly rule: string;
  readonly bytes: string;
  /** Each event: its data, and its name where it has one. */
  readonly events: readonly (readonly [data: string, event?: string])[];
  readonly anomalies?: readonly string[];
}

const CASES: readonly FramingCase[] = [
  {
    wpt: "format-bom",
    rule: "a byte order mark is dropped at the start and nowhere else",
    bytes: "\uFEFFdata:first\n\n\uFEFFdata:lost\n\ndata:last\n\n",
    events: [["first"], ["last"]],
    anomalies: ["byte-order-mark", "unknown-field"],
  },
  {
    wpt: "format-bom-2",
    rule: "only one byte order mark is dropped",
    bytes: "\uFEFF\uFEFFdata:lost\n\ndata:kept\n\n",
    events: [["kept"]],
    anomalies: ["byte-order-mark", "unknown-field"],
  },
  {
    wpt: "format-comments",
    rule: "comments of any length, under any line end, part no event",
    bytes: `data:a\r:\0\n:\r\ndata:b\n:${"x".repeat(2048)}\rdata:c\n:data:no\r:${"x".repeat(2048)}\ndata:d\n\n`,
    events: [["a\nb\nc\nd"]],
    anomalies: ["comment"],
  },
  {
    wpt: "format-field-data",
    rule: "data without a colon, or without a value, is an empty line of data",
    bytes: "data:\n\ndata\ndata\n\ndata:end\n\n",
    events: [[""], ["\n"], ["end"]],
  },
  {
    wpt: "format-field-event",
    rule: "an event's name holds for that event alone",
    bytes: "event:named\ndata:a\n\ndata:b\n\n",
    events: [["a", "named"], ["b"]],
  },
  {
    wpt: "format-field-event-empty",
    rule: "an empty name is none",
    bytes: "event: \ndata:a\n\n",
    events: [["a"]],
  },
  {
    wpt: "format-field-parsing",
    rule: "names of fields are exact: case, NUL, punctuation and white space in front make others",
    bytes:
      "data:\0\ndata:  b\rData:no\ndata\0:no\ndata:c\r\0data:no\nda-ta:no\rdata_5\ndata:d\rdata:\r\n data:no\ndata:e\n\n",
    events: [["\0\n b\nc\nd\n\ne"]],
    anomalies: ["unknown-field"],
  },
  {
    wpt: "format-field-unknown",
    rule: "unknown fields, and lines without a colon, are left out",
    bytes: "data:a\n data\ndata\nother:value\njust a line\n:a comment\ndata:b\n\n",
    events: [["a\n\nb"]],
    anomalies: ["comment", "unknown-field"],
  },
  {
    wpt: "format-leading-space",
    rule: "one space after the colon is dropped, a tab is not",
    bytes: "data:\ta\rdata: \ndata:  b\n\n",
    events: [["\ta\n\n b"]],
  },
  {
    wpt: "format-newlines",
    rule: "LF, CR and CRLF end a line alike, also mixed",
    bytes: "data:a\r\ndata\ndata:b\r\n\r",
    events: [["a\n\nb"]],
    anomalies: ["carriage-return"],
  },
  {
    wpt: "format-null-character",
    rule: "NUL is a character of the data",
    bytes: "data:\0\n\n",
    events: [["\0"]],
  },
  {
    wpt: "format-utf-8",
    rule: "bytes are UTF-8, whatever a type of content says",
    bytes: "data:ok…👍\n\n",
    events: [["ok…👍"]],
  },
  {
    wpt: "format-field-id, format-field-id-2, format-field-id-3, format-field-id-null",
    rule: "an id is no part of the data, and makes no event",
    bytes: "id: 1\ndata:a\n\nid\n\nid:\0\ndata:b\n\n",
    events: [["a"], ["b"]],
  },
  {
    wpt: "format-field-retry, format-field-retry-bogus, format-field-retry-empty",
    rule: "a retry time, also one that is no number, is no part of the data",
    bytes: "retry:02000\nretry:1000x\nretry\ndata:a\n\n",
    events: [["a"]],
  },
  {
    // The rules discard such an event; here it is delivered and recorded, since it may be the last tokens or the usage.
    wpt: "format-data-before-final-empty-line",
    rule: "an event that lacks its blank line is known as such",
    bytes: "retry:1000\ndata:a\n\nid:x\ndata:b",
    events: [["a"], ["b"]],
    anomalies: ["unterminated-event", "unterminated-line"],
  },
];

const lexed = (reads: readonly Uint8Array[]) => {
  const { events, anomalies } = lexSse(reads);
  return {
    events: events.map(({ data, event }) => (event === null || event === "" ? [data] : [data, event])),
    kinds: anomalies.map(({ kind }) => kind).sort(),
  };
};

describe.each(CASES)("$wpt", ({ rule, bytes, events, anomalies }) => {
  const whole = Buffer.from(bytes);

  it(rule, () => {
    const made = lexed([whole]);
    expect(made.events).toEqual(events);
    if (anomalies !== undefined) expect(made.kinds).toEqual(expect.arrayContaining([...anomalies]));
  });

  it("is the same byte by byte", () => {
    expect(lexed([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(lexed([whole]));
  });
});
