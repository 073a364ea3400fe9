/** Writes a sweep's files into its folder, readable by their owner alone. */
import { join } from "node:path";
import { renderSweepCsv } from "./sweep-csv.js";
import { renderSweepHtml } from "./sweep-html.js";
import { renderSweepJson } from "./sweep-json.js";
import { renderSweepMarkdown } from "./sweep-markdown.js";
import type { SweepSummary } from "./sweep-summary.js";
import { writeFiles } from "./write.js";

/**
 * Writes `sweep.json`, `sweep.html`, `sweep.md` and `sweep.csv` into `folder`, which is made if need be. Each file appears
 * whole or not at all.
 * @returns the paths, in that order.
 * @throws TwintailError when a file cannot be written.
 */
export function writeSweep(summary: SweepSummary, folder: string): string[] {
  const files: [path: string, text: string][] = [
    [join(folder, "sweep.json"), renderSweepJson(summary)],
    [join(folder, "sweep.html"), renderSweepHtml(summary)],
    [join(folder, "sweep.md"), renderSweepMarkdown(summary)],
    [join(folder, "sweep.csv"), renderSweepCsv(summary)],
  ];
  writeFiles(files);
  return files.map(([path]) => path);
}
