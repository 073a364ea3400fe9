import type { Settings, Store } from "./settings.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** What a recording will hold: as configured, else `redacted` where CI is set, since its artifacts are seen by many. */
export function storeOf({ store }: Pick<Settings, "store">, environment: Environment): Store {
  return store ?? (/^(?:true|1)$/i.test(environment.CI ?? "") ? "redacted" : "full");
}
