/** Formats of the answer. Each is asked for against the prompt: an answer that follows the prompt was not held to it. */
import { shown } from "../../check/evidence.js";
import { isObject, parseJson } from "../../check/json.js";
import { validate } from "../../check/schema.js";
import { type Answer, contentOf, cutBeforeFirstWord, wasCut } from "../answer.js";
import { ANSWER_TOKENS, type Feature, user, verdict } from "../feature.js";

function formatOf(request: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | null {
  return isObject(request.response_format) ? request.response_format : null;
}

const jsonObject: Feature = {
  id: "json-object",
  name: "response_format: json_object",
  keys: ["response_format"],
  uses: ({ api }, request) => api === "chat" && formatOf(request)?.type === "json_object",
  requests: ({ settings }) => [
    {
      part: "against",
      api: "chat",
      variant: "body",
      request: {
        // Some servers refuse the format unless the prompt has the word JSON.
        ...user("Tell me in one short sentence where Oslo lies. Write plain prose; JSON is not wanted."),
        ...settings(ANSWER_TOKENS),
        response_format: { type: "json_object" },
      },
    },
  ],
  judge(answers) {
    const answer = answers.one("against");
    const text = contentOf(answer);
    const parsed = parseJson(text);
    if ("value" in parsed) {
      if (isObject(parsed.value)) return verdict("supported", `an object against a prompt for prose: ${shown(text)}`);
      return verdict("broken", `JSON, but no object: ${shown(text)}`);
    }
    const cut = cutBeforeFirstWord(answer);
    if (cut !== null) return cut;
    // Thinking that no tag marks is prose too, and a limit may end it.
    if (wasCut(answer) && !/^\s*```/.test(text)) {
      return verdict("unclear", `cut at ${ANSWER_TOKENS} tokens before the JSON ended: ${shown(text)}`);
    }
    if (text.trim().startsWith("{")) return verdict("broken", `JSON that does not parse: ${shown(text)}`);
    return verdict("ignored", `${/^\s*```/.test(text) ? "a fence" : "prose"} in place of JSON: ${shown(text)}`);
  },
};

const SCHEMA = {
  type: "object",
  properties: {
    colour: { type: "string", enum: ["red", "green"] },
    sides: { type: "integer" },
  },
  required: ["colour", "sides"],
  additionalProperties: false,
} as const;

const FORMAT = { type: "json_schema", json_schema: { name: "shape", strict: true, schema: SCHEMA } } as const;

const jsonSchema: Feature = {
  id: "json-schema",
  name: "response_format: json_schema",
  keys: ["response_format"],
  uses: ({ api }, request) => api === "chat" && formatOf(request)?.type === "json_schema",
  requests: ({ settings }) => [
    {
      part: "against",
      api: "chat",
      variant: "body",
      request: {
        ...user('Reply with exactly this JSON and nothing else: {"color": "blue", "edges": "three"}'),
        ...settings(ANSWER_TOKENS),
        response_format: FORMAT,
      },
    },
    {
      part: "plain",
      api: "chat",
      variant: "body",
      request: {
        ...user("Which colour has a ripe tomato, and how many sides has a triangle? Answer in JSON."),
        ...settings(ANSWER_TOKENS),
        response_format: FORMAT,
      },
    },
  ],
  judge(answers) {
    const [against, plain] = [answers.one("against"), answers.one("plain")];
    const faults = { against: schemaFault(against), plain: schemaFault(plain) };
    const text = shown(contentOf(against));
    if (faults.against === null && faults.plain === null) {
      return verdict("enforced", `held against a prompt that asks for other keys: ${text}`);
    }
    const cut = cutBeforeFirstWord(plain) ?? cutBeforeFirstWord(against);
    if (cut !== null) return cut;
    if (faults.plain !== null && wasCut(plain)) {
      return verdict("unclear", `cut at ${ANSWER_TOKENS} tokens: ${shown(contentOf(plain))}`);
    }
    if (faults.plain === null) {
      if (wasCut(against)) return verdict("unclear", `cut at ${ANSWER_TOKENS} tokens: ${text}`);
      return verdict(
        "encouraged",
        `met where nothing speaks against it; a prompt for other keys wins (${faults.against}): ${text}`,
      );
    }
    if (faults.against === null) {
      return verdict("broken", `met in one answer and not in another (${faults.plain}): ${shown(contentOf(plain))}`);
    }
    return verdict("ignored", `${faults.plain}: ${shown(contentOf(plain))}`);
  },
};

/** Why an answer does not satisfy the schema that its request carried; null when it does. */
function schemaFault(answer: Answer): string | null {
  const format = formatOf(answer.sent);
  const schema = isObject(format?.json_schema) ? format.json_schema.schema : undefined;
  const parsed = parseJson(contentOf(answer));
  if ("problem" in parsed) return /^\s*```/.test(contentOf(answer)) ? "JSON in a fence" : "not JSON";
  const outcome = validate(schema, "parameters", parsed.value);
  if ("unusable" in outcome) return outcome.unusable;
  return outcome.valid ? null : `${outcome.error.path} ${outcome.error.message}`.trim();
}

export const FORMAT_FEATURES: readonly Feature[] = [jsonObject, jsonSchema];
