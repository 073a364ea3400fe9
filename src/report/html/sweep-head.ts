/** The first screen of a sweep: what each endpoint bears, up to where it keeps the SLO, and why no more was tried. */
import type { EndpointRole } from "../../config/settings.js";
import { printableLine } from "../../core/printable.js";
import { formatInstant, formatShare, formatSignificant, formatWithUnit } from "../numbers.js";
import { decisionNotes, goodputText, limitText, sweptSides } from "../sweep-decision.js";
import type { EndpointSweep, SweepInterval, SweepSummary } from "../sweep-summary.js";
import {
  atLoad,
  boundsText,
  intervalText,
  invalidityWords,
  priceText,
  STOP_WORDS,
  SWEEP_WORDS,
  sentence,
  sweptModels,
} from "../sweep-words.js";
import { html, type Markup } from "./markup.js";
import { scrolling } from "./section.js";
import { sign } from "./svg.js";

export function sweepHead(summary: SweepSummary): Markup {
  const { run, verdict } = summary;
  const sides = sweptSides(summary);
  const from = run.host === "" ? "" : `, from ${printableLine(run.host, 80)}`;
  const labels = sides.flatMap((side) => summary.endpoints[side].simulated ?? []);
  return html`<header class="top" id="summary">
<p class="run"><b>twintail sweep</b> <span>${printableLine(run.goldenSet.name, 80)}</span> <span>${printableLine(formatInstant(run.createdAt), 60)}${from}</span></p>
${labels.length === 0 ? null : html`<ul class="labels">${labels.map((label) => html`<li>${printableLine(label, 160)}</li>`)}</ul>`}
<h1 class="verdict ${verdict}">${SWEEP_WORDS[verdict]}</h1>
<p class="reason">${sentence(printableLine(summary.reason, 600))}</p>
${invalidityPanel(summary)}
<div class="endpoints">${sides.map((side) => card(side, summary))}</div>
${clocksPanel(summary)}${asides(summary)}</header>
`;
}

function card(side: EndpointRole, summary: SweepSummary): Markup {
  const endpoint = summary.endpoints[side];
  const sweep = endpoint.sweep as EndpointSweep;
  const { meanInputTokens, meanOutputTokens, cachedShare, stopped } = sweep;
  const tokens =
    meanInputTokens === null || meanOutputTokens === null
      ? ""
      : `${formatSignificant(meanInputTokens)} in, ${formatSignificant(meanOutputTokens)} out on average`;
  const facts: [string, string][] = [
    ["address", endpoint.baseUrl],
    ["answered as", endpoint.modelsSeen.slice(0, 4).join(", ")],
    ["price", priceText(endpoint)],
    ["tokens", tokens],
    ["from a cache", cachedShare === null ? "" : `${formatShare(cachedShare)} of prompt tokens`],
  ];
  const rows = facts
    .filter(([, value]) => value !== "")
    .map(([name, value]) => html`<dt>${name}</dt><dd>${printableLine(value, 200)}</dd>`);
  const tier = endpoint.tier === null ? null : html` <span class="chip">${printableLine(endpoint.tier, 40)}</span>`;
  const simulated = endpoint.simulated === null ? null : html` <span class="chip simulated">simulated</span>`;
  const models = sweptModels(endpoint);
  return html`<section class="endpoint ${side}"><h2>${sign(side)} ${side}${tier}${simulated}</h2><p class="model">${printableLine(models === "" ? "no model named" : models, 160)}</p>
<div class="bears">${kneePart(sweep, summary)}${goodputPart(sweep, summary)}</div>
<p class="why"><span class="chip">${STOP_WORDS[stopped.kind]}</span> ${sentence(printableLine(stopped.text, 400))}</p><dl>${rows}</dl></section>`;
}

function kneePart({ knee, points }: EndpointSweep, { load }: SweepSummary): Markup {
  if (load.axis === "trace") {
    const throughput = points[0]?.throughput;
    if (throughput === undefined) return html``;
    return html`<div><h3>Answered</h3>${big(throughput, "requests/s")}<p class="soft">${boundsText(throughput)}</p></div>`;
  }
  if (knee === null) return html`<div><h3>Knee</h3><p class="big quiet">not reached</p></div>`;
  const tokens = knee.outputTokensPerS;
  return html`<div><h3>Knee</h3>${big(knee.throughput, "requests/s")}<p class="soft">${boundsText(knee.throughput)}</p><p>${atLoad(knee.load, load.axis)}</p>${tokens === null ? null : html`<p>${intervalText(tokens)} output tokens/s</p>`}</div>`;
}

function goodputPart(sweep: EndpointSweep, { load }: SweepSummary): Markup {
  const { goodput } = sweep;
  if (load.slo === null) return html`<div><h3>Keeps the SLO</h3><p class="big quiet">no SLO</p></div>`;
  if (goodput === null)
    return html`<div><h3>Keeps the SLO</h3><p class="big quiet">${goodputText(sweep, load)}</p></div>`;
  return html`<div><h3>Keeps the SLO up to</h3>${big(goodput.throughput, "requests/s")}<p class="soft">${boundsText(goodput.throughput)}</p><p>${atLoad(goodput.load, load.axis)}</p><p>${printableLine(limitText(goodput.limitedBy), 120)}</p></div>`;
}

function big({ value }: SweepInterval, unit: string): Markup {
  return html`<p class="big">${formatSignificant(value)} <small>${unit}</small></p>`;
}

/** Coordinated omission made visible: what a client that counts from the send would not have seen. */
function clocksPanel(summary: SweepSummary): Markup | null {
  const parted = decisionNotes(summary).filter(({ about }) => about === "clocks");
  if (parted.length === 0) return null;
  return html`<section class="clocks" aria-label="both clocks"><h2>Requests waited to be sent</h2>${parted.map(({ side, text }) => html`<p>${side === null ? null : html`${sign(side)} ${side}: `}${printableLine(text, 600)}.</p>`)}</section>
`;
}

function asides(summary: SweepSummary): Markup | null {
  const others = decisionNotes(summary).filter(({ about }) => about !== "clocks" && about !== "stopped");
  if (others.length === 0) return null;
  const items = others.map(({ side, about, text }) => {
    const subject = about === "sweep" ? "" : `, ${about}`;
    const whose = side === null ? null : html`${sign(side)} <b>${side}${subject}:</b> `;
    return html`<li>${whose}${printableLine(text, 600)}</li>`;
  });
  return html`<ul class="asides">${items}</ul>
`;
}

function invalidityPanel(summary: SweepSummary): Markup | null {
  const { validity } = summary;
  if (validity.ok) return null;
  const { heading, meaning } = invalidityWords(summary);
  const over = validity.figures.filter(({ ok }) => !ok);
  const rows = over.map(
    ({ name, value, limit, unit, remedy }) =>
      html`<tr><th scope="row">${printableLine(name, 80)}</th><td class="num"><b>${formatWithUnit(value, unit, "not known")}</b></td><td class="num">${formatWithUnit(limit, unit)}</td><td>${printableLine(remedy, 200)}</td></tr>`,
  );
  const table = html`<table><thead><tr><th scope="col">figure</th><th scope="col" class="num">value</th><th scope="col" class="num">limit</th><th scope="col">try</th></tr></thead><tbody>${rows}</tbody></table>`;
  return html`<section class="invalidity" aria-label="validity"><h2>${heading}</h2><p>${meaning}</p>${over.length === 0 ? null : scrolling("figures over their limit", table)}</section>`;
}
