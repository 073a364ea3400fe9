/** The forms in which a secret may come back: as itself, escaped by JSON, a URL or HTML, or as base64. */

const STAR = "*";

/** Compiling one takes longer than searching an answer, and a run has one list of secrets. */
const compiled = new WeakMap<readonly string[], RegExp | null>();

/** Any of the secrets in any of those forms; null when there is none. Global, and blind to case. Secrets are printable ASCII. */
export function patternOf(secrets: readonly string[]): RegExp | null {
  const known = compiled.get(secrets);
  if (known !== undefined) return known;
  const made = compile(secrets);
  compiled.set(secrets, made);
  return made;
}

function compile(secrets: readonly string[]): RegExp | null {
  const forms = [...new Set(secrets)]
    .filter((secret) => secret !== "")
    .flatMap((secret) => [
      { length: secret.length, source: [...secret].map(escapesOf).join("") },
      ...base64Cores(secret).map(({ core, open }) => ({
        length: core.length,
        // The last digit also holds bits of what follows.
        source: [...core].map(escapesOf).join("") + (open ? "[\\w+/-]?" : ""),
      })),
    ]);
  if (forms.length === 0) return null;
  // Longest first: one may begin with another.
  forms.sort((a, b) => b.length - a.length);
  return new RegExp(forms.map(({ source }) => source).join("|"), "gi");
}

/** The text with each match replaced by asterisks. */
export function starred(text: string, pattern: RegExp): string {
  return text.replace(pattern, (found) => STAR.repeat(found.length));
}

/** What base64 of a secret is wherever it stands in a text: digits that depend on nothing before or after it. */
export function base64Cores(secret: string): { readonly core: string; readonly open: boolean }[] {
  return [0, 1, 2].map((shift) => {
    const digits = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret, "latin1")]).toString("base64");
    const bits = 8 * (shift + secret.length);
    return { core: digits.slice(Math.ceil((8 * shift) / 6), Math.floor(bits / 6)), open: bits % 6 !== 0 };
  });
}

const HTML: Readonly<Record<string, string>> = {
  "&": "&(?:amp|#38|#x26);",
  "<": "&(?:lt|#60|#x3c);",
  ">": "&(?:gt|#62|#x3e);",
  '"': "&(?:quot|#34|#x22);",
  "'": "&(?:apos|#0?39|#x27);",
};

/** A character as JSON (also within a JSON text), a URL or HTML may write it. */
function escapesOf(character: string): string {
  const literal = character.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const hex = character.charCodeAt(0).toString(16).padStart(2, "0");
  const url = `%(?:25){0,2}${hex}`;
  const unicode = `\\\\{1,8}u00${hex}`;
  const html = HTML[character] === undefined ? "" : `|${HTML[character]}`;
  if (character === "\\") return `(?:\\\\{1,8}(?:u00${hex})?|${url})`;
  // Only these may stand behind a backslash of their own; before another character it belongs to what came before.
  const escaped = '"/'.includes(character) ? "\\\\{0,7}" : "";
  const either = character === "+" ? "[+-]" : character === "/" ? "[/_]" : literal;
  return `(?:${escaped}${either}|${unicode}|${url}${html})`;
}
