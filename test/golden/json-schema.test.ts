import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { goldenSetJsonSchema } from "../../src/golden/json-schema.js";
import { BUNDLED_GOLDEN_SET } from "../../src/golden/load.js";
import { ONE_CASE } from "./sets.js";

const validate = new Ajv({ allowUnionTypes: true }).compile(goldenSetJsonSchema());

describe("the JSON Schema for editors", () => {
  test("is the one that is published", () => {
    const file = new URL("../../goldens/golden-set.schema.json", import.meta.url);
    expect(readFileSync(file, "utf8")).toBe(`${JSON.stringify(goldenSetJsonSchema(), null, 2)}\n`);
  });

  test("accepts the bundled set as it is written, includes and all", () => {
    validate(parse(readFileSync(BUNDLED_GOLDEN_SET, "utf8")));
    expect(validate.errors).toBeNull();
  });

  test("accepts an include where a value may stand", () => {
    expect(validate(parse(ONE_CASE.replace("Say hello.", "{ $file: hello.md }")))).toBe(true);
    expect(validate(parse(ONE_CASE.replace("Say hello.", "{ $filler: { words: 10 } }")))).toBe(true);
    expect(validate(parse(ONE_CASE.replace("Say hello.", "{ $fill: { words: 10 } }")))).toBe(false);
  });

  test("refuses unknown keys", () => {
    expect(validate(parse(ONE_CASE.replace("detects", "detect")))).toBe(false);
    expect(validate(parse(ONE_CASE.replace("contains", "contain")))).toBe(false);
    expect(validate(parse(ONE_CASE))).toBe(true);
  });
});
