/** The dialect of `/responses`: named events that build output items, and the final response object that repeats them. */
import type { AnomalyLog } from "./anomaly-log.js";
import { AnswerText } from "./answer-text.js";
import { apiErrorIn, type LastWord, lastWordIn, plainError, saysSomething, streamErrorIn } from "./api-error.js";
import type { ApiError } from "./completion.js";
import type { Answer, Arrival, Dialect } from "./dialect.js";
import { Envelope, PADDING_KEYS } from "./envelope.js";
import { asObject, asText, type JsonObject, textOf } from "./json.js";
import { LogprobsLog } from "./logprobs.js";
import { OutputItems } from "./output-items.js";
import { isSettled, noteCalls } from "./tool-calls.js";
import { UsageLog } from "./usage.js";

const FIELDS: ReadonlySet<string> = new Set(
  `id object created_at completed_at status error incomplete_details instructions max_output_tokens max_tool_calls model
  output output_text parallel_tool_calls previous_response_id conversation prompt prompt_cache_key prompt_cache_retention
  reasoning safety_identifier service_tier store background temperature text tool_choice tools top_logprobs top_p
  truncation usage user metadata frequency_penalty presence_penalty`.split(/\s+/),
);

/** Deltas by their type → the part of an item that they extend. */
const DELTAS = {
  "response.output_text.delta": "text",
  "response.refusal.delta": "refusal",
  "response.reasoning_text.delta": "reasoning",
  "response.reasoning.delta": "reasoning",
  "response.reasoning_summary_text.delta": "summary",
  "response.reasoning_summary.delta": "summary",
  "response.function_call_arguments.delta": "arguments",
  "response.custom_tool_call_input.delta": "arguments",
} as const;

/** Events that repeat a part whole: their type → the part, and the key that holds it. */
const WHOLES = {
  "response.output_text.done": ["text", "text"],
  "response.refusal.done": ["refusal", "refusal"],
  "response.reasoning_text.done": ["reasoning", "text"],
  "response.reasoning_summary_text.done": ["summary", "text"],
  "response.function_call_arguments.done": ["arguments", "arguments"],
  "response.custom_tool_call_input.done": ["arguments", "input"],
} as const;

const FINAL: ReadonlySet<unknown> = new Set(["response.completed", "response.incomplete", "response.failed"]);

export function responsesDialect(log: AnomalyLog): Dialect {
  return new ResponsesDialect(log);
}

class ResponsesDialect implements Dialect {
  readonly namesEvents = true;
  readonly #text = new AnswerText();
  readonly #items: OutputItems;
  readonly #envelope: Envelope;
  readonly #usage: UsageLog;
  readonly #logprobs: LogprobsLog;
  #sequence: number | null = null;
  #streamed = false;
  #final: JsonObject | null = null;
  #error: ApiError | null = null;
  /** A `message` or `detail` after which nothing came: the error of a stream that does not end. */
  #lastWord: LastWord | null = null;

  constructor(readonly log: AnomalyLog) {
    this.#items = new OutputItems(this.#text, log);
    this.#envelope = new Envelope(log, FIELDS);
    this.#usage = new UsageLog(log);
    this.#logprobs = new LogprobsLog(log, false);
  }

  event(json: unknown, arrival: Arrival): void {
    this.#streamed = true;
    const event = asObject(json);
    if (event === null) {
      this.#inStream(streamErrorIn(json), arrival);
      return;
    }
    const type = asText(event.type) ?? arrival.name ?? "";
    this.#follow(event.sequence_number, arrival);
    const error = streamErrorIn(event);
    // What has a type of its own is another event.
    this.#lastWord = error === null && event.type === undefined ? lastWordIn(event, arrival) : null;
    if (error !== null) {
      this.#inStream(error, arrival);
      return;
    }
    for (const key of PADDING_KEYS) {
      if (event[key] !== undefined) this.log.note("padding-keys", `${key}: ${textOf(event[key])}`, arrival.read);
    }
    const delta = Object.hasOwn(DELTAS, type) ? DELTAS[type as keyof typeof DELTAS] : undefined;
    if (delta !== undefined) {
      if (typeof event.delta === "string") this.#items.delta(event, delta, event.delta, arrival);
      if (Array.isArray(event.logprobs)) this.#logprobs.list(event.logprobs);
      return;
    }
    if (Object.hasOwn(WHOLES, type)) {
      const [part, key] = WHOLES[type as keyof typeof WHOLES];
      if (typeof event[key] === "string") this.#items.whole(event, part, event[key], arrival);
      return;
    }
    const item = asObject(event.item);
    if (type === "response.output_item.added" && item !== null) this.#items.added(event, item, arrival);
    if (type === "response.output_item.done" && item !== null) this.#items.done(event, item, arrival);
    const response = asObject(event.response);
    if (response === null) return;
    this.#envelope.see(response, arrival);
    this.#usage.see(response, null, arrival, null);
    if (!FINAL.has(type)) return;
    this.#final = { ...response, status: response.status ?? type.slice("response.".length) };
    this.#items.final(response.output, arrival, this.#failed);
    this.#inStream(failureIn(this.#final), arrival);
  }

