import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Night } from "../../src/history/night.js";
import { addNight, checkHistory, readNights, readNightsIfAny } from "../../src/history/nights-file.js";
import { night } from "./nights.js";

const counts = (count: number, of: number) => ({
  baseline: { count: 0, of: 3 },
  candidate: { count, of },
  better: "lower",
  difference: 0,
});

let folder: string;
let file: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "twintail-history-")), "history");
  file = join(folder, "nights.jsonl");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

describe("a history", () => {
  it("is appended to a line at a time, for its owner alone, and never changed", () => {
    expect(addNight(folder, night(0))).toBe(true);
    const first = readFileSync(file, "utf8");
    expect(addNight(folder, night(1))).toBe(true);
    expect(readFileSync(file, "utf8").startsWith(first)).toBe(true);
    expect([statSync(folder).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(readNights(folder).nights).toEqual([night(0), night(1)]);
  });

  it("has each run once", () => {
    addNight(folder, night(0));
    expect(addNight(folder, { ...night(0), verdict: "fail" })).toBe(false);
    expect(readFileSync(file, "utf8").split("\n")).toHaveLength(2);
    // Two runs that ended at once may both have been appended.
    appendFileSync(file, readFileSync(file, "utf8"));
    expect(readNights(folder).nights).toHaveLength(1);
  });

  it("takes a later look at a run in place of the earlier one, and no earlier one back", () => {
    const again = { ...night(0), look: 2, verdict: "fail" as const };
    expect([addNight(folder, night(0)), addNight(folder, again), addNight(folder, night(0))]).toEqual([
      true,
      true,
      false,
    ]);
    expect(readNights(folder).nights).toEqual([again]);
  });

  it.each<[string, (line: Night) => unknown, string]>([
    ["a negative count", (line) => ({ ...line, rates: { errors: counts(-5, 3) } }), "rates.errors.candidate.count"],
    ["half an error", (line) => ({ ...line, rates: { errors: counts(0.5, 3) } }), "rates.errors.candidate.count"],
    ["a count without end", (line) => ({ ...line, rates: { errors: counts(1, 1e15) } }), "rates.errors.candidate.of"],
    ["a cost below 0", (line) => ({ ...line, cost: { baseline: -1e9, candidate: 0 } }), "cost.baseline"],
    ["no object", () => null, ""],
  ])("leaves out a line with %s, which would spoil a series or the month's cost", (_name, change, where) => {
    addNight(folder, night(0));
    appendFileSync(file, `${JSON.stringify(change(night(1)))}\n`);
    expect(readNights(folder).unreadable).toEqual([
      { line: 2, why: where === "" ? "not a night" : `not a night: ${where}` },
    ]);
  });

  it("is read by the moment at which runs began, in whatever order they were added", () => {
    for (const index of [2, 0, 1]) addNight(folder, night(index));
    expect(readNights(folder).nights.map(({ createdAt }) => createdAt.slice(8, 10))).toEqual(["01", "02", "03"]);
  });

  it("survives a line that was torn by a kill: it is named, and the next night stands on a line of its own", () => {
    addNight(folder, night(0));
    appendFileSync(file, JSON.stringify(night(1)).slice(0, 300));
    expect(readNights(folder)).toMatchObject({
      nights: [{ runId: night(0).runId }],
      unreadable: [{ line: 2, why: "cut off by a kill" }],
    });
    expect(addNight(folder, night(2))).toBe(true);
    expect(readNights(folder)).toMatchObject({
      nights: [{ runId: night(0).runId }, { runId: night(2).runId }],
      unreadable: [{ line: 2, why: "not a line of JSON" }],
    });
  });

  it("names what is no night, and what a newer version wrote", () => {
    addNight(folder, night(0));
    appendFileSync(file, `[]\nnull\n${JSON.stringify({ ...night(1), schemaVersion: 2 })}\n`);
    appendFileSync(file, `${JSON.stringify({ ...night(1), createdAt: "yesterday" })}\n`);
    const { nights, unreadable } = readNights(folder);
    expect(nights).toHaveLength(1);
    expect(unreadable.map(({ line, why }) => `${line} ${why}`)).toEqual([
      "2 not a night",
      "3 not a night",
      "4 made by a newer twintail",
      "5 not a night: createdAt",
    ]);
  });

  it("keeps nights that have keys of a later version", () => {
    addNight(folder, { ...night(0), weather: "rain" } as never);
    expect(readNights(folder).nights).toHaveLength(1);
  });

  it("that is not there, is empty, or holds no night is an error with what to do", () => {
    expect(() => readNights(folder)).toThrow(/there is no nights\.jsonl; add a night with twintail run --history/);
    expect(readNightsIfAny(folder)).toEqual({ nights: [], unreadable: [] });
    checkHistory(folder);
    expect(() => readNights(folder)).toThrow(/there is no night in it/);
    writeFileSync(file, "hello\nworld\n");
    expect(() => readNights(folder)).toThrow(/no line of it is a night: not a line of JSON/);
  });

  it("that cannot be written is known before a run", () => {
    mkdirSync(join(folder, ".."), { recursive: true });
    writeFileSync(folder, "a file");
    expect(() => checkHistory(folder)).toThrow(/the history cannot be written \((?:EEXIST|ENOTDIR)\)/);
    expect(() => addNight(folder, night(0))).toThrow(/history cannot be (?:written|read)/);
    chmodSync(folder, 0o600);
  });
});
