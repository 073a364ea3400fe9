/**
 * Keeps what twintail prints from being taken for a command by the machine that runs it in CI. GitHub's runner acts on a
 * line that begins with `::name …::` after white space, and on `##[name …]` anywhere in a line; Azure's on `##vso[…]`,
 * TeamCity's on `##teamcity[…]`. Lines are broken at LF and at CR.
 *
 * Suspending commands (`::stop-commands::`) was rejected: a killed process would never resume them, both streams share one
 * state, and `--json` would no longer be JSON. The escape keeps JSON what it is: `##[` can only stand in a string there, where
 * `\u005b` means the same, and no line of it begins with a colon.
 */

const RUNNERS: readonly (readonly [variable: string, value: RegExp])[] = [
  ["GITHUB_ACTIONS", /^true$/i],
  ["TF_BUILD", /^true$/i],
  ["TEAMCITY_VERSION", /./],
];

/** Does a machine read the output of this process for commands? */
export function readsCommands(environment: Readonly<Record<string, string | undefined>>): boolean {
  return RUNNERS.some(([variable, value]) => value.test(environment[variable] ?? ""));
}

export interface CommandGuard {
  /** The next text of a stream, in which no line is a command. Colons and brackets that would begin one are escaped. */
  guarded(text: string): string;
  /** The text that brings the stream to the beginning of a line, for a command of our own: a line feed, or nothing. */
  freshLine(): string;
}

/** What has no width: comparisons that heed a culture pass over it. */
const WIDTHLESS = /^[\p{C}\p{M}]$/u;
const UNSEEN = /^[\s\p{C}\p{M}\p{Z}]$/u;
const LETTER = /^[a-z]$/i;
const MAX_WORD = 32;

/** One stream's guard: a command may be cut in two writes. */
export function commandGuard(): CommandGuard {
  let lead: "start" | "blank" | "colon" | "text" = "start";
  /** Length of `##` and the letters after it, so far; 0 where there is none. */
  let hashes = 0;
  const next = (character: string): string => {
    if (character === "\n" || character === "\r") {
      lead = "start";
      hashes = 0;
      return character;
    }
    let written = character;
    if (lead !== "text" && !UNSEEN.test(character)) {
      if (character !== ":") lead = "text";
      else if (lead === "colon") {
        lead = "text";
        written = "\\:";
      } else lead = "colon";
    } else if (lead === "start") lead = "blank";
    if (character === "#") hashes = Math.min(2, hashes > 2 ? 1 : hashes + 1);
    else if (hashes >= 2) {
      if (character === "[") {
        hashes = 0;
        return "\\u005b";
      }
      if (LETTER.test(character) && hashes < MAX_WORD) hashes++;
      else if (!WIDTHLESS.test(character)) hashes = 0;
    } else if (hashes === 1 && !WIDTHLESS.test(character)) hashes = 0;
    return written;
  };
  return {
    guarded(text) {
      let out = "";
      for (const character of text) out += next(character);
      return out;
    },
    freshLine() {
      const missing = lead === "start" ? "" : "\n";
      next("\n");
      return missing;
    },
  };
}
