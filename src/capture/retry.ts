/**
 * When a failed attempt is tried again, and after how long. Decided from status, headers and transport outcome alone:
 * capture parses no body.
 */
import type { RetrySettings } from "../config/settings.js";
import type { Random } from "../core/random.js";
import type { Outcome } from "../recording/recording.js";
import { isPutOff } from "../recording/waking.js";

export interface FailedAttempt {
  readonly outcome: Outcome;
  readonly status?: number | undefined;
  readonly headers?: readonly (readonly [string, string])[] | undefined;
}

export interface Backoff {
  readonly ms: number;
  readonly from: "retry-after" | "exponential" | "immediate";
}

const RETRY_AFTER_CAP_MS = 60_000;
const BASE_MS = 1_000;
const JITTER = 0.25;
const COLD_POLL_MS = 2_000;
/** Whatever a waking server asks for: "at once" for ten minutes would be a million requests. */
const COLD_FLOOR_MS = 500;

/**
 * The wait before the next attempt, or null when there is none.
 * @param made attempts that reached the endpoint so far, this one included
 * @param nowMs wall clock, for a Retry-After that is a date
 */
export function backoffAfter(
  attempt: FailedAttempt,
  made: number,
  settings: RetrySettings,
  random: Random,
  nowMs: number,
): Backoff | null {
  // The endpoint never saw the request: the socket had died while it was idle. No retry setting forbids asking again,
  // and on the fresh connection it cannot happen twice.
  if (attempt.outcome.kind === "staleConnection") return { ms: 0, from: "immediate" };
  if (made >= settings.attempts || !isRetryable(attempt, settings)) return null;
  const asked = isThrottled(attempt.status) ? retryAfterMs(attempt.headers ?? [], nowMs) : null;
  if (asked !== null) return { ms: Math.round(Math.min(asked, RETRY_AFTER_CAP_MS)), from: "retry-after" };
  const base = BASE_MS * 2 ** (made - 1);
  return { ms: Math.round(base * (1 + JITTER * random.next())), from: "exponential" };
}

/**
 * While an endpoint wakes, every way to put a request off is asked again until the cap: what stands then, such as a 504, is
 * the honest end. A gateway's own 504 before it is not, since the engine behind it goes on waking.
 * Returns null when the answer stands, or when the cap leaves no time for another try.
 */
export function coldBackoffAfter(
  attempt: FailedAttempt,
  elapsedMs: number,
  capMs: number,
  random: Random,
  nowMs: number,
): Backoff | null {
  if (!isPutOff(attempt)) return null;
  const asked = retryAfterMs(attempt.headers ?? [], nowMs);
  const wanted =
    asked === null ? COLD_POLL_MS * (1 + JITTER * (random.next() - 0.5)) : Math.min(asked, RETRY_AFTER_CAP_MS);
  const ms = Math.round(Math.max(COLD_FLOOR_MS, wanted));
  return elapsedMs + ms >= capMs ? null : { ms, from: asked === null ? "exponential" : "retry-after" };
}

function isRetryable({ outcome, status }: FailedAttempt, settings: RetrySettings): boolean {
  switch (outcome.kind) {
    case "cancelled":
    case "truncated":
    case "staleConnection":
      return false;
    case "network":
    case "timeout":
      return settings.on.includes("network");
    case "complete":
      if (status === undefined || status < 400) return false;
      return settings.on.includes(status) || (status >= 500 && settings.on.includes("5xx"));
  }
}

function isThrottled(status: number | undefined): boolean {
  return status === 429 || (status !== undefined && status >= 500);
}

/** Milliseconds that the server asked for, from `retry-after-ms` or `retry-after` (integer, float or HTTP date). */
export function retryAfterMs(headers: readonly (readonly [string, string])[], nowMs: number): number | null {
  const value = (name: string): string | undefined => headers.find(([key]) => key === name)?.[1].trim();
  const ms = Number(value("retry-after-ms") || Number.NaN);
  // Azure sends 0 ms beside a second: the longer one is meant.
  if (Number.isFinite(ms) && ms > 0) return ms;
  const text = value("retry-after");
  if (text === undefined || text === "") return ms === 0 ? 0 : null;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1_000 : null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
