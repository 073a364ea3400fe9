/** Rules about vectors. */
import { anomalyRules, pairRule, type Rule, rule } from "./rule.js";
import { isWholeAnswer } from "./wire.js";

const seen = anomalyRules("embeddings", [
  {
    kind: "embedding-base64",
    severity: "breaks",
    message: "vectors came as base64 where numbers were asked for: clients get a string in place of a list",
    clients:
      "clients that ask for `float`; openai-node and openai-python ask for base64 themselves unless told otherwise",
    when: ({ body }) => body.encoding_format !== "base64",
  },
  {
    kind: "embedding-order",
    severity: "breaks",
    message:
      "the vectors are not in the order of their `index`: clients that take them in order store each under another text",
    clients: "code that pairs `data[i]` with `input[i]`, as LangChain's `OpenAIEmbeddings` does",
  },
]);

const dimensionsIgnored = rule(
  {
    id: "dimensions-ignored",
    subject: "embeddings",
    severity: "breaks",
    message: "vectors do not have the `dimensions` that were asked for: an index of that width refuses them",
    clients: "vector stores, whose width is fixed when they are made",
    setting: "`omit: [dimensions]` where the endpoint has one width only",
  },
  ({ completion: { dimensions }, body }) => {
    const wrong = dimensions?.find((width) => typeof body.dimensions === "number" && width !== body.dimensions);
    return wrong === undefined ? null : `dimensions: ${String(body.dimensions)}, a vector has ${wrong}`;
  },
);

const countDiffers = rule(
  {
    id: "embedding-count",
    subject: "embeddings",
    severity: "breaks",
    message:
      "there are not as many vectors as inputs: clients that pair the two in order store vectors under other texts",
    clients: "code that pairs `data[i]` with `input[i]`",
  },
  (view) => {
    const { golden, body, completion } = view;
    if (golden.api !== "embeddings" || !isWholeAnswer(view) || completion.dimensions === null) return null;
    // A list of numbers is one input, given as tokens.
    const inputs = Array.isArray(body.input) && typeof body.input[0] !== "number" ? body.input.length : 1;
    return inputs === completion.dimensions.length ? null : `${inputs} inputs, ${completion.dimensions.length} vectors`;
  },
);

const MAX_WIDTHS = 32;

const widthsDiffer = pairRule<Set<number>>(
  {
    id: "embedding-dimensions-differ",
    subject: "embeddings",
    severity: "breaks",
    message: "the endpoints' vectors are of different width: what is stored today cannot be searched after the move",
    clients: "vector stores filled by the baseline; all of it has to be embedded again",
  },
  () => new Set(),
  (widths, { completion: { dimensions } }) => {
    if (dimensions === null || dimensions.length === 0) return false;
    for (const width of dimensions) {
      widths.add(width);
      // The narrowest are kept, whichever came first.
      if (widths.size > MAX_WIDTHS) widths.delete(Math.max(...widths));
    }
    return true;
  },
  (baseline, candidate) => {
    const listed = (widths: Set<number>) => [...widths].sort((a, b) => a - b).join(", ");
    if (listed(baseline) === listed(candidate)) return null;
    return { evidence: `dimensions: baseline ${listed(baseline)}, candidate ${listed(candidate)}` };
  },
);

export const embeddingRules: readonly Rule[] = [...seen, dimensionsIgnored, countDiffers, widthsDiffer];
