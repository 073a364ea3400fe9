import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TwintailError } from "./errors.js";

/**
 * The built entry of a process, such as `sim/main.js`, beside the module that starts it: a process cannot be started from
 * TypeScript. `from` is the `import.meta.url` of a module in a room of `src` or `dist`.
 * @throws TwintailError when it is not built.
 */
export function builtFile(from: string, entry: string): string {
  const root = from.endsWith(".ts") ? "../../dist/" : "../";
  const file = fileURLToPath(new URL(`${root}${entry}`, from));
  if (!existsSync(file))
    throw new TwintailError({ cause: `${entry} is not built`, place: file, remedy: "run npm run build" });
  return file;
}
