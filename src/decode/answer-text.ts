/** The text of an answer as it grows, with the moment of every piece. Knows no dialect. */
import type { EventKind, TokenEvent } from "./completion.js";
import type { Arrival } from "./dialect.js";
import { countCharacters } from "./json.js";

/** A token event whose kind and size may be learnt later than its moment. */
export interface TokenSlot {
  readonly read: number;
  readonly atNs: number;
  kind: EventKind;
  characters: number;
}

export class AnswerText {
  readonly #content: string[] = [];
  #contentSeen = false;
  #reasoning: string[] = [];
  readonly #refusal: string[] = [];
  readonly #slots: TokenSlot[] = [];
  #reserved = false;
  /** Pieces of anything that were added: tells whether an event carried something. */
  pieces = 0;

  /** All reasoning so far, whatever way it came. */
  get reasoning(): string {
    const joined = this.#reasoning.join("");
    this.#reasoning = [joined];
    return joined;
  }

  /** The answer has content, though it may be empty. */
  seeContent(): void {
    this.#contentSeen = true;
  }

  /** Adds text. Without an arrival, as in a body, it has no moment of its own. */
  add(kind: Exclude<EventKind, "tool_call">, text: string, arrival: Arrival | null): void {
    this.#append(kind, text);
    if (arrival !== null && text !== "") this.#slot(kind, countCharacters(text), arrival);
  }

  /** A piece of a tool call came: the calls themselves are kept elsewhere. */
  addCall(characters: number, arrival: Arrival | null): void {
    if (characters === 0) return;
    this.pieces++;
    if (arrival !== null) this.#slot("tool_call", characters, arrival);
  }

  /** Keeps a place in the order of token events for text whose kind is not known yet. */
  reserve(arrival: Arrival | null): TokenSlot | null {
    if (arrival === null) return null;
    this.#reserved = true;
    return this.#slot("content", 0, arrival);
  }

  /** Adds text at a reserved place. */
  fill(kind: "content" | "reasoning", text: string, slot: TokenSlot | null): void {
    if (text === "") return;
    this.#append(kind, text);
    if (slot === null) return;
    const characters = countCharacters(text);
    if (slot.characters === 0 || slot.kind === kind) {
      slot.kind = kind;
      slot.characters += characters;
    } else {
      this.#slot(kind, characters, slot);
    }
  }

  finish(): { content: string | null; reasoning: string; refusal: string | null; tokenEvents: readonly TokenEvent[] } {
    return {
      content: this.#contentSeen ? this.#content.join("") : null,
      reasoning: this.#reasoning.join(""),
      refusal: this.#refusal.length === 0 ? null : this.#refusal.join(""),
      tokenEvents: this.#reserved ? this.#slots.filter(({ characters }) => characters > 0) : this.#slots,
    };
  }

  #append(kind: Exclude<EventKind, "tool_call">, text: string): void {
    if (kind === "content") this.#contentSeen = true;
    if (text === "") return;
    this.pieces++;
    if (kind === "content") this.#content.push(text);
    else if (kind === "reasoning") this.#reasoning.push(text);
    else this.#refusal.push(text);
  }

  #slot(kind: EventKind, characters: number, { read, atNs }: { read: number; atNs: number }): TokenSlot {
    const slot = { read, atNs, kind, characters };
    this.#slots.push(slot);
    return slot;
  }
}
