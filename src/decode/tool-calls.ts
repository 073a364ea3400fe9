/**
 * Tool calls from whole messages and from fragments: by non-empty id, then by index, then the latest call. `""` is
 * absent everywhere, and no call is finished before the answer is.
 */
import type { AnomalyLog } from "./anomaly-log.js";
import type { ToolCall } from "./completion.js";
import type { Arrival } from "./dialect.js";
import { asArray, asObject, asText, type JsonObject, parseJson, textOf } from "./json.js";
import { JsonScan } from "./json-scan.js";

interface OpenCall {
  id: string | null;
  readonly index: number | null;
  name: string;
  readonly pieces: string[];
  /** The length of all of them. */
  units: number;
  /** Follows the arguments when a repeated name asks whether they are whole; scans each piece once. */
  scan: JsonScan;
  scanned: number;
  /** Begun by a repeated name and empty arguments: a call if arguments follow, and the end of the one before if none do. */
  readonly doubtful: boolean;
  typed: boolean;
  nullSeen: boolean;
  readonly legacy: boolean;
  firstAtNs: number | null;
  lastAtNs: number | null;
}

interface Piece {
  readonly id: string | null;
  readonly index: number | null;
  readonly name: string | null;
  /** Its arguments, also where they were sent as an object. */
  readonly fragment: string | null;
  readonly typed: boolean;
}

/** A hostile stream may open a call with every event. */
const MAX_CALLS = 1_000;
/** A name may come in pieces; no API takes one this long. */
const MAX_NAME = 1_000;

export class ToolCallAccumulator {
  readonly #calls: OpenCall[] = [];
  readonly #byId = new Map<string, OpenCall>();
  readonly #byIdAndIndex = new Map<string, OpenCall>();
  readonly #byIndex = new Map<number, OpenCall>();
  #legacyCall: OpenCall | null = null;
  #latest: OpenCall | null = null;
  /** The calls of the latest list, by their place in it. */
  #list: (OpenCall | null)[] = [];

  constructor(readonly log: AnomalyLog) {}

  /** Adds one `tool_calls` list of a delta or a message. Returns the text it carried. */
  add(toolCalls: unknown, arrival: Arrival | null): string {
    let carried = "";
    const before = this.#list;
    this.#list = [];
    for (const [place, value] of asArray(toolCalls).entries()) {
      const piece = asObject(value);
      if (piece === null) continue;
      // Entries of one list without index and id are told apart by their places, as in the list before.
      const latest = place === 0 ? this.#latest : (before[place] ?? null);
      carried += this.#piece(piece, asObject(piece.function) ?? piece, arrival, latest);
      this.#list[place] = this.#latest;
    }
    return carried;
  }

  /** Whether a whole call was told already: by its id, or by its name and arguments. */
  has(value: unknown): boolean {
    const whole = asObject(value);
    if (whole === null) return false;
    const { id, name, fragment } = pieceOf(whole, asObject(whole.function) ?? whole);
    if (id !== null && this.#byId.has(id)) return true;
    const args = fragment ?? "";
    return this.#calls.some(
      (call) => call.name === (name ?? "") && call.units === args.length && call.pieces.join("") === args,
    );
  }

  /** Adds a legacy `function_call`: there is one at most. */
  addLegacy(functionCall: unknown, arrival: Arrival | null): string {
    const body = asObject(functionCall);
    if (body === null) return "";
    this.log.note("function-call-legacy", arrival?.text ?? textOf(body), arrival?.read);
    this.#legacyCall ??= this.#open({ id: null, index: null, name: null, fragment: null, typed: false }, true, false);
    return this.#legacyCall === null ? "" : this.#extend(this.#legacyCall, pieceOf({}, body), body, arrival, false);
  }

  /**
   * @param streamed whether the calls came in pieces.
   * @param settled nothing of a call was still to come when the answer ended.
   */
  finish(streamed: boolean, settled: boolean): ToolCall[] {
    const indices = new Set<number>();
    const calls = this.#calls.filter(({ doubtful, pieces }) => !doubtful || pieces.some((piece) => piece !== ""));
    for (const call of calls) {
      const shown = textOf({ id: call.id, index: call.index, name: call.name });
      if (call.index !== null && indices.has(call.index)) this.log.note("tool-index-constant", shown);
      if (call.index !== null) indices.add(call.index);
      if (call.id === null && !call.legacy) this.log.note("tool-id-missing", shown);
      if (!call.typed && !call.legacy) this.log.note("tool-type-missing", shown);
      if (!settled) continue;
      if (call.pieces.length === 0)
        this.log.note(call.nullSeen ? "tool-arguments-null" : "tool-arguments-missing", shown);
      const sent = call.pieces.filter((piece) => piece !== "");
      // Arguments of two characters, `{}`, are one token: nobody can send them in parts.
      if (streamed && sent.length === 1 && (sent[0] ?? "").length > 2) {
        this.log.note("tool-arguments-whole", sent[0] ?? "");
      }
    }
    return calls.map((call) => {
      const sent = call.pieces.length === 0 ? null : call.pieces.join("");
      const argumentsText = sent === null ? null : withoutPlaceholder(call.pieces, sent);
      // A client that joins the pieces gets no JSON.
      if (settled && sent !== argumentsText) this.log.note("tool-arguments-not-json", sent ?? "");
      const parsed = argumentsText === null ? undefined : parseJson(argumentsText);
      return {
        id: call.id,
        index: call.index,
        name: call.name,
        argumentsText,
        ...(parsed === undefined ? {} : { arguments: parsed }),
        firstAtNs: call.firstAtNs,
        lastAtNs: call.lastAtNs,
      };
    });
  }

