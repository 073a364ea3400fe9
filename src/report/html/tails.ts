/** The tails: a plot a metric, then the table with its footnotes. */

import { RATIO_NOTE, ratioTable } from "../comparison-rows.js";
import { formatCount } from "../numbers.js";
import type { Report } from "../report.js";
import { HOLM_NOTE, type ShiftLine } from "../shift-line.js";
import type { MetricPhaseName, Summary } from "../summary.js";
import { type TailCell, UNREACHED } from "../tail-cell.js";
import { type MetricBlock, mainMetrics, tailMetrics, tailTable } from "../tail-table.js";
import { caseAnchors } from "./cases.js";
import { dotsEach, dotsPlot } from "./dots-plot.js";
import { html, type Markup } from "./markup.js";
import { quantilePlot } from "./quantile-plot.js";
import { scrolling, section } from "./section.js";
import { shiftPlot } from "./shift-plot.js";
import { sign } from "./svg.js";
import { METRIC_WORDS } from "./words.js";

/** At most nine plots: three rows of three. */
const PLOTS = 9;

export function tailsSection(report: Report): Markup | null {
  const { summary, details } = report;
  const names = tailMetrics(summary, "warm");
  if (names.length === 0) return null;
  const plots = names.flatMap((name) => {
    const metric = summary.metrics[name];
    const curves = details.curves.filter((curve) => curve.metric === name && curve.phase === "warm");
    const tails = metric?.warm;
    if (metric === undefined || tails === undefined || curves.length === 0) return [];
    const plot = quantilePlot({ metric: name, unit: metric.unit, better: metric.better, curves, tails });
    if (plot.text === "") return [];
    return [
      html`<figure><figcaption><code>${name}</code> <span class="soft">${METRIC_WORDS[name] ?? ""}${metric.better === "higher" ? "; slow is low" : ""}</span></figcaption>${plot}</figure>`,
    ];
  });
  return section(
    "tails",
    "Tails",
    "Phase warm. Each plot gives the tail as much room as the middle; where a line is dashed, the sample is too small to say. Failed requests leave through the edge.",
    html`<div class="plots">${plots.slice(0, PLOTS)}</div>${tailsTable(summary, "warm", "tails, phase warm")}${holmNote(summary)}${soloTable(summary)}`,
  );
}

/** Ratios by quantile: null when no metric has one. */
export function shiftsSection(summary: Summary): Markup | null {
  const plot = shiftPlot(summary);
  if (plot.text === "") return null;
  const { footnotes } = ratioTable(summary);
  const said = [RATIO_NOTE, ...footnotes.map((note) => `${note.charAt(0).toUpperCase()}${note.slice(1)}.`)];
  return section(
    "shifts",
    "Where in the distribution",
    "The middle and the tail may move apart. A bar is the 95 % interval; a shaded band lies beyond a gate's margin.",
    html`${scrolling("shifts by quantile", plot)}${said.map((line) => html`<p class="fine soft">${line}</p>`)}`,
  );
}

function holmNote({ metrics }: Summary): Markup | null {
  const corrected = Object.values(metrics).some(({ warm }) => warm?.shift?.pHolm != null);
  return corrected ? html`<p class="fine soft">${HOLM_NOTE}</p>` : null;
}

function soloTable(summary: Summary): Markup | null {
  if (mainMetrics(summary, "solo").main.length === 0) return null;
  return html`<h3>Alone on the endpoint</h3><p class="soft">Phase solo: nothing else of this run in flight.</p>${tailsTable(summary, "solo", "tails, phase solo", mainMetrics(summary, "solo").main)}`;
}

function tailsTable(summary: Summary, phase: MetricPhaseName, label: string, names?: readonly string[]): Markup {
  const { blocks, footnotes } = tailTable(summary, phase, names);
  const prefix = `${phase}-note`;
  const paired = blocks.some((block) => block.shift !== null);
  const groups = [true, false]
    .map((high) => blocks.filter((block) => (block.columns.at(-1) === "max") === high))
    .filter((group) => group.length > 0);
  const bodies = groups.map(
    (group) =>
      html`<thead><tr><th scope="col">metric</th><th scope="col">endpoint</th><th scope="col" class="num">n</th>${(group[0]?.columns ?? []).map((column) => html`<th scope="col" class="num">${column}</th>`)}${paired ? html`<th scope="col">paired shift [95 %]</th>` : null}</tr></thead>${group.map((block) => blockRows(block, prefix, paired))}`,
  );
  const notes =
    footnotes.length === 0
      ? null
      : html`<ol class="footnotes">${footnotes.map((note, index) => html`<li id="${prefix}-${index + 1}">${note}</li>`)}</ol>`;
  const tables = bodies.map((body) =>
    scrolling(label, html`<table class="tails${paired ? "" : " bare"}">${body}</table>`),
  );
  return html`${tables}${notes}`;
}

