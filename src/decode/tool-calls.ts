/** Tool calls from whole messages and from fragments: by non-empty id, then by index, then the latest call. */
import type { ToolCall } from "./completion.js";
import { asArray, asObject, asText, parseJson } from "./json.js";

interface OpenCall {
  id: string | null;
  index: number | null;
  name: string;
  pieces: string[];
  firstAtNs: number | null;
  lastAtNs: number | null;
}

interface Piece {
  readonly id: string | null;
  readonly index: number | null;
  readonly name: string | null;
  /** It carries arguments. */
  readonly brings: boolean;
}

/** A name that differs, or one that comes again with arguments after whole ones, begins a call of its own. */
function beginsAnother(call: OpenCall, { name, brings }: Piece): boolean {
  if (name === null || call.name === "") return false;
  if (name !== call.name) return true;
  return brings && call.pieces.length > 0 && parseJson(call.pieces.join("")) !== undefined;
}

/** A hostile stream may open a call with every event. */
const MAX_CALLS = 1_000;

export class ToolCallAccumulator {
  readonly #calls: OpenCall[] = [];

  /** Adds one `tool_calls` list of a delta or a message. Returns the characters it carried. */
  add(toolCalls: unknown, atNs: number | null): string {
    let carried = "";
    for (const piece of asArray(toolCalls)) carried += this.#piece(piece, atNs);
    return carried;
  }

  /** Adds a legacy `function_call`. */
  addLegacy(functionCall: unknown, atNs: number | null): string {
    const call = asObject(functionCall);
    return call === null ? "" : this.#piece({ index: 0, function: call }, atNs);
  }

  finish(): ToolCall[] {
    return this.#calls.map((call) => {
      const argumentsText = call.pieces.length === 0 ? null : call.pieces.join("");
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

  #piece(value: unknown, atNs: number | null): string {
    const piece = asObject(value);
    const body = asObject(piece?.function) ?? piece;
    if (piece === null || body === null) return "";
    const name = asText(body.name);
    const call = this.#find({
      id: asText(piece.id),
      index: typeof piece.index === "number" ? piece.index : null,
      name,
      brings: asText(body.arguments) !== null || asObject(body.arguments) !== null,
    });
    if (call === null) return "";
    let carried = "";
    if (name !== null && call.name === "") {
      call.name = name;
      carried += name;
    }
    // Some servers send the arguments as an object: kept as the text that a client would have expected.
    const fragment = typeof body.arguments === "string" ? body.arguments : argumentsAsText(body.arguments);
    if (fragment !== null) {
      call.pieces.push(fragment);
      carried += fragment;
    }
    if (carried !== "") {
      call.firstAtNs ??= atNs;
      call.lastAtNs = atNs;
    }
    return carried;
  }

  #find(piece: Piece): OpenCall | null {
    const { id, index } = piece;
    if (id !== null) {
      const known = this.#calls.findLast(
        (call) => call.id === id && (index === null || call.index === null || call.index === index),
      );
      if (known !== undefined) return beginsAnother(known, piece) ? this.#open(id, index) : known;
      // The id may come after the first piece of its call.
      const anonymous = this.#calls.find((call) => call.id === null && index !== null && call.index === index);
      if (anonymous !== undefined && !beginsAnother(anonymous, piece)) {
        anonymous.id = id;
        return anonymous;
      }
      return this.#open(id, index);
    }
    // Without an id: the latest call of that index, or the latest of all.
    const known = index === null ? this.#calls.at(-1) : this.#calls.findLast((call) => call.index === index);
    return known === undefined || beginsAnother(known, piece) ? this.#open(null, index) : known;
  }

  #open(id: string | null, index: number | null): OpenCall | null {
    if (this.#calls.length >= MAX_CALLS) return null;
    const call: OpenCall = { id, index, name: "", pieces: [], firstAtNs: null, lastAtNs: null };
    this.#calls.push(call);
    return call;
  }
}

function argumentsAsText(value: unknown): string | null {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : null;
}
