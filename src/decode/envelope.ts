/** What stands around the choices of every value: id, model, creation time, and keys that the API does not have. */
import type { AnomalyLog } from "./anomaly-log.js";
import type { Arrival } from "./dialect.js";
import { asText, type JsonObject, textOf } from "./json.js";

const MAX_EXTRAS = 20;
/** Random text that hides the length of a token: OpenAI's name and Mistral's. */
export const PADDING_KEYS: ReadonlySet<string> = new Set(["obfuscation", "p"]);

export class Envelope {
  id: string | null = null;
  model: string | null = null;
  fingerprint: string | null = null;
  #created: number | null = null;
  readonly #extras = new Set<string>();
  #extrasRead: number | undefined;

  constructor(
    readonly log: AnomalyLog,
    /** Top-level keys that the API defines. */
    readonly fields: ReadonlySet<string>,
  ) {}

  /** One chunk, body or response object. */
  see(json: JsonObject, arrival: Arrival | null): void {
    const { id, model } = json;
    if (typeof id === "string" && id !== "") {
      if (this.id === null) this.id = id;
      else if (id !== this.id) this.log.note("id-changes", `id: ${this.id}, then ${id}`, arrival?.read);
    } else
      this.log.note(
        id === "" ? "id-empty" : "id-missing",
        id === "" ? 'id: ""' : evidence(json, arrival),
        arrival?.read,
      );
    if (typeof model === "string" && model !== "") {
      if (this.model === null) this.model = model;
      else if (model !== this.model) {
        this.log.note("model-changes", `model: ${this.model}, then ${model}`, arrival?.read);
      }
    }
    this.fingerprint ??= asText(json.system_fingerprint);
    this.#see(json.created ?? json.created_at, arrival);
    this.keys(json, arrival);
  }

  /** The keys alone, of a value that has no envelope of its own. */
  keys(json: JsonObject, arrival: Arrival | null): void {
    for (const key in json) {
      if (this.fields.has(key)) continue;
      if (PADDING_KEYS.has(key)) {
        this.log.note("padding-keys", `${key}: ${textOf(json[key])}`, arrival?.read);
      } else if (this.#extras.size < MAX_EXTRAS) {
        this.#extrasRead ??= arrival?.read;
        this.#extras.add(key.slice(0, 60));
      }
    }
  }

  finish(): void {
    if (this.#extras.size > 0) this.log.note("extra-fields", [...this.#extras].join(", "), this.#extrasRead);
  }

  #see(created: unknown, arrival: Arrival | null): void {
    if (typeof created !== "number") return;
    if (created === 0) this.log.note("created-zero", "created: 0", arrival?.read);
    else if (this.#created === null) this.#created = created;
    else if (created !== this.#created) {
      this.log.note("created-changes", `created: ${this.#created}, then ${created}`, arrival?.read);
    }
  }
}

function evidence(json: JsonObject, arrival: Arrival | null): string {
  return arrival?.text ?? textOf(Object.keys(json).slice(0, MAX_EXTRAS));
}
