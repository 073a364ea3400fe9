/**
 * YAML files with their places: a mistake is reported as `file:line:column`, what was found, what was expected,
 * and the nearest known key. Aliases and file size are bounded, since a golden set may come from anyone.
 */
import { readFileSync, statSync } from "node:fs";
import { isAlias, isCollection, isMap, isPair, LineCounter, type Node, parseDocument as parseYaml } from "yaml";
import { z } from "zod";
import { errorCode, TwintailError } from "./errors.js";

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_ALIASES = 100;

/** A parsed YAML (or JSON) file that remembers where each value stood. */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /** `file:line:column` of the value at a path; of its nearest existing parent where it is absent. */
  place(path: readonly PropertyKey[], of?: "value" | "key"): string;
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
    throw new TwintailError({
      cause: `not valid YAML: ${fault.message.replace(/\s+/g, " ")}`,
      place: at(fault.pos[0]),
      remedy: "mend the syntax there",
    });
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw new TwintailError({
      cause: "too many YAML aliases",
      place: file,
      remedy: `write repeated parts out, or with $file (at most ${MAX_ALIASES} uses of an alias)`,
      error,
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
      return at(offset);
    },
  };
}

/**
 * Validates a document against a schema.
 * @throws TwintailError naming every mistake, one line each, each with its place.
 */
export function checkDocument<Schema extends z.ZodType>(document: SourceDocument, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(document.value);
  if (result.success) return result.data;
  const lines = result.error.issues.flatMap((issue) => describeIssue(issue, document, schema));
  throw new TwintailError({ cause: [...new Set(lines)].join("\n") });
}

type Issue = z.core.$ZodIssue;

function describeIssue(issue: Issue, document: SourceDocument, schema: z.ZodType): string[] {
  const found = valueAt(document.value, issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const near = nearest(key, knownKeys(schema, issue.path));
      const hint = near === undefined ? "remove it" : `did you mean "${near}"?`;
      return `${document.place([...issue.path, key], "key")}: unknown key "${key}"${inside(issue.path)}; ${hint}`;
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
  const where = document.place(issue.path);
  const name = issue.path.length === 0 ? "the file" : `"${issue.path.map(String).join(".")}"`;
  if (found === undefined) return [`${where}: ${name} is missing; ${expectation(issue)}`];
  const near =
    issue.code === "invalid_value" && typeof found === "string" ? nearest(found, issue.values.map(String)) : undefined;
  return [
    `${where}: ${name} is ${shown(found)}; ${expectation(issue)}${near === undefined ? "" : `, did you mean "${near}"?`}`,
  ];
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
      return `expected ${issue.expected === "record" ? "a map" : `${/^[aeiou]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`}`;
    case "invalid_value":
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "invalid_union":
      return issue.message === "Invalid input" ? "expected one of the forms in the schema" : issue.message;
    default:
      return `expected: ${issue.message.replace(/\s+/g, " ")}`;
  }
}

function inside(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "" : ` in "${path.map(String).join(".")}"`;
}

function shown(value: unknown): string {
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
