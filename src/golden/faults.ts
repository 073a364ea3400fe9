/** Mistakes that the shape of a golden set does not show. Each makes a case meaningless, so each is an error. */
import { nearest, type SourceDocument } from "../core/document.js";
import { errorMessage } from "../core/errors.js";
import type { Api } from "./golden-set.js";
import type { GoldenCaseFile, GoldenSetFile } from "./schema.js";
import { schemaProblem } from "./schema-problem.js";
import { chosenTool, declaredTools } from "./tools.js";

type Path = readonly PropertyKey[];
type Report = (path: Path, found: string, expected: string, of?: "key") => void;

/** One line a fault: `file:line:column: what was found; what was expected`. */
export function findFaults(file: GoldenSetFile, document: SourceDocument): string[] {
  const lines: string[] = [];
  const report: Report = (path, found, expected, of) => {
    lines.push(`${document.place(path, of)}: ${found}; ${expected}`);
  };
  for (const key of ["model", "messages", "prompt", "input"]) {
    if (key in (file.defaults ?? {}))
      report(
        ["defaults", key],
        `"${key}" in "defaults"`,
        "defaults are settings; a prompt belongs to its case, a model to the configuration",
        "key",
      );
  }
  const firstUse = new Map<string, string>();
  for (const [index, goldenCase] of file.cases.entries()) {
    const path = ["cases", index];
    const idPath = [...path, "id"];
    const before = firstUse.get(goldenCase.id);
    if (before !== undefined) {
      report(idPath, `duplicate id "${goldenCase.id}"`, `it is already used at ${before}, choose another`);
    } else {
      firstUse.set(goldenCase.id, document.place(idPath));
    }
    requestFaults(goldenCase, path, report);
    expectationFaults(goldenCase, path, report);
  }
  return lines;
}

const PROMPT_KEYS: Readonly<Record<Api, readonly string[]>> = {
  chat: ["messages"],
  completions: ["prompt"],
  responses: ["input", "instructions"],
  embeddings: ["input"],
};

function requestFaults(goldenCase: GoldenCaseFile, casePath: Path, report: Report): void {
  const { request, api = "chat" } = goldenCase;
  const path = [...casePath, "request"];
  if (!PROMPT_KEYS[api].some((key) => request[key] !== undefined)) {
    const expected = `api "${api}" needs ${PROMPT_KEYS[api].map((key) => `"${key}"`).join(" or ")}`;
    report(path, "the request has no prompt", expected, "key");
  }
  if ("model" in request) {
    report([...path, "model"], '"model" in the request', "models are mapped in the configuration, by category", "key");
  }
  if ("stream" in request) {
    report([...path, "stream"], '"stream" in the request', 'write "stream" beside "request"', "key");
  }
  if (api === "embeddings" && goldenCase.stream !== undefined && goldenCase.stream !== false) {
    report(
      [...casePath, "stream"],
      `an embeddings case with stream: ${goldenCase.stream}`,
      "embeddings have no stream",
    );
  }
  const tools = [...declaredTools(request).keys()];
  const chosen = chosenTool(request);
  if (chosen !== undefined && !tools.includes(chosen)) {
    const near = nearest(chosen, tools);
    const expected = near === undefined ? `expected ${namesOf(tools)}` : `did you mean "${near}"?`;
    report([...path, "tool_choice"], `tool_choice names "${chosen}", which the request does not declare`, expected);
  }
}

function namesOf(tools: readonly string[]): string {
  return tools.length === 0 ? "a request with tools" : `one of ${tools.map((name) => `"${name}"`).join(", ")}`;
}

function expectationFaults({ expect }: GoldenCaseFile, casePath: Path, report: Report): void {
  const path = [...casePath, "expect"];
  for (const key of ["regex", "not_regex"] as const) {
    if (expect[key] !== undefined) regexFault(expect[key], [...path, key], report);
  }
  for (const key of ["is_json", "not_is_json"] as const) {
    const schema = expect[key];
    if (typeof schema !== "object") continue;
    const problem = schemaProblem(schema, "strict");
    if (problem !== null) report([...path, key], `not a JSON Schema: ${problem}`, "expected JSON Schema 2020-12");
  }
  if (expect.tool_calls === undefined) return;
  const listed = Array.isArray(expect.tool_calls);
  const calls = Array.isArray(expect.tool_calls) ? expect.tool_calls : expect.tool_calls.calls;
  for (const [index, call] of calls.entries()) {
    const callPath = [...path, "tool_calls", ...(listed ? [] : ["calls"]), index, "arguments"];
    for (const [name, value] of Object.entries(call.arguments ?? {}))
      argumentFaults(value, [...callPath, name], report);
  }
}

const FORM_TYPES: Readonly<Record<string, { expected: string; test: (value: unknown) => boolean }>> = {
  any_of: { expected: "a list", test: (value) => Array.isArray(value) && value.length > 0 },
  equals: { expected: "a value", test: () => true },
  matches: { expected: "a regular expression in a text", test: (value) => typeof value === "string" },
  optional: { expected: "true or false", test: (value) => typeof value === "boolean" },
  ignore_case: { expected: "true or false", test: (value) => typeof value === "boolean" },
  unordered: { expected: "true or false", test: (value) => typeof value === "boolean" },
};

/** What a map of an expected argument may hold to be a relaxing form and no literal. */
export const ARGUMENT_FORM_KEYS: readonly string[] = Object.keys(FORM_TYPES);

/** A map of form keys only relaxes an argument; any other map is a literal, in which forms may stand. */
function argumentFaults(value: unknown, path: Path, report: Report): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) argumentFaults(item, [...path, index], report);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const entries = Object.entries(value);
  if (entries.length === 0 || !entries.every(([key]) => Object.hasOwn(FORM_TYPES, key))) {
    for (const [key, inner] of entries) argumentFaults(inner, [...path, key], report);
    return;
  }
  for (const [key, inner] of entries) {
    const type = FORM_TYPES[key];
    if (type !== undefined && !type.test(inner)) {
      report([...path, key], `"${key}" is ${JSON.stringify(inner)}`, `expected ${type.expected}`);
    }
  }
  const { matches } = value as { matches?: unknown };
  if (typeof matches === "string") regexFault(matches, [...path, "matches"], report);
}

function regexFault(source: string, path: Path, report: Report): void {
  try {
    new RegExp(source, "us");
  } catch (error) {
    const reason = errorMessage(error).replace(/^Invalid regular expression: /, "");
    report(path, `not a regular expression: ${reason}`, "expected JavaScript syntax with the flags u and s");
  }
}
