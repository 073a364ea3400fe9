/** What is compared beside the tails: slow shares, tail ratios, outputs, and what this setup can resolve. */
import { controlTable, outputsLines, RATIO_NOTE, ratioTable, slowShareTable } from "../comparison-rows.js";
import type { Summary } from "../summary.js";
import { code, escapeMarkdown, table } from "./escape.js";

export function outputsSection(summary: Summary): string[] {
  const lines = outputsLines(summary.parity.outputs);
  if (lines.length === 0) return [];
  return [
    "## Do answers differ more than they do by themselves?",
    "",
    ...lines.map((line) => `${escapeMarkdown(line, 900)}<br>`),
  ];
}

export function slowShareSection(summary: Summary): string[] {
  const { rows, footnotes } = slowShareTable(summary);
  if (rows.length === 0) return [];
  const cells = rows.map(({ name, baseline, candidate, difference, notes }) => [
    code(name),
    ...baseline.map((cell) => escapeMarkdown(cell)),
    ...candidate.map((cell) => escapeMarkdown(cell)),
    `${difference.change} ${difference.interval}`.trim(),
    difference.p.replace("<", "&lt;") + sups(notes),
  ]);
  return [
    "## Slow requests",
    "",
    "Over twice the pooled median of their own case.",
    "",
    ...table(["metric", "baseline", "", "candidate", "", "difference [95 %]", "p"], "lrrrrll", cells),
    "",
    ...footnoteLines(footnotes),
  ];
}

export function ratioSection(summary: Summary): string[] {
  const { rows, footnotes } = ratioTable(summary);
  if (rows.length === 0) return [];
  const quantiles = [...new Set(rows.map(({ quantile }) => quantile))];
  const names = [...new Set(rows.map(({ name }) => name))];
  const cells = names.map((name) => [
    code(name),
    ...quantiles.map((quantile) => {
      const row = rows.find((each) => each.name === name && each.quantile === quantile);
      return row === undefined ? "" : `${row.change} ${row.interval}`.trim() + sups(row.notes);
    }),
  ]);
  return [
    "## Tail ratios",
    "",
    `${escapeMarkdown(RATIO_NOTE)}`,
    "",
    ...table(["metric", ...quantiles], "l".repeat(quantiles.length + 1), cells),
    "",
    ...footnoteLines(footnotes),
  ];
}

export function controlSection(summary: Summary): string[] {
  const control = controlTable(summary);
  if (control === null) return [];
  const cells = [...control.rows, ...control.rates].map((row) => [
    code(row.name),
    row.baseline,
    row.candidate,
    row.resolves,
  ]);
  return [
    "## What this setup can resolve",
    "",
    "Each endpoint against itself; rates in points.",
    "",
    ...table(["", "baseline [95 %]", "candidate [95 %]", "smallest change it tells"], "lrrr", cells),
    "",
    ...control.notes.map((note) => `${escapeMarkdown(note, 300)}.<br>`),
  ];
}

function footnoteLines(notes: readonly string[]): string[] {
  return notes.map((note, index) => `<sup>${index + 1}</sup> ${escapeMarkdown(note, 400)}<br>`);
}

function sups(notes: readonly number[]): string {
  return notes.length === 0 ? "" : `<sup>${notes.join(" ")}</sup>`;
}
