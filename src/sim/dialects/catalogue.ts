/** Every dialect by name. A new one is an entry in one of the three tables and a test of its bytes. */
import { TwintailError } from "../../core/errors.js";
import { type Dialect, dialect, OPENAI } from "../dialect.js";
import { GATEWAYS } from "./gateways.js";
import { HOSTED } from "./hosted.js";
import { SERVERS } from "./servers.js";

export const DIALECTS: ReadonlyMap<string, Dialect> = new Map([
  [OPENAI.name, OPENAI],
  ...[HOSTED, SERVERS, GATEWAYS].flatMap((table) =>
    Object.entries(table).map(([name, changes]) => [name, dialect(name, changes)] as const),
  ),
]);

/** @throws TwintailError when there is none of that name. */
export function dialectNamed(name: string): Dialect {
  const found = DIALECTS.get(name);
  if (found !== undefined) return found;
  throw new TwintailError({
    cause: `there is no dialect "${name}"`,
    place: "sim options, dialect",
    remedy: `known: ${[...DIALECTS.keys()].join(", ")}`,
  });
}
