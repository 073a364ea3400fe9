/** Cold wakes against warm: every trial is shown, since so few can never make a tail. */
import { printableLine } from "../../core/printable.js";
import { type ColdBlock, coldBlocks, intervalWords, sleepLine, unplannedRows } from "../cold-rows.js";
import { SIDES } from "../facts.js";
import { plural } from "../numbers.js";
import type { Summary } from "../summary.js";
import { displayWidth } from "../text-width.js";
import { gridLines } from "./grid.js";
import { paragraph, type Screen, title } from "./screen.js";

/** Writes nothing when no cold trial was planned. */
export function coldSection(screen: Screen, summary: Summary): void {
  const { cold } = summary;
  const blocks = coldBlocks(summary);
  const unplanned = unplannedRows(summary);
  if (blocks.length + unplanned.length === 0) return;
  const { paint, lines } = screen;
  title(screen, "Cold wake against warm", "release to first token, through every attempt");
  if (blocks.length > 0) trialLines(screen, blocks);
  lines.push("");
  for (const side of SIDES) {
    if (cold[side].length + cold.unplanned[side].length === 0) continue;
    const name = paint[side](side.padEnd(10));
    const words = [intervalWords(cold, side), sleepLine(cold, side)].filter((each) => each !== null).join("; ");
    paragraph(screen, words, { first: name, rest: " ".repeat(10) });
  }
  unplannedLines(screen, summary);
}

function trialLines(screen: Screen, blocks: readonly ColdBlock[]): void {
  const { paint, columns, lines } = screen;
  const many = blocks.every(({ rows }) => rows.length === 1);
  const head = ["", paint.baseline("baseline"), paint.candidate("candidate")];
  const rows = blocks.flatMap((block) => [
    ...(many ? [] : [[paint.bold(block.name), "", ""]]),
    ...block.rows.map(({ label, cells }) => {
      const isWake = label === "wake";
      const shown = SIDES.map((side) => printableLine(cells[side], 80)).map((cell) =>
        isWake ? paint.bold(cell) : cell,
      );
      return [many ? label : `  ${label}`, ...shown];
    }),
  ]);
  const grid = gridLines([head, ...rows], ["left", "left", "left"], { gap: 3 });
  if (grid.every((line) => displayWidth(line) <= columns)) lines.push(...grid);
  else narrowLines(screen, blocks);
  for (const { name, notes } of blocks) {
    for (const { side, text } of notes) {
      paragraph(screen, `${name}, ${side}: ${printableLine(text, 400)}`, { rest: "  ", paint: paint.dim });
    }
  }
}

/** One side after the other, where both do not fit beside each other. */
function narrowLines(screen: Screen, blocks: readonly ColdBlock[]): void {
  const { paint, lines } = screen;
  for (const { name, rows } of blocks) {
    for (const side of SIDES) {
      lines.push(`${paint.bold(name)} ${paint[side](side)}`);
      for (const { label, cells } of rows) {
        if (cells[side] === "" || cells[side] === "–") continue;
        const lead = label === name ? "  " : `  ${label}  `;
        paragraph(screen, printableLine(cells[side], 120), { first: lead, rest: "    " });
      }
    }
  }
}

const SHOWN = 8;

function unplannedLines(screen: Screen, summary: Summary): void {
  const rows = unplannedRows(summary);
  if (rows.length === 0) return;
  const { paint } = screen;
  paragraph(screen, `${plural(rows.length, "cold start")} that nobody planned, in no tail and no pair:`);
  for (const { side, place, took, evidence } of rows.slice(0, SHOWN)) {
    const text = `${printableLine(place, 60)}: ${took}, ${printableLine(evidence, 200)}`;
    paragraph(screen, text, { first: paint[side](side.padEnd(10)), rest: " ".repeat(10) });
  }
  if (rows.length > SHOWN) paragraph(screen, `and ${rows.length - SHOWN} more in report.html`, { paint: paint.dim });
}
