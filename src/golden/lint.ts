/** What a golden set may do but most likely did not mean to. A warning never stops a run. */
import { nearest } from "../core/document.js";
import { ARGUMENT_FORM_KEYS } from "./faults.js";
import type { Api, Expectations, GoldenCase, GoldenSet } from "./golden-set.js";
import { requestKey } from "./request-key.js";
import { requestFields } from "./schema.js";
import { schemaProblem } from "./schema-problem.js";
import { declaredTools, parametersOf } from "./tools.js";

export interface LintWarning {
  /** `file:line:column`. */
  readonly place: string;
  readonly message: string;
}

/** `file:line:column` of a path in the golden set file, such as `["cases", 3, "expect"]`. */
export type PlaceOf = (path: readonly PropertyKey[]) => string;

/** How many cases a set has when it is neither anecdote nor bill. */
export const USUAL_CASES = { least: 20, most: 50 } as const;

/** All warnings, in the order of the file. */
export function lintGoldenSet(set: GoldenSet, placeOf: PlaceOf): LintWarning[] {
  return [
    ...countWarnings(set, placeOf),
    ...samplingWarnings(set, placeOf),
    ...twinWarnings(set, placeOf),
    ...set.cases.flatMap((goldenCase, index) =>
      [...requestWarnings(goldenCase), ...expectationWarnings(goldenCase), ...toolWarnings(goldenCase)].map(
        ({ path, message }) => ({ place: placeOf(["cases", index, ...path]), message: `${goldenCase.id}: ${message}` }),
      ),
    ),
  ];
}

function countWarnings(set: GoldenSet, placeOf: PlaceOf): LintWarning[] {
  const count = set.cases.length;
  const place = placeOf(["cases"]);
  if (count < USUAL_CASES.least) {
    const message = `${plural(count, "case")}; with fewer than ${USUAL_CASES.least}, one odd prompt weighs too much`;
    return [{ place, message }];
  }
  if (count > USUAL_CASES.most) {
    return [{ place, message: `${count} cases; more than ${USUAL_CASES.most} cost more than they tell` }];
  }
  return [];
}

const SAMPLING: Readonly<Record<Api, readonly string[]>> = {
  chat: ["temperature", "top_p", "presence_penalty", "frequency_penalty"],
  completions: ["temperature", "top_p", "presence_penalty", "frequency_penalty"],
  responses: ["temperature", "top_p"],
  embeddings: [],
};

const NAMED_CASES = 3;

/** One warning for all cases that leave out the same keys: it is mended once, in `defaults`. */
function samplingWarnings(set: GoldenSet, placeOf: PlaceOf): LintWarning[] {
  const groups = new Map<string, { ids: string[]; first: number }>();
  for (const [index, { id, api, request }] of set.cases.entries()) {
    const unpinned = SAMPLING[api].filter((key) => request[key] === undefined).join(", ");
    if (unpinned === "") continue;
    const group = groups.get(unpinned) ?? { ids: [], first: index };
    group.ids.push(id);
    groups.set(unpinned, group);
  }
  return [...groups].map(([keys, { ids, first }]) => {
    const more = ids.length > NAMED_CASES ? ` and ${ids.length - NAMED_CASES} more` : "";
    const named = `${ids.slice(0, NAMED_CASES).join(", ")}${more}`;
    const message = `${keys} not pinned in ${named}; the defaults of providers differ, set them in "defaults"`;
    return { place: placeOf(["cases", first, "request"]), message };
  });
}

/** The simulated endpoint finds a reference by its prompt. */
function twinWarnings(set: GoldenSet, placeOf: PlaceOf): LintWarning[] {
  const seen = new Map<string, GoldenCase>();
  return set.cases.flatMap((goldenCase, index) => {
    if (goldenCase.reference === undefined) return [];
    const choice = JSON.stringify(goldenCase.request.tool_choice) ?? "";
    const key = `${requestKey(goldenCase.api, goldenCase.request)} ${choice}`;
    const twin = seen.get(key);
    if (twin === undefined) {
      seen.set(key, goldenCase);
      return [];
    }
    if (JSON.stringify(twin.reference) === JSON.stringify(goldenCase.reference)) return [];
    const message = `${goldenCase.id}: same prompt as ${twin.id} but another reference; the simulated endpoint gives the first`;
    return [{ place: placeOf(["cases", index, "reference"]), message }];
  });
}

