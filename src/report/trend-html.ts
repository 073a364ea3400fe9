/**
 * A nightly history as one self-contained page: no script, no network, and a content security policy that allows exactly
 * its own style. What an endpoint called itself stays text.
 */
import { printableLine } from "../core/printable.js";
import { SIDES } from "./facts.js";
import { html, type Markup } from "./html/markup.js";
import { nightPlots } from "./html/night-plot.js";
import { pageText } from "./html/page.js";
import { scrolling, section } from "./html/section.js";
import { STYLE } from "./html/style.js";
import { sign } from "./html/svg.js";
import { TREND_STYLE } from "./html/trend-style.js";
import { formatMs, plural } from "./numbers.js";
import type { MeasuredTrend, TrendNight, TrendSeries, TrendSummary } from "./trend-summary.js";
import {
  BETTER_NOTE,
  costText,
  day,
  expectedText,
  money,
  rawText,
  stateText,
  TREND_WORDS,
  valueText,
  verdictCounts,
} from "./trend-words.js";

const PAGE_STYLE = `${STYLE}${TREND_STYLE}`;

/** The page as text, in the same bytes for the same history. */
export function renderTrendHtml(summary: TrendSummary): string {
  const word = TREND_WORDS[summary.verdict];
  return pageText({
    title: `${word}: ${plural(summary.runs, "run")} (twintail trend)`,
    style: PAGE_STYLE,
    bodyClass: "trend",
    body: html`<main>
<header class="top"><h1 class="verdict">${word}</h1><p class="reason">${sentence(printableLine(summary.reason, 400))}</p></header>
${summary.current.map((trend, index) => measuredPart(trend, index, summary.needed))}${endedPart(summary)}${howPart(summary)}</main>
<footer><p>twintail trend, ${plural(summary.runs, "run")}. This page loads nothing and sends nothing.</p></footer>`,
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function measuredPart(trend: MeasuredTrend, index: number, needed: number): Markup {
  const { nights, series } = trend;
  const [first, last] = [nights[0], nights.at(-1)];
  const span = first === undefined || last === undefined ? "" : `, ${day(first.at)} to ${day(last.at)}`;
  const figures = series.map(
    (each) =>
      html`<figure><figcaption><code>${each.name}</code> ${each.kind === "shift" ? "candidate / baseline" : "candidate − baseline"} ${lastText(each, needed)}<span class="raw">${rawText(each)}</span></figcaption>${nightPlots(each, nights)}${notesOf(each).map((note) => html`<p class="soft basis">${note}</p>`)}</figure>`,
  );
  return section(
    `trend-${index}`,
    `From ${printableLine(trend.vantage, 60)}`,
    `${printableLine(trend.goldenSet.name, 60)}: ${plural(nights.length, "night")}${span}.`,
    html`${endpointCards(trend)}
<h3>Series</h3>${legend()}<div class="plots">${figures}</div>
${wakesPart(trend)}<h3>Nights</h3>${totals(nights)}${scrolling("nights", nightTable(nights))}`,
  );
}

function notesOf({ points, notes }: TrendSeries): string[] {
  return points.at(-1)?.beyondBetter ? [`Better: ${BETTER_NOTE}`, ...notes] : notes;
}

function lastText(series: TrendSeries, needed: number): Markup {
  const last = series.points.at(-1);
  if (last === undefined) return html``;
  const expected = expectedText(series, last);
  const value = last.value === null ? "" : valueText(series, last.value);
  return html`<b>${value}</b> ${expected === "" ? null : html`<span class="soft nowrap">expected ${expected}</span>`} <span class="state ${series.state}">${printableLine(stateText(series, needed), 60)}</span>`;
}

function endpointCards({ endpoints }: MeasuredTrend): Markup {
  const cards = SIDES.map((role) => {
    const { baseUrl, models, simulated } = endpoints[role];
    const asked = Object.entries(models)
      .filter(([, model]) => model !== null)
      .map(([use, model]) => (use === "default" ? model : `${use}: ${model}`))
      .join(", ");
    const label = simulated === null ? null : html`<p class="soft">${printableLine(simulated, 120)}</p>`;
    return html`<div class="endpoint ${role}"><h2>${sign(role)} ${role}</h2><p class="model">${printableLine(asked, 120)}</p><p class="soft">${printableLine(baseUrl, 120)}</p>${label}</div>`;
  });
  return html`<div class="endpoints">${cards}</div>`;
}

function legend(): Markup {
  const key = (drawn: Markup, text: string): Markup =>
    html`<span><svg class="night-plot" viewBox="0 0 22 12" aria-hidden="true">${drawn}</svg>${text}</span>`;
  return html`<p class="legend">${key(html`<circle class="night" cx="11" cy="6" r="2.6"/>`, "a night")}${key(html`<circle class="alarm watch" cx="11" cy="6" r="5"/><circle class="night" cx="11" cy="6" r="2.6"/>`, "watch")}${key(html`<circle class="alarm fail" cx="11" cy="6" r="5"/><circle class="night" cx="11" cy="6" r="2.6"/>`, "fail")}${key(html`<path class="bound" d="M1 6H21"/>`, "the bound that it was held against")}${key(html`<line class="change" x1="11" x2="11" y1="0" y2="12"/>`, "another model or fingerprint")}<span>Below: ${sign("baseline")} baseline, ${sign("candidate")} candidate, median solid, slow end dashed.</span></p>`;
}

function wakesPart({ wakes, nights }: MeasuredTrend): Markup | null {
  if (SIDES.every((role) => wakes[role].length === 0)) return null;
  const rows = SIDES.filter((role) => wakes[role].length > 0).map((role) => {
    const listed = wakes[role].map(({ night, wakeMs, verdict }) => {
      const text = formatMs(wakeMs, "no token");
      const said = verdict === "cold" ? text : `${text} (${printableLine(verdict, 30)})`;
      return `${day(nights[night]?.at ?? "").replace(/ \d{4}$/, "")}: ${said}`;
    });
    return html`<p class="wakes">${sign(role)} <b>${plural(listed.length, "wake")}</b> of the ${role}. ${listed.join(", ")}.</p>`;
  });
  return html`<h3>Cold wakes of all nights</h3>${rows}
`;
}

function totals(nights: readonly TrendNight[]): Markup | null {
  const parts = [verdictCounts(nights), costText(nights) ?? ""].filter((text) => text !== "");
  return parts.length === 0 ? null : html`<p class="soft">${parts.join("; ")}.</p>`;
}

function nightTable(nights: readonly TrendNight[]): Markup {
  const rows = [...nights].reverse().map((night) => {
    const cost =
      night.cost.baseline === null && night.cost.candidate === null
        ? ""
        : money((night.cost.baseline ?? 0) + (night.cost.candidate ?? 0));
    const regressed = night.regressions.length === 0 ? [] : [`regressed: ${night.regressions.join(", ")}`];
    const unmeasured = night.measured ? [] : ["not measured whole, or on a machine in doubt"];
    const more = night.runIds.length > 1 ? [plural(night.runIds.length, "run")] : [];
    const seen = [...night.changes, ...regressed, ...unmeasured, ...more].join("; ");
    return html`<tr><th scope="row" class="nowrap">${day(night.at)}</th><td>${night.verdict ?? "no gates"}</td><td class="wide soft">${printableLine(night.verdictReason, 200)}</td><td class="num">${cost}</td><td class="wide">${printableLine(seen, 600)}</td></tr>`;
  });
  return html`<table class="nights"><thead><tr><th scope="col">night</th><th scope="col">gates</th><th scope="col"></th><th scope="col" class="num">cost</th><th scope="col">seen</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function endedPart({ ended, unreadable }: TrendSummary): Markup | null {
  if (ended.length + unreadable.length === 0) return null;
  const rows = ended.map(
    ({ vantage, from, to, nights, why }) =>
      html`<li>${plural(nights, "night")}, ${day(from)} to ${day(to)}, from ${printableLine(vantage, 60)}: ${printableLine(why, 300)}</li>`,
  );
  const lines = unreadable
    .slice(0, 20)
    .map(({ line, why }) => html`<li>line ${line} of nights.jsonl is left out: ${printableLine(why, 120)}</li>`);
  return section(
    "ended",
    "Not compared",
    "Nights of another golden set, other settings, models or addresses are another series; places are never pooled.",
    html`<ul class="ended">${rows}${lines}</ul>`,
  );
}

function howPart({ needed }: TrendSummary): Markup {
  return section(
    "how",
    "How to read it",
    "A value is the typical ratio candidate / baseline of one night: a bad hour of the network moves both sides and leaves it.",
    html`<div class="how"><p>Each night is held against the nights before it, at least ${needed} and at most 60, by a one-sided 99 % prediction bound of Student's t. Beyond it is <b>watch</b>; beyond it on the second night in a row is <b>fail</b>. A night that follows an alarm and lies within the bound makes the lone alarm part of the usual variation; a row of alarms stays out of it.</p><p>Shares also have to be more than chance: as many events in one night, given all events of the nights, less often than once in a hundred. Nights on which the measuring machine was in doubt, or that did not run to their end, have no value here.</p></div>`,
  );
}
