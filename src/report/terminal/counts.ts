/** Rates with both denominators, and token counts. */
import { printableLine } from "../../core/printable.js";
import { rateRows, tokenRows } from "../count-table.js";
import type { DifferenceLine } from "../difference-line.js";
import type { Summary } from "../summary.js";
import { displayWidth } from "../text-width.js";
import { gridLines } from "./grid.js";
import { paragraph, type Screen, title } from "./screen.js";
import { superscript } from "./tails.js";

export function rateSection(screen: Screen, summary: Summary): void {
  const { rows, quiet, footnotes } = rateRows(summary);
  if (rows.length === 0 && quiet === null) return;
  title(screen, "Rates", "phase warm");
  const { paint } = screen;
  const mark = (note: number | null): string => (note === null ? "" : paint.dim(superscript(note)));
  const cells = rows.map((row) => [
    row.name,
    row.baseline.counts,
    row.baseline.share + mark(row.baseline.note),
    row.candidate.counts,
    row.candidate.share + mark(row.candidate.note),
    ...differenceCells(screen, row.difference),
  ]);
  const head = ["rate", "baseline", "", "candidate", "", "difference", ""].map(paint.dim);
  const align = ["left", "right", "right", "right", "right", "left", "left"] as const;
  const wide = gridLines([head, ...cells], align);
  const fits = wide.every((line) => displayWidth(line) <= screen.columns);
  const narrow = (): string[] =>
    cells.flatMap(([name = "", a = "", aShare = "", b = "", bShare = "", change = "", p = ""]) => [
      name,
      `  ${a}  ${aShare} → ${b}  ${bShare}`,
      ...(change === "" ? [] : [`  ${change}  ${p}`]),
    ]);
  screen.lines.push(...(fits ? wide : narrow()));
  if (quiet !== null) paragraph(screen, quiet, { paint: paint.dim });
  footnotes.forEach((note, index) => {
    paragraph(screen, printableLine(note, 400), { first: `${superscript(index + 1)} `, paint: paint.dim });
  });
}

/** `+11.1 points [+6.1, +17.1]`, and its p. */
export function differenceCells({ paint }: Screen, line: DifferenceLine): [change: string, p: string] {
  const tone = line.better === null ? paint.dim : line.better ? paint.better : paint.worse;
  return [tone(`${line.change} ${line.interval}`.trim()), paint.dim(line.p)];
}

export function tokenSection(screen: Screen, summary: Summary): void {
  const { rows, asides } = tokenRows(summary);
  if (rows.length === 0 && asides.length === 0) return;
  title(screen, "Tokens", "as usage reports them; each model counts in its own tokens");
  const { paint, columns } = screen;
  const cells = rows.map((row) => [row.name, row.baseline.p50, row.candidate.p50, row.baseline.sum, row.candidate.sum]);
  const head = ["", "p50 baseline", "candidate", "sum baseline", "candidate"].map(paint.dim);
  const wide = gridLines([head, ...cells], ["left", "right", "right", "right", "right"]);
  const fits = wide.every((line) => displayWidth(line) <= columns);
  const narrow = (): string[] => rows.map((row) => `${row.name}  p50 ${row.baseline.p50} → ${row.candidate.p50}`);
  if (rows.length > 0) screen.lines.push(...(fits ? wide : narrow()));
  for (const aside of asides) paragraph(screen, aside, { paint: paint.dim });
}
