/** The end of every command that writes: no key stays in what it wrote. */
import { basename, relative } from "node:path";
import { errorCode } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { plural } from "../report/numbers.js";
import { overwriteLeaks } from "../scan-run.js";
import type { Io } from "./terminal-io.js";

/**
 * Says of each file that held a key that it did. The exit code stays what it was: what was found is overwritten, and a verdict
 * is not about it. What cannot be looked through is said as well.
 */
export function overwriteAndSay(paths: readonly string[], secrets: readonly string[], io: Io): void {
  for (const path of paths) {
    try {
      for (const leak of overwriteLeaks(path, secrets)) {
        const name = relative(path, leak.path) || basename(leak.path);
        const places = plural(leak.count, "place");
        io.stderr.write(
          `warning: a key was found in ${printable(name)} (${places}) and overwritten: rotate it, and report this\n`,
        );
      }
    } catch (error) {
      const shown = printable(relative(process.cwd(), path) || path);
      io.stderr.write(`warning: ${shown} could not be searched for keys (${errorCode(error) ?? String(error)})\n`);
    }
  }
}
