/** The tokens of one gate, taken one by one, and mistakes at their places. */
import type { GateText } from "../config/settings.js";
import { nearest } from "../core/document.js";
import type { TwintailError } from "../core/errors.js";
import { gateError, type Written } from "./gate-error.js";
import { type Token, tokensOf } from "./tokens.js";

export class Cursor {
  readonly #tokens: readonly Token[];
  #next = 0;

  /** @param file the configuration that the gate stands in, where it is known */
  constructor(
    private readonly source: GateText,
    private readonly file: string | undefined,
    private readonly written: Written = "gate",
  ) {
    this.#tokens = tokensOf(source, file, written);
  }

  /** The next token; the end stays the end. */
  peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token;
  }

  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  isSymbol(text: string): boolean {
    const token = this.peek();
    return token.kind === "symbol" && token.text === text;
  }

  error(token: Token, cause: string, remedy: string): TwintailError {
    return this.errorAt(token.at, cause, remedy);
  }

  /** @param at offset in the gate's text */
  errorAt(at: number, cause: string, remedy: string): TwintailError {
    return gateError(this.source, this.file, at, cause, remedy, this.written);
  }
}

/** Names that other tools use. */
const SYNONYMS: Readonly<Record<string, string>> = {
  avg: "mean",
  average: "mean",
  med: "p50",
  median: "p50",
  error_rate: "errors",
};

/** What a word most likely meant. */
export function hint(word: string, known: readonly string[], otherwise: string): string {
  const synonym = SYNONYMS[word];
  const near = synonym !== undefined && known.includes(synonym) ? synonym : nearest(word, known);
  return near === undefined ? otherwise : `did you mean "${near}"?`;
}

/** A token as a message names it. */
export function shown({ kind, text }: Token): string {
  return kind === "end" ? "the end" : kind === "quoted" ? `the text "${text}"` : `"${text}"`;
}