  body(json: unknown): void {
    const response = asObject(json);
    const error = (response === null ? null : failureIn(response)) ?? apiErrorIn(json, true);
    if (error !== null) {
      this.#error ??= error;
      this.log.note("error-in-body", textOf(json));
    }
    if (response === null || (error !== null && response.output === undefined)) return;
    this.#final = response;
    this.#envelope.see(response, null);
    this.#usage.see(response, null, null, null);
    this.#items.final(response.output, null, this.#failed);
  }

  fail(error: ApiError): void {
    this.#error ??= error;
  }

  finish(ended: boolean, doneSaid: boolean): Answer {
    if (ended && this.#lastWord !== null && this.#final === null) {
      this.#inStream(this.#lastWord.error, this.#lastWord.arrival);
    }
    if (this.#streamed && ended && this.#final === null && this.#error === null) {
      this.log.note("completed-event-missing", "the stream ended without a final response object");
    }
    // Whether there were calls makes no difference to whether it ended.
    const settled = ended && isSettled(finishReasonOf(this.#final, false));
    const { toolCalls, functionCalls, logprobs } = this.#items.finish(this.#final !== null && !this.#failed, settled);
    noteCalls(functionCalls, this.log, settled);
    this.#envelope.finish();
    this.#usage.finish(ended && this.#error === null && this.#final !== null);
    const { id, model, fingerprint } = this.#envelope;
    return {
      ...this.#text.finish(),
      toolCalls,
      finishReason: finishReasonOf(this.#final, toolCalls.length > 0),
      usage: this.#usage.usage,
      model,
      id,
      systemFingerprint: fingerprint,
      logprobs: this.#logprobs.finish() ?? this.#repeated(logprobs),
      choices: 0,
      dimensions: null,
      error: this.#error,
      done: doneSaid || (this.#streamed && this.#final !== null),
    };
  }

  /** A response that failed repeats nothing and ends nothing. */
  get #failed(): boolean {
    return this.#final?.status === "failed";
  }

  #inStream(error: ApiError | null, arrival: Arrival): void {
    if (error === null) return;
    this.#error ??= error;
    this.log.note("error-in-stream", arrival.text, arrival.read);
  }

  /** Logprobs that came with whole parts alone. */
  #repeated(lists: readonly (readonly unknown[])[]) {
    for (const list of lists) this.#logprobs.list(list);
    return this.#logprobs.finish();
  }

  #follow(sequence: unknown, arrival: Arrival): void {
    const known = typeof sequence === "number";
    if (!known || (this.#sequence !== null && sequence !== this.#sequence + 1)) {
      this.log.note("sequence-gap", `sequence_number: ${this.#sequence}, then ${textOf(sequence)}`, arrival.read);
    }
    if (known) this.#sequence = sequence;
  }
}

/** The error of a response that failed, in its own words or in none. */
function failureIn(response: JsonObject): ApiError | null {
  const error = asObject(response.error);
  if (error !== null && saysSomething(error)) return apiErrorIn({ error }, true);
  return response.status === "failed" ? plainError("the response failed", "plain", true) : null;
}

/** In the words of chat; null for a response that has not ended, or has failed. */
function finishReasonOf(response: JsonObject | null, calls: boolean): string | null {
  if (response?.status === "completed") return calls ? "tool_calls" : "stop";
  if (response?.status !== "incomplete") return null;
  const reason = asText(asObject(response.incomplete_details)?.reason);
  return reason === "max_output_tokens" || reason === "max_tokens" || reason === null ? "length" : reason;
}
