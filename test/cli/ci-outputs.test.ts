import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ciExit, ciOutputs } from "../../src/cli/ci-outputs.js";
import { guardedIo, type Io } from "../../src/cli/terminal-io.js";
import { SUMMARY_LIMIT_BYTES } from "../../src/report/github.js";
import { commandsIn, outputsIn } from "../ci/runner.js";
import { gate, gatedReport } from "../report/gated.js";

let folder: string;
let said: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twintail-outputs-"));
  said = "";
  mkdirSync(join(folder, "repository/bench"), { recursive: true });
  writeFileSync(join(folder, "repository/bench/twintail.yaml"), "");
  for (const name of ["summary", "output"]) writeFileSync(join(folder, name), "");
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (name: string): string => readFileSync(join(folder, name), "utf8");

function io(more: Readonly<Record<string, string>> = {}): Io {
  const stream = { write: (text: string) => (said += text) };
  return guardedIo({
    stdout: stream,
    stderr: stream,
    environment: {
      GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: join(folder, "repository"),
      GITHUB_STEP_SUMMARY: join(folder, "summary"),
      GITHUB_OUTPUT: join(folder, "output"),
      ...more,
    },
    onInterrupt: () => () => {},
  });
}

const FAILED = gatedReport([gate()], "fail");
const config = () => join(folder, "repository/bench/twintail.yaml");

describe("on GitHub", () => {
  it("a judged run leaves its annotations, its summary and its outputs", () => {
    ciOutputs(FAILED, { folder: join(folder, "results/one"), config: config() }, io());
    expect(commandsIn(said)).toMatchObject([
      { name: "error", properties: { file: "bench/twintail.yaml", line: "31", col: "5" } },
    ]);
    expect(read("summary")).toContain("# Fail: ttfa shift");
    expect(outputsIn(read("output"))).toEqual({ verdict: "fail", report: join(folder, "results/one") });
  });

  it("what was there stays, and a second command adds to it", () => {
    writeFileSync(join(folder, "summary"), "# of another tool");
    writeFileSync(join(folder, "output"), "before=1\n");
    const given = io();
    ciOutputs(FAILED, { folder: join(folder, "one") }, given);
    ciOutputs(gatedReport([], "pass"), { folder: join(folder, "two") }, given);
    expect(read("summary")).toMatch(/^# of another tool\n\n#? ?[\s\S]*# Fail: [\s\S]*# Pass/);
    expect(outputsIn(read("output"))).toEqual({ before: "1", verdict: "pass", report: join(folder, "two") });
  });

  it("a score that writes no files names no folder", () => {
    ciOutputs(gatedReport([], null), {}, io());
    expect(outputsIn(read("output"))).toEqual({ verdict: "none" });
    expect(said).toBe("");
  });

  it("a configuration is named by its place in the repository, also through a link, and not when it is outside", () => {
    const fileOf = (path: string): string | undefined => {
      said = "";
      ciOutputs(FAILED, { config: path }, io());
      return commandsIn(said)[0]?.properties.file;
    };
    symlinkSync(join(folder, "repository"), join(folder, "linked"));
    writeFileSync(join(folder, "twintail.yaml"), "");
    expect(fileOf(join(folder, "linked/bench/twintail.yaml"))).toBe("bench/twintail.yaml");
    expect(fileOf(join(folder, "twintail.yaml"))).toBeUndefined();
    expect(commandsIn(said)).toHaveLength(1);
  });

  it("a full summary is left as it is, and said", () => {
    const full = "x".repeat(SUMMARY_LIMIT_BYTES - 5);
    writeFileSync(join(folder, "summary"), full);
    ciOutputs(FAILED, {}, io());
    expect(read("summary")).toBe(full);
    expect(said).toContain("GITHUB_STEP_SUMMARY: full");
  });

  it("files that cannot be written are said, and end nothing", () => {
    const nowhere = join(folder, "no/such/folder");
    ciOutputs(FAILED, {}, io({ GITHUB_STEP_SUMMARY: nowhere, GITHUB_OUTPUT: nowhere }));
    expect(said).toContain("GITHUB_STEP_SUMMARY: cannot be written (ENOENT)");
    expect(said).toContain("GITHUB_OUTPUT: cannot be written (ENOENT)");
    ciOutputs(FAILED, {}, io({ GITHUB_STEP_SUMMARY: "", GITHUB_OUTPUT: "" }));
  });

  it("the exit code of a judging command is an output", () => {
    expect([ciExit(["run"], 3, io()), ciExit(["check"], 2, io()), ciExit([], 0, io())]).toEqual([3, 2, 0]);
    expect(outputsIn(read("output"))).toEqual({ "exit-code": "3" });
  });
});

it("elsewhere nothing is written", () => {
  for (const value of ["", "false"]) {
    ciOutputs(FAILED, { config: config() }, io({ GITHUB_ACTIONS: value }));
    ciExit(["run"], 1, io({ GITHUB_ACTIONS: value }));
  }
  expect([said, read("summary"), read("output")]).toEqual(["", "", ""]);
});
