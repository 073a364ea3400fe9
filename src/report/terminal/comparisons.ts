/** What is compared beside the tails: slow shares, tail ratios, outputs, and what this setup can resolve. */
import { controlTable, outputsLines, RATIO_NOTE, ratioTable, slowShareTable } from "../comparison-rows.js";
import { HOLM_NOTE } from "../shift-line.js";
import type { Summary } from "../summary.js";
import { displayWidth } from "../text-width.js";
import { differenceCells } from "./counts.js";
import { gridLines } from "./grid.js";
import { paragraph, type Screen, title } from "./screen.js";
import { superscripts } from "./tails.js";

export function outputsSection(screen: Screen, summary: Summary): void {
  const lines = outputsLines(summary.parity.outputs);
  if (lines.length === 0) return;
  title(screen, "Outputs", "do answers differ more than they do by themselves?");
  for (const line of lines) paragraph(screen, line);
}

export function slowShareSection(screen: Screen, summary: Summary): void {
  const { rows, footnotes } = slowShareTable(summary);
  if (rows.length === 0) return;
  title(screen, "Slow requests", "over twice the pooled median of their own case");
  const { paint } = screen;
  const cells = rows.map(({ name, baseline, candidate, difference, notes }) => {
    const [change, p] = differenceCells(screen, difference);
    return [name, ...baseline, ...candidate, change, p + paint.dim(superscripts(notes))];
  });
  const head = ["metric", "baseline", "", "candidate", "", "difference", ""].map(paint.dim);
  const align = ["left", "right", "right", "right", "right", "left", "left"] as const;
  const wide = gridLines([head, ...cells], align);
  const fits = wide.every((line) => displayWidth(line) <= screen.columns);
  const narrow = cells.flatMap(([name = "", a = "", aShare = "", b = "", bShare = "", change = "", p = ""]) => [
    `${name}  ${a}  ${aShare} → ${b}  ${bShare}`,
    `  ${change}  ${p}`,
  ]);
  screen.lines.push(...(fits ? wide : narrow));
  footnoteLines(screen, footnotes);
}

export function ratioSection(screen: Screen, summary: Summary): void {
  const { rows, footnotes } = ratioTable(summary);
  if (rows.length === 0) return;
  title(screen, "Tail ratios", "candidate / baseline");
  const { paint, columns } = screen;
  const names = [...new Set(rows.map(({ name }) => name))];
  for (const name of names) {
    const pieces = rows
      .filter((row) => row.name === name)
      .map((row) => `${row.quantile} ${`${row.change} ${row.interval}`.trim()}${superscripts(row.notes)}`);
    const line = `${paint.bold(name.padEnd(11))} ${pieces.join("   ")}`;
    if (displayWidth(line) <= columns) screen.lines.push(line);
    else screen.lines.push(paint.bold(name), ...pieces.map((piece) => `  ${piece}`));
  }
  paragraph(screen, RATIO_NOTE, { paint: paint.dim });
  footnoteLines(screen, footnotes);
}

export function controlSection(screen: Screen, summary: Summary): void {
  const table = controlTable(summary);
  if (table === null) return;
  const { paint, columns } = screen;
  title(screen, "What this setup can resolve", "each endpoint against itself");
  const head = ["metric", "baseline", "candidate", "smallest change it tells"].map(paint.dim);
  const cells = table.rows.map((row) => [row.name, row.baseline, row.candidate, row.resolves]);
  const wide = gridLines([head, ...cells], ["left", "right", "right", "right"]);
  const fits = wide.every((line) => displayWidth(line) <= columns);
  const narrow = table.rows.map((row) => `${row.name}: tells changes from ${row.resolves} on`);
  if (table.rows.length > 0) screen.lines.push(...(fits ? wide : narrow));
  if (table.rates.length > 0) {
    const said = table.rates.map(({ name, baseline, candidate }) => `${name} ${baseline} and ${candidate}`);
    paragraph(screen, `Rates, in points: ${said.join("; ")}.`, { paint: paint.dim });
  }
  for (const note of table.notes) paragraph(screen, `${note}.`, { paint: paint.dim });
}

/** Once for the whole report, where any p is a corrected one. */
export function holmLine(screen: Screen, summary: Summary): void {
  const corrected = Object.values(summary.metrics).some(
    ({ warm, solo }) =>
      warm?.shift?.pHolm != null || solo?.shift?.pHolm != null || warm?.slow_share?.difference?.pHolm != null,
  );
  if (corrected) paragraph(screen, HOLM_NOTE, { paint: screen.paint.dim });
}

function footnoteLines(screen: Screen, notes: readonly string[]): void {
  notes.forEach((note, index) => {
    paragraph(screen, note, { first: `${superscripts([index + 1])} `, paint: screen.paint.dim });
  });
}
