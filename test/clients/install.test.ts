import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cachedFolder, locateSdk, sdkCacheFolder } from "../../src/clients/cache.js";
import { installSdk } from "../../src/clients/install.js";
import { satisfiesNode } from "../../src/clients/node-range.js";
import { findNpm } from "../../src/clients/npm.js";
import { parseSdkChoices, type SdkChoice } from "../../src/clients/sdk-choice.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-install-"));
afterAll(() => rmSync(folder, { recursive: true }));
const NPM = { environment: {} };
let caches = 0;
const freshCache = (): string => join(folder, `cache-${caches++}`, "sdks");

const one = (text: string): SdkChoice => parseSdkChoices(text)[0] as SdkChoice;

/** Stands for npm: writes the packages it is asked for, in the versions given. */
function installer(versions: Readonly<Record<string, string>>, asked: string[] = []) {
  return async (at: string, packages: readonly string[]): Promise<void> => {
    asked.push(...packages);
    for (const [name, version] of Object.entries(versions)) {
      mkdirSync(join(at, "node_modules", name), { recursive: true });
      writeFileSync(join(at, "node_modules", name, "package.json"), JSON.stringify({ name, version }));
    }
  };
}

describe("--sdk", () => {
  it("reads versions, ranges, tags and folders, and latest where there is none", () => {
    const choices = parseSdkChoices("openai@4.20, openai, ai@^5 || 6,openai=/app,openai@4.20");
    expect(choices.map(({ name, spec, folder: at }) => [name, spec ?? at])).toEqual([
      ["openai", "4.20"],
      ["openai", "latest"],
      ["ai", "^5 || 6"],
      ["openai", "/app"],
    ]);
  });

  it.each([
    "",
    "openai@",
    "openai=",
    "lodash@4",
    "openai@git+https://x.example/y",
    "openai@npm:left@1",
    "openai@../x",
    "@ai-sdk/x@1",
  ])("refuses %j", (text) => expect(() => parseSdkChoices(text)).toThrow(/^--sdk: /));
});

describe("the cache", () => {
  it("stands where XDG says, else in the home folder", () => {
    expect(sdkCacheFolder({ XDG_CACHE_HOME: "/c" })).toBe("/c/twintail/sdks");
    expect(sdkCacheFolder({ XDG_CACHE_HOME: "" })).toMatch(/\.cache\/twintail\/sdks$/);
  });

  it("gives each choice a folder of its own, inside the cache", () => {
    const names = ["openai@4", "openai@^4", "openai@>4", "openai@<4", "openai@*", "openai@4 || 5", "ai@4"].map((text) =>
      cachedFolder("/c", one(text)),
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^\/c\/(openai|ai)@[\w.^~=+%-]+$/);
  });

  it("answers what is missing with the command that installs it", () => {
    const cache = freshCache();
    expect(() => locateSdk(one("openai@4"), cache, "twintail clients r --sdk openai@4")).toThrow(
      `${join(cache, "openai@4")}: openai@4 is not installed; run: twintail clients r --sdk openai@4 --install`,
    );
  });
});

