/** Keys come from the environment by name, and go to capture alone. */
import { TwintailError } from "../core/errors.js";
import { isLoopback } from "./load.js";
import type { EndpointRole, Settings } from "./settings.js";

/** Shorter values are placeholders: masking them in what is written would change answers that have the word. */
export const SHORTEST_KEY = 8;

export type Keys = Readonly<Partial<Record<EndpointRole, string>>>;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The keys of both endpoints.
 * @throws TwintailError when a named variable is missing, unusable as a header, or shared by two hosts.
 */
export function resolveKeys(settings: Settings, environment: Environment): Keys {
  const keys: Partial<Record<EndpointRole, string>> = {};
  for (const role of ["baseline", "candidate"] as const) {
    const name = settings.endpoints[role].apiKeyEnv;
    if (name === undefined) continue;
    const value = environment[name];
    if (value === undefined || value.trim() === "") {
      throw new TwintailError({
        cause: `the environment variable ${name} is ${value === undefined ? "not set" : "empty"}`,
        place: `endpoints.${role}.apiKeyEnv`,
        remedy: `export ${name}=… before the run`,
      });
    }
    if (!/^[\x21-\x7e]+$/.test(value.trim())) {
      throw new TwintailError({
        cause: `the value of ${name} cannot be sent in a header`,
        place: `endpoints.${role}.apiKeyEnv`,
        remedy: "look for a line break or a character that is not ASCII in it",
      });
    }
    const { hostname } = new URL(settings.endpoints[role].baseUrl);
    if (value.trim().length < SHORTEST_KEY && !isLoopback(hostname)) {
      throw new TwintailError({
        cause: `the value of ${name} has ${value.trim().length} characters: too short for a key, and too short to be masked`,
        place: `endpoints.${role}.apiKeyEnv`,
        remedy: `give a key of at least ${SHORTEST_KEY} characters`,
      });
    }
    keys[role] = value.trim();
  }
  const [a, b] = [settings.endpoints.baseline, settings.endpoints.candidate];
  if (
    keys.baseline !== undefined &&
    keys.baseline === keys.candidate &&
    new URL(a.baseUrl).host !== new URL(b.baseUrl).host
  ) {
    throw new TwintailError({
      cause: `one key would be sent to two hosts, ${new URL(a.baseUrl).host} and ${new URL(b.baseUrl).host}`,
      place: "endpoints",
      remedy: "give each endpoint the key that belongs to it",
    });
  }
  return keys;
}
