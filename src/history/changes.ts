/** What an endpoint called itself, and by which version and with how many rounds it was measured: said where it changed. */
import type { Runs } from "./groups.js";

const ROLES = ["baseline", "candidate"] as const;
const FACTS = [
  ["modelsSeen", "model"],
  ["systemFingerprints", "system_fingerprint"],
] as const;
/** More different names than this in one night are no name. */
const MOST_NAMES = 5;

/** Lines for each night, in order; the first has none. */
export function changesOf(nights: readonly Runs[]): string[][] {
  const lines: string[][] = nights.map(() => []);
  for (const role of ROLES) {
    for (const [fact, word] of FACTS) {
      const known = new Set<string>();
      let before: readonly string[] = [];
      for (const [index, runs] of nights.entries()) {
        const seen = [...new Set(runs.flatMap((run) => run.endpoints[role][fact]))].sort();
        // Nothing was answered: that says nothing about a name.
        if (seen.length === 0) continue;
        const fresh = seen.filter((name) => !known.has(name));
        const apart = before.length > 0 && !seen.some((name) => before.includes(name));
        // Replicas take turns: a name that was there before is news only when none of last night's is left.
        if (before.length > 0 && (fresh.length > 0 || apart)) {
          lines[index]?.push(`${word} of the ${role}: ${named(before)} → ${named(seen)}`);
        }
        for (const name of seen) known.add(name);
        before = seen;
      }
    }
  }
  for (const [index, runs] of nights.entries()) {
    const [from, to] = [nights[index - 1]?.at(-1)?.twintail, runs.at(-1)?.twintail];
    if (from !== undefined && from !== to) lines[index]?.push(`measured by twintail ${from} → ${to}`);
    const [before, now] = [nights[index - 1]?.at(-1)?.rounds, runs.at(-1)?.rounds];
    // Fewer rounds are more chance: a night of three is no like of nights of ten.
    if (before !== undefined && before !== now) lines[index]?.push(`rounds ${before} → ${now}`);
  }
  return lines;
}

function named(names: readonly string[]): string {
  return names.length > MOST_NAMES ? `${names.length} names` : names.join(", ");
}
