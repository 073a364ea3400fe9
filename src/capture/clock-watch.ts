/**
 * Was this machine suspended, or its clock set? Told from clocks that go on differently: the monotonic one stands still
 * while Linux sleeps, the time since boot does not, and the wall clock is whatever it was set to.
 */
import { uptime } from "node:os";
import type { MachineLine } from "../recording/recording.js";

export interface Clocks {
  /** The clock of stamps. */
  readonly monotonicMs: () => number;
  readonly wallMs: () => number;
  /** Time since boot with the time asleep in it, in whole seconds on some systems; may throw. */
  readonly bootMs: () => number;
  /** The monotonic clock goes on while the machine sleeps: then nothing but a heart that stood still tells. */
  readonly monotonicCountsSleep: boolean;
}

/** libuv reads CLOCK_MONOTONIC on Linux, and elsewhere clocks that count what a machine slept. */
export const systemClocks = (monotonicMs: () => number): Clocks => ({
  monotonicMs,
  wallMs: () => Date.now(),
  bootMs: () => uptime() * 1_000,
  monotonicCountsSleep: process.platform !== "linux",
});

export type ClockEvents = Pick<MachineLine, "sleptMs" | "wallStepMs">;

interface Reading {
  readonly monotonicMs: number;
  readonly wallMs: number;
  readonly bootMs: number | null;
}

/** Beyond what two readings in whole seconds can differ by. */
const SLEPT_MS = 2_000;
/** A slew of NTP is half a millisecond a second at most: this is a step. */
const STEP_MS = 1_000;
/** With a boot clock in whole seconds in between. */
const STEP_BESIDE_SLEEP_MS = 1_500;
/** Without a boot clock a leap forward may be either; nobody's clock is five seconds slow for long. */
const SLEPT_BY_WALL_MS = 5_000;
/** No program of this machine keeps a thread waiting for so long; a suspended machine does. */
const SLEPT_BY_STALL_MS = 30_000;
/** Clocks that were not read at one moment cannot be compared. */
const LONGEST_READING_MS = 100;

export class ClockWatch {
  #first: Reading | null = null;
  #last: Reading | null = null;
  #bootIsUsable = true;

  constructor(private readonly clocks: Clocks) {
    this.look(0);
  }

  /**
   * What happened since the last look; empty when nothing did.
   * @param longestStallMs the longest that the heart stood still since
   */
  look(longestStallMs: number): ClockEvents {
    const [before, now] = [this.#last, this.#read()];
    // Compared at the next look, over both.
    if (now === null) return {};
    this.#first ??= now;
    this.#last = now;
    if (before === null) return {};
    const monotonic = now.monotonicMs - before.monotonicMs;
    const wall = now.wallMs - before.wallMs;
    const ahead = wall - monotonic;
    const stepped = Math.abs(ahead) > STEP_MS ? { wallStepMs: Math.round(ahead) } : {};
    if (this.clocks.monotonicCountsSleep) {
      return { ...(longestStallMs > SLEPT_BY_STALL_MS ? { sleptMs: Math.round(longestStallMs) } : {}), ...stepped };
    }
    const boot = this.#bootBetween(this.#first, before, now);
    if (boot === null) return ahead > SLEPT_BY_WALL_MS ? { sleptMs: Math.round(ahead) } : stepped;
    const slept = boot - monotonic;
    // A sleep moves both clocks. One that leaps alone is another clock from here on, as when a container's time since boot
    // becomes its host's.
    if (slept > SLEPT_MS && Math.abs(ahead) <= STEP_MS) {
      this.#first = now;
      return {};
    }
    const step = wall - boot;
    // A sleep too short to be told from rounding moves the wall clock as it moves the boot clock: no step.
    if (slept <= SLEPT_MS) return Math.abs(step) > STEP_MS ? stepped : {};
    return {
      sleptMs: Math.round(slept),
      ...(Math.abs(step) > STEP_BESIDE_SLEEP_MS ? { wallStepMs: Math.round(step) } : {}),
    };
  }

  /** Null where there is no such clock, or it does not go on, as in some containers. */
  #bootBetween(first: Reading, before: Reading, now: Reading): number | null {
    if (!this.#bootIsUsable || first.bootMs === null || before.bootMs === null || now.bootMs === null) return null;
    this.#bootIsUsable = now.bootMs - first.bootMs >= now.monotonicMs - first.monotonicMs - SLEPT_MS;
    return this.#bootIsUsable ? now.bootMs - before.bootMs : null;
  }

  #read(): Reading | null {
    const monotonicMs = this.clocks.monotonicMs();
    const wallMs = this.clocks.wallMs();
    let bootMs: number | null = null;
    try {
      bootMs = this.clocks.bootMs();
    } catch {
      // Judged without it.
    }
    if (bootMs !== null && !Number.isFinite(bootMs)) bootMs = null;
    return this.clocks.monotonicMs() - monotonicMs > LONGEST_READING_MS ? null : { monotonicMs, wallMs, bootMs };
  }
}
