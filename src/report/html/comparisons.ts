/** What is compared beside the tails: slow requests, outputs, and what this setup can resolve. */
import { printableLine } from "../../core/printable.js";
import { controlTable, outputsLines, slowShareTable } from "../comparison-rows.js";
import type { DifferenceLine } from "../difference-line.js";
import type { Summary } from "../summary.js";
import { html, type Markup } from "./markup.js";
import { scrolling, section } from "./section.js";
import { sign } from "./svg.js";

/** A paragraph or two under the flips; null where it was not asked. */
export function outputsPart(summary: Summary): Markup | null {
  const [head, ...rest] = outputsLines(summary.parity.outputs);
  if (head === undefined) return null;
  return html`<h3>Do answers differ more than they do by themselves?</h3><p>${printableLine(head, 400)}</p>${rest.map((line) => html`<p class="fine soft">${printableLine(line, 900)}</p>`)}`;
}

export function slowShareSection(summary: Summary): Markup | null {
  const { rows, footnotes } = slowShareTable(summary);
  if (rows.length === 0) return null;
  const body = rows.map(
    ({ name, baseline, candidate, difference, notes }) =>
      html`<tr><th scope="row"><code>${name}</code></th>${[...baseline, ...candidate].map((cell) => html`<td class="num">${cell}</td>`)}${differenceCell(difference, notes.length === 0 ? null : html`<sup>${notes.join(" ")}</sup>`)}</tr>`,
  );
  const table = html`<table><thead><tr><th scope="col">metric</th><th scope="colgroup" colspan="2" class="num">${sign("baseline")} baseline</th><th scope="colgroup" colspan="2" class="num">${sign("candidate")} candidate</th><th scope="col">difference [95 %]</th></tr></thead><tbody>${body}</tbody></table>`;
  const list =
    footnotes.length === 0 ? null : html`<ol class="footnotes">${footnotes.map((note) => html`<li>${note}</li>`)}</ol>`;
  return section(
    "slow",
    "Slow requests",
    "Over twice the pooled median of their own case: a tail that prompts of different lengths do not drown.",
    html`${scrolling("slow requests", table)}${list}`,
  );
}

/** A cell with the change in bold where it is told apart from none. */
export function differenceCell(line: DifferenceLine, note: Markup | null = null): Markup {
  const change = line.better === null ? html`${line.change}` : html`<b>${line.change}</b>`;
  return html`<td class="shift">${change} ${line.interval} <span class="soft">${[line.p, line.reads].filter((part) => part !== "").join(" ")}</span>${note}</td>`;
}

export function controlSection(summary: Summary): Markup | null {
  const control = controlTable(summary);
  if (control === null) return null;
  const body = [
    ...control.rows.map((row) => ({ ...row, resolves: html`<b>${row.resolves}</b>` })),
    ...control.rates.map((row) => ({ ...row, resolves: html`<span class="soft">in points</span>` })),
  ].map(
    ({ name, baseline, candidate, resolves }) =>
      html`<tr><th scope="row"><code>${name}</code></th><td class="num">${baseline}</td><td class="num">${candidate}</td><td class="num">${resolves}</td></tr>`,
  );
  const table = html`<table><thead><tr><th scope="col"></th><th scope="col" class="num">${sign("baseline")} baseline [95 %]</th><th scope="col" class="num">${sign("candidate")} candidate [95 %]</th><th scope="col" class="num">smallest change it tells</th></tr></thead><tbody>${body}</tbody></table>`;
  return section(
    "control",
    "What this setup can resolve",
    "Each endpoint against itself: what shows here is noise. A gate whose margin is smaller cannot be decided by a run like this one.",
    html`${scrolling("control", table)}${control.notes.map((note) => html`<p class="fine soft">${note}.</p>`)}`,
  );
}
