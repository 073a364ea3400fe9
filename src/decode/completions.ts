/** The dialect of `/completions`: `choices[].text`, and legacy logprobs. */
import type { AnomalyLog } from "./anomaly-log.js";
import type { AnswerText } from "./answer-text.js";
import { MessageReader } from "./chat.js";
import { ChoiceDialect, type ChoiceReader } from "./choices.js";
import type { ToolCall } from "./completion.js";
import type { Arrival, Dialect } from "./dialect.js";
import { asObject, type JsonObject, textOf } from "./json.js";

export function completionsDialect(log: AnomalyLog): Dialect {
  return new ChoiceDialect(log, () => new TextReader(log));
}

class TextReader implements ChoiceReader {
  readonly legacyLogprobs = true;
  readonly fields: ReadonlySet<string>;
  readonly #messages: MessageReader;
  #messageSeen = false;

  constructor(readonly log: AnomalyLog) {
    this.#messages = new MessageReader(log);
    this.fields = this.#messages.fields;
  }

  read(choice: JsonObject, answer: AnswerText, arrival: Arrival | null): boolean {
    if (typeof choice.text === "string") {
      answer.add("content", choice.text, arrival);
      return false;
    }
    // Some gateways know chat alone, and answer in its shape.
    if (asObject(choice.delta) === null && asObject(choice.message) === null) return false;
    this.log.note("choice-of-other-api", arrival?.text ?? textOf(choice), arrival?.read);
    this.#messageSeen = true;
    return this.#messages.read(choice, answer, arrival);
  }

  finish(streamed: boolean, ended: boolean, settled: boolean): readonly ToolCall[] {
    return this.#messageSeen ? this.#messages.finish(streamed, ended, settled) : [];
  }
}
