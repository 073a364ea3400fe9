/**
 * A sweep for a terminal: what each endpoint bears and why no higher load was tried, then the curves, then every load, with
 * a footnote for every doubt.
 */
import { formatDurationMs } from "../core/duration.js";
import { printableLine } from "../core/printable.js";
import { formatInstant, formatShare, formatSignificant, formatWithUnit } from "./numbers.js";
import { type DecisionRow, decisionNotes, decisionRows, sweptSides } from "./sweep-decision.js";
import type { SweepSummary } from "./sweep-summary.js";
import { invalidityWords, keptUp, priceText, SWEEP_WORDS, sentence, shapeLine, sweptModels } from "./sweep-words.js";
import { gridLines } from "./terminal/grid.js";
import { finished, makeScreen, paragraph, type Screen, title } from "./terminal/screen.js";
import { curveSection } from "./terminal/sweep-curves.js";
import { pointSection } from "./terminal/sweep-points.js";
import type { TerminalOptions } from "./terminal.js";
import { displayWidth } from "./text-width.js";

/** A table of loads has more columns than text is read in. */
const WIDEST = 132;

/** The summary as lines no wider than `columns`, 132 at most, ending in a line feed. Without colour there is no escape sequence. */
export function renderSweepTerminal(summary: SweepSummary, options: TerminalOptions): string {
  const screen = makeScreen(options, WIDEST);
  const { paint, lines } = screen;
  const bad = summary.verdict === "invalid";
  paragraph(screen, `${SWEEP_WORDS[summary.verdict]}: ${printableLine(summary.reason, 600)}.`, {
    paint: (line) => (bad ? paint.worse(paint.bold(line)) : paint.bold(line)),
  });
  lines.push("");
  decision(screen, summary);
  invalidity(screen, summary);
  endpointLines(screen, summary);
  curveSection(screen, summary);
  pointSection(screen, summary);
  method(screen, summary);
  return finished(screen);
}

/** Both endpoints side by side where there is room, one after the other where there is none. */
function decision(screen: Screen, summary: SweepSummary): void {
  const { paint, lines, columns } = screen;
  const sides = sweptSides(summary);
  const rows = decisionRows(summary);
  const cell = (row: DecisionRow, side: (typeof sides)[number]): string => {
    const text = printableLine(row.cells[side] ?? "", 120);
    return row.minor ? paint.dim(text) : text;
  };
  const head = ["", ...sides.map((side) => paint[side](side))];
  const grid = gridLines(
    [head, ...rows.map((row) => [paint.bold(row.name), ...sides.map((side) => cell(row, side))])],
    ["left", ...sides.map(() => "left" as const)],
    { gap: 3 },
  );
  if (grid.every((line) => displayWidth(line) <= columns)) lines.push(...grid);
  else {
    for (const side of sides) {
      lines.push(paint[side](side));
      for (const row of rows) {
        if ((row.cells[side] ?? "") === "") continue;
        paragraph(screen, printableLine(row.cells[side] ?? "", 120), { first: `  ${row.name.padEnd(9)}` });
      }
    }
  }
  lines.push("");
  for (const { side, about, text } of decisionNotes(summary)) {
    const subject = about === "sweep" || about === "clocks" ? "" : `${about}: `;
    const first = side === null ? "" : `${paint[side](side)}${" ".repeat(10 - side.length)}`;
    const loud = about === "clocks";
    paragraph(screen, `${subject}${printableLine(text, 600)}`, { first, ...(loud ? { paint: paint.bold } : {}) });
  }
}

function invalidity(screen: Screen, summary: SweepSummary): void {
  const { validity } = summary;
  if (validity.ok) return;
  const { heading, meaning } = invalidityWords(summary);
  title(screen, heading);
  const over = validity.figures.filter(({ ok }) => !ok);
  paragraph(screen, meaning);
  for (const { name, value, limit, unit, remedy } of over) {
    const [is, may] = [formatWithUnit(value, unit, "not known"), formatWithUnit(limit, unit)];
    const text = `${printableLine(name, 60)}: ${is}, limit ${may}. ${printableLine(remedy, 200)}.`;
    paragraph(screen, text, { first: "  ", rest: "    ", paint: screen.paint.worse });
  }
}

function endpointLines(screen: Screen, summary: SweepSummary): void {
  const { paint } = screen;
  screen.lines.push("");
  for (const side of sweptSides(summary)) {
    const endpoint = summary.endpoints[side];
    const { meanInputTokens, meanOutputTokens, cachedShare } = endpoint.sweep ?? {};
    const tokens =
      meanInputTokens == null || meanOutputTokens == null
        ? ""
        : `${formatSignificant(meanInputTokens)} tokens in, ${formatSignificant(meanOutputTokens)} out on average`;
    const facts = [
      sweptModels(endpoint),
      endpoint.baseUrl,
      endpoint.tier === null ? "" : `tier ${endpoint.tier}`,
      priceText(endpoint),
      tokens,
      cachedShare == null ? "" : `${formatShare(cachedShare)} of prompt tokens from a cache`,
      endpoint.simulated ?? "",
    ].filter((fact) => fact !== "");
    paragraph(screen, facts.map((fact) => printableLine(fact, 120)).join(" · "), {
      first: paint[side](side.padEnd(10)),
      rest: " ".repeat(10),
    });
  }
}

function method(screen: Screen, summary: SweepSummary): void {
  const { run, load, validity } = summary;
  const mix = load.mix.map(({ category, share }) => `${printableLine(category, 40)} ${formatShare(share)}`);
  const from = run.host === "" ? "" : `, from ${printableLine(run.host, 60)}`;
  const kept = validity.figures.filter(({ value }) => value !== null);
  const machine = kept.map(({ name, value, unit }) => `${printableLine(name, 60)} ${formatWithUnit(value, unit)}`);
  const said = [
    sentence(printableLine(shapeLine(summary), 400)),
    ...(load.slo === null ? [] : [`SLO: ${printableLine(load.slo, 300)}.`]),
    ...(mix.length === 0 ? [] : [`Mix: ${mix.join(", ")}.`]),
    ...(validity.ok && machine.length > 0 ? [`${keptUp(validity)}: ${machine.join(", ")}.`] : []),
    `${printableLine(run.goldenSet.name, 60)}, ${formatDurationMs(run.durationMs)}; ${formatInstant(printableLine(run.createdAt, 40))}${from}; twintail sweep ${printableLine(run.runId, 80)}`,
  ];
  screen.lines.push("");
  for (const line of said) paragraph(screen, line, { paint: screen.paint.dim });
}
