/** Which client libraries are asked for: `openai@4.20`, `ai@latest`, or a copy that is there already, `openai=./app`. */
import { resolve } from "node:path";
import { TwintailError } from "../core/errors.js";

export const SDK_NAMES = ["openai", "ai"] as const;
export type SdkName = (typeof SDK_NAMES)[number];

export interface SdkChoice {
  readonly name: SdkName;
  /** As it was asked for: `openai@4.20`. */
  readonly label: string;
  /** A version, range or tag that npm resolves; absent where a folder is given. */
  readonly spec?: string;
  /** A folder that Node.js would resolve the library from, or the library's own. */
  readonly folder?: string;
}

export const DEFAULT_SDKS = "openai@latest,ai@latest";

/** Versions, ranges and tags; nothing that would make npm fetch from elsewhere (`git+…`, `npm:…`, paths, addresses). */
const SPEC = /^[\w.^~<>=|*+-][\w.^~<>=|*+ -]{0,60}$/;

/** Reads a list such as `openai@4.20,ai@5,openai=./app`. @throws TwintailError when an entry is none of these. */
export function parseSdkChoices(list: string): readonly SdkChoice[] {
  const choices = new Map<string, SdkChoice>();
  for (const entry of list.split(",").map((part) => part.trim())) {
    const choice = parseSdkChoice(entry);
    choices.set(choice.label, choice);
  }
  return [...choices.values()];
}

function parseSdkChoice(entry: string): SdkChoice {
  const [, given, sign, rest = ""] = /^([^@=]*)(?:([@=])(.*))?$/.exec(entry) ?? [];
  const name = SDK_NAMES.find((known) => known === given);
  if (name === undefined) {
    throw new TwintailError({
      cause: `"${given ?? entry}" is no SDK that is known here`,
      place: "--sdk",
      remedy: `write ${SDK_NAMES.map((known) => `${known}@VERSION`).join(" or ")}, with commas between`,
    });
  }
  if (sign === "=" && rest !== "") return { name, label: `${name}=${rest}`, folder: resolve(rest) };
  const spec = sign === undefined ? "latest" : rest;
  if (sign === "=" || !SPEC.test(spec)) {
    throw new TwintailError({
      cause: `"${entry}" has no version, range or tag`,
      place: "--sdk",
      remedy: `write ${name}@4.20, ${name}@latest, or ${name}=FOLDER for one that is installed there`,
    });
  }
  return { name, label: `${name}@${spec}`, spec };
}
