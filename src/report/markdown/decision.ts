/** What decides: gates, the checklist, timeouts and cost. */
import { printableLine } from "../../core/printable.js";
import {
  CHECKLIST_GROUP_WORDS,
  checklistCount,
  checklistGroups,
  costTable,
  cutRows,
  timeoutRows,
} from "../decision-rows.js";
import { judgementLine } from "../facts.js";
import { gateRows } from "../gate-rows.js";
import type { Summary } from "../summary.js";
import { code, escapeMarkdown, prose, table } from "./escape.js";

export function gatesSection(summary: Summary): string[] {
  const rows = gateRows(summary);
  if (rows.length === 0) return [];
  const cells = rows.map((row) => [
    row.result === "pass" || row.result === "skipped" ? row.result : `**${row.result}**`,
    code(row.text, 120),
    escapeMarkdown([row.seen, row.reads].filter((part) => part !== "").join(" ")),
    escapeMarkdown([row.reason, row.decides, row.from, ...row.notes].filter((part) => part !== "").join("; "), 2_000),
  ]);
  const sure = judgementLine(summary);
  return [
    "## Gates",
    "",
    ...table(["", "gate", "seen", "why"], "llll", cells),
    ...(sure === null ? [] : ["", `${escapeMarkdown(sure, 2_000)}.`]),
  ];
}

const MARKS = { verified: "✓ verified", failed: "**✗ failed**", "not tested": "not tested" } as const;

export function checklistSection(summary: Summary): string[] {
  if (summary.checklist.length === 0) return [];
  const rows = checklistGroups(summary).flatMap(({ group, items }) =>
    items.map(({ item, status, why }, index) => [
      index === 0 ? CHECKLIST_GROUP_WORDS[group] : "",
      MARKS[status],
      prose(item, 160),
      prose(why, 400),
    ]),
  );
  return [
    "## Cutover checklist",
    "",
    `${checklistCount(summary)}.`,
    "",
    ...table(["", "", "item", "evidence, or why not"], "llll", rows),
  ];
}

export function timeoutsSection(summary: Summary): string[] {
  const rows = timeoutRows(summary);
  if (rows.length === 0) return [];
  const suggested = rows.map(({ name, value, basis }) => [
    name,
    value === "" ? "–" : `**${value}**`,
    escapeMarkdown(basis, 300),
  ]);
  const cuts = cutRows(summary).map(({ limit, total, silence }) => [
    limit,
    total.baseline,
    total.candidate,
    silence.baseline,
    silence.candidate,
  ]);
  const head = ["a timeout of", "whole request: baseline", "candidate", "silence: baseline", "candidate"];
  return [
    "## Suggested timeouts for a client of the candidate",
    "",
    ...table(["timeout", "", "from"], "lrl", suggested),
    ...(cuts.length === 0 ? [] : ["", "Requests that a timeout would have cut:", "", ...table(head, "lrrrr", cuts)]),
    "",
    ...summary.timeouts.notes.map((note) => `${escapeMarkdown(note, 400)}.<br>`),
  ];
}

export function costSection(summary: Summary): string[] {
  const { rows, notes } = costTable(summary);
  const lines = notes.map((note) => `${prose(printableLine(note, 300), 300)}.<br>`);
  if (rows.length === 0) return lines.length === 0 ? [] : ["## Cost", "", "Not known.<br>", ...lines];
  const cells = rows.map(({ name, baseline, candidate }) => [
    name,
    escapeMarkdown(baseline),
    escapeMarkdown(candidate),
  ]);
  return ["## Cost", "", ...table(["", "baseline", "candidate"], "lrr", cells), "", ...lines];
}
