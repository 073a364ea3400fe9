/**
 * Finds every text in the bytes of a body: JSON strings in events, in whole bodies and on lines of their own, and what is no
 * JSON at all. One pass, each byte looked at a bounded number of times; nothing is parsed and nothing throws.
 */
import {
  COMMENT,
  ESCAPED,
  type PathNode,
  PathTree,
  PLAIN,
  RAW,
  SCALAR,
  type TextKind,
  type TextStream,
} from "./text-path.js";

export interface BodyTexts {
  /** By path. */
  readonly streams: readonly TextStream[];
  /** What was said, in the order of the bytes, without what repeats another path or names things: what lies over paths is found here. */
  readonly whole: TextStream;
  /** Numbers that spell text or a vector: elements of a list, and all in arguments. `start, end, leading` of each. */
  readonly numbers: readonly number[];
  /** Keys that may be a person's words: `start, end, ordinal in their object` of each. */
  readonly keys: readonly number[];
}

/** A value that is nested deeper is scanned, and its texts belong to the path at this depth. */
const MAX_DEPTH = 200;
const MAX_INDEX_DIGITS = 6;
const MAX_STRUCTURAL = 256;

/** Clients compare them, also where they are a sentence. */
const LABELS: ReadonlySet<string> = new Set(["code", "type", "status", "finish_reason"]);

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const DONE = Buffer.from("[DONE]");
const DATA = Buffer.from("data:");
const ERROR = Buffer.from("error:");
/** Their values name things; what follows is no text unless it looks like one. */
const NAMING = ["event:", "id:", "retry:"].map((name) => Buffer.from(name));

export function textsIn(body: Buffer): BodyTexts {
  return new TextScan(body).run();
}

interface Frame {
  node: PathNode;
  list: boolean;
  /** Position in a list; number of keys so far in an object. */
  place: number;
  /** Texts of the event before this object began. */
  pendingBefore: number;
  /** Its element has said which one it is: said again, what was found would be moved as often. */
  indexed: boolean;
}

class TextScan {
  readonly #tree = new PathTree();
  readonly #streams: TextStream[] = [];
  readonly #whole: TextStream = { kind: "text", fragments: true, spans: [] };
  readonly #numbers: number[] = [];
  readonly #keys: number[] = [];
  readonly #raw: PathNode;
  readonly #quoted: PathNode;
  readonly #named: PathNode;
  readonly #comment: PathNode;
  /** Texts of the value that is open: their paths may still change with what comes behind them. */
  readonly #nodes: PathNode[] = [];
  readonly #spans: number[] = [];
  readonly #frames: Frame[] = [];
  /** Of the top level of an event of `/responses`. */
  #type: string | null = null;
  readonly #places: string[] = [];

  constructor(readonly body: Buffer) {
    this.#raw = this.#tree.root.named("raw text");
    this.#quoted = this.#tree.root.named("text in quotes");
    this.#named = this.#tree.root.named("name of an event");
    this.#comment = this.#tree.root.named(COMMENT);
  }

