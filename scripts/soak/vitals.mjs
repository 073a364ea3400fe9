/**
 * Loaded into the process that is soaked (`node --import`): once a second it appends what its main thread holds, and how
 * late its event loop was, to the file that `SOAK_VITALS` names. One line of JSON each.
 */
import { appendFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { memoryUsage } from "node:process";
import { isMainThread } from "node:worker_threads";

const file = process.env.SOAK_VITALS;
if (isMainThread && file !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  setInterval(() => {
    const { rss, heapUsed, external, arrayBuffers } = memoryUsage();
    const loopLateMs = Math.max(0, delay.max / 1e6 - 10);
    delay.reset();
    appendFileSync(
      file,
      `${JSON.stringify({ atMs: Date.now(), rss, heapUsed, external, arrayBuffers, loopLateMs })}\n`,
    );
  }, 1_000).unref();
}
