/**
 * A capacity plan as one self-contained page: no script, no network, and a content security policy that allows exactly its own
 * style. What an endpoint or a file called itself stays text.
 */
import { printableLine } from "../core/printable.js";
import type { CapacityInterval, CapacityMode, CapacitySummary, CapacityTier } from "./capacity-summary.js";
import {
  CAPACITY_WORDS,
  demandText,
  formatDollars,
  hardwareText,
  intervalText,
  lengthsText,
  MEETS_WORDS,
  MODE_WORDS,
  perTimeText,
  priceText,
  rateText,
  replicasText,
  sweepText,
  utilisationText,
} from "./capacity-words.js";
import { capacityLegend, capacityPlot } from "./html/capacity-plot.js";
import { CAPACITY_STYLE } from "./html/capacity-style.js";
import { html, type Markup } from "./html/markup.js";
import { pageText } from "./html/page.js";
import { scrolling, section } from "./html/section.js";
import { STYLE } from "./html/style.js";
import { formatCount, plural } from "./numbers.js";

const PAGE_STYLE = `${STYLE}${CAPACITY_STYLE}`;

/** The page as text, in the same bytes for the same plan. */
export function renderCapacityHtml(summary: CapacitySummary): string {
  const word = CAPACITY_WORDS[summary.verdict];
  // A tier's name stays as it was written, also where it begins a sentence.
  const told = summary.verdict === "recommended" ? (text: string) => text : capitalised;
  const heading = summary.verdict === "recommended" ? `${word}: ${summary.recommended ?? ""}` : word;
  return pageText({
    title: `${word}: ${plural(summary.tiers.length, "tier")} (twintail capacity)`,
    style: PAGE_STYLE,
    bodyClass: "capacity",
    body: html`<main>
<header class="top"><h1 class="verdict ${summary.verdict}">${printableLine(heading, 100)}</h1><p class="reason">${told(printableLine(summary.reason, 1_000))}.</p>${labels(summary)}</header>
${overview(summary)}${summary.tiers.map((tier, index) => tierPart(tier, index, summary))}${assumptionsPart(summary)}</main>
<footer><p>twintail capacity, ${plural(summary.tiers.length, "tier")}. This page loads nothing and sends nothing.</p></footer>`,
  });
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** What was simulated is said before any figure. */
function labels({ tiers }: CapacitySummary): Markup | null {
  const items = tiers.flatMap(({ name, sweep }) =>
    sweep?.simulated ? [html`<li>${printableLine(`${name}: ${sweep.simulated}`, 160)}</li>`] : [],
  );
  return items.length === 0 ? null : html`<ul class="labels">${items}</ul>`;
}

function overview(summary: CapacitySummary): Markup {
  const rows = summary.tiers.map((tier) => {
    const mode = tier.modes.find(({ kind }) => kind === tier.cheapest);
    const chosen = tier.name === summary.recommended ? "chosen" : "";
    return html`<tr class="${chosen}"><th scope="row">${printableLine(tier.name, 60)}</th><td class="meets ${tier.meets}">${MEETS_WORDS[tier.meets]}</td><td>${tier.bears === null ? "–" : rateText(tier.bears.perS)}</td><td>${replicasText(tier)}</td><td>${mode === undefined ? "–" : MODE_WORDS[mode.kind]}</td><td class="num">${mode === undefined ? "–" : money(mode.perMonth)}</td><td class="num">${mode === undefined ? "–" : money(mode.per1000Requests)}</td></tr>`;
  });
  const heads = ["tier", "", "a replica bears", "replicas at the peak", "run"].map(
    (head) => html`<th scope="col">${head}</th>`,
  );
  const table = html`<table class="tiers"><thead><tr>${heads}<th scope="col" class="num">a month</th><th scope="col" class="num">1,000 requests</th></tr></thead><tbody>${rows}</tbody></table>`;
  return section(
    "tiers",
    "Tiers",
    `Demand: ${demandText(summary)}. Each tier as it costs least.`,
    html`${scrolling("tiers", table)}`,
  );
}

function tierPart(tier: CapacityTier, index: number, summary: CapacitySummary): Markup {
  const facts: [name: string, text: string][] = [
    ["verdict", `${MEETS_WORDS[tier.meets]}: ${tier.why}`],
    [
      "bears",
      tier.bears === null
        ? ""
        : `${tier.bears.atLeast ? "at least " : ""}${rateText(tier.bears.perS)} a replica: ${tier.bears.text}`,
    ],
    ["used", tier.utilisation === null ? "" : utilisationText(tier)],
    ["requests", lengthsText(tier)],
    ["swept", tier.sweep === null ? "" : sweepText(tier.sweep)],
    ["cheapest", tier.cheapestText],
    ["sleep", tier.scaleToZero?.text ?? ""],
    ...tier.notes.map((note): [string, string] => ["note", note]),
  ];
  const list = facts
    .filter(([, text]) => text !== "")
    .map(([name, text]) => html`<dt>${name}</dt><dd>${printableLine(text, 1_000)}</dd>`);
  const legend = tier === summary.tiers.find(({ bears }) => bears !== null) ? capacityLegend() : null;
  const lead = [hardwareText(tier), priceText(tier)]
    .filter((fact) => fact !== "")
    .map((fact) => printableLine(fact, 100));
  return section(
    `tier-${index}`,
    printableLine(tier.name, 60),
    `${lead.join(", ")}.`,
    html`<div class="tier">${legend}${plots(tier, summary)}<dl>${list}</dl>${tier.modes.length === 0 ? null : scrolling(`costs of ${tier.name}`, modeTable(tier))}</div>`,
  );
}

function plots(tier: CapacityTier, { demand }: CapacitySummary): Markup | null {
  if (tier.bears === null) return null;
  if (demand.weekend === null) return html`<div class="days">${capacityPlot(tier, demand, "weekday")}</div>`;
  const days = (["weekday", "weekend"] as const).map(
    (day) =>
      html`<figure><figcaption>${day === "weekday" ? "Monday to Friday" : "Weekend"}</figcaption>${capacityPlot(tier, demand, day)}</figure>`,
  );
  return html`<div class="days both">${days}</div>`;
}

function modeTable(tier: CapacityTier): Markup {
  const rows = tier.modes.map((mode) => {
    const left = mode.allowed ? "" : " (lets too many wait)";
    return html`<tr class="${mode.kind === tier.cheapest ? "chosen" : ""}"><th scope="row">${MODE_WORDS[mode.kind]}<span class="soft">${left}</span></th>${cellsOf(mode).map((cell) => html`<td class="num">${cell}</td>`)}</tr>`;
  });
  const heads = [
    "replica hours a month",
    "an hour",
    "a month",
    "1,000 requests",
    "million output tokens",
    "million tokens",
  ];
  return html`<table class="modes"><thead><tr><th scope="col"></th>${heads.map((head) => html`<th scope="col" class="num">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`;
}

function cellsOf(mode: CapacityMode): Markup[] {
  const { replicaHours, perHour, perMonth, per1000Requests, perMTokOutput, perMTok } = mode;
  return [
    html`${replicaHours === null ? "–" : formatCount(replicaHours.value)}`,
    ...[perHour, perMonth, per1000Requests, perMTokOutput, perMTok].map(money),
  ];
}

/** The value, and its interval in small print. */
function money(interval: CapacityInterval | null): Markup {
  if (interval === null) return html`–`;
  return html`${formatDollars(interval.value)}<span class="soft">${intervalText(interval, formatDollars)}</span>`;
}

function assumptionsPart({ assumptions, unused, demand }: CapacitySummary): Markup {
  const given = unused.map((path) => html`<li>given, and of no tier: ${printableLine(path, 200)}</li>`);
  return section(
    "assumptions",
    "Assumptions",
    `What all of this rests on, with ${perTimeText(demand.requiredPerS)} to be borne.`,
    html`<ul class="assumptions">${assumptions.map((text) => html`<li>${printableLine(text, 1_000)}</li>`)}${given}</ul>`,
  );
}
