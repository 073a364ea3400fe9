/** A twentieth of `npm run calibrate:capacity`: a sweep of each mix, tier and loop finds the capacity that the engine has. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/calibrate-capacity.mjs", import.meta.url));

it("finds every knee within a tenth of the known capacity, and says how sure it is", { timeout: 180_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, "--short", "--json"]);
  const { lines } = JSON.parse(stdout) as {
    lines: { mix: string; tier: string; loop: string; worst: number; covered: number; sweeps: number }[];
  };
  expect(lines.map(({ mix, tier, loop }) => `${mix}, ${tier}, ${loop}`)).toHaveLength(8);
  for (const { worst, covered, sweeps } of lines) {
    expect(worst).toBeLessThan(0.1);
    expect(covered).toBe(sweeps);
  }
});
