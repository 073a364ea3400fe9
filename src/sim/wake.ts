/** Scale to zero: when the endpoint is cold, who waits for the wake, and who is turned away. Knows no clock of its own. */

export interface WakeOptions {
  /** How long a wake takes; 0 never sleeps. */
  readonly wakeMs: number;
  /** Goes cold after so long without a request in flight; Infinity never does. */
  readonly idleAfterMs: number;
  readonly startCold: boolean;
  /**
   * `hold`: requests wait for the wake. `503` and `202`: they are put off until it ends. `refuse`: every connection is closed
   * as soon as it is made, and the first of them starts the wake.
   */
  readonly wakeMode: WakeMode;
  /** `hold`: a request is answered 504 after so long. */
  readonly capMs: number;
}

export const WAKE_MODES = ["hold", "503", "202", "refuse"] as const;

export type WakeMode = (typeof WAKE_MODES)[number];

/** What becomes of a request: served, held until a time, held and then refused, or refused at once. */
export type Admission =
  | { readonly kind: "awake" }
  | { readonly kind: "held"; readonly untilMs: number }
  | { readonly kind: "capped"; readonly atMs: number }
  | { readonly kind: "refused"; readonly status: 202 | 503; readonly retryAfterS: number };

/** Times are ms of one monotonic clock. Every admission but `refused` is to be followed by one `leave`. */
export class WakeState {
  readonly #options: WakeOptions;
  /** When the engine is or was up; Infinity while cold. */
  #upAtMs: number;
  #inFlight = 0;
  #lastLeftMs: number;

  constructor(options: WakeOptions, nowMs: number) {
    this.#options = options;
    this.#lastLeftMs = nowMs;
    this.#upAtMs = options.startCold && options.wakeMs > 0 ? Number.POSITIVE_INFINITY : nowMs;
  }

  /** The first request of a cold engine starts the wake; all others during it wait for the same one. */
  admit(nowMs: number): Admission {
    const { wakeMode, capMs } = this.#options;
    const waitMs = this.#waitMs(nowMs);
    if (waitMs > 0 && (wakeMode === "503" || wakeMode === "202"))
      return {
        kind: "refused",
        status: wakeMode === "503" ? 503 : 202,
        retryAfterS: Math.max(1, Math.ceil(waitMs / 1_000)),
      };
    this.#inFlight++;
    if (waitMs <= 0) return { kind: "awake" };
    return waitMs > capMs ? { kind: "capped", atMs: nowMs + capMs } : { kind: "held", untilMs: this.#upAtMs };
  }

  /** Whether a connection made now is kept. In mode `refuse` one to a cold engine is not, and starts the wake. */
  accepts(nowMs: number): boolean {
    return this.#options.wakeMode !== "refuse" || this.#waitMs(nowMs) <= 0;
  }

  /** Until the engine is up; what asks starts the wake of a cold one. */
  #waitMs(nowMs: number): number {
    const { wakeMs, idleAfterMs } = this.#options;
    const idleFromMs = Math.max(this.#lastLeftMs, this.#upAtMs);
    const wentCold = this.#inFlight === 0 && nowMs - idleFromMs > idleAfterMs;
    if (wakeMs > 0 && (wentCold || this.#upAtMs === Number.POSITIVE_INFINITY)) this.#upAtMs = nowMs + wakeMs;
    return this.#upAtMs - nowMs;
  }

  leave(nowMs: number): void {
    this.#inFlight--;
    this.#lastLeftMs = nowMs;
  }
}
