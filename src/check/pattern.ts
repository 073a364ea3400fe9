/**
 * Regular expressions of a golden set, held against text that an endpoint chose.
 */
import { cut } from "./evidence.js";
import { WATCHDOG_MS, withinTime } from "./watchdog.js";

/** Only this much of a text is searched, in UTF-16 code units. */
export const MAX_PATTERN_TEXT = 200_000;

/** Steps that a pattern may need without being watched: about 10 ms. */
const FREE_STEPS = 1e6;
const MAX_CACHED = 1000;

const compiled = new Map<string, RegExp | string>();

/** Whether a pattern was found, or why that cannot be said. */
export type PatternOutcome = { readonly matched: boolean } | { readonly problem: string };

/** Searches `text` for a pattern, flags `u` and `s`, and `i` on request. Never throws and never hangs. */
export function searchPattern(source: string, text: string, ignoreCase = false): PatternOutcome {
  const pattern = compile(source, ignoreCase ? "ius" : "us");
  if (typeof pattern === "string") return { problem: pattern };
  const searched = text.slice(0, MAX_PATTERN_TEXT);
  if (isCheap(source, searched.length)) return { matched: pattern.test(searched) };
  const outcome = withinTime(() => pattern.test(searched));
  return "value" in outcome
    ? { matched: outcome.value }
    : { problem: `the pattern took longer than ${WATCHDOG_MS} ms` };
}

function compile(source: string, flags: string): RegExp | string {
  const key = `${flags}/${source}`;
  let pattern = compiled.get(key);
  if (pattern === undefined) {
    try {
      pattern = new RegExp(source, flags);
    } catch {
      pattern = `not a regular expression: ${cut(source, 60)}`;
    }
    if (compiled.size >= MAX_CACHED) compiled.clear();
    compiled.set(key, pattern);
  }
  return pattern;
}

/**
 * True when even a hopeless search is short. Without a quantified group or a back reference, each quantifier (and
 * the free starting point) multiplies the work by the length of the text at most.
 */
function isCheap(source: string, length: number): boolean {
  const bare = source
    .replace(/\\[1-9k]/g, ")*")
    .replace(/\\./gs, "x")
    .replace(/\[[^\]]*\]/g, "x")
    .replace(/\(\?/g, "(");
  if (/\)[*+?{]/.test(bare)) return false;
  const quantifiers = bare.match(/[*+?{]/g)?.length ?? 0;
  return Math.max(2, length) ** (quantifiers + 1) <= FREE_STEPS;
}
