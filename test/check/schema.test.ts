import { describe, expect, test } from "vitest";
import { schemaProblem, validate } from "../../src/check/schema.js";

describe("a schema of a stranger's recording is bounded before it becomes code", () => {
  test("too deep", () => {
    let schema: Record<string, unknown> = { type: "string" };
    for (let depth = 0; depth < 40; depth++) schema = { items: schema, type: "array" };
    expect(schemaProblem(schema, "answer")).toBeNull();
    for (let depth = 0; depth < 40; depth++) schema = { items: schema, type: "array" };
    expect(schemaProblem(schema, "answer")).toBe("the schema is nested deeper than 64 levels");
  });

  test("too large", () => {
    expect(schemaProblem({ enum: ["a".repeat(60_000)] }, "answer")).toBeNull();
    expect(schemaProblem({ enum: ["a".repeat(70_000)] }, "answer")).toMatch(/^the schema has 700\d\d characters/);
  });

  test("too many references", () => {
    const schema = (references: number) => ({
      $defs: { a: { type: "string" } },
      prefixItems: Array.from({ length: references }, () => ({ $ref: "#/$defs/a" })),
      type: "array",
    });
    expect(schemaProblem(schema(256), "parameters")).toBeNull();
    expect(schemaProblem(schema(257), "parameters")).toBe("the schema has more than 256 references");
  });

  test("a remote reference is never loaded", () => {
    expect(schemaProblem({ $ref: "https://schemas.example/person.json" }, "parameters")).toMatch(
      /can't resolve reference/,
    );
  });

  test("references that branch without end are stopped", { timeout: 20_000 }, () => {
    const levels = 40;
    const $defs: Record<string, unknown> = { [`d${levels}`]: { const: 1 } };
    for (let level = 0; level < levels; level++) {
      const next = { $ref: `#/$defs/d${level + 1}` };
      $defs[`d${level}`] = { anyOf: [next, next] };
    }
    expect(validate({ $ref: "#/$defs/d0", $defs }, "parameters", 2)).toEqual({
      unusable: "validation took longer than 1000 ms",
    });
  });

  test("a pattern that backtracks without end is stopped", () => {
    expect(validate({ type: "string", pattern: "^(a+)+$" }, "answer", `${"a".repeat(50)}!`)).toEqual({
      unusable: "validation took longer than 1000 ms",
    });
  });
});

describe("dialects and leniency", () => {
  test("tool schemas may carry keywords of their generators, golden schemas may not", () => {
    const schema = { type: "object", example: {}, properties: { a: { type: "string", format: "city-name" } } };
    expect(validate(schema, "parameters", { a: "Oslo" })).toEqual({ valid: true });
    expect(schemaProblem(schema, "answer")).toMatch(/unknown keyword/);
  });

  test("draft-07 is understood where it is named, or where a tuple shows it", () => {
    const tuple = { type: "array", items: [{ type: "string" }, { type: "number" }] };
    const named = { $schema: "http://json-schema.org/draft-07/schema#", ...tuple };
    for (const schema of [tuple, named]) {
      expect(validate(schema, "parameters", ["a", 1])).toEqual({ valid: true });
      expect(validate(schema, "parameters", ["a", "b"])).toMatchObject({ valid: false, error: { keyword: "type" } });
    }
  });

  test("two schemas may have one $id", () => {
    expect(validate({ $id: "x", type: "string" }, "answer", "a")).toEqual({ valid: true });
    expect(validate({ $id: "x", type: "number" }, "answer", 1)).toEqual({ valid: true });
  });

  test("the outermost keyword is named, not a branch of it", () => {
    const schema = { anyOf: [{ type: "string" }, { type: "null" }] };
    expect(validate(schema, "answer", 1)).toMatchObject({ error: { keyword: "anyOf", path: "" } });
  });

  test("a schema that is none says so", () => {
    for (const schema of [null, "a", 1, { type: "strnig" }]) {
      expect(validate(schema, "answer", 1)).toHaveProperty("unusable");
    }
  });
});

test("ten thousand validations compile once", () => {
  const schema = () => ({ type: "object", properties: { a: { type: "integer" } }, required: ["a"] });
  validate(schema(), "answer", {});
  const started = performance.now();
  for (let a = 0; a < 10_000; a++) expect(validate(schema(), "answer", { a })).toEqual({ valid: true });
  expect(performance.now() - started).toBeLessThan(5000);
});
