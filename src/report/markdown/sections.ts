/** The sections of the markdown report; each returns lines, none when it has nothing to say. */
import { coldBlocks, intervalWords, sleepLine, unplannedRows } from "../cold-rows.js";
import { rateRows, tokenRows } from "../count-table.js";
import { findingCounts, findingPlace, type GroupedFinding, groupedFindings, isAlike, SIDES } from "../facts.js";
import { invalidityWords } from "../invalidity.js";
import { formatWithUnit, plural } from "../numbers.js";
import { HOLM_NOTE } from "../shift-line.js";
import type { MetricPhaseName, Summary } from "../summary.js";
import type { TailCell } from "../tail-cell.js";
import { type MetricBlock, mainMetrics, tailTable } from "../tail-table.js";
import { code, escapeMarkdown, prose, table } from "./escape.js";

const SHOWN = 25;

export function tailsSection(summary: Summary, phase: MetricPhaseName, heading: string): string[] {
  const { blocks, footnotes } = tailTable(summary, phase, mainMetrics(summary, phase).main);
  if (blocks.length === 0) return [];
  const groups = [blocks.filter(slowIsHigh), blocks.filter((block) => !slowIsHigh(block))].filter(
    (group) => group.length > 0,
  );
  const lines = [`## ${heading}`, ""];
  for (const group of groups) {
    const columns = group[0]?.columns ?? [];
    const rows = group.flatMap((block) =>
      block.rows.map((each, index) => [
        index === 0 ? `**${code(block.name)}** ${escapeMarkdown(block.unit)}` : "",
        each.endpoint,
        cell(each.n),
        ...each.cells.map(cell),
      ]),
    );
    lines.push(...table(["metric", "endpoint", "n", ...columns], `llr${"r".repeat(columns.length)}`, rows), "");
  }
  const shifts = blocks.flatMap((block) => {
    const shift = block.shift;
    if (shift === null) return [];
    const basis = escapeMarkdown(shift.basis) + sups(shift.notes);
    return [
      [
        code(block.name),
        shift.medians,
        `${shift.change} ${shift.interval}`.trim(),
        shift.p.replace("<", "&lt;"),
        basis,
      ],
    ];
  });
  if (shifts.length > 0) {
    lines.push("Paired, candidate / baseline; `~` where the interval includes no change:", "");
    lines.push(...table(["metric", "medians", "shift [95 %]", "p", "from"], "lllll", shifts), "");
    if (shifts.some(([, , , p]) => p?.includes("Holm"))) lines.push(HOLM_NOTE, "");
  }
  footnotes.forEach((note, index) => {
    lines.push(`${sup(index + 1)} ${escapeMarkdown(note, 400)}<br>`);
  });
  return lines;
}

export function ratesSection(summary: Summary): string[] {
  const { rows, quiet, footnotes } = rateRows(summary);
  if (rows.length === 0 && quiet === null) return [];
  const cells = rows.map((each) => [
    code(each.name),
    each.baseline.counts,
    escapeMarkdown(each.baseline.share) + sup(each.baseline.note),
    each.candidate.counts,
    escapeMarkdown(each.candidate.share) + sup(each.candidate.note),
    [each.difference.change, each.difference.interval, each.difference.p.replace("<", "&lt;")].join(" ").trim(),
    escapeMarkdown(each.of),
  ]);
  const head = ["rate", "baseline", "", "candidate", "", "difference [95 %]", "of"];
  const notes = footnotes.map((note, index) => `${sup(index + 1)} ${escapeMarkdown(note, 400)}<br>`);
  return ["## Rates", "", ...table(head, "lrrrrll", cells), "", ...notes, escapeMarkdown(quiet ?? "", 600)];
}

export function coldSection(summary: Summary): string[] {
  const { cold } = summary;
  const blocks = coldBlocks(summary);
  const unplanned = unplannedRows(summary);
  if (blocks.length + unplanned.length === 0) return [];
  const many = blocks.every(({ rows }) => rows.length === 1);
  const rows = blocks.flatMap(({ name, rows: own }) => [
    ...(many ? [] : [[`**${name}**`, "", ""]]),
    ...own.map(({ label, cells }) => [label, ...SIDES.map((side) => escapeMarkdown(cells[side], 200))]),
  ]);
  const notes = blocks.flatMap(({ name, notes: own }) =>
    own.map(({ side, text }) => `${name}, ${side}: ${escapeMarkdown(text, 300)}<br>`),
  );
  const about = SIDES.flatMap((side) => {
    if (cold[side].length === 0) return [];
    const words = [intervalWords(cold, side), sleepLine(cold, side)].filter((each) => each !== null).join("; ");
    return [`${side}: ${escapeMarkdown(words, 300)}<br>`];
  });
  return [
    "## Cold wake against warm",
    "",
    ...(rows.length === 0 ? [] : [...table(["", "baseline", "candidate"], "lll", rows), ""]),
    ...about,
    ...notes,
    ...unplannedLines(unplanned),
  ];
}

