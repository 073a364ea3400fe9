/** Every load as a row, and every term of the SLO at every load. */
import { printableLine } from "../../core/printable.js";
import { formatShare, formatWithUnit } from "../numbers.js";
import { sweptSides } from "../sweep-decision.js";
import type { SweepSummary } from "../sweep-summary.js";
import { type SweepRow, sweepTable } from "../sweep-table.js";
import { boundsText, LOAD_UNITS, loadText } from "../sweep-words.js";
import type { TailCell } from "../tail-cell.js";
import { html, type Markup } from "./markup.js";
import { scrolling, section } from "./section.js";
import { sign } from "./svg.js";

export function pointsSection(summary: SweepSummary): Markup | null {
  const { columns, rows, footnotes, unknown } = sweepTable(summary);
  const sides = sweptSides(summary).filter((side) => (rows[side]?.length ?? 0) > 0);
  if (sides.length === 0) return null;
  const head = [0, 1].map(
    (line) =>
      html`<tr>${columns.map(({ head: text, side }) => html`<th scope="col"${side === "right" ? NUMBER : null}>${text[line] ?? ""}</th>`)}</tr>`,
  );
  const bodies = sides.map(
    (side) =>
      html`<tbody><tr class="side ${side}"><th scope="rowgroup" colspan="${columns.length}">${sign(side)} ${side}</th></tr>${(rows[side] ?? []).map((row) => rowMarkup(row, columns))}</tbody>`,
  );
  const notes =
    footnotes.length === 0
      ? null
      : html`<ol class="footnotes">${footnotes.map((note, index) => html`<li id="load-note-${index + 1}">${printableLine(note, 600)}</li>`)}</ol>`;
  const missing = unknown.length === 0 ? null : html`<p class="fine soft">Known at no load: ${unknown.join(", ")}.</p>`;
  return section(
    "loads",
    "Loads",
    "n is the requests that were sent within the window; latencies and errors are theirs. A cell is blank where the sample cannot say.",
    html`${scrolling("loads", html`<table class="loads"><thead>${head}</thead>${bodies}</table>`)}${notes}${missing}${termsPart(summary)}`,
  );
}

const NUMBER = html` class="num"`;

function rowMarkup({ point, cells }: SweepRow, columns: ReturnType<typeof sweepTable>["columns"]): Markup {
  const drawn = cells.map((cell, index) => {
    const { key, side } = columns[index] ?? { key: "", side: "left" };
    if (key === "load") return html`<th scope="row">${cell.text}${references(cell)}</th>`;
    const bad =
      (key === "slo" && cell.text === "missed") || (key === "state" && !["steady", "unsure"].includes(cell.text));
    const name = key === "interval" ? "interval-cell" : bad ? "bad" : side === "right" ? "num" : "nowrap";
    return html`<td class="${name}">${cell.text}${references(cell)}</td>`;
  });
  return html`<tr${point.trusted ? null : UNTRUSTED}>${drawn}</tr>`;
}

const UNTRUSTED = html` class="untrusted"`;

function references({ notes }: TailCell): Markup | null {
  if (notes.length === 0) return null;
  const links = notes.map(
    (note, index) =>
      html`${index === 0 ? "" : " "}<a href="#load-note-${note}" aria-label="footnote ${note}">${note}</a>`,
  );
  return html`<sup>${links}</sup>`;
}

/** Each term's value with its one-sided bounds, so that a reader sees how near a miss was. */
function termsPart(summary: SweepSummary): Markup | null {
  const sides = sweptSides(summary).filter((side) =>
    summary.endpoints[side].sweep?.points.some(({ slo }) => slo.terms.length > 0),
  );
  if (sides.length === 0 || summary.load.slo === null) return null;
  const tables = sides.map((side) => {
    const points = summary.endpoints[side].sweep?.points ?? [];
    const texts = [...new Set(points.flatMap(({ slo }) => slo.terms.map(({ text }) => text)))];
    const head = html`<tr><th scope="col" class="num">load</th>${texts.map((text) => html`<th scope="col"><code>${printableLine(text, 60)}</code></th>`)}</tr>`;
    const body = points.map(({ load, slo }) => {
      const cells = texts.map((text) => {
        const term = slo.terms.find((each) => each.text === text);
        if (term === undefined) return html`<td></td>`;
        const unit = unitOf(text);
        const bounds = boundsText(term, (value) => termValue(value, unit));
        return html`<td><span class="${term.state}">${term.state}</span> ${termValue(term.value, unit)} <span class="soft">${bounds}</span></td>`;
      });
      return html`<tr><th scope="row" class="num">${loadText(load)}</th>${cells}</tr>`;
    });
    return html`<p class="soft">${sign(side)} ${side}, ${LOAD_UNITS[summary.load.axis]}</p>${scrolling(`SLO of the ${side}`, html`<table class="terms"><thead>${head}</thead><tbody>${body}</tbody></table>`)}`;
  });
  return html`<details class="aside"><summary>Every term of the SLO at every load, with one-sided 95 % bounds</summary>${tables}</details>`;
}

/** A term's value is in its metric's own unit; of a rate it is a share. */
function unitOf(text: string): "share" | "ms" | "" {
  if (/^\s*(?:errors|http_\w+)\b/.test(text)) return "share";
  return /rate/.test(text) ? "" : "ms";
}

function termValue(value: number | null, unit: "share" | "ms" | ""): string {
  return unit === "share" ? formatShare(value) : formatWithUnit(value, unit);
}
