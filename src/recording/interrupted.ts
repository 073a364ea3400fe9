/** Was an exchange cut by whoever ran twintail, or by the run's own deadline? Then it says nothing about its endpoint. */
import type { Attempt, Exchange } from "./recording.js";

/** Of the last attempt: cancelled, or announced a wait after which no attempt followed, since the run was stopped in between. */
export function wasInterrupted(last: Attempt): boolean {
  return last.backoff !== undefined || (last.outcome.kind === "cancelled" && last.outcome.by !== "plan");
}

/** A resume sends it again. */
export function isInterrupted({ attempts }: Exchange): boolean {
  const last = attempts.at(-1);
  return last !== undefined && wasInterrupted(last);
}
