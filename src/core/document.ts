/**
 * YAML files with their places: a mistake is reported as `file:line:column`, what was found, what was expected,
 * and the nearest known key. Aliases and file size are bounded, since a golden set may come from anyone.
 */
import { readFileSync, statSync } from "node:fs";
import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument as parseYaml,
} from "yaml";
import { z } from "zod";
import { errorCode, errorMessage, TwintailError } from "./errors.js";

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_ALIASES = 100;

/** A parsed YAML (or JSON) file that remembers where each value stood. */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /**
   * `file:line:column` of the value at a path; of its nearest existing parent where it is absent. `text` is the first
   * character of a text, behind its quote.
   */
  place(path: readonly PropertyKey[], of?: "value" | "key" | "text"): string;
}

/** Reads and parses a YAML file. @throws TwintailError when it cannot be read, is too large, or is not YAML. */
export function readDocument(file: string, what: string): SourceDocument {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES) {
      throw new TwintailError({
        cause: `the ${what} has ${size} bytes`,
        place: file,
        remedy: `keep it under ${MAX_BYTES} bytes; long prompts are written with $filler`,
      });
    }
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof TwintailError) throw error;
    const code = errorCode(error);
    throw new TwintailError({
      cause: code === "ENOENT" ? `no such ${what}` : `the ${what} cannot be read (${code ?? String(error)})`,
      place: file,
      remedy: "check the path",
      error,
    });
  }
  return parseDocument(text, file);
}

/** Parses YAML text; `file` is used in messages only. @throws TwintailError when it is not YAML. */
export function parseDocument(text: string, file: string): SourceDocument {
  const lines = new LineCounter();
  const document = parseYaml(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, stringKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const fault = document.errors[0];
  if (fault !== undefined) {
    const several = fault.code === "MULTIPLE_DOCS";
    const tooDeep = /call stack/.test(fault.message);
    throw new TwintailError({
      cause: tooDeep
        ? "nested too deeply"
        : several
          ? "more than one YAML document"
          : `not valid YAML: ${fault.message.replace(/\s+/g, " ")}`,
      place: at(fault.pos[0]),
      remedy: several ? "write one, without --- between its parts" : "mend the syntax there",
    });
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    const unresolved = /^Unresolved alias.*?: (.+)$/s.exec(errorMessage(error))?.[1];
    if (unresolved !== undefined) {
      throw new TwintailError({
        cause: `the alias *${unresolved} has no anchor`,
        place: file,
        remedy: `write &${unresolved} before the value that it stands for`,
        error,
      });
    }
    throw new TwintailError({
      cause: "too many YAML aliases",
      place: file,
      remedy: `write repeated parts out, or with $file (at most ${MAX_ALIASES} uses of an alias)`,
      error,
    });
  }
  if (holdsItself(value)) {
    throw new TwintailError({
      cause: "an alias stands within what it stands for",
      place: file,
      remedy: "write that part out",
    });
  }
  return {
    file,
    value,
    place(path, of = "value") {
      let node: Node | null = document.contents;
      let offset = node?.range?.[0] ?? 0;
      for (const [depth, step] of path.entries()) {
        if (isAlias(node)) node = node.resolve(document) ?? null;
        if (!isCollection(node)) break;
        const last = depth === path.length - 1;
        if (isMap(node)) {
          const pair = node.items.find(
            (item) => isPair(item) && String((item.key as { value?: unknown })?.value) === String(step),
          );
          if (pair === undefined) break;
          const key = pair.key as Node | null;
          const child = pair.value as Node | null;
          offset = (last && of === "key" ? key : (child ?? key))?.range?.[0] ?? offset;
          node = child;
        } else {
          const child = node.items[Number(step)] as Node | undefined;
          if (child === undefined) break;
          offset = child.range?.[0] ?? offset;
          node = child;
        }
      }
      const isQuoted = isScalar(node) && (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE");
      return at(of === "text" && isQuoted ? offset + 1 : offset);
    },
  };
}

/** Aliases share values, and may even share the one that they are in. */
function holdsItself(value: unknown, above: readonly unknown[] = []): boolean {
  if (typeof value !== "object" || value === null) return false;
  return above.includes(value) || Object.values(value).some((each) => holdsItself(each, [...above, value]));
}

/**
 * Validates a document against a schema.
 * @throws TwintailError naming every mistake, one line each, each with its place.
 */
export function checkDocument<Schema extends z.ZodType>(document: SourceDocument, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(document.value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const mistyped = new Set(issues.filter(({ code }) => code === "invalid_type").map(({ path }) => pathText(path)));
  const mistakes = issues
    // A text where a list is due also has too few items, to zod.
    .filter(({ code, path }) => code === "invalid_type" || !mistyped.has(pathText(path)))
    .flatMap((issue) => describeIssue(issue, document, schema));
  const meant = new Set(mistakes.map((mistake) => mistake.meant));
  const told = mistakes.filter(({ missing }) => missing === undefined || !meant.has(missing)).sort(inFileOrder);
  const lines = told.map(({ place, text }) => `${place}: ${text}`);
  throw new TwintailError({ cause: [...new Set(lines)].join("\n") });
}

type Issue = z.core.$ZodIssue;

interface Mistake {
  readonly place: string;
  readonly text: string;
  /** The path of the key that a misspelt one most likely meant. */
  readonly meant?: string;
  /** The path of a key that is not there: the same mistake as a misspelt one, told once. */
  readonly missing?: string;
}

function describeIssue(issue: Issue, document: SourceDocument, schema: z.ZodType): Mistake[] {
  const found = valueAt(document.value, issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      const place = document.place([...issue.path, key], "key");
      const text = `unknown key "${key}"${inside(issue.path)}; ${keyHint(near, known)}`;
      return near === undefined ? { place, text } : { place, text, meant: pathText([...issue.path, near]) };
    });
  }
  if (issue.code === "invalid_union") {
    const deepest = closestBranch(issue);
    if (deepest.length > 0) {
      return deepest.flatMap((inner) =>
        describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, document, schema),
      );
    }
  }
  const place = document.place(issue.path);
  const name = issue.path.length === 0 ? "the file" : `"${pathText(issue.path)}"`;
  if (issue.path.length === 0 && found === null) return [{ place, text: `the file is empty; ${expectation(issue)}` }];
  if (found === undefined) {
    return [{ place, text: `${name} is missing; ${expectation(issue)}`, missing: pathText(issue.path) }];
  }
  const near =
    issue.code === "invalid_value" && typeof found === "string" ? nearest(found, issue.values.map(String)) : undefined;
  const hint = near === undefined ? "" : `, did you mean "${near}"?`;
  return [{ place, text: `${name} is ${shown(found)}; ${expectation(issue)}${hint}` }];
}

