/** `sweep.json`: the summary itself. Its JSON Schema is generated beside the types, in sweep-summary. */
import { printableJson } from "../core/printable.js";
import type { SweepSummary } from "./sweep-summary.js";

/** The summary as JSON text: keys in the order given, two spaces of indent, a line feed at the end. */
export function renderSweepJson(summary: SweepSummary): string {
  return `${printableJson(summary)}\n`;
}
