/** Token counts, wherever an answer carries them. */
import type { AnomalyLog } from "./anomaly-log.js";
import type { Usage } from "./completion.js";
import type { Arrival } from "./dialect.js";
import { asCount, asObject, type JsonObject, textOf } from "./json.js";

interface Found {
  readonly usage: Usage;
  readonly raw: JsonObject;
}

/** Where in the answer an event stood that carried usage. */
interface UsagePlace {
  /** It has the finish reason. */
  readonly finish: boolean;
  /** It has a choice, so it is no event of usage alone. */
  readonly choice: boolean;
}

/** Follows usage through an answer: cumulative or repeated, the last one counts. */
export class UsageLog {
  #last: Found | null = null;
  #read: number | undefined;
  #nullSeen = false;
  #choiceEvents = 0;
  #usageEvents = 0;
  #onFinish: Arrival | null = null;
  #alone = false;
  readonly #sources = new Set<string>();

  constructor(readonly log: AnomalyLog) {}

  get usage(): Usage | null {
    return this.#last?.usage ?? null;
  }

  /** Whether the value carries usage. `place` is null for a body. */
  see(json: JsonObject, choice: JsonObject | null, arrival: Arrival | null, place: UsagePlace | null): boolean {
    if (place?.choice) this.#choiceEvents++;
    const { usage, x_groq: groq } = json;
    if (usage === null) this.#nullSeen = true;
    if ((usage === undefined || usage === null) && groq === undefined && choice?.usage === undefined) return false;
    // The standard place is the last one tried, and so the one that counts.
    let found: Found | null = null;
    for (const [value, source] of [
      [choice?.usage, "choices[0].usage"],
      [asObject(groq)?.usage, "x_groq.usage"],
      [usage, "usage"],
    ] as const) {
      const here = usageOf(value, source);
      if (here === null) continue;
      if (found === null || !countsNothing(here) || countsNothing(found)) found = here;
      this.#sources.add(source);
      if (source !== "usage" && !this.log.has("usage-elsewhere"))
        this.log.note("usage-elsewhere", `${source}: ${textOf(here.raw)}`, arrival?.read);
    }
    if (found === null) return false;
    // Some send zeros at the end, after the counts.
    if (this.#last === null || !countsNothing(found) || countsNothing(this.#last)) {
      this.#last = found;
      this.#read = arrival?.read;
    }
    if (place?.choice) this.#usageEvents++;
    else this.#alone = true;
    if (place?.finish) this.#onFinish = arrival;
    return true;
  }

  /** Notes what the whole answer shows. */
  finish(ended: boolean): void {
    const everywhere = this.#usageEvents > 1 && this.#usageEvents === this.#choiceEvents;
    if (everywhere) this.log.note("usage-on-every-event", textOf(this.#last?.raw), this.#read);
    else if (this.#onFinish !== null) this.log.note("usage-on-finish-event", this.#onFinish.text, this.#onFinish.read);
    const twice = this.#onFinish !== null && this.#alone && !everywhere;
    if (this.#sources.size > 1 || twice) {
      const places = [...this.#sources].map((source) => (twice ? `${source} on the finish event and alone` : source));
      this.log.note("usage-in-several-places", places.join(", "), this.#read);
    }
    if (this.#last === null) {
      if (this.#nullSeen && ended) this.log.note("usage-null", "usage: null");
      return;
    }
    noteUsage(this.#last, this.log, this.#read);
  }
}

const STANDARD = new Set([
  "prompt_tokens",
  "completion_tokens",
  "input_tokens",
  "output_tokens",
  "total_tokens",
  "prompt_tokens_details",
  "completion_tokens_details",
  "input_tokens_details",
  "output_tokens_details",
]);
const STANDARD_DETAILS = new Set([
  "cached_tokens",
  "audio_tokens",
  "reasoning_tokens",
  "accepted_prediction_tokens",
  "rejected_prediction_tokens",
]);

function noteUsage({ usage, raw }: Found, log: AnomalyLog, read: number | undefined): void {
  const { prompt, completion, total, reasoning } = countsOf(raw);
  if (usage.reasoningAdded) log.note("usage-excludes-reasoning", textOf(raw), read);
  else if (reasoning !== null && completion !== null && reasoning > completion) {
    // More reasoning than output: the total does not say so, but it cannot have been counted inside.
    log.note("usage-excludes-reasoning", textOf(raw), read);
  }
  if (!usage.reasoningAdded && total !== null && prompt !== null && total !== prompt + (completion ?? 0)) {
    log.note("usage-inconsistent", textOf(raw), read);
  }
  const extras = Object.keys(raw).filter((key) => !STANDARD.has(key));
  for (const key of STANDARD) {
    const details = asObject(raw[key]);
    if (details === null) continue;
    for (const name of Object.keys(details)) if (!STANDARD_DETAILS.has(name)) extras.push(`${key}.${name}`);
  }
  if (extras.length > 0) log.note("usage-extras", extras.slice(0, 20).join(", "), read);
}

function countsNothing({ usage: { inputTokens, outputTokens } }: Found): boolean {
  return !inputTokens && !outputTokens;
}

interface Counts {
  readonly prompt: number | null;
  readonly completion: number | null;
  readonly total: number | null;
  readonly reasoning: number | null;
}

function countsOf(usage: JsonObject): Counts {
  const details = asObject(usage.completion_tokens_details) ?? asObject(usage.output_tokens_details);
  return {
    prompt: asCount(usage.prompt_tokens) ?? asCount(usage.input_tokens),
    completion: asCount(usage.completion_tokens) ?? asCount(usage.output_tokens),
    total: asCount(usage.total_tokens),
    reasoning: asCount(details?.reasoning_tokens) ?? asCount(usage.reasoning_tokens),
  };
}

/** The usage in a JSON object that should be one; null when it counts nothing. */
function usageOf(value: unknown, source: string): Found | null {
  const raw = asObject(value);
  if (raw === null) return null;
  const { prompt, completion, total, reasoning } = countsOf(raw);
  if (prompt === null && completion === null) return null;
  const inputDetails = asObject(raw.prompt_tokens_details) ?? asObject(raw.input_tokens_details);
  // xAI counts reasoning beside completion_tokens, OpenAI inside: the total tells which.
  const beside =
    reasoning !== null && reasoning > 0 && total !== null && total - (prompt ?? 0) - (completion ?? 0) === reasoning;
  return {
    raw,
    usage: {
      inputTokens: prompt,
      outputTokens: beside ? (completion ?? 0) + (reasoning ?? 0) : completion,
      reasoningTokens: reasoning,
      // DeepSeek and Moonshot have names of their own, beside the details or in place of them.
      cachedTokens:
        asCount(inputDetails?.cached_tokens) ?? asCount(raw.prompt_cache_hit_tokens) ?? asCount(raw.cached_tokens),
      source,
      reasoningAdded: beside,
    },
  };
}
