/** `report.json`, and the JSON Schema that is published with the package. */
import { z } from "zod";
import { printableJson } from "../core/printable.js";
import { type Summary, summarySchema } from "./summary.js";

/** The summary as JSON text: keys in the order given, two spaces of indent, a line feed at the end. */
export function renderJson(summary: Summary): string {
  return `${printableJson(summary)}\n`;
}

/** The JSON Schema (2020-12) of `report.json`. */
export function reportJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(summarySchema), title: "twintail report.json" };
}