function inFileOrder(a: Mistake, b: Mistake): number {
  const [columnA, lineA, ...fileA] = a.place.split(":").reverse();
  const [columnB, lineB, ...fileB] = b.place.split(":").reverse();
  if (fileA.join() !== fileB.join()) return 0;
  return Number(lineA) - Number(lineB) || Number(columnA) - Number(columnB);
}

const MAX_LISTED_KEYS = 12;

function keyHint(near: string | undefined, known: readonly string[]): string {
  if (near !== undefined) return `did you mean "${near}"?`;
  if (known.length === 0 || known.length > MAX_LISTED_KEYS) return "remove it";
  return `expected ${oneOf(known.map((key) => `"${key}"`))}`;
}

/** Of a union's branches, the issues of the one that got furthest: what its author most likely meant. */
function closestBranch(issue: Extract<Issue, { code: "invalid_union" }>): Issue[] {
  let best: Issue[] = [];
  let bestDepth = 0;
  for (const branch of issue.errors) {
    const depth = Math.max(
      0,
      ...branch.map((inner) => inner.path.length + (inner.code === "unrecognized_keys" ? 1 : 0)),
    );
    if (depth > bestDepth) {
      best = branch;
      bestDepth = depth;
    }
  }
  return best;
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`}`;
    case "invalid_value":
      return `expected ${oneOf(issue.values.map((value) => JSON.stringify(value) ?? String(value)))}`;
    case "invalid_union":
      return `expected ${issue.message === "Invalid input" ? "one of the forms in the schema" : issue.message}`;
    case "too_small":
      if (!issue.message.startsWith("Too small")) return `expected ${issue.message}`;
      return bounded(issue, "at least", "above", issue.minimum);
    case "too_big":
      if (!issue.message.startsWith("Too big")) return `expected ${issue.message}`;
      return bounded(issue, "at most", "below", issue.maximum);
    default:
      return `expected ${issue.message.replace(/\s+/g, " ")}`;
  }
}

function oneOf(values: readonly string[]): string {
  const last = values.at(-1) ?? "nothing";
  return values.length < 2 ? last : `${values.slice(0, -1).join(", ")} or ${last}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  null: "nothing",
  object: "a map",
  record: "a map",
  string: "a text",
};

const COUNTED: Readonly<Record<string, string>> = { array: "item", string: "character", object: "key", map: "key" };

function bounded(
  issue: { readonly origin: string; readonly inclusive?: boolean | undefined },
  inclusive: string,
  exclusive: string,
  limit: number | bigint,
): string {
  const noun = COUNTED[issue.origin];
  const words = issue.inclusive === false ? exclusive : inclusive;
  return noun === undefined
    ? `expected a number ${issue.inclusive === false ? "" : "of "}${words} ${limit}`
    : `expected ${words} ${limit} ${noun}${limit === 1 ? "" : "s"}`;
}

function inside(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "" : ` in "${pathText(path)}"`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}

function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const step of path) current = (current as Record<PropertyKey, unknown> | null | undefined)?.[step];
  return current;
}

interface JsonSchemaNode {
  properties?: Record<string, JsonSchemaNode>;
  additionalProperties?: JsonSchemaNode | boolean;
  items?: JsonSchemaNode | boolean;
  anyOf?: JsonSchemaNode[];
  oneOf?: JsonSchemaNode[];
  allOf?: JsonSchemaNode[];
  $ref?: string;
  $defs?: Record<string, JsonSchemaNode>;
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchemaNode;
  const open = (node: JsonSchemaNode | boolean | undefined, depth = 0): JsonSchemaNode[] => {
    if (typeof node !== "object" || depth > 8) return [];
    const target = node.$ref?.startsWith("#/$defs/") ? root.$defs?.[node.$ref.slice(8)] : undefined;
    const more = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? []), ...(target ? [target] : [])];
    return [node, ...more.flatMap((inner) => open(inner, depth + 1))];
  };
  let nodes = open(root);
  for (const step of path) {
    nodes = nodes.flatMap((node) =>
      typeof step === "number" ? open(node.items) : open(node.properties?.[String(step)] ?? node.additionalProperties),
    );
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** The candidate within a third of the word's length in edits, or undefined. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min((previous[j] as number) + 1, (current[j - 1] as number) + 1, substitution);
    }
    previous = current;
  }
  return previous[b.length] as number;
}
