/** `<think>…</think>` at the start of the content, whole or over many events: the rest of an answer is never changed. */
import type { AnomalyLog } from "./anomaly-log.js";
import type { AnswerText, TokenSlot } from "./answer-text.js";
import type { Arrival } from "./dialect.js";

const OPEN = "<think>";
const CLOSE = "</think>";
/** Beyond so much white space no tag is looked for: a held text is scanned again with each piece. */
const MAX_LEADING_SPACE = 200;

/**
 * Splits content into reasoning and answer. The tags, and white space beside them in the content, belong to neither.
 * Text that may yet become a tag is held back, and keeps the moment at which it came.
 */
export class InlineReasoning {
  #state: "start" | "thinking" | "closed" | "off" = "start";
  #held: { text: string; slot: TokenSlot | null }[] = [];

  constructor(
    readonly answer: AnswerText,
    readonly log: AnomalyLog,
  ) {}

  push(text: string, arrival: Arrival | null): void {
    if (this.#state === "start" && this.#held.length === 0 && !mayOpen(text)) this.#state = "off";
    if (this.#state === "off") {
      this.answer.add("content", text, arrival);
      return;
    }
    this.answer.seeContent();
    this.#held.push({ text, slot: this.answer.reserve(arrival) });
    if (this.#state === "start") this.#start(text, arrival);
    if (this.#state === "thinking") this.#thinking();
    if (this.#state === "closed") this.#closed();
  }

  /** What is still held becomes what it would have been without a tag. */
  finish(): void {
    if (this.#state !== "off") this.#release(this.#state === "thinking" ? "reasoning" : "content", this.#length());
  }

  #start(piece: string, arrival: Arrival | null): void {
    const text = this.#text();
    const begin = text.length - text.trimStart().length;
    if (text.startsWith(OPEN, begin)) {
      this.log.note("reasoning-inline", text.slice(begin) || piece, arrival?.read);
      this.#drop(begin + OPEN.length);
      this.#state = "thinking";
    } else if (!OPEN.startsWith(text.slice(begin)) || begin > MAX_LEADING_SPACE) {
      this.#state = "off";
      this.#release("content", text.length);
    }
  }

  #thinking(): void {
    const text = this.#text();
    const end = text.indexOf(CLOSE);
    if (end >= 0) {
      this.#release("reasoning", end);
      this.#drop(CLOSE.length);
      this.#state = "closed";
      return;
    }
    let tail = Math.min(CLOSE.length - 1, text.length);
    while (tail > 0 && !text.endsWith(CLOSE.slice(0, tail))) tail--;
    this.#release("reasoning", text.length - tail);
  }

  #closed(): void {
    const text = this.#text();
    const space = text.length - text.trimStart().length;
    this.#drop(space);
    if (space === text.length) return;
    this.#state = "off";
    this.#release("content", text.length - space);
  }

  #text(): string {
    return this.#held.map(({ text }) => text).join("");
  }

  #length(): number {
    return this.#held.reduce((total, { text }) => total + text.length, 0);
  }

  #drop(length: number): void {
    this.#take(length, () => {});
  }

  #release(kind: "content" | "reasoning", length: number): void {
    this.#take(length, (text, slot) => this.answer.fill(kind, text, slot));
  }

  /** Takes so many code units from the front of what is held. */
  #take(length: number, each: (text: string, slot: TokenSlot | null) => void): void {
    let left = length;
    let whole = 0;
    for (const held of this.#held) {
      if (left === 0) break;
      const text = held.text.slice(0, left);
      left -= text.length;
      each(text, held.slot);
      if (text.length === held.text.length) whole++;
      else held.text = held.text.slice(text.length);
    }
    this.#held.splice(0, whole);
  }
}

/** Whether content that begins so may be white space and a tag. */
function mayOpen(text: string): boolean {
  const first = text.charCodeAt(0);
  return first === 0x3c || first <= 0x20 || first === 0xa0 || first >= 0x1680;
}