interface CaseWarning {
  /** Below the case. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function requestWarnings({ request }: GoldenCase): CaseWarning[] {
  const known = Object.keys(requestFields);
  const warnings: CaseWarning[] = Object.keys(request).flatMap((key) => {
    const near = known.includes(key) ? undefined : nearest(key, known);
    const message = `request key "${key}" is sent as it is; did you mean "${near}"?`;
    return near === undefined ? [] : [{ path: ["request", key], message }];
  });
  for (const [name, parameters] of declaredTools(request)) {
    if (typeof parameters !== "object" || parameters === null) continue;
    const problem = schemaProblem(parameters, "lenient");
    if (problem !== null) {
      warnings.push({
        path: ["request", "tools"],
        message: `parameters of tool "${name}" are no JSON Schema: ${problem}`,
      });
    }
  }
  return warnings;
}

function expectationWarnings({ api, cancel, request, expect }: GoldenCase): CaseWarning[] {
  const warnings: CaseWarning[] = [];
  const warn = (key: keyof Expectations, message: string): void => {
    warnings.push({ path: ["expect", key], message });
  };
  const keys = Object.keys(expect) as (keyof Expectations)[];
  const [first] = keys;
  if (cancel !== undefined) {
    if (first !== undefined) warn(first, "a case that hangs up on purpose is not judged; leave its expectations out");
    return warnings;
  }
  if (api === "embeddings") {
    for (const key of keys.filter((name) => name !== "dimensions")) warn(key, `embeddings have no answer for "${key}"`);
    const asked = request.dimensions;
    if (expect.dimensions !== undefined && typeof asked === "number" && asked !== expect.dimensions) {
      warn("dimensions", `unreachable: the request asks for ${asked} dimensions`);
    }
    return warnings;
  }
  if (first === undefined) warnings.push({ path: ["expect"], message: "nothing is expected: any answer passes" });
  if (expect.dimensions !== undefined) warn("dimensions", "unreachable: only embeddings have dimensions");

  const limit = limitOf(request);
  const { min_output_tokens: min, max_output_tokens: max } = expect;
  if (min !== undefined && limit !== undefined && min > limit) {
    warn("min_output_tokens", `unreachable: the request is cut at ${limit} tokens`);
  }
  if (min !== undefined && max !== undefined && min > max) {
    warn("min_output_tokens", `unreachable: max_output_tokens is ${max}`);
  }
  if (limit === undefined && expect.finish_reason?.every((reason) => reason === "length")) {
    warn("finish_reason", "unreachable: the request has no max_tokens");
  }
  if (expect.stop_absent !== undefined && request.stop === undefined) {
    warn("stop_absent", "unreachable: the request has no stop sequence");
  }
  if (expect.logprobs === true && (request.logprobs === undefined || request.logprobs === false)) {
    warn("logprobs", "unreachable: the request does not ask for logprobs");
  }
  return warnings;
}

function limitOf(request: GoldenCase["request"]): number | undefined {
  const limits = [request.max_tokens, request.max_completion_tokens, request.max_output_tokens];
  return limits.find((limit) => typeof limit === "number");
}

const TEXT_KEYS = ["equals", "contains", "contains_any", "contains_all", "icontains", "regex", "starts_with"] as const;

function toolWarnings({ request, expect }: GoldenCase): CaseWarning[] {
  const calls = expect.tool_calls ?? [];
  if (calls.length === 0) return [];
  const tools = declaredTools(request);
  const warnings: CaseWarning[] = [];
  const warn = (message: string): void => {
    warnings.push({ path: ["expect", "tool_calls"], message });
  };
  if (expect.no_tool_calls === true) warn("unreachable: no_tool_calls is true");
  if (request.tool_choice === "none") warn("unreachable: tool_choice is none");
  const spoken = TEXT_KEYS.find((key) => expect[key] !== undefined);
  if (spoken !== undefined) warn(`an answer that calls tools seldom has text, yet "${spoken}" is expected`);
  if (expect.finish_reason?.every((reason) => reason === "length")) warn("unreachable: finish_reason is length");
  for (const call of calls) {
    if (!tools.has(call.name)) {
      const near = nearest(call.name, [...tools.keys()]);
      const hint = near === undefined ? "" : `, did you mean "${near}"?`;
      warn(`unreachable: the request declares no tool "${call.name}"${hint}`);
      continue;
    }
    const parameters = parametersOf(tools.get(call.name));
    if (parameters === null || call.arguments === undefined) continue;
    for (const [name, value] of Object.entries(call.arguments)) {
      if (!parameters.known.includes(name)) warn(`tool "${call.name}" declares no parameter "${name}"`);
      const slip = parameters.maps.includes(name) ? undefined : misspeltForm(value);
      if (slip !== undefined) warn(`${slip}, so argument "${name}" is compared as a literal map`);
    }
    for (const name of parameters.required.filter((key) => !Object.hasOwn(call.arguments ?? {}, key))) {
      if (call.extra === "schema") continue;
      warn(`unreachable: "${call.name}" requires "${name}", which is not among the expected arguments`);
    }
  }
  return warnings;
}

/** A map that is neither a form nor likely to be meant as a literal: one key off. */
function misspeltForm(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const keys = Object.keys(value);
  const stray = keys.find((key) => !ARGUMENT_FORM_KEYS.includes(key));
  if (stray === undefined) return undefined;
  const near = nearest(stray, ARGUMENT_FORM_KEYS);
  if (near !== undefined) return `"${stray}" is no form of an argument, did you mean "${near}"`;
  return keys.length > 1 && keys.some((key) => ARGUMENT_FORM_KEYS.includes(key))
    ? `"${stray}" is no form of an argument`
    : undefined;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
