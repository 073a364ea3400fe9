/** `/chat/completions`: streamed chunks, or one body, in the dialect that was asked for. */
import { seededRandom } from "../core/random.js";
import { callDelta } from "./call-delta.js";
import { callId, chatBody } from "./chat-body.js";
import { logprobsOf } from "./chat-logprobs.js";
import type { Dialect, UsageCounts } from "./dialect.js";
import { streamError } from "./error-envelope.js";
import { type EventGroup, eventGroups } from "./event-groups.js";
import type { CutAnswer, Piece } from "./pieces.js";
import { chatPromptTokens } from "./prompt.js";
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

/** One answer of `/chat/completions`. */
export function chatFormat(body: Body, cut: CutAnswer, stamp: AnswerStamp, dialect: Dialect): WireFormat {
  return new ChatFormat(body, cut, stamp, dialect);
}

interface ChunkParts {
  readonly finishReason?: string;
  readonly logprobs?: unknown;
  readonly usage?: object;
}

class ChatFormat implements WireFormat {
  readonly tokenCount: number;
  readonly promptTokens: number;
  readonly #choices: number;
  readonly #groups: ReadonlyMap<number, EventGroup>;
  readonly #lastGroup: EventGroup | undefined;
  /** Of the calls, by ordinal. */
  readonly #names: ReadonlyMap<number, string>;
  readonly #topLogprobs: number | null;
  readonly #usageAsked: boolean;
  readonly #usageOnEvery: boolean;
  readonly #obfuscates: boolean;
  readonly #random: { next(): number };
  #events = 0;
  /** Events sent before `failure` or `reset` speak for the answer: none until the stream began. */
  #opened = false;

  constructor(
    body: Body,
    private readonly cut: CutAnswer,
    private readonly stamp: AnswerStamp,
    private readonly dialect: Dialect,
  ) {
    const options = body.stream_options as Body | null | undefined;
    this.tokenCount = cut.endless === true ? Number.POSITIVE_INFINITY : cut.pieces.length;
    this.promptTokens = chatPromptTokens(body);
    this.#choices = countLimit(body, ["n"]) ?? 1;
    this.#groups = eventGroups(cut.pieces, dialect, stamp.seed);
    this.#lastGroup = [...this.#groups.values()].at(-1);
    this.#names = new Map(cut.pieces.flatMap((piece) => (piece.kind === "call" ? [[piece.call, piece.name]] : [])));
    this.#topLogprobs = body.logprobs === true ? (countLimit(body, ["top_logprobs"]) ?? 0) : null;
    this.#usageAsked = stamp.usage && options?.include_usage === true;
    this.#usageOnEvery =
      stamp.usage &&
      (dialect.usage.place === "every" || (dialect.usage.continuous && options?.continuous_usage_stats === true));
    this.#obfuscates = dialect.chunks.padding === "obfuscation" && options?.include_obfuscation === true;
    this.#random = seededRandom(stamp.seed, `padding/${stamp.id}`);
  }

