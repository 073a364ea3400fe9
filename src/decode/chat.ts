/** The dialect of `/chat/completions`, streamed and not. */

import type { Anomaly, AnomalyKind } from "./anomaly.js";
import { apiErrorIn } from "./api-error.js";
import type { ApiError, Completion, EventKind, LogprobsSummary, TokenEvent, Usage } from "./completion.js";
import { asArray, asObject, asText, countCharacters, type JsonObject, parseJson } from "./json.js";
import type { SseEvent } from "./sse.js";
import { ToolCallAccumulator } from "./tool-calls.js";
import { usageIn } from "./usage.js";

/** Accumulates events (or the one body) of an answer. The first choice alone is looked at. */
export class ChatAccumulator {
  #content: string[] = [];
  #contentSeen = false;
  #reasoning: string[] = [];
  #refusal: string[] = [];
  readonly #calls = new ToolCallAccumulator();
  #finishReason: string | null = null;
  #usage: Usage | null = null;
  #model: string | null = null;
  #id: string | null = null;
  #fingerprint: string | null = null;
  #logprobTokens = 0;
  #logprobTop = 0;
  #logprobsSeen = false;
  #logprobsWellFormed = true;
  #error: ApiError | null = null;
  #done = false;
  #eventCount = 0;
  #firstEventAtNs: number | null = null;
  readonly #tokenEvents: TokenEvent[] = [];
  readonly #anomalies = new Map<string, Anomaly>();

  /** One server-sent event. */
  event(event: SseEvent, atNs: number): void {
    this.#eventCount++;
    this.#firstEventAtNs ??= atNs;
    if (event.data.trim() === "[DONE]") {
      this.#done = true;
      return;
    }
    if (event.data.trim() === "") {
      this.note("empty-data", "data:", event.read);
      return;
    }
    const json = parseJson(event.data);
    if (json === undefined) {
      const lines = event.data.split("\n");
      const parts = lines.length > 1 ? lines.map(parseJson) : [];
      if (parts.length > 0 && parts.every((part) => part !== undefined)) {
        this.note("events-without-blank-line", event.data, event.read);
        for (const part of parts) this.#json(part, event, atNs);
        return;
      }
      this.note("event-not-json", event.data, event.read);
      return;
    }
    this.#json(json, event, atNs);
  }

  /** A whole body: the answer of a request that was not streamed, or JSON in answer to one that was. */
  body(json: unknown): void {
    const object = asObject(json);
    const error = apiErrorIn(json, true);
    if (error !== null) this.#error ??= error;
    if (object === null) return;
    this.#facts(object);
    const choice = asObject(asArray(object.choices)[0]);
    if (choice === null) return;
    const message = asObject(choice.message) ?? asObject(choice.delta);
    if (message !== null) this.#delta(message, null, null);
    this.#choice(choice);
  }

  note(kind: AnomalyKind, evidence: string, read?: number): void {
    if (this.#anomalies.has(kind)) return;
    this.#anomalies.set(kind, { kind, evidence: evidence.slice(0, 200), ...(read === undefined ? {} : { read }) });
  }

  finish(): Completion {
    return {
      content: this.#contentSeen ? this.#content.join("") : null,
      reasoning: this.#reasoning.join(""),
      refusal: this.#refusal.length === 0 ? null : this.#refusal.join(""),
      toolCalls: this.#calls.finish(),
      finishReason: this.#finishReason,
      usage: this.#usage,
      model: this.#model,
      id: this.#id,
      systemFingerprint: this.#fingerprint,
      logprobs: this.#logprobs(),
      choices: 1,
      dimensions: null,
      error: this.#error,
      anomalies: [...this.#anomalies.values()],
      commentCount: 0,
      eventCount: this.#eventCount,
      firstEventAtNs: this.#firstEventAtNs,
      tokenEvents: this.#tokenEvents,
      done: this.#done,
    };
  }

  #json(json: unknown, event: SseEvent, atNs: number): void {
    const error = apiErrorIn(json, true);
    if (error !== null) {
      this.#error ??= error;
      this.note("error-in-stream", event.data, event.read);
    }
    const object = asObject(json);
    if (object === null) return;
    this.#facts(object);
    const choices = asArray(object.choices);
    const choice = asObject(choices.find((each) => (asObject(each)?.index ?? 0) === 0));
    if (choice === null) return;
    const delta = asObject(choice.delta) ?? asObject(choice.message);
    if (delta !== null) this.#delta(delta, event.read, atNs);
    this.#choice(choice);
  }

  #facts(json: JsonObject): void {
    this.#usage = usageIn(json) ?? this.#usage;
    this.#model ??= asText(json.model);
    this.#id ??= asText(json.id);
    this.#fingerprint ??= asText(json.system_fingerprint);
  }