function unplannedLines(unplanned: ReturnType<typeof unplannedRows>): string[] {
  if (unplanned.length === 0) return [];
  const rows = unplanned
    .slice(0, SHOWN)
    .map(({ side, place, took, evidence }) => [side, code(place, 80), took, escapeMarkdown(evidence, 200)]);
  const says = `${plural(unplanned.length, "cold start")} that nobody planned, in no tail and no pair:`;
  return ["", says, "", ...table(["", "request", "took", "known by"], "llll", rows), ...more(unplanned.length)];
}

export function tokensSection(summary: Summary): string[] {
  const { rows, asides } = tokenRows(summary);
  if (rows.length === 0) return [];
  const cells = rows.map((each) => [
    code(each.name),
    each.baseline.p50,
    each.candidate.p50,
    each.baseline.sum,
    each.candidate.sum,
  ]);
  const head = ["", "p50 baseline", "candidate", "sum baseline", "candidate"];
  return ["## Tokens", "", ...table(head, "lrrrr", cells), "", ...asides.map((aside) => `${aside}<br>`)];
}

export function flipsSection(summary: Summary): string[] {
  const { flips } = summary.parity;
  if (flips.length === 0) return [];
  const rows = flips
    .slice(0, SHOWN)
    .map((flip) => [
      flip.direction === "improved" ? "improved" : `**${flip.severity}**`,
      code(flip.caseId, 60),
      `${flip.count} of ${flip.of}${flip.consistent ? ", consistent" : ""}`,
      code(flip.detail),
    ]);
  return ["## Flips", "", ...table(["", "case", "pairs", "what was seen"], "llrl", rows), ...more(flips.length)];
}

export function findingsSection(summary: Summary): string[] {
  const groups = groupedFindings(summary);
  if (groups.length === 0) return [];
  const news = groups.filter((group) => !isAlike(group));
  const rows = news
    .slice(0, SHOWN)
    .map((group) => [
      group.severity,
      code(group.rule, 60),
      prose(`${group.message}. Clients: ${group.clients}`, 600),
      [findingPlace(group), findingCounts(group)].filter((text) => text !== "").join("<br>"),
      code(group.evidence, 120),
    ]);
  const head = ["", "rule", "what was seen", "where", "evidence"];
  const body = rows.length === 0 ? ["Nothing that the two do not share."] : table(head, "lllll", rows);
  return ["## On the wire", "", ...body, ...more(news.length), ...alikeFindings(groups.filter(isAlike))];
}

/** What a client lives with already, folded away. */
function alikeFindings(groups: readonly GroupedFinding[]): string[] {
  if (groups.length === 0) return [];
  const rows = groups
    .slice(0, SHOWN)
    .map((group) => [group.severity, code(group.rule, 60), prose(group.message, 300), findingCounts(group)]);
  return [
    "",
    `<details><summary>Both sides alike: ${plural(groups.length, "finding")}, no reason against a move</summary>`,
    "",
    ...table(["", "rule", "what was seen", "how often"], "llll", rows),
    ...more(groups.length),
    "",
    "</details>",
  ];
}

export function notTestedSection(summary: Summary): string[] {
  const { notTested } = summary.checks;
  if (notTested.length === 0) return [];
  const lines = notTested
    .slice(0, SHOWN)
    .map((each) => `- ${code(each.caseId, 60)}, ${each.endpoint}: ${escapeMarkdown(each.reason)}`);
  return ["## Not tested", "", ...lines, ...more(notTested.length)];
}

export function validitySection(summary: Summary): string[] {
  if (summary.validity.ok || summary.run.kind === "wake") return [];
  const rows = summary.validity.figures
    .filter((figure) => !figure.ok)
    .map((figure) => [
      escapeMarkdown(figure.name),
      formatWithUnit(figure.value, figure.unit, "not known"),
      formatWithUnit(figure.limit, figure.unit),
      escapeMarkdown(figure.remedy),
    ]);
  const words = invalidityWords(summary.validity);
  const heading = [`## ${words.heading}`, "", words.meaning, ""];
  if (rows.length === 0) return [...heading, "Nothing was recorded by which it could be judged."];
  return [...heading, ...table(["figure", "value", "limit", "try"], "lrrl", rows)];
}

function slowIsHigh(block: MetricBlock): boolean {
  return block.columns.at(-1) === "max";
}

function cell({ text, notes }: TailCell): string {
  return text + sups(notes);
}

function sups(notes: readonly number[]): string {
  return notes.length === 0 ? "" : `<sup>${notes.join(" ")}</sup>`;
}

function sup(note: number | null): string {
  return note === null ? "" : `<sup>${note}</sup>`;
}

function more(total: number): string[] {
  return total > SHOWN ? ["", `and ${plural(total - SHOWN, "more", "more")} in report.html`] : [];
}
