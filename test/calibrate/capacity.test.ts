/** A twentieth of `npm run calibrate:capacity`: a sweep of each mix and tier finds the capacity that the engine has. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/calibrate-capacity.mjs", import.meta.url));

it("finds every knee within a tenth of the known capacity, says how sure it is, and plans the replicas that it takes", {
  timeout: 180_000,
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, "--short", "--json"]);
  const { lines } = JSON.parse(stdout) as {
    lines: { mix: string; tier: string; loop: string; worst: number; covered: number; right: number; sweeps: number }[];
  };
  expect(lines.map(({ mix, tier, loop }) => `${mix}, ${tier}, ${loop}`)).toHaveLength(6);
  for (const { worst, covered, right, sweeps } of lines) {
    expect(worst).toBeLessThan(0.1);
    expect([covered, right]).toEqual([sweeps, sweeps]);
  }
});
