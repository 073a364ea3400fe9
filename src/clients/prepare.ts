/** The client libraries of one run: installed where that was asked for, found, and known to run on this Node.js. */
import { TwintailError } from "../core/errors.js";
import { locateSdk } from "./cache.js";
import { installSdk } from "./install.js";
import type { NpmOptions } from "./npm.js";
import type { InstalledSdk } from "./packages.js";
import type { SdkChoice } from "./sdk-choice.js";

export interface PrepareOptions {
  readonly sdks: readonly SdkChoice[];
  /** Where downloaded SDKs are. */
  readonly cache: string;
  /** Download what is missing, with these variables for npm. */
  readonly install?: Pick<NpmOptions, "environment">;
  /** The command line that a missing SDK is answered with, without `--install`. */
  readonly command: string;
  /** Ends it early: what is running is killed, and half an install removed. */
  readonly stop?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

export interface PreparedClient {
  /** `openai 6.49.0`, with how it was asked for where two are the same version. */
  readonly id: string;
  readonly choice: SdkChoice;
  readonly sdk: InstalledSdk;
}

/** @throws TwintailError when one is missing or cannot be installed, or none of them runs here. */
export async function prepareClients(options: PrepareOptions): Promise<readonly PreparedClient[]> {
  const clients: PreparedClient[] = [];
  for (const choice of options.sdks) {
    if (options.install !== undefined && choice.spec !== undefined) {
      options.onProgress?.(`installing ${choice.label}`);
      const { stop, install } = options;
      await installSdk(choice, options.cache, { ...install, ...(stop === undefined ? {} : { stop }) });
    }
    const sdk = locateSdk(choice, options.cache, options.command);
    const id = `${choice.name} ${sdk.versions[choice.name]}`;
    clients.push({ id: clients.some((each) => each.id === id) ? `${id} (${choice.label})` : id, choice, sdk });
  }
  if (clients.every(({ sdk }) => sdk.unusable !== null)) {
    throw new TwintailError({
      cause: clients.map(({ sdk }) => sdk.unusable).join("; "),
      place: "--sdk",
      remedy: "use that Node.js, or name a version that runs here, such as --sdk openai@6,ai@6",
    });
  }
  return clients;
}
