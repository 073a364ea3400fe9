#!/usr/bin/env node
/** The process around the program. The only place that ends it. */
import { ExitCode } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { ciExit } from "./ci-outputs.js";
import { main } from "./program.js";
import { guardedIo, type Io } from "./terminal-io.js";

function processIo(): Io {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    onInterrupt(callback) {
      const forget = (): void => {
        process.off("SIGINT", first);
        process.off("SIGTERM", first);
      };
      const first = (): void => {
        forget();
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end(ExitCode.interrupted));
        callback();
      };
      process.once("SIGINT", first);
      process.once("SIGTERM", first);
      return forget;
    },
  };
}

/** An error that nothing caught must never look like a failed gate. */
function end(code: ExitCode): never {
  process.exit(ciExit(args, code, io));
}

const args = process.argv.slice(2);
const io = guardedIo(processIo());
process.on("uncaughtException", (error) => {
  io.stderr.write(`internal error: ${printable(error.stack ?? error.message)}\n`);
  end(ExitCode.internal);
});
// A reader that goes away (`| head`, a closed terminal) ends the output, not a run that is being paid for.
process.stderr.on("error", () => {});
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  io.stderr.write(`standard output cannot be written (${error.code}); write the report with --out\n`);
  end(ExitCode.internal);
});
process.exitCode = ciExit(args, await main(args, io), io);
