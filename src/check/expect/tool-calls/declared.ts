/** The tools that a request declares, in each of the shapes that the APIs know. */
import { isObject, type JsonObject } from "../../json.js";

/** Parameter schemas by tool name; `null` where a tool declares none. */
export type DeclaredTools = ReadonlyMap<string, JsonObject | null>;

const cache = new WeakMap<object, DeclaredTools>();

/** Reads `tools` (chat, nested; responses, flat) and the legacy `functions`. */
export function declaredTools(body: JsonObject): DeclaredTools {
  const known = cache.get(body);
  if (known) return known;
  const tools = new Map<string, JsonObject | null>();
  for (const entry of [listOf(body.tools), listOf(body.functions)].flat()) {
    if (!isObject(entry)) continue;
    const tool = isObject(entry.function) ? entry.function : entry;
    if (typeof tool.name === "string") tools.set(tool.name, isObject(tool.parameters) ? tool.parameters : null);
  }
  cache.set(body, tools);
  return tools;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
