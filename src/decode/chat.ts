/** The dialect of `/chat/completions`: what a `delta` or a `message` holds. */
import type { AnomalyLog } from "./anomaly-log.js";
import type { AnswerText } from "./answer-text.js";
import { ChoiceDialect, type ChoiceReader } from "./choices.js";
import type { ToolCall } from "./completion.js";
import type { Arrival, Dialect } from "./dialect.js";
import { InlineReasoning } from "./inline-reasoning.js";
import { asArray, asObject, asText, countCharacters, type JsonObject, textOf } from "./json.js";
import { leakedCall } from "./leaked-call.js";
import { contentIn, ReasoningLog, reasoningIn } from "./reasoning.js";
import { noteCalls, repeatsCall, ToolCallAccumulator } from "./tool-calls.js";

const FIELDS: ReadonlySet<string> = new Set([
  "id",
  "object",
  "created",
  "model",
  "choices",
  "usage",
  "system_fingerprint",
  "service_tier",
  "error",
]);

export function chatDialect(log: AnomalyLog): Dialect {
  return new ChoiceDialect(log, () => new MessageReader(log));
}

/** Reads the choices of chat, streamed or not. */
export class MessageReader implements ChoiceReader {
  readonly legacyLogprobs = false;
  readonly fields = FIELDS;
  readonly #calls: ToolCallAccumulator;
  #inline: InlineReasoning | null = null;
  #content: string[] = [];
  #deltas = 0;
  /** A stream told a part in a delta. */
  #deltaSeen = false;
  readonly #reasoning: ReasoningLog;
  #refusal = "";
  #roles = 0;

  constructor(readonly log: AnomalyLog) {
    this.#calls = new ToolCallAccumulator(log);
    this.#reasoning = new ReasoningLog(log);
  }

  read(choice: JsonObject, answer: AnswerText, arrival: Arrival | null): boolean {
    const delta = asObject(choice.delta);
    if (arrival !== null && delta !== null) {
      this.#deltaSeen = true;
      return this.#delta(delta, answer, arrival);
    }
    const message = asObject(choice.message);
    if (arrival === null && delta !== null) this.log.note("delta-in-body", textOf(choice));
    if (arrival !== null && message !== null) this.log.note("body-for-stream", arrival.text, arrival.read);
    if (message !== null && this.#deltaSeen) return this.#repeat(message, answer, arrival);
    const whole = message ?? delta;
    if (whole !== null) return this.#delta(whole, answer, arrival);
    if (typeof choice.text === "string") {
      this.log.note("choice-of-other-api", arrival?.text ?? textOf(choice), arrival?.read);
      this.#text(choice.text, answer, arrival);
    }
    return false;
  }

  finish(streamed: boolean, ended: boolean, settled: boolean): readonly ToolCall[] {
    this.#inline?.finish();
    if (streamed && ended && this.#deltas > 0 && this.#roles === 0)
      this.log.note("role-missing", "no role in any delta");
    const leaked = leakedCall(this.#content);
    if (leaked !== null) this.log.note("tool-call-as-text", leaked);
    const calls = this.#calls.finish(streamed, settled);
    noteCalls(calls, this.log, settled);
    return calls;
  }

  /** One delta or message. */
  #delta(delta: JsonObject, answer: AnswerText, arrival: Arrival | null): boolean {
    const first = this.#deltas++ === 0;
    const before = answer.pieces;
    if (asText(delta.role) !== null && this.#roles++ === 1 && arrival !== null) {
      this.log.note("role-repeated", arrival.text, arrival.read);
    }
    const reasoning = this.#reasoning.add(delta, arrival?.read);
    if (reasoning !== "") answer.add("reasoning", reasoning, arrival);
    this.#readContent(delta.content, answer, arrival);
    if (delta.content === undefined && arrival === null) this.log.note("content-absent", textOf(delta));
    const refusal = asText(delta.refusal);
    if (refusal !== null) {
      this.#refusal += refusal;
      answer.add("refusal", refusal, arrival);
    }
    if (first && arrival !== null) {
      if (delta.content === null) this.log.note("first-content-null", arrival.text, arrival.read);
      if (answer.pieces > before) this.log.note("first-event-carries-text", arrival.text, arrival.read);
    }
    return this.#readCalls(delta, answer, arrival);
  }

  /** A whole message after deltas: what they told already counts once, and what contradicts them is left out. */
  #repeat(message: JsonObject, answer: AnswerText, arrival: Arrival | null): boolean {
    const { text, thinking } = contentIn(message.content);
    const reasoning = reasoningIn(message, this.log, arrival?.read)?.text ?? thinking;
    const thought = extensionOf(answer.reasoning, reasoning);
    if (thought !== "") answer.add("reasoning", thought, arrival);
    const content = asText(message.content) ?? text ?? "";
    const told = this.#content.join("");
    this.#content = [told];
    const rest = extensionOf(told, content);
    if (rest !== "") this.#text(rest, answer, arrival);
    const refusal = extensionOf(this.#refusal, asText(message.refusal) ?? "");
    this.#refusal += refusal;
    if (refusal !== "") answer.add("refusal", refusal, arrival);
    const calls = asArray(message.tool_calls);
    const fresh = calls.filter((call) => !this.#calls.has(call));
    const legacy = this.#calls.has(message.function_call) ? undefined : message.function_call;
    return this.#readCalls(
      { tool_calls: fresh.length === 0 ? undefined : fresh, function_call: legacy },
      answer,
      arrival,
    );
  }

  #readContent(content: unknown, answer: AnswerText, arrival: Arrival | null): void {
    if (typeof content === "string") {
      this.#text(content, answer, arrival);
      return;
    }
    const { text, thinking } = contentIn(content);
    if (text === null) return;
    this.log.note("content-parts", arrival?.text ?? textOf(content), arrival?.read);
    if (thinking !== "") {
      this.log.note("reasoning-parts", arrival?.text ?? textOf(content), arrival?.read);
      answer.add("reasoning", thinking, arrival);
    }
    this.#text(text, answer, arrival);
  }

  #text(text: string, answer: AnswerText, arrival: Arrival | null): void {
    if (text === "") {
      answer.seeContent();
      return;
    }
    this.#content.push(text);
    this.#inline ??= new InlineReasoning(answer, this.log);
    this.#inline.push(text, arrival);
  }

  #readCalls(delta: JsonObject, answer: AnswerText, arrival: Arrival | null): boolean {
    const { tool_calls: calls, function_call: legacy } = delta;
    if ((calls === undefined || calls === null) && (legacy === undefined || legacy === null)) {
      if (calls === null) this.log.note("tool-calls-null", arrival?.text ?? textOf(delta), arrival?.read);
      return false;
    }
    const called = Array.isArray(calls) && calls.length > 0;
    if (Array.isArray(calls) && !called) {
      this.log.note("tool-calls-empty", arrival?.text ?? textOf(delta), arrival?.read);
    }
    let carried = this.#calls.add(calls, arrival);
    if (repeatsCall(calls, legacy)) {
      this.log.note("function-call-legacy", arrival?.text ?? textOf(legacy), arrival?.read);
    } else carried += this.#calls.addLegacy(legacy, arrival);
    answer.addCall(countCharacters(carried), arrival);
    return called || asObject(legacy) !== null;
  }
}

/** What a whole text has beyond the one that was told; nothing where it says something else. */
function extensionOf(told: string, whole: string): string {
  return whole.startsWith(told) ? whole.slice(told.length) : "";
}
