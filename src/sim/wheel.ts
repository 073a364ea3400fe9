/**
 * One pacing wheel for every stream of the process: callbacks at absolute times, in slots of 0.25 ms.
 *
 * Far from the next due time it sleeps in one `setTimeout`, whose grain is 1 ms; within the last 2 ms it naps in
 * `Atomics.wait`, which blocks the thread, so a nap is at most a slot long and the event loop turns between two.
 * That is as punctual as napping all the time and costs a fraction of it. An empty wheel has no timer at all.
 */

const SLOT_MS = 0.25;
const SLOTS = 4_096;
const NAP_WITHIN_MS = 2;
/** How much too late a `setTimeout` may fire: it is aimed this much before the due time. */
const TIMER_GRAIN_MS = 1.25;

interface Entry {
  readonly dueMs: number;
  readonly tick: number;
  readonly run: () => void;
}

/** Time as the model sees it: ms on a monotonic clock, and callbacks at absolute times. */
export interface Schedule {
  now(): number;
  /** Runs `run` at `dueMs` or as soon after as possible, never before. Past times run at the next turn. */
  at(dueMs: number, run: () => void): void;
}

const napping = new Int32Array(new SharedArrayBuffer(4));

export class PacingWheel implements Schedule {
  readonly #slots: Entry[][] = Array.from({ length: SLOTS }, () => []);
  #size = 0;
  /** The oldest slot that may still hold something due. */
  #cursor = 0;
  /** What the driver sleeps toward; Infinity while nothing is armed. */
  #armedForMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #firing = false;

  now(): number {
    return performance.now();
  }

  /** Callbacks of one slot, and callbacks added when they were already late, run in the order of adding. */
  at(dueMs: number, run: () => void): void {
    if (this.#size === 0 && !this.#firing) this.#cursor = Math.floor(this.now() / SLOT_MS);
    const tick = Math.max(Math.floor(dueMs / SLOT_MS), this.#cursor);
    this.#slot(tick).push({ dueMs, tick, run });
    this.#size++;
    if (!this.#firing && dueMs < this.#armedForMs) this.#arm(dueMs);
  }

  #slot(tick: number): Entry[] {
    return this.#slots[tick % SLOTS] as Entry[];
  }

  #fire(): void {
    this.#firing = true;
    try {
      const nowTick = Math.floor(this.now() / SLOT_MS);
      for (; this.#cursor < nowTick; this.#cursor++) this.#runSlot();
      this.#runSlot();
    } finally {
      this.#firing = false;
      this.#armedForMs = Number.POSITIVE_INFINITY;
      if (this.#size > 0) this.#arm(this.#nextDueMs());
    }
  }

  #runSlot(): void {
    const slot = this.#slot(this.#cursor);
    if (slot.length === 0) return;
    const kept: Entry[] = [];
    // One look at the clock for all: of two of one stream, the second must not become due while the first was not.
    const nowMs = this.now();
    // The array may grow while it runs: what is already late is added to the slot at the cursor.
    for (let i = 0; i < slot.length; i++) {
      const entry = slot[i] as Entry;
      if (entry.tick > this.#cursor || entry.dueMs > nowMs) {
        kept.push(entry);
        continue;
      }
      this.#size--;
      entry.run();
    }
    slot.length = 0;
    slot.push(...kept);
  }

  #nextDueMs(): number {
    for (let tick = this.#cursor; tick < this.#cursor + SLOTS; tick++) {
      let dueMs = Number.POSITIVE_INFINITY;
      for (const entry of this.#slot(tick)) if (entry.tick === tick) dueMs = Math.min(dueMs, entry.dueMs);
      if (dueMs < Number.POSITIVE_INFINITY) return dueMs;
    }
    return (this.#cursor + SLOTS) * SLOT_MS;
  }

  #arm(dueMs: number): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#armedForMs = dueMs;
    const leftMs = dueMs - this.now();
    if (leftMs > NAP_WITHIN_MS) {
      this.#timer = setTimeout(() => this.#arm(dueMs), Math.max(1, Math.floor(leftMs - TIMER_GRAIN_MS)));
    } else {
      this.#immediate = setImmediate(() => this.#nap(dueMs));
    }
  }

  #nap(dueMs: number): void {
    const leftMs = dueMs - this.now();
    if (leftMs > 0) Atomics.wait(napping, 0, 0, Math.min(leftMs, SLOT_MS));
    if (this.now() >= dueMs) this.#fire();
    else this.#immediate = setImmediate(() => this.#nap(dueMs));
  }
}
