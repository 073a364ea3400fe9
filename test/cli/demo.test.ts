/** The demonstration as its user starts it: alone on the machine, since what it measures is held against what is known. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Summary } from "../../src/report/summary.js";
import { typedIn } from "../typed.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-demo-"));
afterAll(() => rmSync(folder, { recursive: true }));

const twintail = (args: readonly string[]) => typedIn(folder, args);

describe("demo", () => {
  it("needs no network, takes under a minute, and finds the tiers' decode rates", { timeout: 120_000 }, async () => {
    const started = Date.now();
    const { code, out, err } = await twintail(["demo", "--out", "demo", "--json"]);
    expect(code).toBe(0);
    expect(Date.now() - started).toBeLessThan(90_000);
    expect(err).toMatch(/The demo exits 0 whatever its verdict; a run that ends like this one exits \d\./);
    expect(err).toMatch(/Open {2}file:\/\/\/.*report\.html/);
    const summary = JSON.parse(out) as Summary;
    const rate = (side: "baseline" | "candidate"): number => summary.metrics.decode_rate?.solo?.[side]?.mean ?? 0;
    // The figure is within 1 % on a quiet machine; a busy one may stall a stream for a moment.
    expect(Math.abs(rate("candidate") / 118.9 - 1)).toBeLessThan(0.05);
    expect(Math.abs(rate("baseline") / 106.6 - 1)).toBeLessThan(0.05);
    expect(summary.cold.baseline.map(({ verdict }) => verdict)).toEqual(["cold"]);
    expect(summary.cold.candidate.map(({ verdict }) => verdict)).toEqual(["cold"]);
    expect(summary.metrics.ttfa?.warm?.candidate?.n).toBeGreaterThan(59);
    expect(summary.metrics.ttfa?.warm?.candidate?.p95).toBeGreaterThan(0);
    expect(summary.rates.expectations?.candidate.share).toBe(1);
    expect(summary.run.labels).toHaveLength(2);
    // A busy machine may take the latency gates' answer away, and no more.
    const contract = summary.gates.filter(({ kind }) => kind === "contract");
    expect(contract.map(({ text, result }) => [text, result])).toEqual([
      ["tool_calls drop < 0.15", "pass"],
      ["errors rate < 0.05", "pass"],
      ["flips regressed == 0", "pass"],
      ["findings{severity=breaks} new == 0", "pass"],
    ]);
    expect(summary.gates.filter(({ result }) => result === "fail" || result === "inconclusive")).toEqual([]);
    const [run] = readdirSync(join(folder, "demo"));
    expect(readdirSync(join(folder, "demo", run as string)).sort()).toEqual([
      "exchanges.csv",
      "junit.xml",
      "recording.jsonl",
      "report.html",
      "report.json",
      "report.md",
      "tails",
    ]);
  });
});
