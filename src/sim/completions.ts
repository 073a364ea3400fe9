/** `/completions`, the legacy text API: plain text chunks, no role, no tools. */
import type { CutAnswer, Piece } from "./pieces.js";
import { textTokens } from "./prompt.js";
import { invalidRequest } from "./request-error.js";
import { countLimit } from "./request-fields.js";
import { type AnswerStamp, DONE, dataEvent, type WireEvent, type WireFormat } from "./wire-format.js";

type Body = Readonly<Record<string, unknown>>;

/** @throws RequestError when the prompt is neither a text nor a list of token ids. */
export function checkCompletion(body: Body): void {
  if (typeof body.prompt !== "string" && !Array.isArray(body.prompt)) {
    throw invalidRequest("'prompt' must be a string or an array of token ids", "prompt");
  }
  countLimit(body, ["max_tokens"]);
}

/** The text dialect of one answer: its content alone. */
export function completionFormat(body: Body, whole: CutAnswer, stamp: AnswerStamp): WireFormat {
  const cut = { ...whole, pieces: whole.pieces.filter((piece) => piece.kind === "content") };
  const textOf = (piece: Piece | undefined): string => (piece?.kind === "content" ? piece.text : "");
  const promptTokens = textTokens(body.prompt);
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: cut.pieces.length,
    total_tokens: promptTokens + cut.pieces.length,
  };
  const { id, createdS, model, fingerprint } = stamp;
  const envelope = {
    id: `cmpl-${id}`,
    object: "text_completion",
    created: createdS,
    model,
    system_fingerprint: fingerprint,
  };
  const includeUsage =
    stamp.usage && (body.stream_options as { include_usage?: unknown } | null)?.include_usage === true;
  const chunk = (kind: WireEvent["kind"], text: string, finishReason: string | null): WireEvent =>
    dataEvent(kind, { ...envelope, choices: [{ index: 0, text, logprobs: null, finish_reason: finishReason }] });

  return {
    tokenCount: cut.endless === true ? Number.POSITIVE_INFINITY : cut.pieces.length,
    promptTokens,
    head: () => [],
    token: (index) => chunk("token", textOf(cut.pieces[index % cut.pieces.length]), null),
    tail: () => [
      chunk("finish", "", cut.finishReason),
      ...(includeUsage ? [dataEvent("usage", { ...envelope, choices: [], usage })] : []),
      DONE,
    ],
    body: () => ({
      ...envelope,
      choices: [{ index: 0, text: cut.pieces.map(textOf).join(""), logprobs: null, finish_reason: cut.finishReason }],
      ...(stamp.usage ? { usage } : {}),
    }),
  };
}
