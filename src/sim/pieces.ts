/** An answer as a list of tokens, each one the payload of one event, cut as the request's limits demand. */
import type { Answer } from "./answers.js";
import { lorem } from "./invented.js";
import { tokenize } from "./tokens.js";

/** What one token carries. `call` opens tool call `call` (from 0), `arguments` continues it. */
export type Piece =
  | { readonly kind: "reasoning" | "content" | "refusal"; readonly text: string }
  | { readonly kind: "call"; readonly call: number; readonly name: string }
  | { readonly kind: "arguments"; readonly call: number; readonly text: string };

export interface PieceLimits {
  /** Undefined: none. */
  readonly maxTokens?: number;
  readonly stop: readonly string[];
}

export interface CutAnswer {
  readonly pieces: readonly Piece[];
  readonly finishReason: string;
  /** The pieces repeat for ever. */
  readonly endless?: true;
}

/** Reasoning counts against `maxTokens`; stop sequences are looked for in the content alone and are not echoed. */
export function cutAnswer(answer: Answer, limits: PieceLimits): CutAnswer {
  const { text: content, stopped } = beforeStop(answer.content, limits.stop);
  const pieces: Piece[] = [
    ...textPieces("reasoning", answer.reasoning),
    ...textPieces("refusal", answer.refusal),
    ...textPieces("content", content),
    ...(stopped ? [] : answer.toolCalls.flatMap(callPieces)),
  ];
  if (limits.maxTokens !== undefined && pieces.length > limits.maxTokens) {
    return { pieces: pieces.slice(0, limits.maxTokens), finishReason: "length" };
  }
  return { pieces, finishReason: stopped ? "stop" : answer.finishReason };
}

/** Words without end. */
export function endlessAnswer(): CutAnswer {
  return { pieces: textPieces("content", ` ${lorem("endless", 200)}`), finishReason: "stop", endless: true };
}

/** So many numbered tokens, each recognisable in the received stream. */
export function numberedAnswer(tokens: number): CutAnswer {
  const pieces = Array.from({ length: tokens }, (_, index): Piece => ({ kind: "content", text: `#${index} ` }));
  return { pieces, finishReason: "stop" };
}

function beforeStop(text: string, stop: readonly string[]): { text: string; stopped: boolean } {
  const at = Math.min(
    ...stop
      .filter((one) => one !== "")
      .map((one) => text.indexOf(one))
      .filter((found) => found >= 0),
  );
  return Number.isFinite(at) ? { text: text.slice(0, at), stopped: true } : { text, stopped: false };
}

function textPieces(kind: "reasoning" | "content" | "refusal", text: string): Piece[] {
  return tokenize(text).map((token) => ({ kind, text: token }));
}

function callPieces(toolCall: { name: string; arguments: string }, call: number): Piece[] {
  const fragments = tokenize(toolCall.arguments);
  return [
    { kind: "call", call, name: toolCall.name },
    ...fragments.map((text): Piece => ({ kind: "arguments", call, text })),
  ];
}
