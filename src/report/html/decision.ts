/** What decides, as the page shows it: gates, the checklist, timeouts and cost. */
import { printableLine } from "../../core/printable.js";
import type { ChecklistItem } from "../decision.js";
import {
  CHECKLIST_GROUP_WORDS,
  checklistCount,
  checklistGroups,
  costTable,
  cutRows,
  timeoutRows,
} from "../decision-rows.js";
import { judgementLine } from "../facts.js";
import { type GateRow, gateRows } from "../gate-rows.js";
import { invalidityWords } from "../invalidity.js";
import { formatWithUnit } from "../numbers.js";
import type { Summary } from "../summary.js";
import { html, type Markup, prose } from "./markup.js";
import { scrolling, section } from "./section.js";
import { sign } from "./svg.js";

/** Null without gates: the verdict's own sentence says so. */
export function gatesTable(summary: Summary): Markup | null {
  const rows = gateRows(summary);
  if (rows.length === 0) return null;
  const sure = judgementLine(summary);
  const table = html`<table class="gates"><thead><tr><th scope="col">result</th><th scope="col">gate</th><th scope="col">seen</th><th scope="col">why</th></tr></thead><tbody>${rows.map(gateRow)}</tbody></table>`;
  return html`<section id="gates" aria-label="gates">${scrolling("gates", table)}${sure === null ? null : html`<p class="fine soft">${printableLine(sure, 2_000)}.</p>`}</section>`;
}

function gateRow(row: GateRow): Markup {
  const more = [row.decides, row.from, ...row.notes].filter((part) => part !== "").join("; ");
  const reads = row.reads === "" ? null : html` <span class="soft">${row.reads}</span>`;
  return html`<tr class="gate"><td><span class="chip ${row.result}">${row.result}</span></td><th scope="row"><code>${printableLine(row.text, 120)}</code></th><td class="seen-value">${row.seen}${reads}</td><td class="wide">${printableLine(row.reason, 1_000)}${more === "" ? null : html`<br><span class="soft">${printableLine(more, 2_000)}</span>`}</td></tr>`;
}

/** Prominent when the machine was in the way; nothing when it was not, since the method has the figures. */
export function invalidityPanel({ validity, run }: Summary): Markup | null {
  // A wake is measured in seconds: what stalls the tails of a run spoils none.
  if (validity.ok || run.kind === "wake") return null;
  const { heading, meaning } = invalidityWords(validity);
  const over = validity.figures.filter(({ ok }) => !ok);
  const rows = over.map(
    (figure) =>
      html`<tr><th scope="row">${figure.name}</th><td class="num"><b>${formatWithUnit(figure.value, figure.unit, "not known")}</b></td><td class="num">${formatWithUnit(figure.limit, figure.unit)}</td><td>${figure.remedy}</td></tr>`,
  );
  const table = html`<table><thead><tr><th scope="col">figure</th><th scope="col" class="num">value</th><th scope="col" class="num">limit</th><th scope="col">try</th></tr></thead><tbody>${rows}</tbody></table>`;
  return html`<section class="invalidity" aria-label="validity"><h2>${heading}</h2><p>${meaning}</p>${over.length === 0 ? html`<p>Nothing was recorded by which it could be judged.</p>` : scrolling("figures over their limit", table)}</section>`;
}

const MARKS: Readonly<Record<ChecklistItem["status"], string>> = { verified: "✓", failed: "✗", "not tested": "·" };
const RANK: Readonly<Record<ChecklistItem["status"], number>> = { failed: 0, verified: 1, "not tested": 2 };

export function checklistSection(summary: Summary): Markup | null {
  if (summary.checklist.length === 0) return null;
  const groups = checklistGroups(summary).map(({ group, items }) => {
    const rows = [...items]
      .sort((a, b) => RANK[a.status] - RANK[b.status])
      .map(
        ({ item, status, why }) =>
          html`<li class="${status === "not tested" ? "untried" : status}"><span class="tick" aria-hidden="true">${MARKS[status]}</span><div><span class="sr">${status}: </span><b>${prose(printableLine(item, 160))}</b><br><span class="soft">${status === "not tested" ? html`<i>not tested:</i> ` : null}${prose(printableLine(why, 400))}</span></div></li>`,
      );
    return html`<section><h3>${CHECKLIST_GROUP_WORDS[group]}</h3><ul>${rows}</ul></section>`;
  });
  return section(
    "checklist",
    "Cutover checklist",
    `${checklistCount(summary)}. What this run could see of what to look at before a move; what only people can do is not here.`,
    html`<div class="checklist">${groups}</div>`,
  );
}

/** Timeouts, and beside them what a timeout would have cut and what it all costs. */
export function timeoutsSection(summary: Summary): Markup | null {
  const rows = timeoutRows(summary);
  const cost = costPart(summary);
  if (rows.length === 0 && cost === null) return null;
  const suggested = rows.map(
    ({ name, value, basis }) =>
      html`<tr><th scope="row">${name}</th><td class="num">${value === "" ? html`<span class="soft">–</span>` : html`<b class="limit">${value}</b>`}</td><td class="soft">${printableLine(basis, 300)}</td></tr>`,
  );
  const notes = summary.timeouts.notes.map((note) => html`<p class="fine soft">${printableLine(note, 400)}.</p>`);
  const left = html`<div>${rows.length === 0 ? null : html`<table class="limits"><tbody>${suggested}</tbody></table>`}${notes}</div>`;
  return section(
    "timeouts",
    "Timeouts and cost",
    "Timeouts for a client of the candidate, from bounds that these samples support. Where they support none, there is none.",
    html`<div class="two">${left}<div>${cutsPart(summary)}${cost}</div></div>`,
  );
}

function cutsPart(summary: Summary): Markup | null {
  const rows = cutRows(summary);
  if (rows.length === 0) return null;
  const body = rows.map(
    ({ limit, total, silence }) =>
      html`<tr><th scope="row">${limit}</th><td class="num">${total.baseline}</td><td class="num">${total.candidate}</td><td class="num">${silence.baseline}</td><td class="num">${silence.candidate}</td></tr>`,
  );
  const head = html`<tr><th scope="col" rowspan="2">timeout</th><th scope="colgroup" colspan="2" class="num">whole request</th><th scope="colgroup" colspan="2" class="num">silence</th></tr><tr>${["baseline", "candidate", "baseline", "candidate"].map((side) => html`<th scope="col" class="num">${side}</th>`)}</tr>`;
  return html`<h3>Requests that a timeout would have cut</h3>${scrolling("requests that a timeout would have cut", html`<table class="cuts"><thead>${head}</thead><tbody>${body}</tbody></table>`)}`;
}

function costPart(summary: Summary): Markup | null {
  const { rows, notes } = costTable(summary);
  if (rows.length === 0 && notes.length === 0) return null;
  const body = rows.map(
    ({ name, baseline, candidate }) =>
      html`<tr><th scope="row">${name}</th><td class="num">${baseline}</td><td class="num"><b>${candidate}</b></td></tr>`,
  );
  const table =
    rows.length === 0
      ? html`<p class="soft">Not known.</p>`
      : html`<table class="costs"><thead><tr><th scope="col">USD, retries included</th><th scope="col" class="num">${sign("baseline")} baseline</th><th scope="col" class="num">${sign("candidate")} candidate</th></tr></thead><tbody>${body}</tbody></table>`;
  return html`<h3>Cost</h3>${rows.length === 0 ? table : scrolling("cost", table)}${notes.map((note) => html`<p class="fine soft">${prose(printableLine(note, 300))}.</p>`)}`;
}
