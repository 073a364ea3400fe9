import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TwintailError } from "../../src/core/errors.js";
import { writeReport } from "../../src/report/write.js";
import { emptyReport } from "./sample-extremes.js";
import { sampleReport } from "./sample-report.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twintail-report-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("writes every file for its owner alone, and leaves no other", () => {
  const run = join(folder, "runs", "one");
  const paths = writeReport(sampleReport(), run);
  expect(paths.map((path) => path.slice(run.length + 1))).toEqual([
    "report.json",
    "report.html",
    "report.md",
    "junit.xml",
    "exchanges.csv",
    "tails/ttft.warm.baseline.hgrm",
    "tails/ttft.warm.candidate.hgrm",
  ]);
  for (const path of paths) expect(statSync(path).mode & 0o777).toBe(0o600);
  for (const each of [run, join(run, "tails")]) expect(statSync(each).mode & 0o777).toBe(0o700);
  expect(readdirSync(run).sort()).toEqual([
    "exchanges.csv",
    "junit.xml",
    "report.html",
    "report.json",
    "report.md",
    "tails",
  ]);
});

test("replaces an earlier report whole", () => {
  writeFileSync(join(folder, "report.json"), "old", { mode: 0o644 });
  writeReport(sampleReport(), folder);
  expect(JSON.parse(readFileSync(join(folder, "report.json"), "utf8")).schemaVersion).toBe(1);
  expect(statSync(join(folder, "report.json")).mode & 0o777).toBe(0o600);
});

test("without tails there is no folder for them", () => {
  writeReport(emptyReport(), folder);
  expect(readdirSync(folder)).not.toContain("tails");
});

test("a tail file cannot leave its folder", () => {
  const report = sampleReport();
  const tailFiles = [{ name: "../../outside.hgrm", text: "" }];
  const paths = writeReport({ ...report, details: { ...report.details, tailFiles } }, folder);
  expect(paths.at(-1)).toBe(join(folder, "tails", basename("outside.hgrm")));
});

test("a folder that cannot be made is an error with its place", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(() => writeReport(sampleReport(), join(file, "run"))).toThrow(TwintailError);
});
