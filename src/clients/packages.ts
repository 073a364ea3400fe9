/** The packages of an SDK as they are installed: where, in which version, and for which Node.js. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TwintailError } from "../core/errors.js";
import { satisfiesNode } from "./node-range.js";
import type { SdkName } from "./sdk-choice.js";

/** The packages that make up a client, the one that is named first. */
export const PACKAGES: Readonly<Record<SdkName, readonly string[]>> = {
  openai: ["openai"],
  ai: ["ai", "@ai-sdk/openai-compatible"],
};

interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** `engines.node`, where it is given. */
  readonly node: string | null;
}

export interface InstalledSdk {
  readonly name: SdkName;
  /** A file in whose place `import "openai"` finds it. */
  readonly importedFrom: string;
  /** Package name → exact version. */
  readonly versions: Readonly<Record<string, string>>;
  /** Why it cannot run here; null when it can. */
  readonly unusable: string | null;
}

/** Finds the packages of an SDK as Node.js would from a folder. @throws TwintailError when one is not there. */
export function findSdk(name: SdkName, folder: string): InstalledSdk {
  const found = PACKAGES[name].map((each) => {
    const installed = findPackage(each, folder);
    if (installed !== null) return installed;
    throw new TwintailError({
      cause: `${each} is not installed there`,
      place: folder,
      remedy: `name a folder whose node_modules has ${PACKAGES[name].join(" and ")}`,
    });
  });
  const tooNew = found.find(({ node }) => node !== null && !satisfiesNode(node, process.versions.node));
  return {
    name,
    importedFrom: join(folder, "package.json"),
    versions: Object.fromEntries(found.map((each) => [each.name, each.version])),
    unusable:
      tooNew === undefined
        ? null
        : `${tooNew.name} ${tooNew.version} needs Node ${tooNew.node}, and this is ${process.versions.node}`,
  };
}

/** One package as Node.js would find it from a folder, or the folder itself; null when it is not there. */
export function findPackage(name: string, folder: string): InstalledPackage | null {
  const own = readPackage(folder);
  if (own?.name === name) return own;
  for (let at = folder; ; at = dirname(at)) {
    const found = readPackage(join(at, "node_modules", name));
    if (found !== null) return found;
    if (at === dirname(at)) return null;
  }
}

function readPackage(folder: string): InstalledPackage | null {
  try {
    const { name, version, engines } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      name?: unknown;
      version?: unknown;
      engines?: { node?: unknown };
    };
    const node = engines?.node;
    return {
      name: String(name),
      version: String(version).slice(0, 60),
      node: typeof node === "string" ? node.slice(0, 60) : null,
    };
  } catch {
    return null;
  }
}
