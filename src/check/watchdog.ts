/**
 * A bound on work whose length the endpoint, or a stranger's recording, decides: backtracking patterns and
 * validation against branching schemas. Text caps alone cannot bound those, since forty characters are enough to
 * keep `(a+)+b` busy for hours, and JavaScript can stop a running pattern only from another thread.
 *
 * It is the one clock on this side of the seam. It never decides between met and unmet: work that hits the limit has
 * no outcome, and says so.
 */
import { createContext, Script } from "node:vm";

const slot = createContext({}) as { task: () => unknown };
const run = new Script("task()");

/** Far above the cost of honest work (under 1 ms), so that a slow machine does not reach it. */
export const WATCHDOG_MS = 1000;

/** Runs `task`, and stops it at the limit (ms). Costs about 0.1 ms. Throws what the task throws. Not re-entrant. */
export function withinTime<T>(task: () => T, limitMs: number = WATCHDOG_MS): { value: T } | { timedOut: true } {
  slot.task = task;
  try {
    return { value: run.runInContext(slot, { timeout: limitMs }) as T };
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return { timedOut: true };
    throw error;
  } finally {
    slot.task = () => undefined;
  }
}
