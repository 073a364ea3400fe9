/** Where downloaded SDKs are kept: one folder each, complete or not there. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { TwintailError } from "../core/errors.js";
import { findSdk, type InstalledSdk } from "./packages.js";
import type { SdkChoice } from "./sdk-choice.js";

/** `$XDG_CACHE_HOME/twintail/sdks`, or `~/.cache/twintail/sdks`. */
export function sdkCacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const given = environment.XDG_CACHE_HOME;
  return resolve(given === undefined || given === "" ? join(homedir(), ".cache") : given, "twintail", "sdks");
}

/** The folder of one choice. A range has characters that some file systems refuse. */
export function cachedFolder(cache: string, { name, spec = "latest" }: SdkChoice): string {
  return resolve(cache, `${name}@${spec.replaceAll(/[^\w.^~=+-]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`);
}

/** What a choice stands for on this machine. @throws TwintailError with the command that installs it. */
export function locateSdk(choice: SdkChoice, cache: string, command: string): InstalledSdk {
  if (choice.folder !== undefined) return findSdk(choice.name, choice.folder);
  const folder = cachedFolder(cache, choice);
  if (!existsSync(folder)) {
    throw new TwintailError({
      cause: `${choice.label} is not installed`,
      place: folder,
      remedy: `run: ${command} --install`,
    });
  }
  return findSdk(choice.name, folder);
}
