/** A twentieth of `npm run calibrate`: the promises of docs/verdicts.md, with room for the chance of so few runs. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/calibrate.mjs", import.meta.url));
const PAGE = fileURLToPath(new URL("../../docs/verdicts.md", import.meta.url));

interface Line {
  readonly group: string;
  readonly figure: string;
  readonly target: string;
  readonly seen: number;
  readonly met: boolean;
}

it("holds what is promised of verdicts, in a twentieth of the simulated runs", { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, "--short", "--json"]);
  const { lines } = JSON.parse(stdout) as { lines: Line[] };
  expect(lines.filter(({ met }) => !met)).toEqual([]);
  expect(lines.length).toBeGreaterThan(20);
  // The page has a line for each, so that a figure without its simulation, or the other way round, is found.
  const page = readFileSync(PAGE, "utf8");
  for (const { group, figure, target } of lines) {
    expect(page).toContain(group);
    expect(page).toContain(`| ${figure} | ${target} |`);
  }
});
