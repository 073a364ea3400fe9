/** deploy/Dockerfile, as far as that goes without an engine: what it copies is there, builds, and starts. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT, read } from "./manifests.js";

interface Instruction {
  readonly name: string;
  readonly text: string;
}

const instructions: readonly Instruction[] = read("deploy/Dockerfile")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [name = "", ...rest] = line.split(" ");
    return { name, text: rest.join(" ") };
  });
const textsOf = (wanted: string): string[] =>
  instructions.filter(({ name }) => name === wanted).map(({ text }) => text);
const own = JSON.parse(read("package.json"));

/** Of each COPY: from which stage, what, and where to. */
const copies = textsOf("COPY").map((text) => {
  const words = text.split(" ");
  const from = /^--from=(\w+)$/.exec(words[0] ?? "")?.[1];
  const paths = from === undefined ? words : words.slice(1);
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? "" };
});

const place = mkdtempSync(join(tmpdir(), "twintail-image-"));
afterAll(() => rmSync(place, { recursive: true }));

test("every path that it copies is there, and let through by .dockerignore", () => {
  const [first, ...allowed] = read(".dockerignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(first).toBe("*");
  const copied = copies.filter(({ from }) => from === undefined).flatMap(({ sources }) => sources);
  for (const path of copied) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  expect([...new Set(copied)].map((path) => `!${path}`).sort()).toEqual([...allowed].sort());
});

test("its stages are of a Node that the package supports, of one version, and are all used", () => {
  const stages = textsOf("FROM").map((text) => /^node:(\d+)-slim(?: AS (\w+))?$/.exec(text) ?? []);
  const versions = new Set(stages.map(([, version]) => Number(version)));
  expect(versions.size).toBe(1);
  expect([...versions][0]).toBeGreaterThan(Number(/>=(\d+)/.exec(own.engines.node)?.[1]));
  const named = stages.flatMap(([, , name]) => name ?? []);
  expect(new Set(copies.flatMap(({ from }) => from ?? []))).toEqual(new Set(named));
});

test("it installs what the lock file says, runs no package's scripts, and keeps nothing for development", () => {
  const [build, dependencies] = textsOf("RUN").filter((text) => text.startsWith("npm ci"));
  for (const text of [build, dependencies]) expect(text).toContain("--ignore-scripts");
  expect(dependencies).toContain("--omit=dev");
  const modules = copies.find(({ target }) => target.endsWith("/node_modules/"));
  expect(modules?.from).toBe("dependencies");
});

test("it starts the package's own command, as nobody in particular", () => {
  const [entry = ""] = textsOf("ENTRYPOINT");
  expect(JSON.parse(entry)).toEqual(["node", `/app/${own.bin.twintail}`]);
  expect(textsOf("USER")).toEqual(["1000:1000"]);
  expect(instructions.at(-1)?.name).toBe("CMD");
});

test("what it copies builds, and the result starts without the rest of the checkout", { timeout: 240_000 }, () => {
  const [build, image] = [join(place, "build"), join(place, "app")];
  const copy = (path: string, from: string, to: string): void =>
    cpSync(join(from, path), join(to, path), { recursive: true });
  const ofCheckout = copies.filter(({ from }) => from === undefined);
  for (const path of ofCheckout.flatMap(({ sources }) => sources)) copy(path, ROOT, build);
  symlinkSync(join(ROOT, "node_modules"), join(build, "node_modules"));
  const [script] = textsOf("RUN").filter((text) => !text.startsWith("npm ci"));
  const built = spawnSync("bash", ["-c", script ?? "exit 1"], { cwd: build, encoding: "utf8" });
  expect([built.status, built.stderr]).toEqual([0, ""]);

  for (const path of ofCheckout.at(-1)?.sources ?? []) copy(path, ROOT, image);
  for (const { sources } of copies.filter(({ from }) => from === "build"))
    for (const path of sources) copy(path.replace("/app/", ""), build, image);
  symlinkSync(join(ROOT, "node_modules"), join(image, "node_modules"));
  const start = (...args: string[]) =>
    spawnSync(process.execPath, [join(image, own.bin.twintail), ...args], { cwd: place, encoding: "utf8" });
  expect(start("--version").stdout).toBe(`${own.version}\n`);
  expect(start("init").status).toBe(0);
  expect(start("check").stdout).toMatch(/^ok$/m);
  expect(existsSync(join(image, "goldens/migration.yaml"))).toBe(true);
});
