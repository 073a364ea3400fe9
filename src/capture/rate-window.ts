/** What was sent to one endpoint in the last minute, and when its limits let the next requests go. */
import type { RateLimits } from "../config/settings.js";
import { NS_PER_MS } from "../core/units.js";
import { holdMs } from "./rate-headers.js";

/**
 * A minute, and a little more: the endpoint counts arrivals, and a request that took longer to arrive than one that left a
 * minute after it would stand in one minute with it.
 */
export const WINDOW_NS = 60_100 * NS_PER_MS;

export interface Refusal {
  readonly untilNs: number;
  readonly why: "rpm" | "tpm" | "remaining";
}

export class RateWindow {
  /** Oldest first; what is older than a minute is let go when it is looked at. */
  #sent: { readonly atNs: number; readonly requests: number; readonly tokens: number }[] = [];
  #requests = 0;
  #tokens = 0;
  #heldUntilNs = Number.NEGATIVE_INFINITY;

  constructor(private readonly limits: RateLimits) {}

  /**
   * Until when so many requests may not go, and which limit says so: the last one to let them. Null when they may go now.
   * What is more than a limit by itself goes alone, when the last minute is empty.
   */
  refusal(nowNs: number, requests: number, tokens: number): Refusal | null {
    this.#forget(nowNs);
    const { rpm, tpm } = this.limits;
    let refusal: Refusal | null = null;
    const refuse = (untilNs: number, why: Refusal["why"]): void => {
      if (untilNs > nowNs && (refusal === null || untilNs > refusal.untilNs)) refusal = { untilNs, why };
    };
    if (rpm !== undefined) refuse(this.#freeAt(this.#requests + requests - rpm, "requests"), "rpm");
    if (tpm !== undefined) refuse(this.#freeAt(this.#tokens + tokens - tpm, "tokens"), "tpm");
    refuse(this.#heldUntilNs, "remaining");
    return refusal;
  }

  take(nowNs: number, requests: number, tokens: number): void {
    this.#sent.push({ atNs: nowNs, requests, tokens });
    this.#requests += requests;
    this.#tokens += tokens;
  }

  /** Headers of an answer that came just now. */
  heed(headers: readonly (readonly [string, string])[], nowNs: number, wallMs: number): void {
    const { minRemaining } = this.limits;
    if (minRemaining === undefined) return;
    const ms = holdMs(headers, minRemaining, wallMs);
    if (ms !== null) this.#heldUntilNs = Math.max(this.#heldUntilNs, nowNs + ms * NS_PER_MS);
  }

  /** When at least `excess` of what was sent is a minute old, or all of it. */
  #freeAt(excess: number, what: "requests" | "tokens"): number {
    let left = excess;
    let atNs = Number.NEGATIVE_INFINITY;
    for (const sent of this.#sent) {
      if (left <= 0) break;
      if (sent[what] === 0) continue;
      left -= sent[what];
      atNs = sent.atNs + WINDOW_NS;
    }
    return atNs;
  }

  #forget(nowNs: number): void {
    let old = 0;
    for (const { atNs, requests, tokens } of this.#sent) {
      if (atNs + WINDOW_NS > nowNs) break;
      old++;
      this.#requests -= requests;
      this.#tokens -= tokens;
    }
    if (old > 0) this.#sent = this.#sent.slice(old);
  }
}
