/**
 * What `/chat/completions` and `/completions` share: an envelope, usage, and choices of which the first is decoded.
 * What a choice holds is its reader's.
 */
import type { AnomalyLog } from "./anomaly-log.js";
import { AnswerText } from "./answer-text.js";
import { apiErrorIn, type LastWord, lastWordIn, streamErrorIn } from "./api-error.js";
import type { ApiError, ToolCall } from "./completion.js";
import type { Answer, Arrival, Dialect } from "./dialect.js";
import { Envelope } from "./envelope.js";
import { asArray, asObject, asText, type JsonObject, textOf } from "./json.js";
import { LogprobsLog } from "./logprobs.js";
import { isSettled } from "./tool-calls.js";
import { UsageLog } from "./usage.js";

/** Reads what one API puts into a choice. */
export interface ChoiceReader {
  /** Its logprobs have the legacy shape. */
  readonly legacyLogprobs: boolean;
  /** Top-level keys of its chunks and bodies. */
  readonly fields: ReadonlySet<string>;
  /** One choice; `arrival` is null in a body. Returns whether a part of a tool call was in it. */
  read(choice: JsonObject, answer: AnswerText, arrival: Arrival | null): boolean;
  /** @param settled the answer came to its own end, not to a limit of tokens or time: nothing of a call is to come. */
  finish(streamed: boolean, ended: boolean, settled: boolean): readonly ToolCall[];
}

/** `n` is at most 128 anywhere. */
const MAX_CHOICES = 1_000;

export class ChoiceDialect implements Dialect {
  readonly namesEvents = false;
  #text = new AnswerText();
  readonly #envelope: Envelope;
  readonly #usage: UsageLog;
  #logprobs: LogprobsLog;
  #reader: ChoiceReader;
  readonly #indices = new Set<number>();
  #finishReason: string | null = null;
  /** Events that had the first choice. */
  #choiceEvents = 0;
  #error: ApiError | null = null;
  /** A `message` or `detail` after which no choice came: the error of a stream that does not end. */
  #lastWord: LastWord | null = null;
  /** The index of the choice that is decoded. */
  #index: number | null = null;
  #streamed = false;
  #choicesSeen = false;
  #valueSeen = "";

  constructor(
    readonly log: AnomalyLog,
    readonly makeReader: () => ChoiceReader,
  ) {
    this.#reader = makeReader();
    this.#envelope = new Envelope(log, this.#reader.fields);
    this.#usage = new UsageLog(log);
    this.#logprobs = new LogprobsLog(log, this.#reader.legacyLogprobs);
  }

  event(json: unknown, arrival: Arrival): void {
    this.#streamed = true;
    const object = asObject(json);
    const choices = object?.choices;
    const hasChoices = Array.isArray(choices);
    if (object === null || !hasChoices || (object.error !== undefined && object.error !== null)) {
      const error = streamErrorIn(json);
      if (!hasChoices) this.#lastWord = error === null ? lastWordIn(json, arrival) : null;
      if (error !== null) {
        this.#error ??= error;
        this.log.note("error-in-stream", arrival.text, arrival.read);
        if (hasChoices) this.log.note("error-beside-choices", arrival.text, arrival.read);
      }
      if (object === null || (error !== null && !hasChoices)) return;
    }
    this.#valueSeen ||= arrival.text;
    if (!hasChoices) {
      this.#envelope.keys(object, arrival);
      this.#usage.see(object, null, arrival, { finish: false, choice: false });
      return;
    }
    this.#choicesSeen = true;
    this.#lastWord = null;
    this.#envelope.see(object, arrival);
    const choice = this.#first(choices);
    const finish = choice !== null && asText(choice.finish_reason) !== null;
    const counted = this.#usage.see(object, choice, arrival, { finish, choice: choices.length > 0 });
    if (choices.length === 0 && !counted && object.usage === undefined) {
      this.log.note("empty-choices-event", arrival.text, arrival.read);
    }
    if (choice !== null) this.#choice(choice, arrival);
  }

  body(json: unknown): void {
    const object = asObject(json);
    const error = apiErrorIn(json, true);
    const choices = asArray(object?.choices);
    if (error !== null) {
      this.#error ??= error;
      this.log.note(choices.length > 0 ? "error-beside-choices" : "error-in-body", textOf(json));
    }
    if (object === null || (error !== null && choices.length === 0)) return;
    if (Array.isArray(object.choices)) this.#choicesSeen = true;
    else this.log.note("choices-missing", textOf(object));
    this.#envelope.see(object, null);
    const choice = this.#first(choices);
    this.#usage.see(object, choice, null, null);
    if (choice !== null) this.#choice(choice, null);
  }

