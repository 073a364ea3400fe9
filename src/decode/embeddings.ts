/** The dialect of `/embeddings`: only the shape of the vectors is kept. */
import type { AnomalyLog } from "./anomaly-log.js";
import { apiErrorIn } from "./api-error.js";
import type { ApiError } from "./completion.js";
import { type Answer, type Arrival, type Dialect, EMPTY_ANSWER } from "./dialect.js";
import { Envelope } from "./envelope.js";
import { asArray, asObject, asText, type JsonObject, textOf } from "./json.js";
import { UsageLog } from "./usage.js";

const FIELDS: ReadonlySet<string> = new Set(["object", "data", "model", "usage", "error"]);

export function embeddingsDialect(log: AnomalyLog): Dialect {
  return new EmbeddingsDialect(log);
}

class EmbeddingsDialect implements Dialect {
  readonly namesEvents = false;
  readonly #usage: UsageLog;
  readonly #envelope: Envelope;
  #json: JsonObject | null = null;
  #dimensions: number[] | null = null;
  #error: ApiError | null = null;

  constructor(readonly log: AnomalyLog) {
    this.#usage = new UsageLog(log);
    this.#envelope = new Envelope(log, FIELDS);
  }

  /** No server streams vectors; one that frames its body as an event is understood. */
  event(json: unknown, _arrival: Arrival): void {
    this.body(json);
  }

  body(json: unknown): void {
    const error = apiErrorIn(json, true);
    if (error !== null) {
      this.#error ??= error;
      this.log.note("error-in-body", textOf(json));
    }
    const object = asObject(json);
    if (object === null) return;
    this.#json = object;
    if (error === null) this.#envelope.keys(object, null);
    if (Array.isArray(object.data)) this.#dimensions = this.#vectors(object.data);
    this.#usage.see(object, null, null, null);
  }

  fail(error: ApiError): void {
    this.#error ??= error;
  }

  finish(ended: boolean, doneSaid: boolean): Answer {
    this.#envelope.finish();
    this.#usage.finish(ended && this.#error === null);
    return {
      ...EMPTY_ANSWER,
      dimensions: this.#dimensions,
      usage: this.#usage.usage,
      model: asText(this.#json?.model),
      id: asText(this.#json?.id),
      error: this.#error,
      done: doneSaid,
    };
  }

  /** The length of each vector, in the order of `index`. */
  #vectors(data: readonly unknown[]): number[] {
    const vectors = data.map((item, position) => {
      const { embedding, index } = asObject(item) ?? {};
      if (typeof embedding === "string") this.log.note("embedding-base64", embedding);
      return { index: typeof index === "number" ? index : position, length: dimensionOf(embedding) };
    });
    const place = vectors.findIndex(({ index }, position) => index < (vectors[position - 1]?.index ?? index));
    if (place > 0) {
      const indices = vectors.slice(0, 20).map(({ index }) => index);
      this.log.note("embedding-order", `index: ${indices.join(", ")}`);
      vectors.sort((a, b) => a.index - b.index);
    }
    return vectors.map(({ length }) => length);
  }
}

/** Lengths of vectors sent as numbers, or as base64 of 32-bit floats or of 8-bit integers; 0 for anything else. */
export function dimensionOf(embedding: unknown): number {
  if (typeof embedding !== "string") {
    return asArray(embedding).every((value) => typeof value === "number") ? asArray(embedding).length : 0;
  }
  const bytes = Buffer.from(embedding, "base64");
  return areFloats(bytes) ? Math.floor(bytes.length / 4) : bytes.length;
}

/** No model's vectors have components like this, and four bytes of other numbers read as one soon do. */
const MAX_COMPONENT = 1e6;

/** Nothing in an answer says which numbers its base64 holds: Perplexity sends integers of 8 bits. */
export function areFloats(bytes: Buffer): boolean {
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    if (!(Math.abs(bytes.readFloatLE(at)) <= MAX_COMPONENT)) return false;
  }
  return bytes.length % 4 === 0;
}