  run(): BodyTexts {
    const { body } = this;
    let at = body.length > 2 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
    while (at < body.length) at = this.#line(at);
    return { streams: this.#streams, whole: this.#whole, numbers: this.#numbers, keys: this.#keys };
  }

  /** One line, with the lines that a value on it goes on over; returns where the next one begins. */
  #line(start: number): number {
    const { body } = this;
    let at = start;
    let prefixed = false;
    if (this.#startsWith(DATA, at)) {
      at += DATA.length;
      prefixed = true;
    } else if (this.#startsWith(ERROR, at)) {
      at += ERROR.length;
      prefixed = true;
    } else {
      for (const name of NAMING) {
        if (!this.#startsWith(name, at)) continue;
        const end = this.#lineEnd(at);
        const from = at + name.length + (body[at + name.length] === SPACE ? 1 : 0);
        if (!isIdentifier(body, from, end)) this.#rawText(from, end, this.#named);
        return end + 1;
      }
    }
    if (prefixed && body[at] === SPACE) at++;
    // Some put several values on one line, and the field name between them.
    for (;;) {
      while (at < body.length && isBetween(body[at])) at++;
      const unit = body[at];
      if (at >= body.length) return at;
      if (unit === LF || unit === CR) return at + 1;
      if (this.#startsWith(DONE, at)) {
        at += DONE.length;
        continue;
      }
      if (at > start && this.#startsWith(DATA, at)) {
        at += DATA.length;
        prefixed = true;
        continue;
      }
      if (unit === QUOTE) {
        const after = this.#string(at, prefixed, this.#quoted, null);
        this.#flush();
        if (after < 0) return -after;
        at = after;
        continue;
      }
      if (unit !== OPEN_OBJECT && unit !== OPEN_LIST) break;
      const end = this.#value(at, prefixed);
      if (end < 0) return -end;
      at = end;
    }
    const end = this.#lineEnd(at);
    if (body[start] === COLON) {
      this.#rawText(start + 1, end, this.#comment);
      return end + 1;
    }
    // A value of JSON that is no text, or a piece of plain text that looks like one.
    if (isWord(body, at, end) || isNumber(body, at, end)) {
      if (isNumber(body, at, end)) this.#numbers.push(at, end, 1);
      this.#text(at, end, SCALAR, this.#raw);
      this.#flush();
      return end + 1;
    }
    // A field without a colon is one all the same.
    if (at === start && isField(body, at, end)) return end + 1;
    // The line feed between two lines of a page belongs to its text.
    this.#rawText(at, prefixed || end === body.length ? end : end + 1, this.#raw);
    return end + 1;
  }

  /**
   * A value that begins at `from`. Returns where it ended; where it is given up, the negated place at which lines go on. A value
   * in a field goes on in the fields of the lines below, any other over all lines but those with a field.
   */
  #value(from: number, prefixed: boolean): number {
    const { body } = this;
    const frames = this.#frames;
    frames.length = 0;
    this.#type = null;
    this.#places.length = 0;
    let node = this.#tree.root;
    let frame: Frame | null = null;
    let depth = 0;
    let at = from;
    const end = body.length;
    while (at < end) {
      const unit = body[at] as number;
      switch (unit) {
        case QUOTE: {
          const target: PathNode = frame?.list ? frame.node.element(frame.place) : node;
          const after = this.#string(at, prefixed, target, frame);
          if (after < 0) {
            this.#flush();
            return after;
          }
          if (this.#keyEnd >= 0 && frame !== null) {
            node = frame.node.child(body, at + 1, this.#keyEnd);
            if (frame.node.holdsWords && !node.isOwnKey) this.#keys.push(at + 1, this.#keyEnd, frame.place);
            frame.place++;
          }
          at = after;
          break;
        }
        case OPEN_OBJECT:
        case OPEN_LIST: {
          if (depth++ < MAX_DEPTH) {
            const inside: PathNode = frame?.list ? frame.node.element(frame.place) : node;
            frame = {
              node: inside,
              list: unit === OPEN_LIST,
              place: 0,
              pendingBefore: this.#nodes.length,
              indexed: false,
            };
            frames.push(frame);
            node = inside;
          }
          at++;
          break;
        }
        case CLOSE_OBJECT:
        case CLOSE_LIST:
          at++;
          if (--depth <= 0) {
            this.#flush();
            return at;
          }
          if (depth < MAX_DEPTH) {
            frames.pop();
            frame = frames[frames.length - 1] ?? null;
          }
          break;
        case COMMA:
          if (frame?.list) frame.place++;
          at++;
          break;
        case LF:
        case CR: {
          const next = this.#continues(at, prefixed);
          if (next < 0) {
            this.#flush();
            return next;
          }
          at = next;
          break;
        }
        case COLON:
        case SPACE:
        case 0x09:
          at++;
          break;
        default:
          at = this.#bare(at, node, frame);
      }
    }
    this.#flush();
    return end;
  }

  /** Where the key that was just read ends; -1 when it was a value. */
  #keyEnd = -1;

  /** A string from its quote; returns what comes after it, or a negated place as {@link #value} does. */
  #string(quote: number, prefixed: boolean, target: PathNode, frame: Frame | null): number {
    const { body } = this;
    const length = body.length;
    let start = quote + 1;
    let form = PLAIN;
    let at = start;
    let unit = 0;
    for (; at < length; at++) {
      unit = body[at] as number;
      if (unit === QUOTE) break;
      if (unit === BACKSLASH) {
        form = ESCAPED;
        at++;
      } else if ((unit === LF || unit === CR) && form !== RAW) {
        const next = this.#continues(at, prefixed);
        if (next >= 0 && !prefixed) continue;
        this.#text(start, at, form, target);
        this.#keyEnd = -1;
        if (next < 0) return next;
        start = next;
        at = next - 1;
      }
    }
    const end = Math.min(at, length);
    let after = end + 1;
    while (after < length && (body[after] === SPACE || body[after] === 0x09)) after++;
    if (frame !== null && !frame.list && body[after] === COLON) {
      this.#keyEnd = end;
      return after + 1;
    }
    this.#keyEnd = -1;
    if (frame !== null && this.#frames.length === 1 && target.key === "type" && end - start < 100) {
      this.#type = body.toString("latin1", start, end);
    }
    this.#text(start, end, form, target);
    return after;
  }

