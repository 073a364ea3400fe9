/** The tails of one phase, baseline above candidate, the paired estimate below both. */

import type { ShiftLine } from "../shift-line.js";
import type { MetricPhaseName, Summary } from "../summary.js";
import type { TailCell } from "../tail-cell.js";
import { type MetricBlock, mainMetrics, tailTable } from "../tail-table.js";
import { displayWidth, wrapText } from "../text-width.js";
import { gridLines } from "./grid.js";
import { paragraph, type Screen, title } from "./screen.js";

const ALIGN = ["left", "left", "right", "right", "right", "right", "right", "right"] as const;

/** Writes nothing when the phase has no tails. */
export function tailSection(
  screen: Screen,
  summary: Summary,
  phase: MetricPhaseName,
  heading: string,
  aside: string,
): void {
  const { main, minor } = mainMetrics(summary, phase);
  const table = tailTable(summary, phase, main);
  if (table.blocks.length === 0) return;
  title(screen, heading, aside);
  const wide = wideLines(screen, table.blocks);
  const fits = wide.every((line) => displayWidth(line) <= screen.columns);
  screen.lines.push(...(fits ? wide : narrowLines(screen, table.blocks)));
  if (table.footnotes.length > 0) screen.lines.push("");
  table.footnotes.forEach((note, index) => {
    paragraph(screen, note, { first: `${superscript(index + 1)} `, paint: screen.paint.dim });
  });
  if (minor.length > 0) paragraph(screen, `In report.html also: ${minor.join(", ")}.`, { paint: screen.paint.dim });
}

function wideLines(screen: Screen, blocks: readonly MetricBlock[]): string[] {
  const { paint } = screen;
  const columnMarks = Array.from({ length: 6 }, (_, column) =>
    Math.max(0, ...blocks.flatMap((block) => block.rows.map((row) => markWidth([row.n, ...row.cells][column])))),
  );
  const rows: string[][] = [];
  // By row of the grid, what stands below it: shift lines may be wider than their column.
  const below = new Map<number, string[]>();
  let heads = "";
  for (const block of blocks) {
    if (block.columns.join() !== heads) {
      heads = block.columns.join();
      below.set(rows.length - 1, [...(below.get(rows.length - 1) ?? []), ""]);
      const head = ["n", ...block.columns].map((name, index) => paint.dim(name + " ".repeat(columnMarks[index] ?? 0)));
      rows.push([paint.dim("metric"), paint.dim("endpoint"), ...head]);
    }
    block.rows.forEach((row, index) => {
      const cells = [row.n, ...row.cells].map((cell, column) => marked(screen, cell, columnMarks[column] ?? 0));
      rows.push([
        index === 0 ? paint.bold(block.name) : paint.dim(block.unit),
        paint[row.endpoint](row.endpoint),
        ...cells,
      ]);
    });
    below.set(rows.length - 1, shiftLines(screen, block.shift, 13));
  }
  return gridLines(rows, ALIGN).flatMap((line, index) => [line, ...(below.get(index) ?? [])]);
}

/** For narrow windows: the quantiles go down the page, the endpoints stand side by side. */
function narrowLines(screen: Screen, blocks: readonly MetricBlock[]): string[] {
  const { paint } = screen;
  return blocks.flatMap((block) => {
    const cells = block.rows.map((row) => [row.n, ...row.cells]);
    const marks = cells.map((side) => Math.max(0, ...side.map(markWidth)));
    const head = [
      "",
      ...block.rows.map((row, side) => paint[row.endpoint](row.endpoint) + " ".repeat(marks[side] ?? 0)),
    ];
    const rows = ["n", ...block.columns].map((name, index) => [
      paint.dim(name),
      ...cells.map((side, column) => marked(screen, side[index] ?? { text: "", notes: [] }, marks[column] ?? 0)),
    ]);
    return [
      `${paint.bold(block.name)} ${paint.dim(block.unit)}`,
      ...gridLines([head, ...rows], ["left", "right", "right"], { indent: 2 }),
      ...shiftLines(screen, block.shift, 2),
      "",
    ];
  });
}

function shiftLines(screen: Screen, shift: ShiftLine | null, indent: number): string[] {
  if (shift === null) return [];
  const { paint, columns } = screen;
  const lead = " ".repeat(indent);
  const change = `${shift.change} ${shift.interval}`.trim();
  const tone = shift.better === null ? (text: string) => text : shift.better ? paint.better : paint.worse;
  const mark = superscripts(shift.notes);
  const pieces = (basis: string): string[] =>
    [shift.medians, change, shift.p, basis + mark].filter((piece) => piece !== "");
  // The footnote says it at length, so that the short form loses nothing.
  const forms = mark === "" ? [shift.basis] : [shift.basis, shift.basis.replace(/,.*/, "")];
  for (const form of forms.map(pieces)) {
    if (displayWidth(form.join("  ")) + indent > columns) continue;
    return [lead + form.map((piece) => (piece === change ? tone(piece) : paint.dim(piece))).join("  ")];
  }
  return wrapText(pieces(shift.basis).join("  "), columns, lead).map(paint.dim);
}

function marked(screen: Screen, cell: TailCell, width: number): string {
  const mark = superscripts(cell.notes);
  // The mark stands beyond the digits, so that digits stay in their column.
  return cell.text + screen.paint.dim(mark) + " ".repeat(Math.max(0, width - mark.length));
}

function markWidth(cell: TailCell | undefined): number {
  return cell === undefined ? 0 : superscripts(cell.notes).length;
}

export function superscripts(notes: readonly number[]): string {
  return notes.map(superscript).join("·");
}

/** An ordinal as superscript digits. */
export function superscript(ordinal: number): string {
  return [...String(ordinal)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? "").join("");
}
