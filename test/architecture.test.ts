import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "twintail-imports-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the project's import check over a small tree of its own. */
function check(files: Readonly<Record<string, string>>): { code: number | null; rules: string[] } {
  const tree = mkdtempSync(join(folder, "tree-"));
  writeFileSync(join(tree, "tsconfig.json"), "{}");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  const bin = join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const { status, stdout } = spawnSync(
    process.execPath,
    [bin, "src", "--config", join(ROOT, ".dependency-cruiser.mjs")],
    {
      cwd: tree,
      encoding: "utf8",
    },
  );
  return { code: status, rules: [...stdout.matchAll(/error (\S+):/g)].map(([, rule]) => rule as string).sort() };
}

describe("the import table of ARCHITECTURE.md", () => {
  it("has a row for every room of src/", () => {
    const table = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
    for (const room of [
      "core",
      "golden",
      "capture",
      "decode",
      "check",
      "measure",
      "compare",
      "assemble",
      "report",
      "sim",
      "cli",
    ]) {
      expect(table).toMatch(new RegExp(`^\\| \`${room}\` \\|`, "m"));
    }
  });

  it("lets a permitted import pass", () => {
    expect(
      check({
        "src/golden/a.ts": 'import { b } from "../core/b.js"; export const a = b;',
        "src/core/b.ts": "export const b = 1;",
      }),
    ).toEqual({ code: 0, rules: [] });
  });

  it("fails on a forbidden import", () => {
    const { code, rules } = check({
      "src/core/b.ts": 'import { a } from "../golden/a.js"; export const b = a;',
      "src/golden/a.ts": "export const a = 1;",
    });
    expect(code).not.toBe(0);
    expect(rules).toContain("core-imports");
  });

  it("tells types from values", () => {
    const finding = "export interface Finding { a: 1 } export const value = 1;";
    const types = check({
      "src/measure/m.ts": 'import type { Finding } from "../check/f.js"; export type M = Finding;',
      "src/check/f.ts": finding,
    });
    const values = check({
      "src/measure/m.ts": 'import { value } from "../check/f.js"; export const m = value;',
      "src/check/f.ts": finding,
    });
    expect([types.rules, values.rules]).toEqual([[], ["measure-imports-types-only"]]);
  });

  it("tells a contents page from the room of the same name", () => {
    const files = {
      "src/capture/c.ts": "export const c = 1;",
      "src/probe/p.ts": "export const p = 1;",
      "src/probe.ts":
        'import { c } from "./capture/c.js"; import { p } from "./probe/p.js"; export const page = c + p;',
    };
    expect(check(files)).toEqual({ code: 0, rules: [] });
    const room = { ...files, "src/probe/p.ts": 'import { c } from "../capture/c.js"; export const p = c;' };
    expect(check(room).rules).toContain("probe-imports");
  });

  it("fails on a room that it does not name", () => {
    expect(
      check({
        "src/utils/x.ts": 'import { b } from "../core/b.js"; export const x = b;',
        "src/core/b.ts": "export const b = 1;",
      }).rules,
    ).toContain("every-room-is-in-the-table");
  });
});
