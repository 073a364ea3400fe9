/** `probe.json`, and the JSON Schema that is published with the package. */
import { z } from "zod";
import { printableJson } from "../core/printable.js";
import { type ProbeSummary, probeSummarySchema } from "./probe-summary.js";

/** The summary as JSON text: keys in the order given, two spaces of indent, a line feed at the end. */
export function renderProbeJson(summary: ProbeSummary): string {
  return `${printableJson(summary)}\n`;
}

/** The JSON Schema (2020-12) of `probe.json`. */
export function probeJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(probeSummarySchema), title: "twintail probe.json" };
}
