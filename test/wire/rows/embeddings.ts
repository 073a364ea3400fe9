/** `/embeddings`. */
import { answered, type Json } from "../row.js";

const api = "embeddings" as const;
const base64 = (...numbers: number[]): string => Buffer.from(Float32Array.from(numbers).buffer).toString("base64");
const vectors = (data: readonly Json[], more: Json = {}): Json => ({
  object: "list",
  data: data.map((item) => ({ object: "embedding", ...item })),
  model: "e-1",
  usage: { prompt_tokens: 4, total_tokens: 4 },
  ...more,
});
const COUNTED = { usage: { inputTokens: 4, outputTokens: null }, choices: 0 };

export const embeddingsRows = [
  answered({
    row: "`/embeddings`: float",
    seenAt: "OpenAI",
    api,
    bytes: vectors([
      { index: 0, embedding: [0.1, -0.2, 0.3] },
      { index: 1, embedding: [0.4, 0.5, 0.6] },
    ]),
    expects: { ...COUNTED, dimensions: [3, 3] },
  }),
  answered({
    row: "`/embeddings`: base64",
    seenAt: "OpenAI for its own clients",
    api,
    bytes: vectors([{ index: 0, embedding: base64(0.1, -0.2, 0.3, 0.4) }]),
    expects: { ...COUNTED, dimensions: [4] },
    anomalies: ["embedding-base64"],
  }),
  answered({
    row: "`/embeddings`: vectors out of order",
    seenAt: "servers that answer a batch as it is computed",
    api,
    bytes: vectors([
      { index: 1, embedding: [1, 2] },
      { index: 0, embedding: [1, 2, 3] },
    ]),
    expects: { ...COUNTED, dimensions: [3, 2] },
    anomalies: ["embedding-order"],
  }),
  answered({
    row: "`/embeddings`: fields of a server's own",
    seenAt: "vLLM",
    api,
    bytes: vectors([{ index: 0, embedding: [1] }], { id: "embd-1", created: 1 }),
    expects: { ...COUNTED, dimensions: [1] },
    anomalies: ["extra-fields"],
  }),
  answered({
    row: "`/embeddings`: a 200 whose body is only `error`",
    seenAt: "gateways",
    api,
    bytes: { error: { message: "no such model", code: 404 } },
    expects: { choices: 0, error: { message: "no such model", inBand: true } },
    anomalies: ["error-in-body"],
  }),
  answered({
    row: "`/embeddings`: usage null",
    seenAt: "local servers",
    api,
    bytes: vectors([{ index: 0, embedding: [1] }], { usage: null }),
    expects: { choices: 0, dimensions: [1] },
    anomalies: ["usage-null"],
  }),
];
