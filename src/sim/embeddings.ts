/** `/embeddings`: unit vectors that depend on the text alone, so that two simulated endpoints agree. */
import { seededRandom } from "../core/random.js";
import { textTokens } from "./prompt.js";
import { invalidRequest } from "./request-error.js";
import { countLimit } from "./request-fields.js";

type Body = Readonly<Record<string, unknown>>;

export const EMBEDDING_DIMENSIONS = 256;
const MAX_DIMENSIONS = 4_096;
const MAX_INPUTS = 2_048;
/** Vectors are made on the pacing thread: more at once would stall every stream. */
const MAX_VALUES = 262_144;

/**
 * Prompt tokens and body of an embeddings answer.
 * @throws RequestError for an input, a size or an encoding that the API does not know.
 */
export function embeddings(body: Body, usage: boolean): { promptTokens: number; body: unknown } {
  const inputs = inputsOf(body.input);
  const dimensions = countLimit(body, ["dimensions"]) ?? EMBEDDING_DIMENSIONS;
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw invalidRequest(`'dimensions' must be from 1 to ${MAX_DIMENSIONS}`, "dimensions");
  }
  if (inputs.length * dimensions > MAX_VALUES) {
    throw invalidRequest(`the simulator makes at most ${MAX_VALUES} values a request`, "input");
  }
  const encoding = body.encoding_format ?? "float";
  if (encoding !== "float" && encoding !== "base64") {
    throw invalidRequest("'encoding_format' must be float or base64", "encoding_format");
  }
  const promptTokens = inputs.reduce((sum: number, input) => sum + textTokens(input), 0);
  const data = inputs.map((input, index) => {
    const vector = unitVector(typeof input === "string" ? input : JSON.stringify(input), dimensions);
    const embedding = encoding === "float" ? [...vector] : Buffer.from(vector.buffer).toString("base64");
    return { object: "embedding", index, embedding };
  });
  return {
    promptTokens,
    body: {
      object: "list",
      data,
      model: body.model,
      ...(usage ? { usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } } : {}),
    },
  };
}

/** A text, a list of texts, a list of token ids, or a list of those. */
function inputsOf(input: unknown): readonly unknown[] {
  const list = typeof input === "string" || (Array.isArray(input) && typeof input[0] === "number") ? [input] : input;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_INPUTS) {
    throw invalidRequest(`'input' must be a string or an array of 1 to ${MAX_INPUTS} inputs`, "input");
  }
  for (const one of list) {
    if (typeof one !== "string" && !Array.isArray(one))
      throw invalidRequest("'input' holds neither text nor tokens", "input");
  }
  return list;
}

function unitVector(text: string, dimensions: number): Float32Array {
  const random = seededRandom(text, "embedding");
  const vector = Float32Array.from({ length: dimensions }, () => random.normal());
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
