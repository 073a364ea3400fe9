/** The table of contents of a run's last look: whose keys could be in what was written, and where they were. */
import { SHORTEST_KEY } from "./config/keys.js";
import type { Settings } from "./config/settings.js";
import { TwintailError } from "./core/errors.js";
import { accessTo } from "./record.js";
import { readHeader } from "./recording/reader.js";
import { type Leak, overwriteSecrets } from "./redact/scan.js";

export type { Leak } from "./redact/scan.js";

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_HEADER_BYTES = 64 * 1024 * 1024;

/** Every key that these settings and this environment send: none where a key is missing, since nothing was sent. */
export function secretsOf(settings: Settings, environment: Environment): readonly string[] {
  try {
    return accessTo(settings, environment).secrets;
  } catch (error) {
    if (error instanceof TwintailError) return [];
    throw error;
  }
}

/** Keys of the variables that a recording names, as they are set now. */
export function secretsOfRecording(recording: string, environment: Environment): readonly string[] {
  const { endpoints } = readHeader(recording, MAX_HEADER_BYTES);
  return Object.values(endpoints).flatMap(({ apiKeyEnv }) => {
    const key = apiKeyEnv === undefined ? undefined : environment[apiKeyEnv];
    return key === undefined || key.length < SHORTEST_KEY ? [] : [key];
  });
}

/**
 * Overwrites the secrets in what twintail wrote into a folder, and leaves every other file there alone.
 * @throws the file system's own error.
 */
export function overwriteLeaks(folder: string, secrets: readonly string[]): Leak[] {
  return overwriteSecrets(folder, secrets);
}
