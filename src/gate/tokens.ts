/** A gate's text as tokens, each with the offset of its first character. */
import type { GateText } from "../config/settings.js";
import { gateError, type Written } from "./gate-error.js";

export interface Token {
  readonly kind: "word" | "quoted" | "symbol" | "operator" | "end";
  /** Of a quoted text, what stands between the quotes. */
  readonly text: string;
  readonly at: number;
}

/** Names, numbers with their units, and values of selectors: whatever holds no space, quote or sign of the grammar. */
const WORD = String.raw`[^\s{}(),=<>!"'%]+`;
const TOKEN = new RegExp(
  String.raw`(?<word>${WORD})|(?<operator><=|>=|==|!=|[<>=!])|(?<symbol>[{}(),%])|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'`,
  "suy",
);
const BARE = new RegExp(`^${WORD}$`, "u");

export function isBareWord(text: string): boolean {
  return BARE.test(text);
}

/** @throws TwintailError at the quote that is never closed */
export function tokensOf(source: GateText, file: string | undefined, written: Written = "gate"): Token[] {
  const { text } = source;
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/u.test(text.charAt(at))) {
      at++;
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      throw gateError(source, file, at, `the quote ${text.charAt(at)} is never closed`, "close it", written);
    }
    const { word, operator, symbol, double, single } = match.groups as Record<string, string | undefined>;
    if (word !== undefined) tokens.push({ kind: "word", text: word, at });
    else if (operator !== undefined) tokens.push({ kind: "operator", text: operator, at });
    else if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol, at });
    else tokens.push({ kind: "quoted", text: (double ?? single ?? "").replace(/\\(.)/gsu, "$1"), at });
    at = TOKEN.lastIndex;
  }
  tokens.push({ kind: "end", text: "", at });
  return tokens;
}
