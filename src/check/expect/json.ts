/**
 * `is_json`: the whole answer is JSON, and satisfies a schema where one is given. JSON in a fence, or cut short, is
 * none: a client that parses it fails. The detail says how near it came.
 */
import { jsonrepair } from "jsonrepair";
import { cut, shown } from "../evidence.js";
import { parseJson } from "../json.js";
import { validate } from "../schema.js";
import { type Expectation, expectation, type Judgement } from "./expectation.js";

const MAX_REPAIR = 50_000;
const FENCE = /^\s*```[^\n]*\n(.*?)\n?\s*```\s*$/s;

const isJson = expectation("is_json", (expected, answer) => {
  if (expected === false) {
    const judgement = judgeJson(true, answer.text);
    return { met: judgement.met === false, detail: "expected no JSON, got JSON" };
  }
  return judgeJson(expected, answer.text);
});

export const jsonExpectations: readonly Expectation[] = [isJson];

function judgeJson(schema: true | Readonly<Record<string, unknown>>, text: string): Judgement {
  const parsed = parseJson(text);
  if ("problem" in parsed) return { met: false, detail: `not JSON: ${nearMiss(text) ?? parsed.problem}` };
  if (schema === true) return { met: true, detail: "" };
  const outcome = validate(schema, "answer", parsed.value);
  if ("unusable" in outcome) return { met: null, detail: outcome.unusable };
  if (outcome.valid) return { met: true, detail: "" };
  const { path, message } = outcome.error;
  return { met: false, detail: `JSON that breaks its schema: ${path || "the value"} ${message}` };
}

/** What kind of broken JSON it is; null when it is not close to any. */
function nearMiss(text: string): string | null {
  if (text.trim() === "") return "no text";
  const fenced = FENCE.exec(text)?.[1];
  if (fenced !== undefined) {
    return "value" in parseJson(fenced) ? "fenced (valid inside the fence)" : "fenced, and broken inside the fence";
  }
  if (isRepairable(text)) return `repairable, ${shown(text)}`;
  return `text, ${cut(shown(text), 80)}`;
}

/** jsonrepair makes a JSON string of any prose, so only what begins as an object or a list can be called repairable. */
function isRepairable(text: string): boolean {
  if (text.length > MAX_REPAIR || !/^\s*[[{]/.test(text)) return false;
  try {
    return "value" in parseJson(jsonrepair(text));
  } catch {
    return false;
  }
}
