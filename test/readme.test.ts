import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXPECTATIONS } from "../src/check/expect/registry.js";
import { ExitCode } from "../src/core/errors.js";
import { METRICS } from "../src/measure/catalogue.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

describe("the README", () => {
  it("carries the metric table of the code, row for row", () => {
    const rows = METRICS.map(
      ({ name, unit, better, formula, noValueWhen }) =>
        `| \`${name}\` | ${unit} | ${better === "neither" ? "–" : better} | ${formula} | ${noValueWhen} |`,
    );
    const table = readme.slice(readme.indexOf("| metric | unit |"));
    expect(table.split("\n").slice(2, 2 + rows.length)).toEqual(rows);
    expect(table.split("\n")[2 + rows.length]).toBe("");
  });

  it("names every exit code", () => {
    for (const code of Object.values(ExitCode))
      expect([code, new RegExp(`(\\| |^|and )${code} (\\||\\()`, "m").test(readme)]).toEqual([code, true]);
  });

  it("names every expectation", () => {
    for (const { name } of EXPECTATIONS) expect(readme).toContain(`\`${name}\``);
  });
});
