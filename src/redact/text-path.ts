/**
 * Where a text of a body belongs: the same key path in every event, so that a text which lies over many deltas is one
 * text again. A key's name says what its texts are; a name that nobody knows holds text.
 */

/**
 * `text` is said to a person. `arguments` is JSON, or code, inside text. `name` is put together from pieces like text, and
 * names things. `label` is a sentence where a code belongs. `aside` repeats what another path says, or says nothing. `embedding` is a vector as base64. `structural`
 * is what clients decide by.
 */
export type TextKind = "text" | "arguments" | "name" | "label" | "aside" | "embedding" | "structural";

/** Texts of one path: `start, end, form` of each, in the order of the bytes. */
export interface TextStream {
  readonly kind: TextKind;
  /** Each of its texts goes on where the one before ended. */
  readonly fragments: boolean;
  readonly spans: number[];
}

/** How a span spells its characters: as bytes alone, with JSON escapes among them, or as no JSON at all. */
export const PLAIN = 0;
export const ESCAPED = 1;
export const RAW = 2;
/** As RAW: a number or a word of JSON in a place of its own. */
export const SCALAR = 3;

/** Spans without numbers and words of JSON: a mark in one would make it none. */
export function withoutScalars(spans: readonly number[]): readonly number[] {
  if (spans[2] !== RAW && spans[2] !== SCALAR) return spans;
  const left: number[] = [];
  for (let i = 0; i < spans.length; i += 3) {
    if (spans[i + 2] !== SCALAR) left.push(spans[i] as number, spans[i + 1] as number, spans[i + 2] as number);
  }
  return left;
}

/** What stands below a key: another role reaches down to everything in it. */
type Role = "open" | "inner" | "logprobs" | "usage";

const STRUCTURAL: ReadonlySet<string> = new Set(
  `id object model role type finish_reason native_finish_reason stop_reason system_fingerprint service_tier status call_id
  item_id tool_call_id previous_response_id response_id request_id param code provider encoding_format reason truncation
  effort verbosity tool_choice`.split(/\s+/),
);
/** All in them is text, whatever its key is called. */
const INNER: ReadonlySet<string> = new Set(
  "arguments input parsed parameters instructions metadata tools prompt format schema annotations".split(" "),
);
const ARGUMENTS: ReadonlySet<string> = new Set(["arguments", "input", "partial_json"]);
/** Comment lines of a stream, under a name that no key has. */
export const COMMENT = ": comment";
/** Texts that stand between the pieces of others and belong to none of them. */
const BESIDE: ReadonlySet<string> = new Set(["obfuscation", "p", COMMENT]);
/** Keys of log probabilities; any other key there is a token. */
const LOGPROB_KEYS: ReadonlySet<string> = new Set(
  "token logprob bytes top_logprobs content refusal tokens token_logprobs text_offset".split(" "),
);

const MAX_NODES = 10_000;
/** Children that are looked through one by one. */
const MAX_LISTED = 24;

export class PathNode {
  readonly #tree: PathTree;
  readonly parent: PathNode | null;
  /** Empty for an element of a list, which has a place. */
  readonly key: string;
  readonly place: number;
  readonly role: Role;
  readonly kind: TextKind;
  readonly fragments: boolean;
  stream: TextStream | null = null;
  readonly #bytes: Uint8Array;
  readonly #listed: PathNode[] = [];
  #byKey: Map<string, PathNode> | null = null;
  #elements: PathNode[] | null = null;
  #next = 0;

  constructor(tree: PathTree, parent: PathNode | null, key: string, bytes: Uint8Array, place: number) {
    this.#tree = tree;
    this.parent = parent;
    this.key = key;
    this.place = place;
    this.#bytes = bytes;
    this.role = roleOf(parent, key);
    this.kind = kindOf(parent, key, this.role);
    this.fragments = parent?.fragments === true || key === "delta" || key.startsWith("response.") || key === "text";
  }

