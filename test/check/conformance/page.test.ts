/** docs/wire.md is what its generator writes: `npm run docs` after a rule has changed. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { NO_FINDING } from "../../../src/check/conformance/no-finding.js";
import { SUBJECTS } from "../../../src/check/conformance/rule.js";
import { NAMED_RULES } from "../../../src/check/conformance/rules.js";
import { ANOMALIES } from "../../../src/decode/anomaly.js";

const SCRIPT: string = new URL("../../../scripts/wire-table.mjs", import.meta.url).href;

test("the page of findings is up to date and names every rule", async () => {
  const { wirePage } = (await import(SCRIPT)) as { wirePage(catalogue: object): string };
  const page = wirePage({ rules: NAMED_RULES, subjects: SUBJECTS, noFinding: NO_FINDING, anomalies: ANOMALIES });
  expect(readFileSync(new URL("../../../docs/wire.md", import.meta.url), "utf8")).toBe(page);
  for (const { id } of NAMED_RULES) expect(page).toContain(`| \`${id}\` |`);
});
