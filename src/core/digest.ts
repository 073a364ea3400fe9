import { createHash } from "node:crypto";

/** JSON with object keys in code-point order at every depth, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortKeys(value)) ?? "null";
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const source = value as Record<string, unknown>;
  const out: [string, unknown][] = Object.keys(source)
    .sort()
    .map((key) => [key, sortKeys(source[key])]);
  return Object.fromEntries(out);
}

/** SHA-256 of a value's canonical JSON, as `sha256:<hex>`. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash("sha256").update(canonicalJson(value)).digest("hex")}`;
}
