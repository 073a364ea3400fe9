/** A sweep as GitHub's markdown: what a pull request or a job summary shows. */
import { formatDurationMs } from "../core/duration.js";
import { code, escapeMarkdown, table } from "./markdown/escape.js";
import { formatInstant, formatShare, formatWithUnit } from "./numbers.js";
import { decisionNotes, decisionRows, sweptSides } from "./sweep-decision.js";
import type { SweepSummary } from "./sweep-summary.js";
import { sweepTable } from "./sweep-table.js";
import { invalidityWords, keptUp, SWEEP_WORDS, sentence, shapeLine, sweptModels } from "./sweep-words.js";

/** A comment on GitHub holds 65,536 characters. */
const MAX_BYTES = 60_000;
const MOST_NOTES = 40;

/** Under 60 KB: sections that would not fit are named instead. Text from an endpoint stays text. */
export function renderSweepMarkdown(summary: SweepSummary): string {
  const sections: [name: string, lines: string[]][] = [
    ["what was seen beside it", notesSection(summary)],
    ["loads", loadsSection(summary)],
    ["how it was measured", methodSection(summary)],
  ];
  const { run } = summary;
  const foot = [
    "---",
    `sweep ${code(run.runId, 80)}, seed ${run.seed}, golden set ${code(run.goldenSet.digest, 80)}, twintail ${escapeMarkdown(run.versions.twintail)}`,
  ];
  let text = `${[...heading(summary), ...validitySection(summary)].join("\n").trimEnd()}\n`;
  const left: string[] = [];
  for (const [name, lines] of sections) {
    if (lines.length === 0) continue;
    const next = `${text}\n${lines.join("\n").trimEnd()}\n`;
    if (Buffer.byteLength(next) > MAX_BYTES - 1_000) left.push(name);
    else text = next;
  }
  const cut = left.length === 0 ? [] : [`Too long for this place, in sweep.html: ${left.join(", ")}.`, ""];
  return `${text}\n${[...cut, ...foot].join("\n")}\n`;
}

function heading(summary: SweepSummary): string[] {
  const { endpoints, verdict, reason } = summary;
  const sides = sweptSides(summary);
  const labels = sides.flatMap((side) => endpoints[side].simulated ?? []);
  const facts = sides.map((side) => {
    const { baseUrl, tier } = endpoints[side];
    return [`**${side}**`, code(sweptModels(endpoints[side])), code(baseUrl), escapeMarkdown(tier ?? "", 60)];
  });
  const decided = decisionRows(summary).map(({ name, cells, minor }) => [
    name === "" ? "" : `**${name}**`,
    ...sides.map((side) => {
      const text = escapeMarkdown(cells[side] ?? "", 120);
      return minor || text === "" ? text : `**${text}**`;
    }),
  ]);
  return [
    ...labels.map((label) => `**${escapeMarkdown(label)}**<br>`),
    `# ${escapeMarkdown(`${SWEEP_WORDS[verdict]}: ${reason}.`, 600)}`,
    "",
    ...table(["", ...sides], "l".repeat(sides.length + 1), decided),
    "",
    ...table(["", "models", "address", "tier"], "llll", facts),
    "",
  ];
}

/** Why each sweep stopped, and every note on what was found. */
function notesSection(summary: SweepSummary): string[] {
  return decisionNotes(summary)
    .slice(0, MOST_NOTES)
    .map(({ side, about, text }) => {
      const subject = about === "sweep" || about === "clocks" ? "" : `${about}: `;
      const said = `${subject}${escapeMarkdown(text, 600)}`;
      return `- ${side === null ? "" : `${side}, `}${about === "clocks" ? `**${said}**` : said}`;
    });
}

function loadsSection(summary: SweepSummary): string[] {
  const { columns, rows, footnotes, unknown } = sweepTable(summary);
  const head = columns.map(({ head: lines }) => escapeMarkdown(lines.filter((line) => line !== "").join(" ")));
  const align = columns.map(({ side }) => (side === "right" ? "r" : "l")).join("");
  const tables = sweptSides(summary).flatMap((side) => {
    const own = rows[side] ?? [];
    if (own.length === 0) return [];
    const cells = own.map((row) => row.cells.map(({ text, notes }) => escapeMarkdown(text) + sup(notes)));
    return [`**${side}**`, "", ...table(head, align, cells), ""];
  });
  if (tables.length === 0) return [];
  const notes = footnotes
    .slice(0, MOST_NOTES)
    .map((note, index) => `${sup([index + 1])} ${escapeMarkdown(note, 400)}<br>`);
  const more =
    footnotes.length > MOST_NOTES ? [`and ${footnotes.length - MOST_NOTES} notes more in sweep.html<br>`] : [];
  const missing = unknown.length === 0 ? [] : [`Known at no load: ${unknown.join(", ")}.`];
  return ["## Loads", "", ...tables, ...notes, ...more, ...missing];
}

function sup(notes: readonly number[]): string {
  return notes.length === 0 ? "" : `<sup>${notes.join(" ")}</sup>`;
}

function methodSection(summary: SweepSummary): string[] {
  const { run, load, validity } = summary;
  const mix = load.mix.map(({ category, share }) => `${escapeMarkdown(category, 60)} ${formatShare(share)}`);
  const from = run.host === "" ? "" : `, from ${escapeMarkdown(run.host, 60)}`;
  const kept = validity.figures
    .filter(({ value }) => value !== null)
    .map(({ name, value, unit }) => `${escapeMarkdown(name, 60)} ${escapeMarkdown(formatWithUnit(value, unit))}`);
  return [
    "## How it was measured",
    "",
    `${escapeMarkdown(sentence(shapeLine(summary)), 600)}<br>`,
    ...(load.slo === null ? [] : [`SLO: ${code(load.slo, 300)}<br>`]),
    ...(mix.length === 0 ? [] : [`Mix: ${mix.join(", ")}<br>`]),
    ...(validity.ok && kept.length > 0 ? [`${keptUp(validity)}: ${kept.join(", ")}<br>`] : []),
    `${escapeMarkdown(run.goldenSet.name, 60)}, ${formatDurationMs(run.durationMs)}; ${escapeMarkdown(formatInstant(run.createdAt), 60)}${from}`,
  ];
}

function validitySection(summary: SweepSummary): string[] {
  const { validity } = summary;
  if (validity.ok) return [];
  const rows = validity.figures
    .filter(({ ok }) => !ok)
    .map(({ name, value, limit, unit, remedy }) => [
      escapeMarkdown(name, 80),
      escapeMarkdown(formatWithUnit(value, unit, "not known")),
      escapeMarkdown(formatWithUnit(limit, unit)),
      escapeMarkdown(remedy),
    ]);
  const words = invalidityWords(summary);
  const heading = [`## ${words.heading}`, "", words.meaning, ""];
  if (rows.length === 0) return heading;
  return [...heading, ...table(["figure", "value", "limit", "try"], "lrrl", rows), ""];
}
