/** Downloads an SDK into the cache: into a folder of its own, which takes its name only once it is complete. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { errorCode, errorMessage, TwintailError } from "../core/errors.js";
import { cachedFolder } from "./cache.js";
import { type NpmOptions, npmInstall } from "./npm.js";
import { findPackage, findSdk } from "./packages.js";
import type { SdkChoice } from "./sdk-choice.js";

const UNFINISHED = ".unfinished-";
/** What a killed install left behind is removed by the next one, unless it may still be running. */
const LEFT_BEHIND_MS = 3_600_000;
const EXACT = /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/;

/**
 * Installs what was chosen. An exact version that is there stays; a range or tag is resolved anew, since it may mean
 * another version by now.
 * @throws TwintailError when npm fails or the folder cannot be written.
 */
export async function installSdk(
  choice: SdkChoice,
  cache: string,
  options: NpmOptions,
  install: typeof npmInstall = npmInstall,
): Promise<void> {
  if (choice.spec === undefined) return;
  const folder = cachedFolder(cache, choice);
  if (EXACT.test(choice.spec) && existsSync(folder)) return;
  // npm runs in it, and would take a relative one from there.
  const fresh = prepare(resolve(cache), folder);
  try {
    await install(fresh, [`${choice.name}@${choice.spec}`], options);
    if (choice.name === "ai") await install(fresh, [matchingProvider(fresh)], options);
    findSdk(choice.name, fresh);
    replace(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function prepare(cache: string, folder: string): string {
  try {
    mkdirSync(cache, { recursive: true });
    for (const name of readdirSync(cache).filter((each) => each.startsWith(UNFINISHED))) {
      const left = join(cache, name);
      if (Date.now() - statSync(left).mtimeMs > LEFT_BEHIND_MS) rmSync(left, { recursive: true, force: true });
    }
    const fresh = mkdtempSync(join(cache, UNFINISHED));
    writeFileSync(join(fresh, "package.json"), '{ "private": true }\n');
    return fresh;
  } catch (error) {
    throw new TwintailError({
      cause: `cannot be written (${errorCode(error) ?? errorMessage(error)})`,
      place: folder,
      remedy: "give another folder with --cache",
      error,
    });
  }
}

/** The provider of an `ai`: both stand on one major version of `@ai-sdk/provider`, which counts one ahead of it. */
function matchingProvider(folder: string): string {
  const major = Number.parseInt(findPackage("@ai-sdk/provider", folder)?.version ?? "", 10);
  return `@ai-sdk/openai-compatible@${major === 1 ? "^0.2.0" : Number.isNaN(major) ? "latest" : `^${major - 1}.0.0`}`;
}

/** Two renames: at every moment the folder is whole, or not there. */
function replace(fresh: string, folder: string): void {
  const old = `${fresh}-old`;
  try {
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(fresh, folder);
  } catch (error) {
    // Another process may have put its own copy there meanwhile: as good as this one.
    if (!existsSync(folder)) {
      throw new TwintailError({
        cause: `cannot be put in place (${errorCode(error) ?? errorMessage(error)})`,
        place: folder,
        remedy: "remove what is there, and try again",
        error,
      });
    }
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}
