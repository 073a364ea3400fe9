/** The tools that a request declares, and the one that its `tool_choice` names, in every API's spelling. */

type Body = Readonly<Record<string, unknown>>;

/** Tool name → the JSON Schema of its parameters, or undefined where it declares none. */
export function declaredTools(request: Body): ReadonlyMap<string, unknown> {
  const tools = new Map<string, unknown>();
  for (const tool of listOf(request.tools)) {
    // Chat nests a function's name and parameters, `/responses` does not.
    const declared = isMap(tool) && isMap(tool.function) ? tool.function : tool;
    if (isMap(declared) && typeof declared.name === "string") tools.set(declared.name, declared.parameters);
  }
  return tools;
}

/** The function that `tool_choice` names; undefined for `auto`, `none`, `required`, and none at all. */
export function chosenTool(request: Body): string | undefined {
  const choice = request.tool_choice;
  if (!isMap(choice)) return undefined;
  const named = isMap(choice.function) ? choice.function.name : choice.name;
  return typeof named === "string" ? named : undefined;
}

/** What a tool's schema says of its parameters. */
export interface Parameters {
  readonly known: readonly string[];
  readonly required: readonly string[];
  /** Those that are declared as maps, or not typed at all. */
  readonly maps: readonly string[];
}

/** Null where the schema does not list its parameters, so that any may be sent. */
export function parametersOf(schema: unknown): Parameters | null {
  if (!isMap(schema) || !isMap(schema.properties)) return null;
  const declared = Object.entries(schema.properties);
  const required = listOf(schema.required).filter((name): name is string => typeof name === "string");
  const maps = declared.filter(([, property]) => !isMap(property) || (property.type ?? "object") === "object");
  return { known: declared.map(([name]) => name), required, maps: maps.map(([name]) => name) };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