  #choice(choice: JsonObject): void {
    this.#finishReason = asText(choice.finish_reason) ?? this.#finishReason;
    this.#readLogprobs(choice.logprobs);
  }

  /** One delta or message. `read` and `atNs` are null in a body: its text has no time of its own. */
  #delta(delta: JsonObject, read: number | null, atNs: number | null): void {
    const reasoning = reasoningIn(delta);
    if (reasoning !== "") {
      this.#reasoning.push(reasoning);
      this.#token("reasoning", reasoning, read, atNs);
    }
    const content = contentIn(delta.content);
    if (content.thinking !== "") {
      this.#reasoning.push(content.thinking);
      this.#token("reasoning", content.thinking, read, atNs);
    }
    if (content.text !== null) {
      this.#contentSeen = true;
      this.#content.push(content.text);
      this.#token("content", content.text, read, atNs);
    }
    const refusal = asText(delta.refusal);
    if (refusal !== null) {
      this.#refusal.push(refusal);
      this.#token("refusal", refusal, read, atNs);
    }
    const called = this.#calls.add(delta.tool_calls, atNs) + this.#calls.addLegacy(delta.function_call, atNs);
    this.#token("tool_call", called, read, atNs);
  }

  #token(kind: EventKind, text: string, read: number | null, atNs: number | null): void {
    if (text === "" || read === null || atNs === null) return;
    this.#tokenEvents.push({ read, atNs, kind, characters: countCharacters(text) });
  }

  #readLogprobs(value: unknown): void {
    const logprobs = asObject(value);
    if (logprobs === null) return;
    this.#logprobsSeen = true;
    for (const each of asArray(logprobs.content)) {
      const entry = asObject(each);
      if (typeof entry?.token === "string" && typeof entry.logprob === "number" && Number.isFinite(entry.logprob)) {
        this.#logprobTokens++;
      } else {
        this.#logprobsWellFormed = false;
      }
      this.#logprobTop = Math.max(this.#logprobTop, asArray(entry?.top_logprobs).length);
    }
  }

  #logprobs(): LogprobsSummary | null {
    if (!this.#logprobsSeen) return null;
    return {
      tokens: this.#logprobTokens,
      topPerToken: this.#logprobTop,
      wellFormed: this.#logprobsWellFormed && this.#logprobTokens > 0,
    };
  }
}

/** Some servers send the same reasoning under two names: the first that is there counts. */
function reasoningIn(delta: JsonObject): string {
  for (const key of ["reasoning_content", "reasoning"]) {
    const text = asText(delta[key]);
    if (text !== null) return text;
  }
  return asArray(delta.reasoning_details)
    .map((part) => asText(asObject(part)?.text) ?? asText(asObject(part)?.summary) ?? "")
    .join("");
}

/** Content as text, or as parts of which some may be thinking. */
function contentIn(content: unknown): { text: string | null; thinking: string } {
  if (typeof content === "string") return { text: content, thinking: "" };
  if (!Array.isArray(content)) return { text: null, thinking: "" };
  let text = "";
  let thinking = "";
  for (const each of content) {
    const part = asObject(each);
    if (part?.type === "thinking") {
      thinking += asArray(part.thinking)
        .map((inner) => asText(asObject(inner)?.text) ?? "")
        .join("");
    } else text += asText(part?.text) ?? "";
  }
  return { text, thinking };
}
