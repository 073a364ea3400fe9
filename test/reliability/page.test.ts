/** docs/reliability.md is what its generator writes: `npm run docs` after a scenario has changed. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SCENARIOS } from "./catalogue.js";
import { AREAS } from "./scenario.js";

const SCRIPT: string = new URL("../../scripts/reliability-table.mjs", import.meta.url).href;
const PAGE = new URL("../../docs/reliability.md", import.meta.url);

test("the page of faults is up to date", async () => {
  const { reliabilityPage } = (await import(SCRIPT)) as { reliabilityPage(catalogue: object): string };
  const page = reliabilityPage({ areas: AREAS, scenarios: SCENARIOS });
  if (process.env.TWINTAIL_DOCS === "write") writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, "utf8")).toBe(page);
  expect(page.match(/^\| [^-w]/gm)?.length ?? 0).toBeGreaterThanOrEqual(SCENARIOS.length - 5);
});

test("every area has scenarios, and each is told once, in one sentence without its full stop", () => {
  expect(SCENARIOS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(SCENARIOS.map(({ area }) => area))).toEqual(new Set(Object.keys(AREAS)));
  expect(new Set(SCENARIOS.map(({ area, fault }) => `${area} ${fault}`)).size).toBe(SCENARIOS.length);
  for (const { fault, outcome } of SCENARIOS) {
    expect(fault).toMatch(/^\S.*[^.\s]$/);
    expect(outcome).toMatch(/^\S.*[^.\s]$/);
  }
});
