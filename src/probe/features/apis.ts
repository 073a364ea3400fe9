/** Other APIs of text: the list of models, embeddings, completions, responses. */
import { shown } from "../../check/evidence.js";
import { asArray, asObject } from "../../decode/json.js";
import { type Answer, contentType, listIn, textIn } from "../answer.js";
import { ANSWER_TOKENS, type Answers, type Feature, type Judgement, verdict } from "../feature.js";
import { SAY_READY } from "./chat.js";
import { pathUnder } from "./paths.js";

const models: Feature = {
  id: "models",
  name: "list of models",
  keys: [],
  requests: () => [
    {
      part: "list",
      api: "chat",
      variant: "body",
      request: {},
      foreign: true,
      change: (template, endpoint) => ({
        ...template,
        method: "GET",
        path: pathUnder(endpoint, "/models"),
        body: {},
        headers: Object.fromEntries(Object.entries(template.headers).filter(([name]) => name !== "content-type")),
      }),
    },
  ],
  judge(answers) {
    const answer = answers.one("list");
    const ids = listIn(answer, "data").map((model) => textIn(model, "id"));
    if (answer.json === undefined) return verdict("broken", `no JSON but ${contentType(answer) || "an untyped body"}`);
    if (ids.length === 0) return verdict("broken", `no list under "data": ${shown(answer.json)}`);
    if (ids.includes(null)) return verdict("broken", `a model without an id: ${shown(listIn(answer, "data"))}`);
    return verdict(
      "supported",
      `${ids.length} ${ids.length === 1 ? "model" : "models"}: ${ids.slice(0, 3).join(", ")}`,
    );
  },
};

function embeddingFeature(
  id: string,
  name: string,
  more: Readonly<Record<string, unknown>>,
  judge: (answer: Answer) => Judgement,
): Feature {
  const [key] = Object.keys(more);
  return {
    id,
    name,
    keys: key === undefined ? [] : [key],
    model: "embeddings",
    uses: ({ api }, request) =>
      api === "embeddings" &&
      (key === undefined || request[key] === more[key] || (key === "dimensions" && key in request)),
    requests: () => [
      { part: "embed", api: "embeddings", variant: "body", request: { input: "a quiet harbour", ...more } },
    ],
    judge: (answers) => judge(answers.one("embed")),
  };
}

const FEW_DIMENSIONS = 64;

const EMBEDDINGS = [
  embeddingFeature("embeddings", "embeddings", {}, ({ completion }) => {
    const [dimensions = 0] = completion.dimensions ?? [];
    return dimensions > 0 ? verdict("supported", `${dimensions} dimensions`) : verdict("broken", "an empty vector");
  }),
  embeddingFeature(
    "embeddings-dimensions",
    "embeddings: dimensions",
    { dimensions: FEW_DIMENSIONS },
    ({ completion, sent }) => {
      const [dimensions = 0] = completion.dimensions ?? [];
      const asked = Number(sent.dimensions);
      if (dimensions === asked) return verdict("supported", `${dimensions} dimensions`);
      return verdict("ignored", `${dimensions} dimensions where ${asked} were asked for`);
    },
  ),
  embeddingFeature("embeddings-base64", "embeddings: base64", { encoding_format: "base64" }, (answer) => {
    const vector = asObject(listIn(answer, "data")[0])?.embedding;
    if (typeof vector !== "string") return verdict("ignored", "a list of numbers where base64 was asked for");
    const bytes = Buffer.from(vector, "base64").length;
    if (bytes === 0 || bytes % 4 !== 0) return verdict("broken", `${bytes} bytes, which are no 32-bit floats`);
    return verdict("supported", `${bytes / 4} dimensions as base64`);
  }),
];

const completions: Feature = {
  id: "completions",
  name: "/completions",
  keys: [],
  uses: ({ api }) => api === "completions",
  requests: () => [
    {
      part: "text",
      api: "completions",
      variant: "body",
      request: { prompt: "one, two, three, four,", max_tokens: 16 },
      foreign: true,
    },
  ],
  judge(answers) {
    const answer = answers.one("text");
    const text = textIn(listIn(answer, "choices")[0], "text");
    if (text !== null) return verdict("supported", `went on with ${shown(text)}`);
    return verdict(
      "broken",
      `no text in the first choice: ${shown(answer.json ?? answer.bytes.toString("utf8", 0, 200))}`,
    );
  },
};

function responsesFeature(id: string, name: string, more: Readonly<Record<string, unknown>>): Feature {
  return {
    id,
    name,
    keys: Object.keys(more),
    uses: ({ api }, request) => api === "responses" && (request.store === false) === (more.store === false),
    requests: () => [
      {
        part: "text",
        api: "responses",
        variant: "body",
        request: { input: SAY_READY, max_output_tokens: ANSWER_TOKENS, ...more },
        foreign: true,
      },
    ],
    judge: judgeResponse,
  };
}

function judgeResponse(answers: Answers): Judgement {
  const answer = answers.one("text");
  const body = asObject(answer.json);
  const text = listIn(answer, "output")
    .filter((item) => asObject(item)?.type !== "reasoning")
    .flatMap((item) => asArray(asObject(item)?.content))
    .map((part) => textIn(part, "text") ?? "")
    .join("");
  if (text !== "") return verdict("supported", `answered ${shown(text)}`);
  if (body?.status === "incomplete")
    return verdict("unclear", `incomplete after ${ANSWER_TOKENS} tokens, without text`);
  return verdict("broken", `no text in the output: ${shown(answer.json ?? answer.bytes.toString("utf8", 0, 200))}`);
}

export const API_FEATURES: readonly Feature[] = [
  models,
  ...EMBEDDINGS,
  completions,
  responsesFeature("responses-stateless", "/responses, store: false", { store: false }),
  responsesFeature("responses", "/responses", {}),
];
