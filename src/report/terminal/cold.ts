/** Cold wakes against warm: every trial is listed, since so few can never make a tail. */
import { printableLine } from "../../core/printable.js";
import { coldParts, SIDES } from "../facts.js";
import { formatMs, plural } from "../numbers.js";
import type { Summary } from "../summary.js";
import { displayWidth } from "../text-width.js";
import { paragraph, type Screen, title } from "./screen.js";

/** Writes nothing when no cold trial was planned. */
export function coldSection(screen: Screen, summary: Summary): void {
  const { cold } = summary;
  if (cold.baseline.length + cold.candidate.length === 0) return;
  const { paint, lines } = screen;
  title(screen, "Cold wake against warm", "release to first token, through every attempt");
  for (const side of SIDES) {
    const warm = formatMs(cold.warmTtftP50[side], "not known");
    lines.push(`${paint[side](side)}${paint.dim(`  warm ttft p50 ${warm}`)}`);
    if (cold[side].length === 0) lines.push(paint.dim("  no cold trial"));
    for (const trial of cold[side]) {
      const wake = formatMs(trial.wakeMs, "no token").padStart(12);
      const text = `${trial.verdict}; ${plural(trial.attempts, "attempt")}; ${coldParts(trial)}`;
      const indent = screen.columns < 60 ? "    " : " ".repeat(displayWidth(wake) + 2);
      paragraph(screen, text, { first: `${paint.bold(wake)}  `, rest: indent });
      if (trial.note !== "") {
        paragraph(screen, printableLine(trial.note, 400), { first: indent, rest: indent, paint: paint.dim });
      }
    }
  }
}
