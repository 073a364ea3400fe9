/** What the options amount to: whose wire is spoken, and every default that a profile brings along. */
import { type Dialect, OPENAI } from "./dialect.js";
import { dialectNamed } from "./dialects/catalogue.js";
import type { SimOptions } from "./options.js";
import { PROFILES } from "./profiles/catalogue.js";

export interface System {
  readonly dialect: Dialect;
  /** The given options over the profile's. */
  readonly options: SimOptions;
  /** What `/models` lists. */
  readonly models: readonly string[];
}

/** @throws TwintailError when there is no such dialect. */
export function systemOf(given: SimOptions): System {
  const profile = given.profile === undefined ? undefined : PROFILES[given.profile];
  const dialect = profile?.dialect ?? (given.dialect === undefined ? OPENAI : dialectNamed(given.dialect));
  const options = { ...profile?.defaults(given), ...given };
  return { dialect, options, models: options.models ?? dialect.models ?? [`sim-${options.tier}`] };
}