  head(): readonly WireEvent[] {
    this.#opened = true;
    const { opening } = this.dialect.chunks;
    if (opening === "content") return [];
    const filter = opening === "prompt-filter" ? [this.#promptFilter()] : [];
    const content = opening === "role-null" ? null : "";
    return [...filter, ...this.#each("role", () => ({ role: "assistant", content, refusal: null }))];
  }

  token(index: number): readonly WireEvent[] {
    const { chunks, calls } = this.dialect;
    const group = this.#groups.get(index % this.cut.pieces.length);
    if (group === undefined) return [];
    const ends = chunks.finish === "with-content" && group === this.#lastGroup && this.cut.endless !== true;
    const isCall = "call" in (group.pieces[0] as Piece);
    if (isCall && calls.onFinishEvent) return [];
    const role =
      chunks.roleOnEvery || (chunks.opening === "content" && index < this.cut.pieces.length && group.from === 0);
    const events = this.#each("token", () => ({ ...(role ? { role: "assistant" } : {}), ...this.#delta(group) }), {
      logprobs: this.#groupLogprobs(group),
      ...(ends ? { finishReason: this.cut.finishReason } : {}),
      ...(this.#usageOnEvery ? { usage: this.#usage(index + 1) } : {}),
    });
    const { emptyEventEvery } = chunks;
    if (emptyEventEvery === 0 || (index + 1) % emptyEventEvery !== 0) return events;
    return [...events, ...this.#each("token", () => ({}))];
  }

  tail(): readonly WireEvent[] {
    return [...this.#finishEvents(), ...this.#usageEvents(), ...doneEvents(this.dialect.framing)];
  }

  body(): unknown {
    const { cut, stamp, dialect } = this;
    return {
      ...this.#envelope("chat.completion"),
      choices: chatBody(cut, stamp, dialect, { choices: this.#choices, topLogprobs: this.#topLogprobs }),
      ...(stamp.usage ? { usage: this.#usage(cut.pieces.length) } : {}),
      ...dialect.chunks.fields,
    };
  }

  failure(): readonly WireEvent[] {
    const { errors, framing } = this.dialect;
    const beside = this.#opened
      ? { ...this.#envelope(), choices: [this.#choice(0, { content: "" }, { finishReason: "error" })] }
      : {};
    const events = streamError(this.dialect, beside);
    return errors.doneAfterError ? [...events, ...doneEvents(framing)] : events;
  }

  reset(): readonly WireEvent[] | null {
    if (this.dialect.errors.upstreamReset === "close") return null;
    return [...this.#each("finish", () => ({}), { finishReason: "stop" }), ...doneEvents(this.dialect.framing)];
  }

  #finishEvents(): readonly WireEvent[] {
    const { chunks, calls, usage } = this.dialect;
    const nothingSent = this.#lastGroup === undefined;
    if (chunks.finish === "never" || (chunks.finish === "with-content" && !nothingSent)) return [];
    const { finishReason } = this.cut;
    const role = chunks.roleOnEvery || (chunks.opening === "content" && nothingSent);
    const delta = (): object => ({
      ...(role ? { role: "assistant", content: "" } : {}),
      ...(calls.onFinishEvent ? this.#callsAtOnce() : {}),
    });
    const onFinish = this.stamp.usage && usage.place !== "event" && (!usage.optIn || this.#usageAsked);
    const first = onFinish && chunks.finish !== "twice" ? { usage: this.#usage(this.cut.pieces.length) } : {};
    const events = this.#each("finish", delta, { finishReason, ...first });
    if (chunks.finish !== "twice") return events;
    const second = onFinish ? { usage: this.#usage(this.cut.pieces.length) } : {};
    return [...events, ...this.#each("finish", delta, { finishReason, ...second })];
  }

  /** OpenAI's event of its own; Groq sends it beside what stands in `x_groq`. */
  #usageEvents(): readonly WireEvent[] {
    const { place, optIn } = this.dialect.usage;
    const wanted = this.stamp.usage && (this.#usageAsked || (place === "event" && !optIn));
    const alone = place === "event" || place === "x_groq";
    if (!wanted || !alone) return [];
    const usage = this.#usage(this.cut.pieces.length);
    const copy = place === "x_groq" ? { x_groq: { id: `req_${this.stamp.id}`, usage } } : {};
    return [this.#event("usage", { ...this.#envelope(), choices: [], usage, ...copy })];
  }

  /** One chunk for each choice. */
  #each(kind: EventKind, delta: () => object, parts: ChunkParts = {}): readonly WireEvent[] {
    return Array.from({ length: this.#choices }, (_, index) => this.#chunk(kind, index, delta(), parts));
  }

  #chunk(kind: EventKind, index: number, delta: object, parts: ChunkParts): WireEvent {
    const { usage, chunks } = this.dialect;
    const inChoice = usage.place === "choice" && parts.usage !== undefined;
    const beside =
      parts.usage === undefined || inChoice
        ? this.#usageAsked && usage.place === "event"
          ? { usage: null }
          : {}
        : usage.place === "x_groq"
          ? { x_groq: { id: `req_${this.stamp.id}`, usage: parts.usage } }
          : { usage: parts.usage };
    const choice = { ...this.#choice(index, delta, parts), ...(inChoice ? { usage: parts.usage } : {}) };
    return this.#event(kind, { ...this.#envelope(), choices: [choice], ...beside, ...chunks.fields });
  }

  #choice(index: number, delta: object, { finishReason, logprobs }: ChunkParts): object {
    const { finish, choiceFields } = this.dialect.chunks;
    const bare = { index, delta, logprobs: logprobs ?? null };
    if (finishReason === undefined && finish === "absent-before") return { ...bare, ...choiceFields };
    return { ...bare, finish_reason: finishReason ?? null, ...choiceFields };
  }

  #event(kind: EventKind, value: object): WireEvent {
    this.#events++;
    const { padding } = this.dialect.chunks;
    if (padding === "p") return dataEvent(this.dialect.framing, kind, { ...value, p: this.#padding() });
    if (this.#obfuscates) return dataEvent(this.dialect.framing, kind, { ...value, obfuscation: this.#padding() });
    return dataEvent(this.dialect.framing, kind, value);
  }

  #padding(): string {
    const length = 1 + Math.floor(16 * this.#random.next());
    return Array.from({ length }, () => Math.floor(36 * this.#random.next()).toString(36)).join("");
  }

  #promptFilter(): WireEvent {
    const prompt_filter_results = [{ prompt_index: 0, content_filter_results: { hate: { filtered: false } } }];
    return this.#event("role", { id: "", object: "", created: 0, model: "", choices: [], prompt_filter_results });
  }

  #envelope(object = "chat.completion.chunk"): object {
    const { id, createdS, model, fingerprint } = this.stamp;
    const { chunks } = this.dialect;
    const advance = chunks.created === "advances" ? Math.floor(this.#events / 4) : 0;
    return {
      id: chunks.id === "empty" ? "" : `chatcmpl-${id}`,
      object,
      created: chunks.created === "zero" ? 0 : createdS + advance,
      model,
      system_fingerprint: fingerprint,
    };
  }

  #delta({ pieces }: EventGroup): object {
    const [first] = pieces as readonly [Piece, ...Piece[]];
    const text = pieces.map((piece) => ("text" in piece ? piece.text : "")).join("");
    switch (first.kind) {
      case "content":
        return { content: text };
      case "refusal":
        return { refusal: text };
      case "reasoning":
        return this.#reasoning(text);
      case "call":
        return this.#call(first.call, true, text);
      case "arguments":
        return this.#call(first.call, false, text);
    }
  }

  #reasoning(text: string): object {
    switch (this.dialect.message.reasoning) {
      case "reasoning":
        return { reasoning: text };
      case "twice": {
        const detail = { type: "reasoning.text", text, format: "unknown", index: 0 };
        return { content: "", reasoning: text, reasoning_details: [detail] };
      }
      case "parts":
        return { content: [{ type: "thinking", thinking: [{ type: "text", text }] }] };
      default:
        return { reasoning_content: text };
    }
  }

  #call(call: number, first: boolean, argumentsText: string): object {
    const name = this.#names.get(call) ?? "";
    if (this.dialect.calls.legacy) {
      return { function_call: { ...(first ? { name } : {}), arguments: argumentsText } };
    }
    const piece = { call, id: callId(this.stamp, call), name, first, argumentsText };
    return { tool_calls: [callDelta(this.dialect.calls, piece)] };
  }

  #callsAtOnce(): object {
    const groups = [...this.#groups.values()].filter(({ pieces }) => pieces[0]?.kind === "call");
    if (groups.length === 0) return {};
    const calls = groups.flatMap((group) => (this.#delta(group) as { tool_calls: object[] }).tool_calls);
    return { content: "", tool_calls: calls };
  }

  #usage(tokens: number): object {
    const sent = this.cut.pieces.slice(0, tokens);
    const reasoning = sent.filter((piece) => piece.kind === "reasoning").length;
    const counts: UsageCounts = {
      promptTokens: this.promptTokens,
      completionTokens: tokens * this.#choices,
      reasoningTokens: reasoning * this.#choices,
      attempts: this.stamp.attempts,
    };
    return usageObject(this.dialect.usage, counts);
  }

  #groupLogprobs({ pieces, from }: EventGroup): unknown {
    if (this.#topLogprobs === null || pieces[0]?.kind !== "content") return null;
    return { content: logprobsOf(pieces, from, this.#topLogprobs, this.stamp.seed), refusal: null };
  }
}