  /** @param latest the call that a piece without index and id continues. */
  #piece(value: JsonObject, body: JsonObject, arrival: Arrival | null, latest: OpenCall | null): string {
    const piece = pieceOf(value, body);
    if (piece.index === null && arrival !== null) this.log.note("tool-index-missing", arrival.text, arrival.read);
    const known = arrival === null ? null : this.#find(piece, latest);
    const call = known ?? this.#open(piece, false, arrival !== null && this.#endsAnother(piece));
    if (call === null) return "";
    if (known !== null && arrival !== null) this.#noteLater(known, piece, body, arrival);
    if (piece.typed) call.typed = true;
    return this.#extend(call, piece, body, arrival, known === null);
  }

  #extend(call: OpenCall, piece: Piece, body: JsonObject, arrival: Arrival | null, first: boolean): string {
    let carried = "";
    if (piece.name !== null && call.name === "") {
      if (!first && call.pieces.some((text) => text !== "")) {
        this.log.note("tool-name-late", textOf(body), arrival?.read);
      }
      call.name = piece.name;
      carried += piece.name;
    } else if (piece.name !== null && piece.name !== call.name && !first && call.name.length < MAX_NAME) {
      call.name += piece.name;
      carried += piece.name;
    }
    if (body.arguments === null) call.nullSeen = true;
    if (typeof body.arguments === "object" && body.arguments !== null) {
      this.log.note("tool-arguments-object", arrival?.text ?? textOf(body), arrival?.read);
    }
    if (piece.fragment !== null) {
      call.pieces.push(piece.fragment);
      call.units += piece.fragment.length;
      carried += piece.fragment;
    }
    if (carried !== "" && arrival !== null) {
      call.firstAtNs ??= arrival.atNs;
      call.lastAtNs = arrival.atNs;
    }
    this.#latest = call;
    return carried;
  }

  #noteLater(call: OpenCall, piece: Piece, body: JsonObject, { text, read }: Arrival): void {
    if (this.#latest !== call) this.log.note("tool-calls-interleaved", text, read);
    if (piece.id !== null) {
      if (call.id === null) {
        this.log.note("tool-id-late", text, read);
        this.#nameCall(call, piece.id);
      } else {
        this.log.note(piece.id === call.id ? "tool-id-repeated" : "tool-id-changes", text, read);
      }
    }
    if (piece.name !== null && piece.name === call.name) this.log.note("tool-name-repeated", text, read);
    if (body.name === "") this.log.note("tool-name-empty", text, read);
  }

  /** The call that a piece continues; null when it begins one. */
  #find(piece: Piece, latest: OpenCall | null): OpenCall | null {
    const { id, index } = piece;
    if (id === null) {
      const known = index === null ? latest : (this.#byIndex.get(index) ?? null);
      return known === null || beginsAnother(known, piece) ? null : known;
    }
    const known =
      index === null
        ? this.#byId.get(id)
        : (this.#byIdAndIndex.get(`${index} ${id}`) ?? unless(this.#byId.get(id), (call) => call.index !== null));
    if (known !== undefined) return beginsAnother(known, piece) ? null : known;
    if (index === null) return null;
    const same = this.#byIndex.get(index);
    if (same === undefined) return null;
    // The id may come after the first piece of its call, and some make up a new one for every piece; a call that
    // begins has a name.
    if (same.id === null) return beginsAnother(same, piece) ? null : same;
    if (piece.name === null) return same.name !== "" ? same : null;
    return piece.name === same.name && !isEmpty(piece) && !isWhole(same) ? same : null;
  }

  /** A call may be no call but the last word of the one before: the same name again, and no arguments. */
  #endsAnother(piece: Piece): boolean {
    if (piece.id !== null || piece.name === null || piece.fragment !== "") return false;
    const before = piece.index === null ? this.#latest : this.#byIndex.get(piece.index);
    return before?.name === piece.name && isWhole(before);
  }

  #open(piece: Piece, legacy: boolean, doubtful: boolean): OpenCall | null {
    if (this.#calls.length >= MAX_CALLS) return null;
    const call: OpenCall = {
      id: null,
      index: piece.index,
      name: "",
      pieces: [],
      units: 0,
      scan: new JsonScan(),
      scanned: 0,
      doubtful,
      typed: false,
      nullSeen: false,
      legacy,
      firstAtNs: null,
      lastAtNs: null,
    };
    this.#calls.push(call);
    if (piece.index !== null) this.#byIndex.set(piece.index, call);
    if (piece.id !== null) this.#nameCall(call, piece.id);
    return call;
  }

  #nameCall(call: OpenCall, id: string): void {
    call.id = id;
    this.#byId.set(id, call);
    if (call.index !== null) this.#byIdAndIndex.set(`${call.index} ${id}`, call);
  }
}

