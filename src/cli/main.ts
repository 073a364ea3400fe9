#!/usr/bin/env node
/** The process around the program. The only place that ends it. */
import { ExitCode } from "../core/errors.js";
import { main } from "./program.js";
import type { Io } from "./terminal-io.js";

function processIo(): Io {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    onInterrupt(callback) {
      const first = (): void => {
        process.once("SIGINT", () => process.exit(ExitCode.interrupted));
        callback();
      };
      process.once("SIGINT", first);
      process.once("SIGTERM", first);
      return () => {
        process.off("SIGINT", first);
        process.off("SIGTERM", first);
      };
    },
  };
}

// A closed pipe (`| head`) ends the output, not the run.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
process.exitCode = await main(process.argv.slice(2), processIo());
