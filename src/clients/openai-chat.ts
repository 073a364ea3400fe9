/**
 * Chat answers of `openai` read as ordinary code reads them: a question mark after `choices[0]` and none before,
 * pieces joined with `+=`, tool calls kept by their `index`. The types are the package's promises; the wire may break them,
 * and then this code does what JavaScript does.
 */
import type { OpenObservation } from "./client.js";
import type { ObservedCall, ObservedUsage } from "./observation.js";

interface ToolPiece {
  readonly index: number;
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

interface Message {
  readonly content?: string | null;
  readonly refusal?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly tool_calls?: readonly ToolPiece[] | null;
  readonly function_call?: { readonly name?: string; readonly arguments?: string } | null;
}

interface TokenUsage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
}

interface Indexed {
  readonly index?: number;
}

export interface ChatChunk {
  readonly choices: readonly (Indexed & { readonly delta: Message; readonly finish_reason?: string | null })[];
  readonly usage?: TokenUsage | null;
}

export interface ChatAnswer {
  readonly choices: readonly (Indexed & { readonly message: Message; readonly finish_reason?: string | null })[];
  readonly usage?: TokenUsage | null;
}

/** With `n` above 1, events and bodies have several choices in any order: the one with index 0. */
export function firstChoice<Choice extends Indexed>(choices: readonly Choice[]): Choice | undefined {
  const choice = choices[0];
  return (choice?.index ?? 0) === 0 ? choice : choices.find((each) => each?.index === 0);
}

/** A call whose arguments are still coming. */
interface OpenCall {
  id: string | null;
  name: string | null;
  argumentsText: string;
}

export class ChatReader {
  readonly #seen: OpenObservation;
  /** With usage asked for, one event without choices is by the book. */
  readonly #usageAsked: boolean;
  #events = 0;
  readonly #calls: OpenCall[] = [];
  readonly #callOf = new Map<number, OpenCall>();

  constructor(seen: OpenObservation, request: Readonly<Record<string, unknown>>) {
    this.#seen = seen;
    const empty = { content: "", reasoning: "", refusal: "", finishReason: null, usage: null };
    Object.assign(seen, empty satisfies OpenObservation, { toolCalls: this.#calls });
    this.#usageAsked = (request.stream_options as { include_usage?: unknown } | undefined)?.include_usage === true;
  }

  chunk(chunk: ChatChunk): void {
    this.#events++;
    this.#unguarded(chunk);
    const seen = this.#seen;
    if (chunk.usage != null) seen.usage = usageOf(chunk.usage);
    const choice = firstChoice(chunk.choices);
    if (choice === undefined) return;
    const { delta } = choice;
    seen.content += delta?.content ?? "";
    seen.refusal += delta?.refusal ?? "";
    seen.reasoning += delta?.reasoning_content || delta?.reasoning || "";
    seen.finishReason = choice.finish_reason || (seen.finishReason ?? null);
    for (const piece of delta?.tool_calls ?? []) this.#piece(piece);
    if (delta?.function_call != null) this.#piece({ index: 0, function: delta.function_call });
  }

  #piece(piece: ToolPiece): void {
    let call = this.#callOf.get(piece.index);
    if (call === undefined) {
      call = { id: piece.id ?? null, name: piece.function?.name ?? null, argumentsText: "" };
      this.#calls.push(call);
      this.#callOf.set(piece.index, call);
    }
    call.argumentsText += piece.function?.arguments ?? "";
  }

  #unguarded(chunk: ChatChunk): void {
    if (this.#seen.unguarded !== undefined) return;
    if (this.#usageAsked && chunk.usage != null && chunk.choices?.length === 0) return;
    try {
      void (chunk.choices as unknown as { readonly 0: { readonly delta: Message } })[0].delta.content;
    } catch (error) {
      this.#seen.unguarded = `${error instanceof Error ? error.message : "it throws"} at event ${this.#events}`;
    }
  }
}

/** A whole answer, from a body or from the helper that accumulates a stream. */
export function readAnswer(answer: ChatAnswer, seen: OpenObservation): void {
  const choice = firstChoice(answer.choices) ?? answer.choices[0];
  const message = choice?.message;
  const legacy = message?.function_call;
  const calls = message?.tool_calls ?? (legacy == null ? [] : [{ index: 0, function: legacy }]);
  Object.assign(seen, {
    content: `${message?.content ?? ""}`,
    reasoning: `${message?.reasoning_content || message?.reasoning || ""}`,
    refusal: `${message?.refusal ?? ""}`,
    toolCalls: [...calls].map(wholeCall),
    finishReason: choice?.finish_reason ?? null,
    usage: answer.usage == null ? null : usageOf(answer.usage),
  } satisfies OpenObservation);
}

function wholeCall(call: ToolPiece | undefined): ObservedCall {
  return {
    id: call?.id ?? null,
    name: call?.function?.name ?? null,
    argumentsText: call?.function?.arguments == null ? null : `${call.function.arguments}`,
  };
}

function usageOf({ prompt_tokens, completion_tokens }: TokenUsage): ObservedUsage {
  return { inputTokens: prompt_tokens ?? null, outputTokens: completion_tokens ?? null };
}
