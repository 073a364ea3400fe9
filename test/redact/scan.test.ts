/** The last look over files: how long it takes, and what it leaves alone. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { overwriteSecrets } from "../../src/redact/scan.js";

const KEY = "sk-abcdef0123456789";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twintail-scan-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("finds a key on the border of two pieces, in every form, and counts the places", () => {
  const MiB = 1 << 20;
  const file = join(folder, "report.html");
  const encoded = Buffer.from(`xy${KEY}`).toString("base64");
  writeFileSync(file, `${"y".repeat(MiB - 5)}${KEY}${"y".repeat(MiB)}${encodeURIComponent(KEY)} ${encoded}`);
  expect(overwriteSecrets(folder, [KEY])).toEqual([{ path: file, count: 3 }]);
  const text = readFileSync(file, "latin1");
  expect(text).not.toContain(KEY);
  // What was base64 is base64 still.
  expect(Buffer.from(text.slice(-encoded.length), "base64")).toHaveLength(KEY.length + 2);
});

test("follows no link, and touches nothing that twintail does not write", () => {
  const outside = join(folder, ".env");
  writeFileSync(outside, KEY);
  symlinkSync(outside, join(folder, "report.json"));
  expect(overwriteSecrets(folder, [KEY])).toEqual([]);
  expect(overwriteSecrets(join(folder, "missing"), [KEY])).toEqual([]);
  expect(readFileSync(outside, "latin1")).toBe(KEY);
});

test("looks through a folder that is named by a link", () => {
  const run = join(folder, "run");
  mkdirSync(run);
  writeFileSync(join(run, "report.md"), KEY);
  symlinkSync(run, join(folder, "latest"));
  expect(overwriteSecrets(join(folder, "latest"), [KEY])).toEqual([
    { path: join(folder, "latest", "report.md"), count: 1 },
  ]);
  expect(readFileSync(join(run, "report.md"), "latin1")).not.toContain(KEY);
});

test("takes no longer than reading does: ten megabytes in well under a second", () => {
  writeFileSync(join(folder, "recording.jsonl"), JSON.stringify({ text: "some words ".repeat(1_000) }).repeat(950));
  const started = performance.now();
  expect(overwriteSecrets(folder, [KEY, "another-key-0123456789"])).toEqual([]);
  expect(performance.now() - started).toBeLessThan(1_000);
});
