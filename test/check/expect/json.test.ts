import { describe, expect, test } from "vitest";
import { checkExpectations } from "../../../src/check/expect/check.js";
import { aCase, says } from "../build.js";

function check(schema: boolean | Record<string, unknown>, text: string) {
  const outcome = checkExpectations(aCase({ is_json: schema }), says(text), {}, null);
  return outcome.expectations[0];
}

const PERSON = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1 },
    role: { enum: ["admin", "user"] },
    address: { $ref: "#/$defs/address" },
    born: { type: "string", format: "date" },
  },
  required: ["name"],
  additionalProperties: false,
  $defs: { address: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } },
};

describe("an answer is held against its schema", () => {
  test.each([
    ['{"name":"Ada"}', true, ""],
    ['{"name":"Ada","address":{"city":"Oslo"},"born":"1815-12-10"}', true, ""],
    ['{"role":"user"}', false, "/name must have required property 'name'"],
    ['{"name":"Ada","x":1}', false, "/x must NOT have additional properties"],
    ['{"name":"Ada","role":"root"}', false, "/role must be equal to one of the allowed values"],
    ['{"name":"Ada","address":{}}', false, "/address/city must have required property 'city'"],
    ['{"name":"Ada","born":"tomorrow"}', false, '/born must match format "date"'],
    ['{"name":1}', false, "/name must be string"],
    ["[]", false, "the value must be object"],
  ])("%s", (text, met, reason) => {
    const outcome = check(PERSON, text);
    expect(outcome?.met).toBe(met);
    expect(outcome?.detail).toBe(met ? "" : `JSON that breaks its schema: ${reason}`);
  });
});

describe("what is nearly JSON is named for what it is", () => {
  test.each([
    ['```json\n{"a":1}\n```', "not JSON: fenced (valid inside the fence)"],
    ['\n```\n{"a":1}```\n', "not JSON: fenced (valid inside the fence)"],
    ['```json\n{"a":\n```', "not JSON: fenced, and broken inside the fence"],
    ['{"a":1', 'not JSON: repairable, "{\\"a\\":1"'],
    ["{'a': True,}", "not JSON: repairable, \"{'a': True,}\""],
    ['Here you are: {"a":1}', 'not JSON: text, "Here you are: {\\"a\\":1}"'],
    ["", "not JSON: no text"],
  ])("%j", (text, detail) => {
    expect(check(true, text)).toEqual({ name: "is_json", met: false, detail });
  });
});

test("a misspelt keyword in a golden schema is a mistake, not a schema that accepts everything", () => {
  expect(check({ type: "object", requierd: ["a"] }, "{}")).toEqual({
    name: "is_json",
    met: false,
    detail: 'the schema cannot be used: strict mode: unknown keyword: "requierd"',
  });
});

test("hostile answers are judged, not obeyed", () => {
  const deep = "[".repeat(100_000);
  expect(check(true, `${deep}${"]".repeat(100_000)}`)?.met).toBe(true);
  expect(check(true, deep)?.met).toBe(false);
  const tree = { $ref: "#/$defs/t", $defs: { t: { type: "array", items: { $ref: "#/$defs/t" } } } };
  expect(check(tree, `${deep}${"]".repeat(100_000)}`)?.met).toBe(false);
  expect(check({ type: "object", properties: { a: { const: 1 } } }, '{"__proto__":{"a":2}}')?.met).toBe(true);
});