  /** The child under the key that stands in `body` from `start` to `end`. Events repeat their keys in one order. */
  child(body: Uint8Array, start: number, end: number): PathNode {
    const listed = this.#listed;
    const guess = listed[this.#next];
    if (guess?.isNamed(body, start, end)) {
      this.#next = this.#next + 1 === listed.length ? 0 : this.#next + 1;
      return guess;
    }
    for (let i = 0; i < listed.length; i++) {
      const each = listed[i] as PathNode;
      if (!each.isNamed(body, start, end)) continue;
      this.#next = i + 1 === listed.length ? 0 : i + 1;
      return each;
    }
    const key = Buffer.from(body.buffer, body.byteOffset + start, end - start).toString("latin1");
    if (listed.length < MAX_LISTED) {
      const made = this.#tree.make(this, key, body.slice(start, end), -1);
      if (made.parent === this) {
        listed.push(made);
        this.#next = 0;
      }
      return made;
    }
    return this.named(key);
  }

  /** The child under a key that is no key of the body. */
  named(key: string): PathNode {
    const listed = this.#listed.find((each) => each.key === key);
    if (listed !== undefined) return listed;
    this.#byKey ??= new Map();
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const made = this.#tree.make(this, key, NO_BYTES, -1);
    if (made.parent === this) this.#byKey.set(key, made);
    return made;
  }

  element(index: number): PathNode {
    // Tokens of log probabilities spell one text, each in an element of its own.
    const flat = this.role === "logprobs" && (this.key === "logprobs" || this.parent?.key === "logprobs");
    const place = flat ? 0 : index;
    this.#elements ??= [];
    const known = this.#elements[place];
    if (known !== undefined) return known;
    if (place > MAX_NODES) return this.#tree.overflow;
    const made = this.#tree.make(this, "", NO_BYTES, place);
    if (made.parent === this) this.#elements[place] = made;
    return made;
  }

  /** Whether a key below it is a person's word, or a token. */
  get holdsWords(): boolean {
    return this.role === "inner" || this.role === "logprobs";
  }

  /** A key of the API itself, where keys may be words. */
  get isOwnKey(): boolean {
    return this.role === "logprobs" && LOGPROB_KEYS.has(this.key);
  }

  isNamed(body: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#bytes;
    if (bytes.length !== end - start) return false;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== body[start + i]) return false;
    return true;
  }
}

const NO_BYTES = new Uint8Array(0);

/** The paths of one body: bounded, so that a body of nothing but keys is too. */
export class PathTree {
  #nodes = 0;
  readonly root: PathNode;
  /** Where everything is kept for which there is no room. */
  readonly overflow: PathNode;

  constructor() {
    this.root = new PathNode(this, null, "", NO_BYTES, -1);
    this.overflow = new PathNode(this, null, "", NO_BYTES, -1);
  }

  make(parent: PathNode, key: string, bytes: Uint8Array, place: number): PathNode {
    if (parent === this.overflow || this.#nodes++ >= MAX_NODES) return this.overflow;
    return new PathNode(this, parent, key.slice(0, 200), bytes, place);
  }
}

function roleOf(parent: PathNode | null, key: string): Role {
  const above = parent?.role ?? "open";
  if (above !== "open") return above;
  if (INNER.has(key)) return "inner";
  return key === "logprobs" || key === "usage" ? key : "open";
}

function kindOf(parent: PathNode | null, key: string, role: Role): TextKind {
  if (role === "logprobs") return "aside";
  if (role === "usage") return "structural";
  // An element of a list is what the list is.
  if (key === "" && parent !== null) return parent.kind;
  if (parent?.role === "inner") return "text";
  if (ARGUMENTS.has(key)) return "arguments";
  if (key === "delta" && parent !== null && /arguments|_input\./.test(parent.key)) return "arguments";
  if (BESIDE.has(key)) return "aside";
  if (key === "embedding") return "embedding";
  if (key === "name") return "name";
  return STRUCTURAL.has(key) ? "structural" : "text";
}
