/**
 * Validation against JSON Schema by ajv. Each schema is compiled once a process.
 *
 * ajv turns a schema into code, so a schema is configuration, never data: it comes from the golden set, also from the
 * copy in a recording, and never from an answer or a report. Since a recording may be a stranger's, size, depth and
 * references are bounded before ajv sees it, nothing remote is ever loaded (an unresolved `$ref` makes the schema
 * unusable), and validation that a schema can make long is watched.
 */
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { digestOf } from "../core/digest.js";
import { errorMessage } from "../core/errors.js";
import { cut } from "./evidence.js";
import { isObject } from "./json.js";
import { WATCHDOG_MS, withinTime } from "./watchdog.js";

/**
 * `answer`: the schema of `is_json`, ajv strict, so that a misspelt keyword is a mistake and not a schema that accepts
 * everything. `parameters`: a tool's schema, lenient, since production tools carry keywords that their generators
 * invented, and endpoints ignore those.
 */
export type SchemaUse = "answer" | "parameters";

/** What a schema says of a value. `unusable`: the schema itself is at fault, or the value took too long to judge. */
export type SchemaOutcome =
  | { readonly valid: true }
  | { readonly valid: false; readonly error: SchemaError }
  | { readonly unusable: string };

export interface SchemaError {
  /** ajv's keyword, such as `required` or `type`. */
  readonly keyword: string;
  /** JSON pointer to the value at fault; for a missing or an extra property, to that property. */
  readonly path: string;
  readonly message: string;
}

const MAX_SCHEMA_TEXT = 65_536;
const MAX_SCHEMA_DEPTH = 64;
const MAX_REFERENCES = 256;
const MAX_CACHED = 1000;

type Compiled = { readonly check: ValidateFunction; readonly watched: boolean } | { readonly unusable: string };

/** Without these, validation takes time in proportion to the schema and the value, and needs no watchdog. */
const LENGTHENING = new Set(["$ref", "$dynamicRef", "pattern", "patternProperties", "uniqueItems"]);

/** Schemas of one recording keep their identity; equal schemas of two cases meet in the cache by digest. */
const byIdentity = { answer: new WeakMap<object, Compiled>(), parameters: new WeakMap<object, Compiled>() };
const byDigest = new Map<string, Compiled>();

/** Holds a value against a schema. Never throws. */
export function validate(schema: unknown, use: SchemaUse, value: unknown): SchemaOutcome {
  const compiled = compile(schema, use);
  if ("unusable" in compiled) return compiled;
  const { check, watched } = compiled;
  try {
    const outcome = watched ? withinTime(() => check(value)) : { value: check(value) };
    if ("timedOut" in outcome) return { unusable: `validation took longer than ${WATCHDOG_MS} ms` };
    if (outcome.value) return { valid: true };
  } catch (error) {
    return { unusable: errorMessage(error) }; // a recursive schema and a value nested beyond the stack
  }
  // For `anyOf` and its like ajv lists the branches first and the keyword that a reader knows last.
  const error = check.errors?.at(-1);
  return { valid: false, error: error ? describe(error) : { keyword: "false", path: "", message: "does not match" } };
}

/** Why a schema cannot be used, for a linter; null when it can. */
export function schemaProblem(schema: unknown, use: SchemaUse): string | null {
  const compiled = compile(schema, use);
  return "unusable" in compiled ? compiled.unusable : null;
}

function compile(schema: unknown, use: SchemaUse): Compiled {
  if (typeof schema !== "object" || schema === null) return { unusable: "the schema is not an object" };
  const known = byIdentity[use].get(schema);
  if (known) return known;
  const problem = outOfBounds(schema);
  const compiled: Compiled = problem === null ? compileByDigest(schema, use) : { unusable: problem };
  byIdentity[use].set(schema, compiled);
  return compiled;
}

function compileByDigest(schema: object, use: SchemaUse): Compiled {
  const key = `${use}/${digestOf(schema)}`;
  let compiled = byDigest.get(key);
  if (!compiled) {
    compiled = compileNew(schema, use);
    if (byDigest.size >= MAX_CACHED) byDigest.clear();
    byDigest.set(key, compiled);
  }
  return compiled;
}

function compileNew(schema: object, use: SchemaUse): Compiled {
  const watched = keysOf(schema).some(({ key }) => LENGTHENING.has(key));
  const dialect = (schema as { $schema?: unknown }).$schema;
  const draft07 = typeof dialect === "string" && dialect.includes("draft-07");
  try {
    return { check: compilerFor(schema, use, draft07 ? "draft-07" : "2020-12").compile(schema), watched };
  } catch (error) {
    // Tool schemas seldom name their dialect, and many still write tuples as draft-07 did.
    if (use === "parameters" && dialect === undefined) {
      try {
        return { check: compilerFor(schema, use, "draft-07").compile(schema), watched };
      } catch {
        // the first message is about the dialect that was asked for
      }
    }
    return { unusable: `the schema cannot be used: ${cut(errorMessage(error), 120)}` };
  }
}

const compilers = new Map<string, Ajv>();

type Dialect = "2020-12" | "draft-07";

/** Two cases may use one `$id` for two schemas: a schema that has one gets a compiler of its own. */
function compilerFor(schema: object, use: SchemaUse, dialect: Dialect): Ajv {
  if (keysOf(schema).some(({ key }) => key === "$id")) return newCompiler(use, dialect);
  const key = `${use}/${dialect}`;
  let ajv = compilers.get(key);
  if (!ajv) {
    ajv = newCompiler(use, dialect);
    compilers.set(key, ajv);
  }
  return ajv;
}

function newCompiler(use: SchemaUse, dialect: Dialect): Ajv {
  const options: Options = { strict: use === "answer", inlineRefs: false, allErrors: false, logger: false };
  const ajv = dialect === "2020-12" ? new Ajv2020(options) : new Ajv(options);
  formats.default(ajv);
  return ajv;
}

function outOfBounds(schema: object): string | null {
  const keys = keysOf(schema);
  if (keys.some(({ depth }) => depth > MAX_SCHEMA_DEPTH)) {
    return `the schema is nested deeper than ${MAX_SCHEMA_DEPTH} levels`;
  }
  const references = keys.filter(({ key }) => key === "$ref" || key === "$dynamicRef").length;
  if (references > MAX_REFERENCES) return `the schema has more than ${MAX_REFERENCES} references`;
  const size = JSON.stringify(schema).length;
  return size > MAX_SCHEMA_TEXT ? `the schema has ${size} characters, more than ${MAX_SCHEMA_TEXT}` : null;
}

/** Every key at every depth down to one beyond the limit, without recursion. */
function keysOf(schema: object): { key: string; depth: number }[] {
  const keys: { key: string; depth: number }[] = [];
  const open: { value: object; depth: number }[] = [{ value: schema, depth: 1 }];
  for (let next = open.pop(); next && next.depth <= MAX_SCHEMA_DEPTH + 1; next = open.pop()) {
    for (const [key, value] of Object.entries(next.value)) {
      keys.push({ key, depth: next.depth });
      if (typeof value === "object" && value !== null) open.push({ value, depth: next.depth + 1 });
    }
  }
  return keys;
}

function describe(error: ErrorObject): SchemaError {
  const params: unknown = error.params;
  const property = isObject(params)
    ? (params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty)
    : undefined;
  const path = typeof property === "string" ? `${error.instancePath}/${property}` : error.instancePath;
  return { keyword: error.keyword, path: cut(path, 80), message: cut(error.message ?? error.keyword, 120) };
}
