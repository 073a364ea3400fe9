/**
 * `/responses` as OpenAI documents it: typed, named, numbered events, or the response object. Items come in the order
 * reasoning, message, function calls.
 */
import type { Dialect } from "./dialect.js";
import type { CutAnswer, Piece } from "./pieces.js";
import { chatPromptTokens } from "./prompt.js";
import { invalidRequest, simulatedError } from "./request-error.js";
import { countLimit } from "./request-fields.js";
import { chatOfResponses } from "./responses-request.js";
import { type AnswerStamp, dataEvent, type EventKind, type WireEvent, type WireFormat } from "./wire-format.js";

type Body = Readonly<Record<string, unknown>>;

/** @throws RequestError when there is no input, a limit is no count, or a stateless server is asked to store. */
export function checkResponses(body: Body, dialect: Dialect): void {
  if (dialect.requests.statelessResponses && body.store !== false) {
    throw invalidRequest("This endpoint is stateless: 'store' must be false", "store");
  }
  const { input } = body;
  if (typeof input !== "string" && (!Array.isArray(input) || input.length === 0)) {
    throw invalidRequest("'input' must be a string or a non-empty array of items", "input");
  }
  countLimit(body, ["max_output_tokens"]);
}

/** One answer of `/responses`. */
export function responsesFormat(body: Body, cut: CutAnswer, stamp: AnswerStamp, dialect: Dialect): WireFormat {
  return new ResponsesFormat(body, cut, stamp, dialect);
}

type Item = Readonly<Record<string, unknown>> & { readonly id: string };

/** An item of the output and the pieces that make it. */
interface OutputItem {
  readonly kind: "reasoning" | "message" | "refusal" | "call";
  /** Ordinal of its first piece among the tokens. */
  readonly from: number;
  readonly pieces: readonly Piece[];
  readonly call: number;
  readonly name: string;
}

class ResponsesFormat implements WireFormat {
  readonly tokenCount: number;
  readonly promptTokens: number;
  readonly #items: readonly OutputItem[];
  #sequence = 0;

  constructor(
    private readonly request: Body,
    private readonly cut: CutAnswer,
    private readonly stamp: AnswerStamp,
    private readonly dialect: Dialect,
  ) {
    this.tokenCount = cut.endless === true ? Number.POSITIVE_INFINITY : cut.pieces.length;
    this.promptTokens = chatPromptTokens(chatOfResponses(request));
    this.#items = itemsOf(cut.pieces);
  }

  head(): readonly WireEvent[] {
    const response = this.#response("in_progress");
    return [
      this.#event("role", "response.created", { response }),
      this.#event("role", "response.in_progress", { response }),
    ];
  }

