import type { Schedule } from "../../src/sim/wheel.js";

/** Time that jumps from one due time to the next, so that hours of the model take milliseconds. */
export class VirtualSchedule implements Schedule {
  #nowMs = 0;
  readonly #due: { dueMs: number; run: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  at(dueMs: number, run: () => void): void {
    let from = 0;
    let to = this.#due.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      // Latest first, and what was added first is popped first among equals.
      if ((this.#due[middle]?.dueMs ?? 0) > dueMs) from = middle + 1;
      else to = middle;
    }
    this.#due.splice(from, 0, { dueMs, run });
  }

  /** Runs until nothing is due up to `untilMs`. */
  run(untilMs = Number.POSITIVE_INFINITY): void {
    for (let next = this.#due.at(-1); next !== undefined && next.dueMs <= untilMs; next = this.#due.at(-1)) {
      this.#due.pop();
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
    }
    if (Number.isFinite(untilMs)) this.#nowMs = untilMs;
  }
}
