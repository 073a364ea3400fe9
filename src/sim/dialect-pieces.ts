/** An answer's pieces as a dialect tells them: calls that leak as text, inline thoughts, broken characters, other finish reasons. */
import type { Dialect } from "./dialect.js";
import type { CutAnswer, Piece } from "./pieces.js";
import { tokenize } from "./tokens.js";

export function inDialect(cut: CutAnswer, dialect: Dialect): CutAnswer {
  const { calls, message, chunks } = dialect;
  // Before there were tools there was one call at a time.
  let pieces = calls.legacy ? cut.pieces.filter((piece) => !("call" in piece) || piece.call === 0) : cut.pieces;
  let finishReason = cut.finishReason;
  if (message.reasoning === "inline") pieces = thoughtsInline(pieces);
  const hasCalls = pieces.some((piece) => piece.kind === "call");
  if (hasCalls && calls.asText !== null) {
    pieces = callsAsText(pieces, calls.asText);
    if (finishReason === "tool_calls") finishReason = "stop";
  } else if (hasCalls && finishReason === "tool_calls") finishReason = calls.finishReason;
  if (hasCalls && calls.interleaved) pieces = interleaved(pieces);
  if (chunks.breaksCharacters) pieces = pieces.map(broken);
  return { ...cut, pieces, finishReason: message.finishNames[finishReason] ?? finishReason };
}

/** Whether the arguments of a call are cut short. */
export function hasBrokenCall({ pieces }: CutAnswer): boolean {
  const texts = new Map<number, string>();
  for (const piece of pieces) {
    if ("call" in piece) texts.set(piece.call, (texts.get(piece.call) ?? "") + ("text" in piece ? piece.text : ""));
  }
  return [...texts.values()].some((text) => !isJson(text));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function content(text: string): Piece[] {
  return tokenize(text).map((token) => ({ kind: "content", text: token }));
}

function thoughtsInline(pieces: readonly Piece[]): Piece[] {
  const thoughts = pieces.flatMap((piece) => (piece.kind === "reasoning" ? [piece.text] : []));
  if (thoughts.length === 0) return [...pieces];
  const rest = pieces.filter((piece) => piece.kind !== "reasoning");
  return [...content("<think>\n"), ...thoughts.flatMap(content), ...content("\n</think>\n\n"), ...rest];
}

function callsAsText(pieces: readonly Piece[], markers: "hermes" | "kimi"): Piece[] {
  const calls = pieces.flatMap((piece) => (piece.kind === "call" ? [piece] : []));
  const texts = calls.map(({ call, name }) => {
    const json = pieces.map((one) => (one.kind === "arguments" && one.call === call ? one.text : "")).join("");
    return markers === "hermes"
      ? `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${json}}\n</tool_call>`
      : `<|tool_call_begin|>functions.${name}:${call}<|tool_call_argument_begin|>${json}<|tool_call_end|>`;
  });
  const text =
    markers === "hermes" ? texts.join("\n") : `<|tool_calls_section_begin|>${texts.join("")}<|tool_calls_section_end|>`;
  return [...pieces.filter((piece) => piece.kind !== "call" && piece.kind !== "arguments"), ...content(text)];
}

/** One piece of each call in turn, after everything else. */
function interleaved(pieces: readonly Piece[]): Piece[] {
  const byCall = new Map<number, Piece[]>();
  const rest: Piece[] = [];
  for (const piece of pieces) {
    const list = "call" in piece ? byCall.get(piece.call) : rest;
    if (list === undefined && "call" in piece) byCall.set(piece.call, [piece]);
    else list?.push(piece);
  }
  const longest = Math.max(...[...byCall.values()].map((list) => list.length));
  for (let at = 0; at < longest; at++) {
    for (const list of byCall.values()) {
      const piece = list[at];
      if (piece !== undefined) rest.push(piece);
    }
  }
  return rest;
}

function broken(piece: Piece): Piece {
  return "text" in piece && piece.kind !== "arguments"
    ? { ...piece, text: piece.text.replace(/[\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}") }
    : piece;
}
