/** The `choices` of a chat answer that was not streamed. */
import { wholeCall } from "./call-delta.js";
import { logprobsOf } from "./chat-logprobs.js";
import type { Dialect } from "./dialect.js";
import type { CutAnswer, Piece } from "./pieces.js";
import type { AnswerStamp } from "./wire-format.js";

export interface BodyChoices {
  readonly choices: number;
  /** Null: none were asked for. */
  readonly topLogprobs: number | null;
}

export function chatBody(cut: CutAnswer, stamp: AnswerStamp, dialect: Dialect, asked: BodyChoices): readonly object[] {
  const { pieces, finishReason } = cut;
  const { topLogprobs } = asked;
  const logprobs =
    topLogprobs === null ? null : { content: logprobsOf(pieces, 0, topLogprobs, stamp.seed), refusal: null };
  const message = messageOf(pieces, stamp, dialect);
  return Array.from({ length: asked.choices }, (_, index) => ({
    index,
    message,
    ...(dialect.message.bodyDelta ? { delta: { role: "assistant", content: "" } } : {}),
    logprobs,
    ...(dialect.chunks.finish === "never" ? {} : { finish_reason: finishReason }),
    ...dialect.chunks.choiceFields,
  }));
}

/** The id of a call, the same in chunks and in bodies. */
export function callId(stamp: AnswerStamp, call: number): string {
  return `call_${stamp.id}_${call}`;
}

function messageOf(pieces: readonly Piece[], stamp: AnswerStamp, dialect: Dialect): object {
  const text = (kind: Piece["kind"]): string =>
    pieces.map((piece) => (piece.kind === kind && "text" in piece ? piece.text : "")).join("");
  const toolCalls = pieces.flatMap((piece) =>
    piece.kind === "call"
      ? [
          wholeCall(dialect.calls, {
            call: piece.call,
            id: callId(stamp, piece.call),
            name: piece.name,
            first: true,
            argumentsText: argumentsOf(pieces, piece.call),
          }),
        ]
      : [],
  );
  const [content, reasoning, refusal] = [text("content"), text("reasoning"), text("refusal")];
  const noneSaid = content === "" && (toolCalls.length > 0 || refusal !== "");
  const { noContent, reasoning: place } = dialect.message;
  const { whenNone } = dialect.calls;
  return {
    role: "assistant",
    ...(noneSaid && noContent === "absent"
      ? {}
      : { content: noneSaid ? (noContent === "empty" ? "" : null) : contentOf(content, reasoning, place) }),
    refusal: refusal === "" ? null : refusal,
    ...(reasoning === "" ? {} : reasoningFields(reasoning, place)),
    ...(toolCalls.length > 0 ? calledFields(toolCalls, dialect) : {}),
    ...(toolCalls.length === 0 && whenNone !== "absent" ? { tool_calls: whenNone === "empty" ? [] : null } : {}),
  };
}

function calledFields(calls: readonly object[], dialect: Dialect): object {
  return dialect.calls.legacy
    ? { function_call: (calls[0] as { function?: unknown }).function }
    : { tool_calls: calls };
}

function contentOf(content: string, reasoning: string, place: Dialect["message"]["reasoning"]): unknown {
  if (place !== "parts" || reasoning === "") return content;
  return [
    { type: "thinking", thinking: [{ type: "text", text: reasoning }] },
    { type: "text", text: content },
  ];
}

function reasoningFields(text: string, place: Dialect["message"]["reasoning"]): object {
  switch (place) {
    case "reasoning":
      return { reasoning: text };
    case "twice":
      return { reasoning: text, reasoning_details: [{ type: "reasoning.text", text, format: "unknown", index: 0 }] };
    case "reasoning_content":
      return { reasoning_content: text };
    default:
      return {};
  }
}

function argumentsOf(pieces: readonly Piece[], call: number): string {
  return pieces.map((piece) => (piece.kind === "arguments" && piece.call === call ? piece.text : "")).join("");
}
