/** Keeps an endpoint's process up until the interrupt. */
import type { SimProcess } from "../sim/process.js";
import type { Io } from "./terminal-io.js";

/** The base URL goes to standard output, alone on its line; everything for people goes to standard error. */
export async function serveUntilInterrupted(endpoint: SimProcess, io: Io): Promise<void> {
  io.stdout.write(`${endpoint.baseUrl}\n`);
  if (endpoint.redirectUrl !== undefined) io.stderr.write(`redirects from ${endpoint.redirectUrl}\n`);
  io.stderr.write(`${endpoint.label}; interrupt to stop\n`);
  await new Promise<void>((resolve) => {
    // The child does not keep this process alive: a timer does until the interrupt.
    const alive = setInterval(() => {}, 60_000);
    const release = io.onInterrupt(() => {
      clearInterval(alive);
      release();
      resolve();
    });
  });
  await endpoint.stop();
}