  /** Anything else in a value: a number, a word of JSON, or what is no JSON. */
  #bare(start: number, node: PathNode, frame: Frame | null): number {
    const { body } = this;
    let at = start;
    while (at < body.length && !ENDS_BARE[body[at] as number]) at++;
    if (isNumber(body, start, at)) {
      this.#number(start, at, node, frame);
      return at;
    }
    if (!isWord(body, start, at)) this.#text(start, at, RAW, this.#raw);
    return at;
  }

  #number(start: number, end: number, node: PathNode, frame: Frame | null): void {
    if (frame === null) return;
    if (frame.list || frame.node.role === "inner") {
      if (frame.node.role !== "usage") this.#numbers.push(start, end, frame.list ? 1 : 0);
      return;
    }
    if (end - start > MAX_INDEX_DIGITS || this.body[start] === 0x2d) return;
    const { key } = node;
    if (key === "index") this.#reindex(Number(this.body.toString("latin1", start, end)), frame);
    else if (
      this.#frames.length === 1 &&
      (key === "output_index" || key === "content_index" || key === "summary_index")
    )
      this.#places.push(`${key} ${this.body.toString("latin1", start, end)}`);
  }

  /** An element of a list says which one it is: what was found in it so far moves there. Once: it is nobody's habit to say two. */
  #reindex(index: number, frame: Frame): void {
    const list = this.#frames[this.#frames.length - 2];
    if (list === undefined || !list.list || frame.indexed) return;
    frame.indexed = true;
    if (list.place === index) return;
    const moved = list.node.element(index);
    this.#reroot(frame.pendingBefore, frame.node, moved);
    frame.node = moved;
  }

  /** Moves what was found since then below another node. Many texts have one path, which is walked once. */
  #reroot(since: number, from: PathNode, to: PathNode): void {
    const known = new Map<PathNode, PathNode>();
    for (let i = since; i < this.#nodes.length; i++) {
      const node = this.#nodes[i] as PathNode;
      let moved = known.get(node);
      if (moved === undefined) {
        moved = rerooted(node, from, to);
        known.set(node, moved);
      }
      this.#nodes[i] = moved;
    }
  }

  #text(start: number, end: number, form: number, node: PathNode): void {
    if (end <= start) return;
    if (node.kind === "structural" && isIdentifier(this.body, start, end)) return;
    this.#nodes.push(node);
    this.#spans.push(start, end, form);
  }

  #rawText(start: number, end: number, node: PathNode): void {
    this.#text(start, end, RAW, node);
    this.#flush();
  }

  /** The value has ended: every text goes to the stream of its path. */
  #flush(): void {
    if (this.#nodes.length === 0) return;
    const { root } = this.#tree;
    const top =
      this.#type !== null && (this.#places.length > 0 || this.#type.startsWith("response.")) ? this.#top() : root;
    if (top !== root) this.#reroot(0, root, top);
    for (let i = 0; i < this.#nodes.length; i++) {
      const node = this.#nodes[i] as PathNode;
      const [start, end, form] = [this.#spans[3 * i], this.#spans[3 * i + 1], this.#spans[3 * i + 2]] as [
        number,
        number,
        number,
      ];
      const kind: TextKind = node.kind === "structural" ? (LABELS.has(node.key) ? "label" : "text") : node.kind;
      if (node.stream === null) {
        node.stream = { kind, fragments: node.fragments, spans: [] };
        this.#streams.push(node.stream);
      }
      append(node.stream.spans, start, end, form);
      if ((kind === "text" || kind === "arguments") && form !== SCALAR) append(this.#whole.spans, start, end, form);
    }
    this.#nodes.length = 0;
    this.#spans.length = 0;
  }

  #top(): PathNode {
    return this.#tree.root.named(`${this.#type} ${this.#places.sort().join(" ")}`);
  }

  /** Where a value goes on after the end of a line; a negated place where it does not. */
  #continues(at: number, prefixed: boolean): number {
    const { body } = this;
    const next = at + (body[at] === CR && body[at + 1] === LF ? 2 : 1);
    if (next >= body.length) return -body.length;
    if (prefixed) {
      if (!this.#startsWith(DATA, next)) return -next;
      return next + DATA.length + (body[next + DATA.length] === SPACE ? 1 : 0);
    }
    const field =
      this.#startsWith(DATA, next) ||
      this.#startsWith(ERROR, next) ||
      NAMING.some((name) => this.#startsWith(name, next));
    return field ? -next : next;
  }

  #startsWith(bytes: Buffer, at: number): boolean {
    if (this.body[at] !== bytes[0]) return false;
    for (let i = 1; i < bytes.length; i++) if (this.body[at + i] !== bytes[i]) return false;
    return true;
  }

  #lineEnd(from: number): number {
    const { body } = this;
    let at = from;
    while (at < body.length && body[at] !== LF && body[at] !== CR) at++;
    return at;
  }
}

