/** The logprobs of an answer, in the shape of chat or of the old completions API. */
import type { AnomalyLog } from "./anomaly-log.js";
import type { LogprobsSummary } from "./completion.js";
import { asArray, asObject, textOf } from "./json.js";

export class LogprobsLog {
  #seen = false;
  #tokens = 0;
  #top = 0;
  #wellFormed = true;

  constructor(
    readonly log: AnomalyLog,
    /** The legacy shape is this API's own. */
    readonly legacyIsNorm: boolean,
  ) {}

  /** The `logprobs` of one choice. */
  see(value: unknown, read: number | undefined): void {
    const logprobs = asObject(value);
    if (logprobs === null) return;
    this.#seen = true;
    if (Array.isArray(logprobs.tokens) || Array.isArray(logprobs.token_logprobs)) {
      if (!this.legacyIsNorm) this.log.note("logprobs-legacy", textOf(logprobs), read);
      this.#legacy(logprobs);
      return;
    }
    this.list(asArray(logprobs.content));
    this.list(asArray(logprobs.refusal));
  }

  /** Entries `{token, logprob, top_logprobs}`. */
  list(entries: readonly unknown[]): void {
    if (entries.length > 0) this.#seen = true;
    for (const each of entries) {
      const entry = asObject(each);
      this.#token(entry?.token, entry?.logprob);
      this.#top = Math.max(this.#top, asArray(entry?.top_logprobs).length);
    }
  }

  finish(): LogprobsSummary | null {
    if (!this.#seen) return null;
    return { tokens: this.#tokens, topPerToken: this.#top, wellFormed: this.#wellFormed && this.#tokens > 0 };
  }

  #legacy(logprobs: Readonly<Record<string, unknown>>): void {
    const tokens = asArray(logprobs.tokens);
    const values = asArray(logprobs.token_logprobs);
    if (tokens.length !== values.length) this.#wellFormed = false;
    for (const [index, token] of tokens.entries()) {
      // An echoed prompt has no logprob for its first token.
      if (index === 0 && values[0] === null) continue;
      this.#token(token, values[index]);
    }
    for (const each of asArray(logprobs.top_logprobs)) {
      this.#top = Math.max(this.#top, Object.keys(asObject(each) ?? {}).length);
    }
  }

  #token(token: unknown, logprob: unknown): void {
    if (typeof token === "string" && typeof logprob === "number" && Number.isFinite(logprob)) this.#tokens++;
    else this.#wellFormed = false;
  }
}
