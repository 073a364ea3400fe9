/** `/completions`, the legacy text API: plain text chunks, no role, no tools. */
import type { Dialect } from "./dialect.js";
import { streamError } from "./error-envelope.js";
import type { CutAnswer, Piece } from "./pieces.js";
import { textTokens } from "./prompt.js";
import { invalidRequest } from "./request-error.js";
import { countLimit } from "./request-fields.js";
import { usageObject } from "./usage.js";
import {
  type AnswerStamp,
  dataEvent,
  doneEvents,
  type EventKind,
  type WireEvent,
  type WireFormat,
} from "./wire-format.js";

type Body = Readonly<Record<string, unknown>>;

/** @throws RequestError when the prompt is neither a text nor a list of token ids. */
export function checkCompletion(body: Body): void {
  if (typeof body.prompt !== "string" && !Array.isArray(body.prompt)) {
    throw invalidRequest("'prompt' must be a string or an array of token ids", "prompt");
  }
  countLimit(body, ["max_tokens"]);
}

/** The text dialect of one answer: its content alone, one token an event. */
export function completionFormat(body: Body, whole: CutAnswer, stamp: AnswerStamp, dialect: Dialect): WireFormat {
  const { framing } = dialect;
  const cut = { ...whole, pieces: whole.pieces.filter((piece) => piece.kind === "content") };
  const textOf = (piece: Piece | undefined): string => (piece?.kind === "content" ? piece.text : "");
  const promptTokens = textTokens(body.prompt);
  const usage = usageObject(
    { ...dialect.usage, details: false },
    { promptTokens, completionTokens: cut.pieces.length, reasoningTokens: 0, attempts: stamp.attempts },
  );
  const { id, createdS, model, fingerprint } = stamp;
  const envelope = {
    id: `cmpl-${id}`,
    object: "text_completion",
    created: createdS,
    model,
    system_fingerprint: fingerprint,
  };
  const asked = (body.stream_options as { include_usage?: unknown } | null)?.include_usage === true;
  const wanted = stamp.usage && (asked || !dialect.usage.optIn);
  const onFinish = wanted && dialect.usage.place !== "event";
  const chunk = (kind: EventKind, text: string, finishReason: string | null, beside: object = {}): WireEvent =>
    dataEvent(framing, kind, {
      ...envelope,
      choices: [{ index: 0, text, logprobs: null, finish_reason: finishReason }],
      ...beside,
    });

  return {
    tokenCount: cut.endless === true ? Number.POSITIVE_INFINITY : cut.pieces.length,
    promptTokens,
    head: () => [],
    token: (index) => [chunk("token", textOf(cut.pieces[index % cut.pieces.length]), null)],
    tail: () => [
      chunk("finish", "", cut.finishReason, onFinish ? { usage } : {}),
      ...(wanted && !onFinish ? [dataEvent(framing, "usage", { ...envelope, choices: [], usage })] : []),
      ...doneEvents(framing),
    ],
    body: () => ({
      ...envelope,
      choices: [{ index: 0, text: cut.pieces.map(textOf).join(""), logprobs: null, finish_reason: cut.finishReason }],
      ...(stamp.usage ? { usage } : {}),
    }),
    failure: () => streamError(dialect, envelope),
    reset: () =>
      dialect.errors.upstreamReset === "close" ? null : [chunk("finish", "", "stop"), ...doneEvents(framing)],
  };
}