/** Raw text that goes on is one text: a line feed within it is part of it. */
function append(spans: number[], start: number, end: number, form: number): void {
  const last = spans.length - 3;
  if (form === RAW && last >= 0 && spans[last + 1] === start && spans[last + 2] === RAW) spans[last + 1] = end;
  else spans.push(start, end, form);
}

/** The same path below another node. */
function rerooted(node: PathNode, from: PathNode, to: PathNode): PathNode {
  const keys: PathNode[] = [];
  let each: PathNode | null = node;
  while (each !== null && each !== from) {
    keys.push(each);
    each = each.parent;
  }
  if (each === null) return node;
  let found = to;
  for (let i = keys.length - 1; i >= 0; i--) {
    const { key, place } = keys[i] as PathNode;
    found = key === "" ? found.element(place) : found.named(key);
  }
  return found;
}

/** What a client may compare with `===`: printable ASCII without white space, and no novel. */
export function isIdentifier(body: Uint8Array, start: number, end: number): boolean {
  if (end - start > MAX_STRUCTURAL) return false;
  for (let at = start; at < end; at++) {
    const unit = body[at] as number;
    if (unit <= SPACE || unit >= 0x7f) return false;
  }
  return true;
}

const ENDS_BARE = new Uint8Array(256);
for (const unit of [LF, CR, SPACE, 0x09, QUOTE, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT]) {
  ENDS_BARE[unit] = 1;
}

function isNumber(body: Uint8Array, start: number, end: number): boolean {
  let digits = 0;
  for (let at = start; at < end; at++) {
    const unit = body[at] as number;
    const digit = unit >= 0x30 && unit <= 0x39;
    if (digit) digits++;
    // Of `+`, `-`, `.`, `e` and `E` none begins a word that holds nothing else.
    if (!digit && unit !== 0x2d && unit !== 0x2e && (at === start || (unit !== 0x2b && (unit | 0x20) !== 0x65)))
      return false;
  }
  return digits > 0;
}

const FIELDS = ["data", "event", "id", "retry", "error"].map((word) => Buffer.from(word));

function isField(body: Uint8Array, start: number, end: number): boolean {
  return FIELDS.some((word) => word.length === end - start && word.every((unit, i) => unit === body[start + i]));
}

const WORDS = ["true", "false", "null"].map((word) => Buffer.from(word));

function isWord(body: Uint8Array, start: number, end: number): boolean {
  return WORDS.some((word) => word.length === end - start && word.every((unit, i) => unit === body[start + i]));
}

/** White space, the comma and the record separator that some put between values. */
function isBetween(unit: number | undefined): boolean {
  return unit === SPACE || unit === 0x09 || unit === COMMA || unit === 0x1e;
}