  token(index: number): readonly WireEvent[] {
    const at = this.cut.endless === true ? index % this.cut.pieces.length : index;
    const outputIndex = this.#items.findLastIndex((item) => item.from <= at);
    const item = this.#items[outputIndex] as OutputItem;
    const piece = this.cut.pieces[at] as Piece;
    const first = index === item.from;
    const last = this.cut.endless !== true && at === item.from + item.pieces.length - 1;
    return [
      ...(first ? this.#opening(item, outputIndex) : []),
      ...("text" in piece ? [this.#delta(item, outputIndex, piece.text)] : []),
      ...(last ? this.#closing(item, outputIndex) : []),
    ];
  }

  tail(): readonly WireEvent[] {
    const status = this.#status();
    return [this.#event("finish", `response.${status}`, { response: this.#response(status) })];
  }

  body(): unknown {
    return this.#response(this.#status());
  }

  failure(): readonly WireEvent[] {
    const { code, message } = simulatedError(502).fields;
    const failed = { ...this.#response("in_progress"), status: "failed", error: { code, message } };
    return [this.#event("error", "response.failed", { response: failed })];
  }

  reset(): null {
    return null;
  }

  #status(): "completed" | "incomplete" {
    return this.cut.finishReason === "length" || this.cut.finishReason === "content_filter"
      ? "incomplete"
      : "completed";
  }

  #event(kind: EventKind, type: string, fields: object): WireEvent {
    return dataEvent(this.dialect.framing, kind, { type, sequence_number: this.#sequence++, ...fields }, type);
  }

  #opening(item: OutputItem, output_index: number): readonly WireEvent[] {
    const opened = this.#item(item, "in_progress");
    const added = this.#event("token", "response.output_item.added", { output_index, item: opened });
    const place = { item_id: opened.id, output_index };
    switch (item.kind) {
      case "call":
        return [added];
      case "reasoning": {
        const part = { type: "summary_text", text: "" };
        return [
          added,
          this.#event("token", "response.reasoning_summary_part.added", { ...place, summary_index: 0, part }),
        ];
      }
      default: {
        const part = contentPart(item.kind, "");
        return [added, this.#event("token", "response.content_part.added", { ...place, content_index: 0, part })];
      }
    }
  }

  #delta(item: OutputItem, output_index: number, delta: string): WireEvent {
    const place = { item_id: this.#idOf(item), output_index };
    switch (item.kind) {
      case "call":
        return this.#event("token", "response.function_call_arguments.delta", { ...place, delta });
      case "reasoning":
        return this.#event("token", "response.reasoning_summary_text.delta", { ...place, summary_index: 0, delta });
      case "refusal":
        return this.#event("token", "response.refusal.delta", { ...place, content_index: 0, delta });
      case "message":
        return this.#event("token", "response.output_text.delta", { ...place, content_index: 0, delta, logprobs: [] });
    }
  }

  #closing(item: OutputItem, output_index: number): readonly WireEvent[] {
    const place = { item_id: this.#idOf(item), output_index };
    const text = textOf(item);
    const done = this.#item(item, "completed");
    const ended = (): WireEvent => this.#event("token", "response.output_item.done", { output_index, item: done });
    switch (item.kind) {
      case "call": {
        const args = { ...place, name: item.name, arguments: text };
        return [this.#event("token", "response.function_call_arguments.done", args), ended()];
      }
      case "reasoning": {
        const summary = { ...place, summary_index: 0 };
        return [
          this.#event("token", "response.reasoning_summary_text.done", { ...summary, text }),
          this.#event("token", "response.reasoning_summary_part.done", {
            ...summary,
            part: { type: "summary_text", text },
          }),
          ended(),
        ];
      }
      default: {
        const content = { ...place, content_index: 0 };
        const whole =
          item.kind === "refusal"
            ? this.#event("token", "response.refusal.done", { ...content, refusal: text })
            : this.#event("token", "response.output_text.done", { ...content, text, logprobs: [] });
        const part = this.#event("token", "response.content_part.done", {
          ...content,
          part: contentPart(item.kind, text),
        });
        return [whole, part, ended()];
      }
    }
  }

  #item(item: OutputItem, status: "in_progress" | "completed" | "incomplete"): Item {
    const id = this.#idOf(item);
    const text = status === "in_progress" ? "" : textOf(item);
    switch (item.kind) {
      case "reasoning":
        return { id, type: "reasoning", summary: status === "in_progress" ? [] : [{ type: "summary_text", text }] };
      case "call": {
        const call_id = `call_${this.stamp.id}_${item.call}`;
        return { id, type: "function_call", status, arguments: text, call_id, name: item.name };
      }
      default: {
        const content = status === "in_progress" ? [] : [contentPart(item.kind, text)];
        return { id, type: "message", status, content, role: "assistant" };
      }
    }
  }

  #idOf(item: OutputItem): string {
    const prefix = { reasoning: "rs", call: "fc", message: "msg", refusal: "msg" }[item.kind];
    return `${prefix}_${this.stamp.id}_${item.from}`;
  }

  #response(status: "in_progress" | "completed" | "incomplete"): Readonly<Record<string, unknown>> {
    const { id, createdS, model, usage } = this.stamp;
    const { request } = this;
    const reason = this.cut.finishReason === "length" ? "max_output_tokens" : "content_filter";
    return {
      id: `resp_${id}`,
      object: "response",
      created_at: createdS,
      status,
      background: false,
      error: null,
      incomplete_details: status === "incomplete" ? { reason } : null,
      instructions: request.instructions ?? null,
      max_output_tokens: request.max_output_tokens ?? null,
      model,
      output: status === "in_progress" ? [] : this.#output(status),
      parallel_tool_calls: request.parallel_tool_calls ?? true,
      previous_response_id: request.previous_response_id ?? null,
      reasoning: {
        effort: (request.reasoning as { effort?: unknown } | null | undefined)?.effort ?? null,
        summary: null,
      },
      store: request.store ?? true,
      temperature: request.temperature ?? 1,
      text: request.text ?? { format: { type: "text" } },
      tool_choice: request.tool_choice ?? "auto",
      tools: request.tools ?? [],
      top_p: request.top_p ?? 1,
      truncation: request.truncation ?? "disabled",
      usage: status === "in_progress" || !usage ? null : this.#usage(),
      user: null,
      metadata: request.metadata ?? {},
    };
  }

  /** What a token limit cut is its last item. */
  #output(status: "completed" | "incomplete"): readonly Item[] {
    return this.#items.map((item, at) => this.#item(item, at === this.#items.length - 1 ? status : "completed"));
  }

  #usage(): object {
    const output = this.cut.pieces.length;
    const reasoning = this.cut.pieces.filter((piece) => piece.kind === "reasoning").length;
    return {
      input_tokens: this.promptTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: this.promptTokens + output,
    };
  }
}

function contentPart(kind: "message" | "refusal" | "reasoning" | "call", text: string): object {
  return kind === "refusal"
    ? { type: "refusal", refusal: text }
    : { type: "output_text", annotations: [], logprobs: [], text };
}

function textOf({ pieces }: OutputItem): string {
  return pieces.map((piece) => ("text" in piece ? piece.text : "")).join("");
}

function itemsOf(pieces: readonly Piece[]): readonly OutputItem[] {
  const items: (Omit<OutputItem, "pieces"> & { pieces: Piece[] })[] = [];
  pieces.forEach((piece, from) => {
    const kind = piece.kind === "content" ? "message" : piece.kind === "arguments" ? "call" : piece.kind;
    const call = "call" in piece ? piece.call : -1;
    const open = items.at(-1);
    if (open !== undefined && open.kind === kind && open.call === call) open.pieces.push(piece);
    else items.push({ kind, from, pieces: [piece], call, name: piece.kind === "call" ? piece.name : "" });
  });
  return items;
}
