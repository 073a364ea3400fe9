/** A real system as it meets a client: a dialect, defaults of its own, and the behaviours that it is documented to have. */
import type { Dialect } from "../dialect.js";
import type { SimOptions } from "../options.js";

export interface Profile {
  readonly name: string;
  /** One line for lists. */
  readonly about: string;
  readonly dialect: Dialect;
  /** Everything that it does to a client, by name, as one sentence each. Tests show every one. */
  readonly behaviours: Readonly<Record<string, string>>;
  /** Options that it brings along; given ones win. */
  readonly defaults: (given: SimOptions) => Partial<SimOptions>;
}