  fail(error: ApiError): void {
    this.#error ??= error;
  }

  finish(ended: boolean, doneSaid: boolean): Answer {
    if (ended && this.#lastWord !== null && this.#finishReason === null && this.#error === null) {
      const { error, arrival } = this.#lastWord;
      this.#error = error;
      this.log.note("error-in-stream", arrival.text, arrival.read);
    }
    if (this.#streamed && !this.#choicesSeen && this.#valueSeen !== "" && ended && this.#error === null) {
      this.log.note("choices-missing", this.#valueSeen);
    }
    const toolCalls = this.#reader.finish(this.#streamed, ended, ended && isSettled(this.#finishReason));
    this.#envelope.finish();
    this.#usage.finish(ended && this.#error === null);
    const { id, model, fingerprint } = this.#envelope;
    return {
      ...this.#text.finish(),
      toolCalls,
      finishReason: this.#finishReason,
      usage: this.#usage.usage,
      model,
      id,
      systemFingerprint: fingerprint,
      logprobs: this.#logprobs.finish(),
      choices: this.#indices.size,
      dimensions: null,
      error: this.#error,
      done: doneSaid,
    };
  }

  /** The choice with index 0; one without an index is it too. Where none has come yet, the first that did. */
  #first(choices: readonly unknown[]): JsonObject | null {
    const listed: { readonly index: number; readonly choice: JsonObject }[] = [];
    for (const each of choices) {
      const choice = asObject(each);
      if (choice === null) continue;
      const index = typeof choice.index === "number" ? choice.index : 0;
      if (this.#indices.size < MAX_CHOICES) this.#indices.add(index);
      listed.push({ index, choice });
    }
    // Choices come in any order: what another one said before the first is let go.
    if (this.#index !== 0 && listed.some(({ index }) => index === 0)) this.#begin(0);
    this.#index ??= listed[0]?.index ?? null;
    return listed.find(({ index }) => index === this.#index)?.choice ?? null;
  }

  #begin(index: number): void {
    if (this.#index !== null) {
      this.#text = new AnswerText();
      this.#reader = this.makeReader();
      this.#logprobs = new LogprobsLog(this.log, this.#reader.legacyLogprobs);
      this.#finishReason = null;
      this.#choiceEvents = 0;
    }
    this.#index = index;
  }

  #choice(choice: JsonObject, arrival: Arrival | null): void {
    const finished = this.#finishReason !== null;
    const before = this.#text.pieces;
    const called = this.#reader.read(choice, this.#text, arrival);
    if (choice.logprobs !== undefined) this.#logprobs.see(choice.logprobs, arrival?.read);
    const reason = choice.finish_reason;
    if (reason === "") this.log.note("finish-reason-empty", 'finish_reason: ""', arrival?.read);
    if (arrival !== null) {
      if (reason === undefined) this.log.note("finish-reason-absent", arrival.text, arrival.read);
      if (this.#choiceEvents++ > 0 && !finished && asText(reason) === null && isEmptyDelta(choice.delta)) {
        this.log.note("empty-delta", arrival.text, arrival.read);
      }
      if (finished && this.#text.pieces > before) this.log.note("content-after-finish", arrival.text, arrival.read);
    }
    // OpenRouter tells of a choice that failed upstream inside the choice.
    const failed = asObject(choice.error) === null ? null : streamErrorIn(choice);
    if (failed !== null) {
      this.#error ??= failed;
      this.log.note("error-beside-choices", textOf(choice), arrival?.read);
    }
    const said = asText(reason);
    if (said === null) return;
    if (finished) this.log.note("finish-reason-repeated", arrival?.text ?? said, arrival?.read);
    if (called && arrival !== null) this.log.note("tool-call-on-finish-event", arrival.text, arrival.read);
    this.#finishReason = said;
  }
}

/** Nothing but a role, in keys that hold nothing. A delta that is no object is another fact's. */
function isEmptyDelta(value: unknown): boolean {
  const delta = asObject(value);
  if (delta === null) return false;
  return Object.entries(delta).every(
    ([key, held]) => key === "role" || held === null || held === "" || (Array.isArray(held) && held.length === 0),
  );
}
