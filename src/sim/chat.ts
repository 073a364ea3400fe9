/** `/chat/completions` as OpenAI speaks it: streamed chunks of one token each, or one body. */
import { seededRandom } from "../core/random.js";
import { lorem } from "./answers.js";
import type { CutAnswer, Piece } from "./pieces.js";
import { chatPromptTokens } from "./prompt.js";
import { invalidRequest } from "./request-error.js";
import { countLimit } from "./request-fields.js";
import { type AnswerStamp, DONE, dataEvent, type WireEvent, type WireFormat } from "./wire-format.js";

type Body = Readonly<Record<string, unknown>>;

/** @throws RequestError when the request has no messages or a limit that is no count. */
export function checkChat(body: Body): void {
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    throw invalidRequest("'messages' must be a non-empty array", "messages");
  }
  for (const message of body.messages) {
    if (typeof (message as { role?: unknown } | null)?.role !== "string") {
      throw invalidRequest("every message needs a 'role'", "messages");
    }
  }
  countLimit(body, ["max_completion_tokens", "max_tokens"]);
}

/** The chat dialect of one answer. */
export function chatFormat(body: Body, cut: CutAnswer, stamp: AnswerStamp): WireFormat {
  return new ChatFormat(body, cut, stamp);
}

class ChatFormat implements WireFormat {
  readonly tokenCount: number;
  readonly promptTokens: number;
  readonly #cut: CutAnswer;
  readonly #stamp: AnswerStamp;
  readonly #topLogprobs: number | null;
  readonly #includeUsage: boolean;

  constructor(body: Body, cut: CutAnswer, stamp: AnswerStamp) {
    this.#cut = cut;
    this.#stamp = stamp;
    this.tokenCount = cut.endless === true ? Number.POSITIVE_INFINITY : cut.pieces.length;
    this.promptTokens = chatPromptTokens(body);
    this.#topLogprobs = body.logprobs === true ? (countLimit(body, ["top_logprobs"]) ?? 0) : null;
    this.#includeUsage =
      stamp.usage && (body.stream_options as { include_usage?: unknown } | null)?.include_usage === true;
  }

  head(): readonly WireEvent[] {
    return [this.#chunk("role", { role: "assistant", content: "", refusal: null })];
  }

  token(index: number): WireEvent {
    const piece = this.#cut.pieces[index % this.#cut.pieces.length] as Piece;
    return this.#chunk("token", this.#delta(piece), { logprobs: this.#logprobsOf(piece, index) });
  }

  tail(): readonly WireEvent[] {
    const finish = this.#chunk("finish", {}, { finishReason: this.#cut.finishReason });
    if (!this.#includeUsage) return [finish, DONE];
    return [finish, dataEvent("usage", { ...this.#envelope(), choices: [], usage: this.#usage() }), DONE];
  }

  body(): unknown {
    const { pieces, finishReason } = this.#cut;
    const text = (kind: Piece["kind"]): string =>
      pieces.map((piece) => (piece.kind === kind && "text" in piece ? piece.text : "")).join("");
    const toolCalls = pieces.flatMap((piece) =>
      piece.kind === "call"
        ? [
            {
              id: this.#callId(piece.call),
              type: "function",
              function: { name: piece.name, arguments: argumentsOf(pieces, piece.call) },
            },
          ]
        : [],
    );
    const [content, reasoning, refusal] = [text("content"), text("reasoning"), text("refusal")];
    const message = {
      role: "assistant",
      content: content === "" && (toolCalls.length > 0 || refusal !== "") ? null : content,
      refusal: refusal === "" ? null : refusal,
      ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    };
    const logprobs = pieces.flatMap((piece, index) => this.#logprobsOf(piece, index)?.content ?? []);
    return {
      ...this.#envelope("chat.completion"),
      choices: [
        {
          index: 0,
          message,
          logprobs: this.#topLogprobs === null ? null : { content: logprobs, refusal: null },
          finish_reason: finishReason,
        },
      ],
      ...(this.#stamp.usage ? { usage: this.#usage() } : {}),
    };
  }

  #envelope(object = "chat.completion.chunk"): object {
    const { id, createdS, model, fingerprint } = this.#stamp;
    return { id: `chatcmpl-${id}`, object, created: createdS, model, system_fingerprint: fingerprint };
  }

  #chunk(kind: WireEvent["kind"], delta: object, more: { logprobs?: unknown; finishReason?: string } = {}): WireEvent {
    const choice = { index: 0, delta, logprobs: more.logprobs ?? null, finish_reason: more.finishReason ?? null };
    return dataEvent(kind, { ...this.#envelope(), choices: [choice], ...(this.#includeUsage ? { usage: null } : {}) });
  }

  #delta(piece: Piece): object {
    switch (piece.kind) {
      case "content":
        return { content: piece.text };
      case "reasoning":
        return { reasoning_content: piece.text };
      case "refusal":
        return { refusal: piece.text };
      case "call":
        return {
          tool_calls: [
            {
              index: piece.call,
              id: this.#callId(piece.call),
              type: "function",
              function: { name: piece.name, arguments: "" },
            },
          ],
        };
      case "arguments":
        return { tool_calls: [{ index: piece.call, function: { arguments: piece.text } }] };
    }
  }

  #callId(call: number): string {
    return `call_${this.#stamp.id}_${call}`;
  }

  #usage(): object {
    const completion = this.#cut.pieces.length;
    const reasoning = this.#cut.pieces.filter((piece) => piece.kind === "reasoning").length;
    return {
      prompt_tokens: this.promptTokens,
      completion_tokens: completion,
      total_tokens: this.promptTokens + completion,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: reasoning },
    };
  }

  #logprobsOf(piece: Piece, index: number): { content: object[]; refusal: null } | null {
    if (this.#topLogprobs === null || piece.kind !== "content") return null;
    const random = seededRandom(this.#stamp.seed, `logprob/${index}/${piece.text}`);
    const own = tokenLogprob(piece.text, -random.next());
    const others = Array.from({ length: Math.max(0, this.#topLogprobs - 1) }, (_, rank) =>
      tokenLogprob(` ${lorem(piece.text, rank + 1).slice(0, 5)}`, own.logprob - 2 - rank - random.next()),
    );
    return { content: [{ ...own, top_logprobs: this.#topLogprobs === 0 ? [] : [own, ...others] }], refusal: null };
  }
}

function argumentsOf(pieces: readonly Piece[], call: number): string {
  return pieces.map((piece) => (piece.kind === "arguments" && piece.call === call ? piece.text : "")).join("");
}

function tokenLogprob(token: string, logprob: number): { token: string; logprob: number; bytes: number[] } {
  return { token, logprob: Math.round(logprob * 1e6) / 1e6, bytes: [...Buffer.from(token)] };
}
