import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { compareRuns } from "../../src/compare-runs.js";
import { trendOf } from "../../src/history/trend.js";
import { runComparisonJsonSchema } from "../../src/report/run-comparison.js";
import { trendJsonSchema } from "../../src/report/trend-summary.js";
import { night } from "./nights.js";
import { failed, usual, writeRun } from "./recordings.js";

const errorsOf = (schema: Record<string, unknown>, value: unknown): unknown => {
  const validate = new Ajv2020({ strict: false }).compile(schema);
  validate(JSON.parse(JSON.stringify(value)));
  return validate.errors ?? [];
};

test("trend --json is what its published schema says", () => {
  const nights = Array.from({ length: 18 }, (_, index) =>
    night(index, {
      ratios: { ttfa: index === 5 ? null : 1 + (index % 3) / 50 + (index > 15 ? 1 : 0) },
      models: { candidate: index > 3 ? "b" : "a" },
      more: index === 0 ? { settingsDigest: "sha256:00" } : {},
    }),
  );
  const summary = trendOf({ nights, unreadable: [{ line: 3, why: "cut off by a kill" }] });
  expect(errorsOf(trendJsonSchema(), summary)).toEqual([]);
  expect(errorsOf(trendJsonSchema(), { ...summary, verdict: "maybe" })).not.toEqual([]);
});

test("compare.json is what its published schema says", () => {
  const folder = mkdtempSync(join(tmpdir(), "twintail-schema-"));
  try {
    const broken = writeRun(folder, "newer", (place) => (place.caseId === "two" ? failed() : usual(1)(place)));
    const comparison = compareRuns(writeRun(folder, "older", usual()), broken);
    expect(errorsOf(runComparisonJsonSchema(), comparison)).toEqual([]);
    expect(errorsOf(runComparisonJsonSchema(), { ...comparison, older: null })).not.toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
