/** Whether a JSON Schema in a golden set can be used, told where it was written and not by the first answer. */
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { canonicalJson } from "../core/digest.js";
import { errorMessage } from "../core/errors.js";

/**
 * `strict` as ajv means it, for `is_json`: a misspelt keyword is a mistake and not a schema that accepts everything.
 * `lenient` for the parameters of tools, which carry keywords that their generators invented.
 */
export type SchemaStrictness = "strict" | "lenient";

const MAX_REMEMBERED = 500;

const compilers = new Map<string, Ajv>();
const verdicts = new Map<string, string | null>();

/** What is wrong with a schema, in one line; null when it can be used. */
export function schemaProblem(schema: object, strictness: SchemaStrictness): string | null {
  const dialect = (schema as { $schema?: unknown }).$schema;
  const draft = typeof dialect === "string" && dialect.includes("draft-07") ? "draft-07" : "2020-12";
  // A set names the same tool in many cases, and compiling is the slowest part of loading it.
  const key = `${strictness} ${draft} ${canonicalJson(schema)}`;
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const verdict = compile(schema, strictness, draft);
  if (verdicts.size >= MAX_REMEMBERED) verdicts.clear();
  verdicts.set(key, verdict);
  return verdict;
}

function compile(schema: object, strictness: SchemaStrictness, draft: "draft-07" | "2020-12"): string | null {
  // Two cases may use one `$id` for two schemas: such a schema gets a compiler of its own.
  const shared = canonicalJson(schema).includes('"$id"') ? null : `${strictness} ${draft}`;
  let compiler = shared === null ? undefined : compilers.get(shared);
  if (compiler === undefined) {
    const options = { strict: strictness === "strict", logger: false } as const;
    compiler = draft === "draft-07" ? new Ajv(options) : new Ajv2020(options);
    formats.default(compiler);
    if (shared !== null) compilers.set(shared, compiler);
  }
  try {
    compiler.compile(schema);
    return null;
  } catch (error) {
    return errorMessage(error).replace(/\s+/g, " ");
  }
}
