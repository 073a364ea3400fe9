/** The JSON Schema of a golden set file, for editors; made from the zod schema, so the two cannot part. */
import { z } from "zod";
import { fileIncludeSchema, fillerIncludeSchema, goldenSetSchema } from "./schema.js";

interface SchemaNode {
  [keyword: string]: unknown;
}

/**
 * Draft-07, which every YAML editor knows. Wherever a map, a list or a text may stand, an include may stand too: the
 * zod schema sees the file after they were resolved, an editor sees it before.
 */
export function goldenSetJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...root } = draft07(goldenSetSchema);
  const { $schema: _file, ...file } = draft07(fileIncludeSchema);
  const { $schema: _filler, ...filler } = draft07(fillerIncludeSchema);
  return {
    $schema,
    title: "A golden set of twintail",
    description: "Fixed prompts and what their answers have to fulfil, replayed against two endpoints",
    ...withIncludesInside(root),
    definitions: { include: { anyOf: [file, filler] } },
  };
}

function draft07(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { target: "draft-7", io: "input", reused: "inline" }) as SchemaNode;
}

/** The node with every node below it opened to includes; the node itself is not. */
function withIncludesInside(node: SchemaNode): SchemaNode {
  const out: SchemaNode = { ...node };
  if (isNode(node.properties)) {
    const properties = Object.entries(node.properties as Record<string, SchemaNode>);
    out.properties = Object.fromEntries(properties.map(([key, inner]) => [key, orInclude(inner)]));
  }
  for (const key of ["items", "additionalProperties"]) {
    const inner = node[key];
    if (isNode(inner)) out[key] = orInclude(inner);
  }
  if (Array.isArray(node.anyOf)) out.anyOf = (node.anyOf as SchemaNode[]).map(withIncludesInside);
  return out;
}

function orInclude(node: SchemaNode): SchemaNode {
  const inside = withIncludesInside(node);
  if (!takesInclude(node)) return inside;
  const { description, ...shape } = inside;
  const forms = Array.isArray(shape.anyOf) ? (shape.anyOf as SchemaNode[]) : [shape];
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [...forms, { $ref: "#/definitions/include" }],
  };
}

function takesInclude(node: SchemaNode): boolean {
  if (Array.isArray(node.anyOf)) return (node.anyOf as SchemaNode[]).some(takesInclude);
  if (node.pattern !== undefined || node.enum !== undefined || node.const !== undefined) return false;
  return node.type === "object" || node.type === "array" || node.type === "string";
}

function isNode(value: unknown): value is SchemaNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
