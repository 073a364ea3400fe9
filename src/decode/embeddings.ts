/** The dialect of `/embeddings`: only the shape of the vectors is kept. */
import { apiErrorIn } from "./api-error.js";
import type { Completion } from "./completion.js";
import { asArray, asObject, asText } from "./json.js";
import { usageIn } from "./usage.js";

/** Lengths of vectors sent as numbers, or as base64 of 32-bit floats; 0 for anything else. */
function dimensionOf(embedding: unknown): number {
  if (typeof embedding === "string") return Math.floor(Buffer.from(embedding, "base64").length / 4);
  return asArray(embedding).every((value) => typeof value === "number") ? asArray(embedding).length : 0;
}

export function embeddingsFacts(json: unknown): Partial<Completion> {
  const object = asObject(json);
  const error = apiErrorIn(json, true);
  if (object === null) return { error };
  const data = Array.isArray(object.data) ? object.data : null;
  return {
    error,
    dimensions: data === null ? null : data.map((item) => dimensionOf(asObject(item)?.embedding)),
    usage: usageIn(object),
    model: asText(object.model),
    id: asText(object.id),
  };
}
