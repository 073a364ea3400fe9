import { TwintailError } from "./errors.js";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * Milliseconds of a duration such as `500ms`, `10s`, `1.5h` or `1m30s`; a bare `0` is zero.
 * @param place where it was written, such as `--window`
 * @throws TwintailError when the text is not a duration.
 */
export function parseDurationMs(text: string, place?: string): number {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  if (!DURATION.test(trimmed)) {
    throw new TwintailError({
      cause: `"${text}" is not a duration`,
      ...(place === undefined ? {} : { place }),
      remedy: "write it as 500ms, 10s, 2m or 1m30s",
    });
  }
  let totalMs = 0;
  for (const [, amount, unit] of trimmed.matchAll(PART))
    totalMs += Number(amount) * (UNIT_MS[unit as string] as number);
  return totalMs;
}

/** A duration as a person writes it: `850 ms`, `12.4 s`, `2 min 5 s`, `1 h 12 min`. */
export function formatDurationMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const totalSeconds = Math.round(ms / 1_000);
  const hours = Math.floor(totalSeconds / 3_600);
  const minutes = Math.floor((totalSeconds % 3_600) / 60);
  const seconds = totalSeconds % 60;
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return seconds > 0 ? `${minutes} min ${seconds} s` : `${minutes} min`;
}