function blockRows(block: MetricBlock, prefix: string, paired: boolean): Markup {
  const rows = block.rows.map((row, index) => {
    const head =
      index === 0
        ? html`<th scope="rowgroup" rowspan="2"><code>${block.name}</code><br><span class="soft">${block.unit}</span></th>`
        : null;
    const cells = [row.n, ...row.cells].map((cell) => tailCell(cell, prefix));
    const shift =
      paired && index === 0 ? html`<td rowspan="2" class="shift">${shiftCell(block.shift, prefix)}</td>` : null;
    return html`<tr>${head}<td class="nowrap">${sign(row.endpoint)} ${row.endpoint}</td>${cells}${shift}</tr>`;
  });
  return html`<tbody>${rows}</tbody>`;
}

function tailCell(cell: TailCell, prefix: string): Markup {
  const text = cell.text === UNREACHED ? html`<span class="unreached">${cell.text}</span>` : cell.text;
  return html`<td class="num">${text}${references(cell.notes, prefix)}</td>`;
}

function shiftCell(shift: ShiftLine | null, prefix: string): Markup {
  if (shift === null) return html`<span class="soft">–</span>`;
  const change =
    shift.change === ""
      ? null
      : html`<b>${shift.change}</b> ${shift.interval} <span class="soft">${shift.p}</span><br>`;
  return html`${change}<span class="soft">${shift.basis}</span>${references(shift.notes, prefix)}`;
}

function references(notes: readonly number[], prefix: string): Markup | null {
  if (notes.length === 0) return null;
  const links = notes.map(
    (note, index) =>
      html`${index === 0 ? "" : " "}<a href="#${prefix}-${note}" aria-label="footnote ${note}">${note}</a>`,
  );
  return html`<sup>${links}</sup>`;
}

/** Paired dots, one metric at a time. */
export function dotsSection({ summary, details }: Report): Markup | null {
  const metrics = [...new Set(details.dots.map((dot) => dot.metric))];
  if (metrics.length === 0) return null;
  const anchor = caseAnchors(details.cases);
  const order = tailMetrics(summary, "warm");
  metrics.sort(
    (a, b) =>
      ((order.indexOf(a) + order.length + 1) % (order.length + 1)) -
      ((order.indexOf(b) + order.length + 1) % (order.length + 1)),
  );
  const panels = metrics.map((name) => {
    const better = summary.metrics[name]?.better ?? "neither";
    const dots = details.dots.filter((dot) => dot.metric === name);
    return html`<figure data-panel="${name}"><figcaption><code>${name}</code> <span class="soft">${METRIC_WORDS[name] ?? ""}</span></figcaption>${scrolling(`${name} by case`, dotsPlot(name, better, dots, anchor))}</figure>`;
  });
  const buttons = metrics.map(
    (name, index) =>
      html`<button type="button" data-show="${name}" aria-pressed="${index === 0 ? "true" : "false"}">${name}</button>`,
  );
  return section(
    "cases-dots",
    "Case by case",
    `Ratio candidate / baseline of each round (small) and of the case (large), slowest first.${roundsLeft(details.dots)} A tail is often a few cases.`,
    html`<div class="switch" role="group" aria-label="metric" hidden>${buttons}</div><div class="panels">${panels}</div>`,
  );
}

/** What is said of rounds that are not drawn; nothing where all are. */
function roundsLeft(dots: Report["details"]["dots"]): string {
  const cases = new Set(dots.map(({ caseId }) => caseId)).size;
  const rounds = dots.reduce((most, each) => Math.max(most, each.rounds.length), 0);
  const drawn = dotsEach(cases);
  return rounds <= drawn
    ? ""
    : ` Of up to ${formatCount(rounds)} rounds of a case ${drawn} are drawn, from its lowest to its highest.`;
}
