/** Stamps are integer nanoseconds, people read milliseconds. */
export const NS_PER_MS = 1_000_000;
