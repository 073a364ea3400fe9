import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { schemaInstance } from "../../src/sim/schema-instance.js";

const ajv = new Ajv2020({ strict: false });
const node = {
  $defs: {
    node: {
      type: "object",
      properties: { name: { type: "string" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
      required: ["name"],
    },
  },
  $ref: "#/$defs/node",
};

test.each([
  [
    "nested objects",
    {
      type: "object",
      properties: { a: { type: "object", properties: { b: { type: "boolean" } }, required: ["b"] } },
      required: ["a"],
    },
  ],
  [
    "enum and const",
    { type: "object", properties: { a: { enum: ["x", "y"] }, b: { const: 4 } }, required: ["a", "b"] },
  ],
  [
    "bounds",
    {
      type: "object",
      properties: {
        n: { type: "integer", minimum: 5, maximum: 7 },
        x: { type: "number", exclusiveMinimum: 1, exclusiveMaximum: 2 },
        s: { type: "string", minLength: 9, maxLength: 12 },
      },
      required: ["n", "x", "s"],
    },
  ],
  ["arrays", { type: "array", items: { type: "integer", multipleOf: 5 }, minItems: 3, maxItems: 4 }],
  ["an array that must be empty", { type: "array", items: { type: "string" }, maxItems: 0 }],
  [
    "allOf",
    {
      allOf: [
        { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
        { properties: { b: { type: "number" } }, required: ["b"] },
      ],
    },
  ],
  ["null or a string", { type: ["null", "string"] }],
  ["references that end", node],
])("%s", (_, schema) => {
  expect(
    ajv.validate(schema, schemaInstance(schema, "What is the weather in Oslo, 33 of them?")),
    ajv.errorsText(),
  ).toBe(true);
});

test("what the prompt mentions is preferred", () => {
  const schema = {
    type: "object",
    properties: { city: { type: "string" }, unit: { enum: ["kelvin", "celsius"] }, days: { type: "integer" } },
    required: ["city", "unit", "days"],
  };
  expect(schemaInstance(schema, "The weather in Oslo, in celsius, for 3 days")).toEqual({
    city: "Oslo",
    unit: "celsius",
    days: 3,
  });
});

test("whatever the schema is, it ends and does not throw", () => {
  fc.assert(fc.property(fc.jsonValue(), (schema) => JSON.stringify(schemaInstance(schema)) !== ""));
  const endless = { type: "object", properties: { a: { $ref: "#" }, b: { $ref: "#" } }, required: ["a", "b"] };
  expect(JSON.stringify(schemaInstance(endless)).length).toBeLessThan(500_000);
  expect(schemaInstance({ $ref: "#" })).toBeNull();
});
