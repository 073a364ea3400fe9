/** A line a load, an endpoint after the other in the same columns; what there is no room for gives way by importance. */
import { printableLine } from "../../core/printable.js";
import { sweptSides } from "../sweep-decision.js";
import type { SweepSummary } from "../sweep-summary.js";
import { type SweepRow, type SweepTable, sweepTable } from "../sweep-table.js";
import type { TailCell } from "../tail-cell.js";
import { displayWidth } from "../text-width.js";
import { gridLines } from "./grid.js";
import { paragraph, type Screen, title } from "./screen.js";
import { superscript, superscripts } from "./tails.js";

/** The rank of the least important column. */
const LAST_RANK = 14;
const MOST_NOTES = 24;
const GAP = 2;

export function pointSection(screen: Screen, summary: SweepSummary): void {
  const sides = sweptSides(summary);
  if (sides.every((side) => (summary.endpoints[side].sweep?.points.length ?? 0) === 0)) return;
  title(screen, "Loads", "in the order of the load; n: requests within the window");
  const { table, lines } = fitted(screen, summary);
  screen.lines.push(...lines);
  const { footnotes, unknown } = table;
  if (footnotes.length + unknown.length > 0) screen.lines.push("");
  footnotes.slice(0, MOST_NOTES).forEach((note, index) => {
    paragraph(screen, printableLine(note, 400), { first: `${superscript(index + 1)} `, paint: screen.paint.dim });
  });
  if (footnotes.length > MOST_NOTES) {
    paragraph(screen, `and ${footnotes.length - MOST_NOTES} notes more in sweep.html`, { paint: screen.paint.dim });
  }
  if (unknown.length > 0) {
    paragraph(screen, `Known at no load: ${unknown.join(", ")}.`, { paint: screen.paint.dim });
  }
}

/** As many columns as there is room for, the most important first. */
function fitted(screen: Screen, summary: SweepSummary): { table: SweepTable; lines: string[] } {
  for (let rank = LAST_RANK; rank > 0; rank--) {
    const table = sweepTable(summary, rank);
    if (widthOf(table) <= screen.columns) return { table, lines: tableLines(screen, table) };
  }
  const table = sweepTable(summary, 0);
  return { table, lines: tableLines(screen, table) };
}

/** Without drawing it: that takes most of the time. */
function widthOf({ columns, rows }: SweepTable): number {
  const all = [...(rows.baseline ?? []), ...(rows.candidate ?? [])];
  const widths = columns.map(({ head }, column) => {
    const mark = Math.max(0, ...all.map((row) => markWidth(row.cells[column])));
    const texts = [...head, ...all.map((row) => row.cells[column]?.text ?? "")];
    return mark + Math.max(...texts.map(displayWidth));
  });
  return widths.reduce((sum, width) => sum + width + GAP, -GAP);
}

function tableLines({ paint }: Screen, { columns, rows }: SweepTable): string[] {
  const sides = (["baseline", "candidate"] as const).filter((side) => (rows[side]?.length ?? 0) > 0);
  const all = sides.flatMap((side) => rows[side] ?? []);
  const marks = columns.map((_, column) => Math.max(0, ...all.map((row) => markWidth(row.cells[column]))));
  const head = [0, 1].map((line) =>
    columns.map(({ head: text }, column) => paint.dim((text[line] ?? "") + " ".repeat(marks[column] ?? 0))),
  );
  const body = all.map((row) =>
    row.cells.map(
      (cell, column) => painted(paint, row, cell, columns[column]?.key ?? "") + padding(cell, marks[column] ?? 0),
    ),
  );
  const lines = gridLines(
    [...head, ...body],
    columns.map(({ side }) => side),
    { gap: GAP },
  );
  let next = 2;
  const parts = sides.flatMap((side) => {
    const own = lines.slice(next, next + (rows[side]?.length ?? 0));
    next += own.length;
    return [paint[side](side), ...own];
  });
  return [...lines.slice(0, 2), ...parts];
}

function painted(paint: Screen["paint"], { point }: SweepRow, { text, notes }: TailCell, key: string): string {
  const bad = (key === "slo" && text === "missed") || (key === "state" && text !== "steady" && text !== "unsure");
  const shown = !point.trusted ? paint.dim(text) : bad ? paint.worse(text) : text;
  // The mark stands beyond the digits, so that digits stay in their column.
  return shown + paint.dim(superscripts(notes));
}

function padding({ notes }: TailCell, width: number): string {
  return " ".repeat(Math.max(0, width - superscripts(notes).length));
}

function markWidth(cell: TailCell | undefined): number {
  return cell === undefined ? 0 : superscripts(cell.notes).length;
}
