/** Damages streams: what proxies, bugs and attackers make of them. Every choice comes from the given random numbers. */
import type { WireRow } from "./row.js";

export interface Random {
  /** Uniform integer in [0, bound). */
  int(bound: number): number;
}

export interface MutatedStream {
  readonly row: WireRow;
  readonly reads: readonly Buffer[];
}

/** Texts that mean something to a decoder where they do not belong. */
const TOKENS = [
  "data: ",
  "data: [DONE]\n\n",
  "[DONE]",
  "\n",
  "\n\n",
  "\r",
  "\r\n",
  ":",
  ": ping\n\n",
  "event: error\n",
  "event: x\n",
  "error: ",
  "{",
  "}",
  "[",
  "]",
  '"',
  "\\",
  "\\u0000",
  "\\ud800",
  "\u0000",
  "\ufeff",
  "\ufffd",
  "null",
  "true",
  '""',
  "{}",
  "[]",
  "-1",
  "1e308",
  "9007199254740993",
  "99999999999999999999999999",
  "0.1e-400",
  "<think>",
  "</think>",
  "<tool_call>",
  '{"error":{"message":null,"code":{}}}',
  '{"error":"x"}',
  '"__proto__":{"x":1},',
  '"constructor":null,',
  '"index":1e9,',
  '"choices":null,',
  '"usage":{"prompt_tokens":1e300},',
];

type Mutation = (bytes: Buffer, random: Random, others: readonly WireRow[]) => Buffer;

const spliceAt = (bytes: Buffer, from: number, until: number, middle: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(until)]);

const range = (bytes: Buffer, random: Random): [from: number, until: number] => {
  const from = random.int(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.int(200))];
};

const MUTATIONS: readonly Mutation[] = [
  function flip(bytes, random) {
    if (bytes.length === 0) return bytes;
    const changed = Buffer.from(bytes);
    for (let count = 1 + random.int(4); count > 0; count--) changed[random.int(changed.length)] = random.int(256);
    return changed;
  },
  function cutEnd(bytes, random) {
    return bytes.subarray(0, random.int(bytes.length + 1));
  },
  function remove(bytes, random) {
    const [from, until] = range(bytes, random);
    return spliceAt(bytes, from, until, Buffer.alloc(0));
  },
  function duplicate(bytes, random) {
    const [from, until] = range(bytes, random);
    return spliceAt(bytes, from, from, bytes.subarray(from, until));
  },
  function splice(bytes, random, others) {
    const other = Buffer.from(others[random.int(others.length)]?.bytes ?? "");
    const [from, until] = range(other, random);
    const at = random.int(bytes.length + 1);
    return spliceAt(bytes, at, at, other.subarray(from, until));
  },
  function token(bytes, random) {
    const [from, until] = range(bytes, random);
    return spliceAt(
      bytes,
      from,
      random.int(2) === 0 ? from : until,
      Buffer.from(TOKENS[random.int(TOKENS.length)] ?? ""),
    );
  },
  /** A value in place of another one: the text stays JSON. */
  function value(bytes, random) {
    const text = bytes.toString("latin1");
    const colon = text.indexOf(":", random.int(text.length + 1));
    if (colon < 0) return bytes;
    const end = /[,}\]\n]/.exec(text.slice(colon + 1));
    const until = end === null ? text.length : colon + 1 + end.index;
    return spliceAt(bytes, colon + 1, until, Buffer.from(TOKENS[23 + random.int(11)] ?? ""));
  },
  function events(bytes, random) {
    const parts = bytes.toString("latin1").split(/(?<=\n\n)/);
    const place = random.int(parts.length);
    const [moved = ""] = parts.splice(place, 1);
    const times = random.int(20) === 0 ? 200 : random.int(3);
    parts.splice(random.int(parts.length + 1), 0, moved.repeat(times));
    return Buffer.from(parts.join(""), "latin1");
  },
  function lineEnds(bytes, random) {
    const end = ["\r\n", "\r", "\n\n", " \n"][random.int(4)] ?? "\n";
    return Buffer.from(bytes.toString("latin1").replaceAll("\n", end), "latin1");
  },
  function deep(bytes, random) {
    // Deep enough to overflow any recursion, and rare, since it costs a thousand other streams.
    const depth = random.int(500) === 0 ? 50_000 : random.int(100);
    const open = ['{"a":', "[", '{"error":', '{"choices":['][random.int(4)] ?? "[";
    const close = open.startsWith("{") ? "}" : "]";
    const at = random.int(bytes.length + 1);
    const closed = random.int(2) === 0 ? `1${close.repeat(depth)}` : "";
    return spliceAt(bytes, at, at, Buffer.from(open.repeat(depth) + closed));
  },
];

const MAX_BYTES = 500_000;

/** A row with one to six changes, in reads of any size. */
export function mutatedStream(rows: readonly WireRow[], random: Random): MutatedStream {
  let row = rows[random.int(rows.length)] as WireRow;
  while (row.heavy && random.int(100) > 0) row = rows[random.int(rows.length)] as WireRow;
  let bytes = Buffer.from(row.bytes);
  for (let count = 1 + random.int(6); count > 0 && bytes.length < MAX_BYTES; count--) {
    const mutation = MUTATIONS[random.int(MUTATIONS.length)];
    bytes = Buffer.from(mutation?.(bytes, random, rows) ?? bytes);
  }
  return { row, reads: cutRandomly(bytes.subarray(0, MAX_BYTES), random) };
}

/** In reads of one size, of any sizes, or in one. */
function cutRandomly(bytes: Buffer, random: Random): Buffer[] {
  const way = random.int(4);
  if (way === 0) return [bytes];
  const size = way === 1 ? 1 + random.int(16) : 1 + random.int(Math.max(1, bytes.length));
  const least = Math.max(size, Math.ceil(bytes.length / 2_000));
  const reads: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = way === 3 ? 1 + random.int(2 * least) : least;
    reads.push(bytes.subarray(at, at + length));
    at += length;
  }
  return reads;
}
