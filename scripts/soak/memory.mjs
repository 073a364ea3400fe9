/** Does memory grow? From samples of a process that warms up first, holds garbage until it is collected, and is noisy. */

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;

/** Extrapolated to an hour, as a share of what was held. */
const MAX_GROWTH_PER_HOUR = 0.2;
/**
 * What garbage, fragments and caches may come to: no leak is told from them below it. More of it in a soak of minutes, in
 * which a process is still settling.
 */
const MAX_GROWTH_BYTES = { settling: 48 * MIB, settled: 16 * MIB };
const SETTLED_MS = 300_000;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * The first third is left out: buffers, caches and compiled code are still being made. Of what is left, the median of the
 * first third against that of the last.
 * @param samples `{atMs, bytes}` in order of time
 */
export function growthOf(samples) {
  const settled = samples.slice(Math.floor(samples.length / 3));
  const third = Math.floor(settled.length / 3);
  if (third < 2) return null;
  const [early, late] = [settled.slice(0, third), settled.slice(-third)];
  const [from, to] = [early, late].map((part) => median(part.map(({ bytes }) => bytes)));
  const overMs = median(late.map(({ atMs }) => atMs)) - median(early.map(({ atMs }) => atMs));
  const perHour = ((to - from) / from) * (HOUR_MS / overMs);
  const most = overMs < SETTLED_MS ? MAX_GROWTH_BYTES.settling : MAX_GROWTH_BYTES.settled;
  return { from, to, overMs, perHour, flat: perHour <= MAX_GROWTH_PER_HOUR || to - from <= most };
}
