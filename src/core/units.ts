/** Stamps are integer nanoseconds, people read milliseconds. */
export const NS_PER_MS = 1_000_000;

/** A twelfth of 365 days. */
export const HOURS_PER_MONTH = 730;

/** Node fires a longer timer at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
