/** Which cases and exchanges a gate is about. */
import type { Comparison } from "../compare/comparison.js";
import type { GoldenCase, Variant } from "../golden/golden-set.js";
import type { Selector } from "./gate.js";
import { printSelector } from "./print.js";

export type SelectableCase = Pick<GoldenCase, "id" | "category" | "tags">;

/** Whether a selector that is about cases holds for one; true of all others. */
export function selectsCase({ key, value }: Selector, { id, category, tags }: SelectableCase): boolean {
  switch (key) {
    case "category":
      return category === value;
    case "tag":
      return tags.includes(value);
    case "case":
      return id === value;
    case "variant":
    case "severity":
    case "rule":
      return true;
  }
}

/** The cases that every selector holds for. */
export function selectedCases<Case extends SelectableCase>(
  selectors: readonly Selector[],
  cases: readonly Case[],
): Case[] {
  return cases.filter((each) => selectors.every((selector) => selectsCase(selector, each)));
}

export function selectsVariant(selectors: readonly Selector[], variant: Variant): boolean {
  return selectors.every(({ key, value }) => key !== "variant" || value === variant);
}

/** The first selector that no case fulfils, by its index; null when each has one. */
export function emptySelector(selectors: readonly Selector[], cases: readonly SelectableCase[]): number | null {
  const index = selectors.findIndex((selector) => !cases.some((each) => selectsCase(selector, each)));
  return index < 0 ? null : index;
}

/** Why nothing is selected; null when something is. */
export function nothingSelected(selectors: readonly Selector[], cases: readonly SelectableCase[]): string | null {
  if (selectors.length === 0) return null;
  const empty = emptySelector(selectors, cases);
  if (empty !== null) return `no case of this golden set has ${printSelector(selectors[empty] as Selector)}`;
  if (selectedCases(selectors, cases).length > 0) return null;
  return `no case of this golden set has ${selectors.map(printSelector).join(" and ")} together`;
}

/** The comparison of what the selectors leave. */
export function selected(
  comparison: Comparison,
  selectors: readonly Selector[],
  cases: readonly SelectableCase[],
): Comparison {
  if (selectors.length === 0) return comparison;
  const ids = new Set(selectedCases(selectors, cases).map(({ id }) => id));
  return comparison.select(({ caseId, variant }) => ids.has(caseId) && selectsVariant(selectors, variant));
}
