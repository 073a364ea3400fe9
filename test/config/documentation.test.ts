import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { configSchema } from "../../src/config/schema.js";

type Schema = { properties?: Record<string, Schema>; anyOf?: Schema[] };

function keysOf(schema: Schema): string[] {
  const own = Object.entries(schema.properties ?? {});
  return [...own.flatMap(([key, inner]) => [key, ...keysOf(inner)]), ...(schema.anyOf ?? []).flatMap(keysOf)];
}

test("docs/configuration.md names every setting there is", () => {
  const text = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  const keys = keysOf(z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as Schema);
  expect(keys.length).toBeGreaterThan(50);
  expect([...new Set(keys)].filter((key) => !new RegExp(`\\b${key}\\b`).test(text))).toEqual([]);
});