describe("an install", () => {
  it("reports the exact version", async () => {
    const cache = freshCache();
    await installSdk(one("openai@4"), cache, NPM, installer({ openai: "4.104.0" }));
    expect(locateSdk(one("openai@4"), cache, "").versions).toEqual({ openai: "4.104.0" });
    expect(readdirSync(cache)).toEqual(["openai@4"]);
  });

  it("hands npm an absolute folder, wherever the cache was said to be", async () => {
    const cache = freshCache();
    const folders: string[] = [];
    await installSdk(one("openai@4"), relative(process.cwd(), cache), NPM, async (at, packages) => {
      folders.push(at);
      await installer({ openai: "4.1.0" })(at, packages);
    });
    expect(folders.map((at) => at.startsWith(join(cache, ".unfinished-")))).toEqual([true]);
    expect(locateSdk(one("openai@4"), relative(process.cwd(), cache), "").versions).toEqual({ openai: "4.1.0" });
  });

  it("leaves nothing behind when it fails, and keeps the copy that was there", async () => {
    const cache = freshCache();
    const broken = async (at: string): Promise<void> => {
      writeFileSync(join(at, "half"), "");
      throw new Error("no network");
    };
    await expect(installSdk(one("openai@4"), cache, NPM, broken)).rejects.toThrow("no network");
    expect(readdirSync(cache)).toEqual([]);
    await installSdk(one("openai@4"), cache, NPM, installer({ openai: "4.1.0" }));
    await expect(installSdk(one("openai@4"), cache, NPM, broken)).rejects.toThrow("no network");
    expect(locateSdk(one("openai@4"), cache, "").versions).toEqual({ openai: "4.1.0" });
  });

  it("counts only once it is complete: npm that ends well without the package is a failure", async () => {
    const cache = freshCache();
    await expect(installSdk(one("openai@4"), cache, NPM, installer({}))).rejects.toThrow(/openai is not installed/);
    expect(readdirSync(cache)).toEqual([]);
  });

  it("removes what a killed one left, but not what may still be running", async () => {
    const cache = freshCache();
    for (const name of ["old", "young"]) mkdirSync(join(cache, `.unfinished-${name}`), { recursive: true });
    utimesSync(join(cache, ".unfinished-old"), 0, 0);
    await installSdk(one("openai@4"), cache, NPM, installer({ openai: "4.1.0" }));
    expect(readdirSync(cache).sort()).toEqual([".unfinished-young", "openai@4"]);
  });

  it("resolves a range or tag anew, and an exact version once", async () => {
    const cache = freshCache();
    const asked: string[] = [];
    for (const text of ["openai@latest", "openai@latest", "openai@4.1.0", "openai@4.1.0"]) {
      await installSdk(one(text), cache, NPM, installer({ openai: `4.${asked.length}.0` }, asked));
    }
    expect(asked).toEqual(["openai@latest", "openai@latest", "openai@4.1.0"]);
    expect(locateSdk(one("openai@latest"), cache, "").versions).toEqual({ openai: "4.1.0" });
  });

  it.each([
    ["1.1.3", "^0.2.0"],
    ["2.0.5", "^1.0.0"],
    ["4.0.38", "^3.0.0"],
  ])("takes the provider that stands on the same @ai-sdk/provider %s", async (provider, range) => {
    const asked: string[] = [];
    const packages = { ai: "5.0.0", "@ai-sdk/provider": provider, "@ai-sdk/openai-compatible": "1.0.0" };
    await installSdk(one("ai@5"), freshCache(), NPM, installer(packages, asked));
    expect(asked).toEqual(["ai@5", `@ai-sdk/openai-compatible@${range}`]);
  });
});

describe("npm", () => {
  it("is found beside Node.js, else on the PATH", () => {
    const bin = join(folder, "prefix", "bin");
    const script = join(folder, "prefix", "lib", "node_modules", "npm", "bin", "npm-cli.js");
    const onPath = join(folder, "elsewhere", "node_modules", "npm", "bin", "npm-cli.js");
    for (const file of [script, onPath]) {
      mkdirSync(join(file, ".."), { recursive: true });
      writeFileSync(file, "");
    }
    mkdirSync(bin, { recursive: true });
    expect(readFileSync(findNpm({}, join(bin, "node")), "utf8")).toBe("");
    expect(findNpm({}, join(bin, "node"))).toMatch(/prefix\/lib\/node_modules/);
    expect(findNpm({ PATH: `/nowhere:${join(folder, "elsewhere")}` }, join(folder, "x", "node"))).toMatch(/elsewhere/);
    expect(() => findNpm({ PATH: "/nowhere" }, join(folder, "x", "node"))).toThrow(/npm was not found/);
  });
});

describe("engines.node", () => {
  it.each([
    [">=22", "20.20.2", false],
    [">=22.0.0", "22.0.0", true],
    [">= 18", "20.0.0", true],
    ["^18 || >=20.3", "20.2.9", false],
    ["^18 || >=20.3", "20.3.0", true],
    ["^18 || >=20.3", "18.9.0", true],
    [">=18 <21", "21.0.0", false],
    ["20.x", "20.9.0", true],
    ["20", "22.0.0", false],
    ["~20.1", "20.2.0", false],
    ["*", "20.0.0", true],
    ["whatever", "20.0.0", true],
  ])("%s against %s", (range, version, meets) => expect(satisfiesNode(range, version)).toBe(meets));
});
