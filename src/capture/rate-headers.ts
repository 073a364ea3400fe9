/**
 * What response headers say of an endpoint's own limits: `x-ratelimit-{limit,remaining,reset}-requests` and `-tokens` of
 * OpenAI and those who follow it, the same without `x-` or without a subject (drafts of the IETF), and
 * `anthropic-ratelimit-<subject>-{limit,remaining,reset}`.
 */

type Headers = readonly (readonly [string, string])[];

type Part = "limit" | "remaining" | "reset";

const NAME = /^(?:x-)?ratelimit-(limit|remaining|reset)(?:-([a-z-]{1,40}))?$/;
const NAME_BY_SUBJECT = /^anthropic-ratelimit-([a-z-]{1,40})-(limit|remaining|reset)$/;

const SHORTEST_HOLD_MS = 1_000;
const LONGEST_HOLD_MS = 60_000;

/**
 * How long nothing more should be sent, so that a share of each limit stays free; null when enough remains, or nothing is
 * said of it. Where no reset is named it is a minute, which is what limits are counted over.
 * @param minRemaining 0 to 1
 * @param nowMs wall clock, for a reset that is a moment
 */
export function holdMs(headers: Headers, minRemaining: number, nowMs: number): number | null {
  const subjects = new Map<string, Partial<Record<Part, string>>>();
  for (const [name, value] of headers) {
    const named = partOf(name);
    if (named === null) continue;
    const said = subjects.get(named.subject) ?? {};
    said[named.part] = value;
    subjects.set(named.subject, said);
  }
  let longest: number | null = null;
  for (const { limit, remaining, reset } of subjects.values()) {
    // "100, 100;w=60" begins with the limit that is closest.
    const most = Number.parseFloat(limit ?? "");
    const left = Number.parseFloat(remaining ?? "");
    if (!(most > 0) || !Number.isFinite(left) || left >= minRemaining * most) continue;
    const wait = (reset === undefined ? null : resetMs(reset, nowMs)) ?? LONGEST_HOLD_MS;
    longest = Math.max(longest ?? 0, Math.min(LONGEST_HOLD_MS, Math.max(SHORTEST_HOLD_MS, wait)));
  }
  return longest;
}

function partOf(name: string): { readonly part: Part; readonly subject: string } | null {
  const plain = NAME.exec(name);
  if (plain !== null) return { part: plain[1] as Part, subject: plain[2] ?? "" };
  const bySubject = NAME_BY_SUBJECT.exec(name);
  return bySubject === null ? null : { part: bySubject[2] as Part, subject: bySubject[1] ?? "" };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const DURATION = /^(?:\d{1,12}(?:\.\d{1,12})?(?:ns|us|ms|s|m|h|d)){1,8}$/;
const DURATION_PART = /([\d.]+)([a-z]+)/g;

/** No wait is that long: such a number is a moment. */
const EPOCH_SECONDS = 1e8;
const EPOCH_MS = 1e11;

/** Milliseconds until a reset: `6s`, `1m30s`, `26ms`, seconds, seconds or ms since the epoch, or a date; null for neither. */
export function resetMs(text: string, nowMs: number): number | null {
  // Go writes µs, and bytes of UTF-8 come here one character each.
  const written = text
    .slice(0, 64)
    .trim()
    .replace(/\u00c2?\u00b5/g, "u");
  if (written === "") return null;
  const number = Number(written);
  if (!Number.isNaN(number)) {
    if (!(number >= 0) || !Number.isFinite(number)) return null;
    if (number >= EPOCH_MS) return Math.max(0, number - nowMs);
    return number >= EPOCH_SECONDS ? Math.max(0, number * 1_000 - nowMs) : number * 1_000;
  }
  if (DURATION.test(written)) {
    let ms = 0;
    for (const [, amount, unit] of written.matchAll(DURATION_PART)) ms += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
    return ms;
  }
  // Date.parse takes a year alone and much else for a date.
  if (!/\d\d:\d\d/.test(written)) return null;
  const date = Date.parse(written);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
