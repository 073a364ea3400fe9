/** Cold wakes on the page: every trial as a bar, both endpoints side by side, and the cold starts that nobody planned. */
import { printableLine } from "../../core/printable.js";
import { type ColdBlock, coldBlocks, intervalWords, sleepLine, unplannedRows } from "../cold-rows.js";
import { coldPartList, SIDES } from "../facts.js";
import { plural } from "../numbers.js";
import type { Summary } from "../summary.js";
import { html, type Markup } from "./markup.js";
import { scrolling, section } from "./section.js";
import { sign } from "./svg.js";
import { lengthMs, shownBudgetMs, wakePlot } from "./wake-plot.js";

export function coldSection(summary: Summary): Markup | null {
  const { cold } = summary;
  const blocks = coldBlocks(summary);
  const unplanned = unplannedTable(summary);
  if (blocks.length === 0 && unplanned === null) return null;
  const about = SIDES.filter((side) => cold[side].length > 0).map((side) => {
    const words = [intervalWords(cold, side), sleepLine(cold, side)].filter((each) => each !== null).join("; ");
    return html`<p class="soft">${sign(side)} ${side}: ${words}.</p>`;
  });
  const trials =
    blocks.length === 0
      ? null
      : html`${scrolling("cold wakes", wakePlot(summary))}${key(summary)}${scrolling("cold trials", trialTable(blocks))}${blocks.flatMap(notesOf)}${about}`;
  return section(
    "cold",
    "Cold wake against warm",
    "Release to first token through every attempt, each trial listed: so few make no tail.",
    html`${trials}${unplanned}`,
  );
}

const KEYS = [
  ["refused", "refused", "refused or closed"],
  ["503s", "unavailable", "put off by a status"],
  ["put off", "unavailable", "put off by a status"],
  ["connect", "connect", "connecting"],
  ["request", "connect", "on this side"],
  ["headers", "headers", "held, waiting for headers"],
  ["first token", "token", "headers to first token"],
] as const;

/** A part this short is no part of a bar that an eye can see. */
const LEAST_SHARE = 0.005;

/** Of what the bars show. */
function key({ cold }: Summary): Markup {
  const trials = SIDES.flatMap((side) => cold[side]);
  const slowestMs = Math.max(1, ...trials.map(lengthMs));
  const seen = new Set(
    trials.flatMap((one) => coldPartList(one).flatMap(({ name, ms }) => (ms >= LEAST_SHARE * slowestMs ? [name] : []))),
  );
  // The thinnest of them ends every bar that ended well.
  seen.add("first token");
  const shown = new Map(KEYS.flatMap(([name, colour, words]) => (seen.has(name) ? [[words, colour] as const] : [])));
  const budget = SIDES.some((side) => cold[side].length > 0 && shownBudgetMs(cold, side, slowestMs) !== null);
  return html`<p class="key soft">${[...shown].map(([words, colour]) => html`<span><i class="${colour}"></i> ${words}</span> `)}${budget ? html`<span><i class="budget"></i> budget</span>` : null}</p>`;
}

function trialTable(blocks: readonly ColdBlock[]): Markup {
  const many = blocks.every(({ rows }) => rows.length === 1);
  const rows = blocks.flatMap(({ name, rows: own }) => [
    ...(many || blocks.length === 1
      ? []
      : [html`<tr class="trial"><th scope="rowgroup" colspan="3">${name}</th></tr>`]),
    ...own.map(({ label, cells }) => {
      const strong = label === "wake";
      return html`<tr><th scope="row">${label}</th>${SIDES.map((side) => {
        const text = printableLine(cells[side], 200);
        return html`<td>${strong ? html`<b>${text}</b>` : text}</td>`;
      })}</tr>`;
    }),
  ]);
  const head = SIDES.map((side) => html`<th scope="col">${sign(side)} ${side}</th>`);
  return html`<table class="trials"><thead><tr><td></td>${head}</tr></thead><tbody>${rows}</tbody></table>`;
}

function notesOf({ name, notes }: ColdBlock): Markup[] {
  return notes.map(
    ({ side, text }) => html`<p class="soft">${sign(side)} ${name}, ${side}: ${printableLine(text, 400)}.</p>`,
  );
}

function unplannedTable(summary: Summary): Markup | null {
  const rows = unplannedRows(summary);
  if (rows.length === 0) return null;
  const body = rows.map(
    ({ side, place, took, evidence }) =>
      html`<tr><th scope="row" class="nowrap">${sign(side)} ${side}</th><td>${printableLine(place, 80)}</td><td>${took}</td><td class="soft">${printableLine(evidence, 300)}</td></tr>`,
  );
  const table = html`<table><thead><tr><th scope="col">endpoint</th><th scope="col">request</th><th scope="col">took</th><th scope="col">known by</th></tr></thead><tbody>${body}</tbody></table>`;
  return html`<h3>${plural(rows.length, "cold start")} that nobody planned</h3><p class="soft">In no tail, no rate of slow requests and no pair; their answers were checked like any other.</p>${scrolling("unplanned cold starts", table)}`;
}
