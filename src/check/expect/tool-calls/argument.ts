/**
 * One argument held against its expectation.
 *
 * An object in the golden set is a relaxing form only if every key is one of `any_of`, `equals`, `matches`,
 * `optional`, `ignore_case`, `unordered`, and at least one of the first four is there with the type it needs. Any
 * other object is a literal, and so is everything inside `equals` and `any_of`: `{ equals: { optional: true } }` is how
 * a literal that looks like a form is written. Forms may stand inside literal objects and lists.
 */
import { shown } from "../../evidence.js";
import type { ToolCallFault } from "../../finding.js";
import { isObject, type JsonObject, type Sameness, sameJson } from "../../json.js";
import { searchPattern } from "../../pattern.js";

export interface ArgumentFault {
  readonly fault: Extract<ToolCallFault, "type" | "value" | "missing_required" | "unexpected_param">;
  /** JSON pointer from the arguments. */
  readonly path: string;
  readonly detail: string;
}

const FORM_KEYS = new Set(["any_of", "equals", "matches", "optional", "ignore_case", "unordered"]);

interface Form {
  readonly any_of?: readonly unknown[];
  readonly equals?: unknown;
  readonly matches?: string;
  readonly optional?: boolean;
  readonly ignore_case?: boolean;
  readonly unordered?: boolean;
}

/** The relaxing form that an expected value is; null when it is a literal. */
function formOf(expected: unknown): Form | null {
  if (!isObject(expected)) return null;
  const { any_of, matches, optional, ignore_case, unordered } = expected;
  const wellTyped =
    (any_of === undefined || Array.isArray(any_of)) &&
    (matches === undefined || typeof matches === "string") &&
    [optional, ignore_case, unordered].every((flag) => flag === undefined || typeof flag === "boolean");
  const relaxes = ["any_of", "equals", "matches", "optional"].some((key) => Object.hasOwn(expected, key));
  return wellTyped && relaxes && Object.keys(expected).every((key) => FORM_KEYS.has(key)) ? (expected as Form) : null;
}

/** Whether an expected argument may be absent. */
export function isOptional(expected: unknown): boolean {
  return formOf(expected)?.optional === true;
}

/** The first fault of an argument that is present; null when it is as expected. Bounded by the expected value. */
export function argumentFault(expected: unknown, actual: unknown, path: string): ArgumentFault | null {
  const form = formOf(expected);
  if (form) return formFault(form, actual, path);
  if (Array.isArray(expected)) return listFault(expected, actual, path);
  if (isObject(expected)) return objectFault(expected, actual, path);
  return sameJson(expected, actual) ? null : mismatch([expected], expected, actual, path);
}

function formFault(form: Form, actual: unknown, path: string): ArgumentFault | null {
  const how: Sameness = { ignoreCase: form.ignore_case === true, unordered: form.unordered === true };
  if (form.any_of && !form.any_of.some((member) => sameJson(member, actual, how))) {
    return mismatch(form.any_of, form, actual, path);
  }
  if (Object.hasOwn(form, "equals") && !sameJson(form.equals, actual, how)) {
    return mismatch([form.equals], form.equals, actual, path);
  }
  if (form.matches === undefined) return null;
  if (typeof actual !== "string") return mismatch([""], form, actual, path);
  const outcome = searchPattern(form.matches, actual.normalize("NFC").trim(), form.ignore_case);
  if ("problem" in outcome) return { fault: "value", path, detail: outcome.problem };
  return outcome.matched ? null : mismatch([""], form, actual, path);
}

function listFault(expected: readonly unknown[], actual: unknown, path: string): ArgumentFault | null {
  if (!Array.isArray(actual) || actual.length !== expected.length) return mismatch([expected], expected, actual, path);
  return firstFault(expected, (item, index) => argumentFault(item, actual[index], `${path}/${index}`));
}

function objectFault(expected: JsonObject, actual: unknown, path: string): ArgumentFault | null {
  if (!isObject(actual)) return mismatch([expected], expected, actual, path);
  const fault = firstFault(Object.entries(expected), ([key, value]) => {
    if (Object.hasOwn(actual, key)) return argumentFault(value, actual[key], `${path}/${key}`);
    return isOptional(value)
      ? null
      : { fault: "missing_required" as const, path: `${path}/${key}`, detail: `expected ${shown(value, 60)}, absent` };
  });
  if (fault) return fault;
  const extra = Object.keys(actual).find((key) => !Object.hasOwn(expected, key));
  if (extra === undefined) return null;
  return { fault: "unexpected_param", path: `${path}/${extra}`, detail: `unexpected: ${shown(actual[extra], 60)}` };
}

function firstFault<T>(
  items: readonly T[],
  judge: (item: T, index: number) => ArgumentFault | null,
): ArgumentFault | null {
  for (const [index, item] of items.entries()) {
    const fault = judge(item, index);
    if (fault) return fault;
  }
  return null;
}

/** `type` when no acceptable value has the type that was sent, `value` otherwise. */
function mismatch(acceptable: readonly unknown[], expected: unknown, actual: unknown, path: string): ArgumentFault {
  const fault = acceptable.some((value) => typeName(value) === typeName(actual)) ? "value" : "type";
  return { fault, path, detail: `expected ${shown(expected, 60)}, got ${shown(actual, 60)}` };
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}
