import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { renderJson, reportJsonSchema } from "../../src/report/json.js";
import { summarySchema } from "../../src/report/summary.js";
import { emptyReport, troubledReport } from "./sample-extremes.js";
import { sampleReport } from "./sample-report.js";

test("the samples satisfy the schema, by zod and by JSON Schema", () => {
  const validate = new Ajv2020({ strict: false }).compile(reportJsonSchema());
  for (const { summary } of [sampleReport(), emptyReport(), troubledReport()]) {
    expect(summarySchema.parse(summary)).toEqual(summary);
    validate(JSON.parse(renderJson(summary)));
    expect(validate.errors).toBeNull();
  }
});

test("the text keeps the order of keys and ends in a line feed", () => {
  const { summary } = sampleReport();
  const text = renderJson(summary);
  expect(text.startsWith('{\n  "schemaVersion": 1,\n  "verdict": "fail",')).toBe(true);
  expect(text.endsWith("}\n")).toBe(true);
  expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(summary));
});
