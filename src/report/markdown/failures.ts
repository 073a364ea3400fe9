import { failureExtent, failureRows, retryLines } from "../failure-lines.js";
import type { Summary } from "../summary.js";
import { code, escapeMarkdown, table } from "./escape.js";

const SHOWN = 25;

/** Lines of the section; none when all went well. */
export function failuresSection(summary: Summary): string[] {
  const rows = failureRows(summary);
  const retries = retryLines(summary);
  if (rows.length === 0 && retries.length === 0) return [];
  const cells = rows
    .slice(0, SHOWN)
    .map((row) => [
      row.endpoint,
      `**${escapeMarkdown(row.class)}**`,
      row.code === null ? "" : code(row.code, 60),
      escapeMarkdown(failureExtent(row), 300),
      code(row.message, 200),
    ]);
  return [
    "## Failures",
    "",
    ...(cells.length === 0
      ? []
      : [...table(["endpoint", "", "code", "how often", "in its words"], "lllll", cells), ""]),
    ...retries.map(({ endpoint, text }) => `Retries, ${endpoint}: ${escapeMarkdown(text)}<br>`),
  ];
}