/** The answer ended for a reason of its own. Arguments that a limit cut off say nothing about how they are sent. */
export function isSettled(finishReason: string | null): boolean {
  return finishReason !== null && finishReason !== "length";
}

/** What every dialect can say of its finished calls. */
export function noteCalls(calls: readonly ToolCall[], log: AnomalyLog, settled: boolean): void {
  const ids = new Set<string>();
  for (const call of calls) {
    const shown = textOf({ id: call.id, name: call.name, arguments: call.argumentsText });
    if (call.id !== null && ids.has(call.id)) log.note("tool-id-shared", shown);
    if (call.id !== null) ids.add(call.id);
    if (!settled) continue;
    if (call.argumentsText === "") log.note("tool-arguments-empty", shown);
    else if (call.argumentsText !== null && call.arguments === undefined) {
      log.note("tool-arguments-not-json", shown);
    }
  }
}

function unless<T>(value: T | undefined, excluded: (value: T) => boolean): T | undefined {
  return value === undefined || excluded(value) ? undefined : value;
}

function pieceOf(value: JsonObject, body: JsonObject): Piece {
  const sent = body.arguments;
  const asJson = typeof sent === "object" && sent !== null;
  return {
    id: asText(value.id),
    index: typeof value.index === "number" ? value.index : null,
    name: asText(body.name),
    // Some servers send the arguments as an object: kept as the text that a client would have expected.
    fragment: typeof sent === "string" ? sent : asJson ? textOf(sent) : null,
    typed: asText(value.type) !== null,
  };
}

/**
 * A name that differs begins a call of its own, unless it is the rest of the name; so does one that comes again after
 * whole arguments, with arguments or without id.
 */
function beginsAnother(call: OpenCall, piece: Piece): boolean {
  const { id, index, name } = piece;
  if (name === null || call.name === "") return false;
  if (name !== call.name) {
    // The rest of a name stands at its place, and does not say `type` again.
    const same = id === null ? index !== null && !piece.typed : id === call.id && (index !== null || !piece.typed);
    return !same || call.pieces.some((text) => text !== "");
  }
  if (isEmpty(piece) && id !== null) return false;
  return isWhole(call);
}

function isEmpty({ fragment }: Piece): boolean {
  return fragment === null || fragment === "";
}

/** Whether the arguments so far are a whole JSON value. */
function isWhole(call: OpenCall): boolean {
  for (; call.scanned < call.pieces.length; call.scanned++) {
    const text = call.pieces[call.scanned] ?? "";
    // What follows a whole value is another one: the first was a placeholder.
    if (call.scan.ended && text.trim() !== "") call.scan = new JsonScan();
    if (!call.scan.ended) call.scan.push(text);
  }
  return call.scan.ended;
}

/** Some send `{}` at first, and the arguments after it. */
function withoutPlaceholder(pieces: readonly string[], joined: string): string {
  const first = pieces.findIndex((piece) => piece.trim() !== "");
  if (pieces[first]?.trim() !== "{}") return joined;
  const rest = pieces.slice(first + 1).join("");
  return rest.trimStart().startsWith("{") ? rest : joined;
}

/** Whether a legacy `function_call` says what one of the `tool_calls` beside it says. */
export function repeatsCall(toolCalls: unknown, functionCall: unknown): boolean {
  const legacy = asObject(functionCall);
  if (legacy === null) return false;
  return asArray(toolCalls).some((each) => {
    const call = asObject(asObject(each)?.function) ?? asObject(each);
    return (
      call !== null &&
      (asText(call.name) ?? "") === (asText(legacy.name) ?? "") &&
      textOf(call.arguments ?? "") === textOf(legacy.arguments ?? "")
    );
  });
}
