import type { GoldenSet } from "../golden/golden-set.js";
import { loadGoldenSet } from "../golden/load.js";

export const GOLDENS_FLAG = [
  "--goldens <file>",
  "the golden set, for a recording that holds only its digests: expectations are judged by it",
] as const;

/** @throws TwintailError with the place of a mistake in it. */
export function goldenSetOf({ goldens }: { readonly goldens?: string }): GoldenSet | undefined {
  return goldens === undefined ? undefined : loadGoldenSet(goldens).set;
}
