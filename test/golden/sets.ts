/** Golden sets for the tests of this room: written as YAML text in a folder of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type LoadedGoldenSet, parseGoldenSet } from "../../src/golden/load.js";

/** A set of one case, whose lines a test can replace or add to. Line 3 is the case's first. */
export const ONE_CASE = `name: small
cases:
  - id: first
    category: chat
    detects: nothing much
    request: { messages: [{ role: user, content: Say hello. }] }
    expect: { contains: hello }
`;

/** A case that a simulated endpoint answers as expected, and one that it does not, as a stream and as a body. */
export const CAPITALS = `name: small
defaults: { temperature: 0, max_tokens: 40, stream: true }
cases:
  - id: capital
    category: closed-form
    detects: a wrong answer
    request: { messages: [{ role: user, content: "Capital of Norway?" }] }
    expect: { icontains: oslo }
    reference: Oslo is the capital of Norway.
  - id: both
    category: closed-form
    detects: an unmet expectation
    stream: both
    request: { messages: [{ role: user, content: "Capital of France?" }] }
    expect: { icontains: paris }
    reference: It is Lyon.
`;

/** Runs a test with a folder that holds the given files. */
export function withFolder<T>(files: Readonly<Record<string, string | Uint8Array>>, test: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "twintail-golden-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return test(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Parses a set that stands in `set.yaml`. */
export function parse(text: string, folder = tmpdir()): LoadedGoldenSet {
  return parseGoldenSet(text, folder, "set.yaml");
}

/** The lines of the error that a set is refused with. */
export function refusal(text: string, folder?: string): string[] {
  try {
    parse(text, folder);
  } catch (error) {
    return (error as Error).message.split("\n");
  }
  return [];
}
