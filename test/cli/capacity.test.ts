/** `twintail capacity` as it is typed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { main } from "../../src/cli/program.js";
import type { CapacitySummary } from "../../src/report/capacity-summary.js";
import { EXAMPLE_FILE, exampleSweep } from "../capacity/plan/example.js";
import { sweepSummary, writeSweep } from "../capacity/plan/sweeps.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-capacity-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function twintail(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await main(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    environment: {},
    onInterrupt: () => () => {},
  });
  return { code, out, err };
}

const SWEEP = writeSweep(folder, "example", exampleSweep());
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const asking = (perS: number, maxReplicas: number): string =>
  file(
    `${perS}-${maxReplicas}.yaml`,
    `tiers: [{ name: a, tier: h100x2, pricePerHour: 1, maxReplicas: ${maxReplicas} }]\ndemand: { requestsPerSecond: ${perS} }\n`,
  );

describe("twintail capacity", () => {
  it("prints the plan, and with --json nothing but that", async () => {
    const told = await twintail("capacity", EXAMPLE_FILE, SWEEP);
    expect([told.code, told.err]).toEqual([0, ""]);
    expect(told.out).toMatch(/^Recommended: dual A100/);
    const json = JSON.parse((await twintail("capacity", EXAMPLE_FILE, SWEEP, "--json")).out) as CapacitySummary;
    expect([json.schemaVersion, json.recommended]).toEqual([1, "dual A100"]);
  });

  it("writes a page", async () => {
    const page = join(folder, "plan.html");
    const { err } = await twintail("capacity", EXAMPLE_FILE, SWEEP, "--out", page);
    expect(err).toContain("plan.html");
    expect(readFileSync(page, "utf8")).toContain("<h1");
    expect((await twintail("capacity", EXAMPLE_FILE, SWEEP, "--out", page)).code).toBe(0);
  });

  it("writes no page over anything else, such as what it reads", async () => {
    const own = asking(1, 5);
    const before = readFileSync(own, "utf8");
    expect(await twintail("capacity", own, SWEEP, "--out", own)).toEqual({
      code: 2,
      out: "",
      err: `${own}: something is there already that is no HTML page; give --out a file of its own, such as plan.html\n`,
    });
    expect(readFileSync(own, "utf8")).toBe(before);
    expect((await twintail("capacity", own, SWEEP, "--out", folder)).code).toBe(2);
  });

  it("exits with 1 where no tier bears the demand, and with 3 where that cannot be told", async () => {
    expect((await twintail("capacity", asking(42, 5), SWEEP)).code).toBe(1);
    expect((await twintail("capacity", asking(42, 6), SWEEP)).code).toBe(3);
    expect((await twintail("capacity", asking(42, 7), SWEEP)).code).toBe(0);
  });

  it("refuses a mistake with its place, and a partial sweep without --allow-partial", async () => {
    const wrong = file("wrong.yaml", "tiers: [{ name: a }]\ndemand: { requestsPerSecond: 1, spar: 2 }\n");
    const { code, err } = await twintail("capacity", wrong, SWEEP);
    expect([code, err]).toEqual([2, `${wrong}:2:33: unknown key "spar" in "demand"; did you mean "spare"?\n`]);
    const partial = writeSweep(folder, "partial", sweepSummary({ verdict: "partial", reason: "killed" }));
    const plan = file(
      "plan.yaml",
      `tiers: [{ name: a, pricePerHour: 1, sweep: ${partial} }]\ndemand: { requestsPerSecond: 1 }\n`,
    );
    expect(await twintail("capacity", plan)).toMatchObject({
      code: 2,
      err: expect.stringContaining("--allow-partial"),
    });
    expect((await twintail("capacity", plan, "--allow-partial")).code).toBe(0);
  });

  it("has a help with an example", async () => {
    expect((await twintail("capacity", "--help")).out).toContain("$ twintail capacity capacity.yaml");
  });
});
