/** Answers of `/responses` read as ordinary code reads them, in the words of chat where the two APIs differ. */
import type { OpenObservation } from "./client.js";

interface OutputItem {
  readonly type: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  /** Of a custom tool, in place of its arguments: free text. */
  readonly input?: string;
  readonly content?: readonly { readonly type: string; readonly text?: string; readonly refusal?: string }[];
  readonly summary?: readonly { readonly text?: string }[];
}

export interface ResponseObject {
  readonly status?: string;
  readonly output: readonly OutputItem[];
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly error?: { readonly message?: string; readonly code?: string | null } | null;
  readonly usage?: { readonly input_tokens?: number; readonly output_tokens?: number } | null;
}

export interface ResponseEvent {
  readonly type: string;
  readonly delta?: string;
  readonly output_index?: number;
  readonly item?: OutputItem;
  readonly response?: ResponseObject;
  /** Of an `error` event, which newer versions of the package hand on and older ones throw. */
  readonly message?: string;
  readonly code?: string | null;
}

/** Why a response is incomplete, where chat has another word for it. Some servers say `max_tokens`, some nothing. */
const INCOMPLETE: Readonly<Record<string, string>> = { max_output_tokens: "length", max_tokens: "length" };

/** A call whose arguments are still coming. */
interface OpenCall {
  id: string | null;
  name: string | null;
  argumentsText: string;
}

export class ResponseReader {
  readonly #seen: OpenObservation;
  readonly #calls: OpenCall[] = [];
  readonly #callOf = new Map<number | undefined, OpenCall>();

  constructor(seen: OpenObservation) {
    this.#seen = seen;
    const empty = { content: "", reasoning: "", refusal: "", finishReason: null, usage: null };
    Object.assign(seen, empty satisfies OpenObservation, { toolCalls: this.#calls });
  }

  event(event: ResponseEvent): void {
    const seen = this.#seen;
    switch (event.type) {
      case "response.output_text.delta":
        seen.content += event.delta ?? "";
        break;
      case "response.refusal.delta":
        seen.refusal += event.delta ?? "";
        break;
      case "response.reasoning_text.delta":
      case "response.reasoning_summary_text.delta":
        seen.reasoning += event.delta ?? "";
        break;
      case "response.output_item.added":
        if (isCall(event.item)) this.#call(event.output_index, event.item);
        break;
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta": {
        const call = this.#callOf.get(event.output_index);
        if (call !== undefined) call.argumentsText += event.delta ?? "";
        break;
      }
      case "response.output_item.done":
        if (isCall(event.item)) this.#call(event.output_index, event.item);
        break;
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        if (event.response !== undefined) this.#end(event.response);
        break;
      case "error":
        this.#tell(event);
        break;
    }
  }

  body(answer: ResponseObject): void {
    const seen = this.#seen;
    for (const [index, item] of answer.output.entries()) {
      if (isCall(item)) this.#call(index, item);
      for (const part of item.content ?? []) {
        if (item.type === "reasoning") seen.reasoning += part.text ?? "";
        else if (part.type === "output_text") seen.content += part.text ?? "";
        else if (part.type === "refusal") seen.refusal += part.refusal ?? "";
      }
      // The same text under both names is one text.
      const told = item.type === "reasoning" ? item.content?.[0]?.text : undefined;
      for (const part of item.summary ?? []) if (part.text !== told) seen.reasoning += part.text ?? "";
    }
    this.#end(answer);
  }

  #call(index: number | undefined, item: OutputItem): void {
    let call = this.#callOf.get(index);
    if (call === undefined) {
      call = { id: null, name: null, argumentsText: "" };
      this.#calls.push(call);
      this.#callOf.set(index, call);
    }
    call.id = item.call_id ?? null;
    call.name = item.name ?? null;
    call.argumentsText = `${item.arguments ?? item.input ?? ""}`;
  }

  #end({ status, incomplete_details, error, usage }: ResponseObject): void {
    const seen = this.#seen;
    if (status === "completed") seen.finishReason = this.#calls.length > 0 ? "tool_calls" : "stop";
    else if (status === "incomplete") {
      const reason = incomplete_details?.reason || "max_output_tokens";
      seen.finishReason = Object.hasOwn(INCOMPLETE, reason) ? (INCOMPLETE[reason] ?? null) : reason;
    }
    if (usage != null) {
      seen.usage = { inputTokens: usage.input_tokens ?? null, outputTokens: usage.output_tokens ?? null };
    }
    if (error != null) this.#tell(error);
  }

  #tell({ message, code }: { readonly message?: string; readonly code?: string | null }): void {
    this.#seen.told = {
      message: `${message ?? ""}`.slice(0, 600),
      code: code == null ? null : `${code}`.slice(0, 100),
    };
  }
}

function isCall(item: OutputItem | undefined): item is OutputItem {
  return item?.type === "function_call" || item?.type === "custom_tool_call";
}
