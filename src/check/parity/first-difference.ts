import type { ParityOutcome } from "../finding.js";

/** Code points shown on either side of the place. */
const AROUND = 20;

/** The first place where two texts part, with what stands around it on both sides; null when they are equal. */
export function firstDifference(baseline: string, candidate: string): ParityOutcome["firstDifference"] {
  if (baseline === candidate) return null;
  let at = 0;
  while (at < baseline.length && baseline.charCodeAt(at) === candidate.charCodeAt(at)) at++;
  if (isInsidePair(baseline, at) || isInsidePair(candidate, at)) at--;
  return {
    at: codePoints(baseline, at),
    baseline: around(baseline, at),
    candidate: around(candidate, at),
  };
}

function isInsidePair(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

/** Counted without copying: the equal part may be megabytes long. */
function codePoints(text: string, end: number): number {
  let count = 0;
  for (let index = 0; index < end; count++) index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  return count;
}

function around(text: string, at: number): string {
  const from = Math.max(0, at - 2 * AROUND);
  const before = Array.from(text.slice(isInsidePair(text, from) ? from + 1 : from, at));
  const after = Array.from(text.slice(at, at + 2 * AROUND + 2)).slice(0, AROUND);
  const cutBefore = from > 0 || before.length > AROUND ? "…" : "";
  const cutAfter = at + after.join("").length < text.length ? "…" : "";
  return `${cutBefore}${before.slice(-AROUND).join("")}${after.join("")}${cutAfter}`;
}
