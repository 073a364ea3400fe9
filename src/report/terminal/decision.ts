/** What decides: gates, the checklist, timeouts and cost. What is well is counted, what is not is said. */
import { printableLine } from "../../core/printable.js";
import { checklistCount, costTable, cutRows, timeoutRows } from "../decision-rows.js";
import { judgementLine } from "../facts.js";
import { type GateRow, gateRows } from "../gate-rows.js";
import type { Summary } from "../summary.js";
import { displayWidth } from "../text-width.js";
import { gridLines } from "./grid.js";
import { paragraph, type Screen, title } from "./screen.js";

const INDENT = " ".repeat(14);

export function gateSection(screen: Screen, summary: Summary): void {
  const rows = gateRows(summary);
  if (rows.length === 0) return;
  title(screen, "Gates", "what decided it first");
  for (const row of rows) gateLines(screen, row);
  const sure = judgementLine(summary);
  if (sure !== null) paragraph(screen, `${sure}.`, { paint: screen.paint.dim });
}

function gateLines(screen: Screen, row: GateRow): void {
  const { paint, lines } = screen;
  const tone = {
    pass: paint.better,
    fail: paint.worse,
    invalid: paint.worse,
    inconclusive: paint.bold,
    skipped: paint.dim,
  };
  const head = `${tone[row.result](row.result.padEnd(13))} ${paint.bold(printableLine(row.text, 80))}`;
  const seen = [row.seen, row.reads].filter((part) => part !== "").join("  ");
  const whole = seen === "" ? head : `${head}  ${seen}`;
  if (displayWidth(whole) <= screen.columns) lines.push(whole);
  else {
    lines.push(head);
    paragraph(screen, seen, { first: INDENT });
  }
  // A gate that passed has said all that a reader needs.
  if (row.result === "pass") return;
  const why = [row.reason, row.decides, row.from, ...row.notes].filter((part) => part !== "").join("; ");
  paragraph(screen, printableLine(why, 2_000), { first: INDENT, paint: paint.dim });
}

export function checklistSection(screen: Screen, summary: Summary): void {
  const { checklist } = summary;
  if (checklist.length === 0) return;
  const { paint } = screen;
  title(screen, "Cutover checklist", checklistCount(summary));
  for (const { item, why } of checklist.filter(({ status }) => status === "failed")) {
    paragraph(screen, printableLine(item, 120), { first: `${paint.worse("failed".padEnd(13))} `, rest: INDENT });
    paragraph(screen, printableLine(why, 300), { first: INDENT, paint: paint.dim });
  }
  const open = checklist.filter(({ status }) => status === "not tested").map(({ id }) => id);
  if (open.length > 0) {
    paragraph(screen, `${open.join(", ")}. Each with its reason in report.html.`, {
      first: "not tested    ",
      rest: INDENT,
    });
  }
  const well = checklist.filter(({ status }) => status === "verified").map(({ id }) => id);
  if (well.length > 0) paragraph(screen, well.join(", "), { first: "verified      ", rest: INDENT, paint: paint.dim });
}

export function timeoutSection(screen: Screen, summary: Summary): void {
  const rows = timeoutRows(summary);
  if (rows.length === 0) return;
  const { paint, columns } = screen;
  title(screen, "Suggested timeouts", "for a client of the candidate");
  const widest = Math.max(...rows.map(({ value }) => value.length));
  for (const { name, value, basis } of rows) {
    const head = value === "" ? paint.dim("–".padEnd(widest)) : paint.bold(value.padEnd(widest));
    const rest = " ".repeat(widest + 13);
    paragraph(screen, printableLine(basis, 300), { first: `${name.padEnd(10)} ${head}  `, rest });
  }
  const [cuts, none] = [cutRows(summary).filter((row) => row.cuts), cutRows(summary).filter((row) => !row.cuts)];
  if (cuts.length > 0) {
    const head = ["would cut", "whole: baseline", "candidate", "silence: baseline", "candidate"].map(paint.dim);
    const cells = cuts.map(({ limit, total, silence }) => [
      `at ${limit}`,
      total.baseline,
      total.candidate,
      silence.baseline,
      silence.candidate,
    ]);
    const wide = gridLines([head, ...cells], ["left", "right", "right", "right", "right"]);
    const fits = wide.every((line) => displayWidth(line) <= columns);
    const narrow = cuts.map(
      ({ limit, total, silence }) =>
        `cut at ${limit}: ${total.baseline} → ${total.candidate}, by silence ${silence.baseline} → ${silence.candidate}`,
    );
    screen.lines.push("");
    if (fits) screen.lines.push(...wide);
    else for (const line of narrow) paragraph(screen, line, { rest: "  " });
  }
  if (none.length > 0) {
    const limits = none.map(({ limit }) => limit).join(", ");
    paragraph(screen, `No request would have been cut by a timeout of ${limits}.`, { paint: paint.dim });
  }
  for (const note of summary.timeouts.notes) paragraph(screen, `${note}.`, { paint: paint.dim });
}

export function costSection(screen: Screen, summary: Summary): void {
  const { rows, notes } = costTable(summary);
  const { paint } = screen;
  if (rows.length === 0) {
    if (notes.length > 0) {
      screen.lines.push("");
      paragraph(screen, `Cost is not known: ${notes.join("; ")}.`, { paint: paint.dim });
    }
    return;
  }
  title(screen, "Cost", "usage × price, retries included");
  const head = ["", "baseline", "candidate"].map(paint.dim);
  const cells = rows.map((row) => [row.name, row.baseline, row.candidate]);
  screen.lines.push(...gridLines([head, ...cells], ["left", "right", "right"]));
  for (const note of notes) paragraph(screen, `${note}.`, { paint: paint.dim });
}
