/** Recordings of shards on disk, for tests that merge them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type MergedRun, type MergeOptions, mergeShards } from "../../src/merge.js";
import type { RecordingLine } from "../../src/recording/recording.js";
import { splitIntoShards } from "./split-shards.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-shards-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

export const fresh = (): string => join(folder, String(files++));

/** A run folder with these lines. */
export function written(lines: readonly unknown[], at = fresh()): string {
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, "recording.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return at;
}

export const linesOf = (file: string): RecordingLine[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordingLine);

/** A recording cut into shards, and the folder of each. */
export const shardsOf = (lines: readonly RecordingLine[], count: number): string[] =>
  splitIntoShards(lines, count).map((own) => written(own));

export const merged = (paths: readonly string[], more: MergeOptions = {}): MergedRun =>
  mergeShards(paths, { folder: fresh(), ...more });
