/** The first screen: the verdict and what decided it, what was seen, and between which endpoints. */
import { printableLine } from "../../core/printable.js";
import { courseLines, MAX_COURSE_LINE } from "../course.js";
import { modelsLine, partialLine, recentLine, retryCount, runLine, SIDES, whenLine } from "../facts.js";
import { headline, VERDICT_WORDS } from "../headline.js";
import { formatCount, formatSignificant, plural } from "../numbers.js";
import type { Summary } from "../summary.js";
import { gatesTable, invalidityPanel } from "./decision.js";
import { html, type Markup } from "./markup.js";
import { sign } from "./svg.js";

export function firstScreen(summary: Summary): Markup {
  const { run } = summary;
  const [verdict = "", ...seen] = headline(summary);
  const word = summary.verdict === null ? "No verdict" : VERDICT_WORDS[summary.verdict];
  const reason = summary.verdict === null ? verdict : `${summary.verdictReason.replace(/\.$/, "")}.`;
  const partial = partialLine(run);
  const recent = recentLine(run);
  const course = courseLines(summary);
  return html`<header class="top" id="summary">
<p class="run"><b>twintail</b> <span>${printableLine(runLine(run))}</span> <span>${printableLine(whenLine(run))}</span></p>
${run.labels.length === 0 ? null : html`<ul class="labels">${run.labels.map((label) => html`<li>${printableLine(label)}</li>`)}</ul>`}
<h1 class="verdict ${summary.verdict ?? "none"}">${word}</h1>
<p class="reason">${reason}</p>
${invalidityPanel(summary)}
${partial === null ? null : html`<p class="partial">${partial}.</p>`}
${course.length === 0 ? null : html`<ul class="course">${course.map((line) => html`<li>${printableLine(line, MAX_COURSE_LINE)}</li>`)}</ul>`}
${recent === null ? null : html`<p class="recent">${printableLine(recent, 2_000)}.</p>`}
${gatesTable(summary)}
${seen.length === 0 ? null : html`<p class="seen">${seen.map((sentence) => html`<span>${sentence}</span> `)}</p>`}
<div class="endpoints">${SIDES.map((role) => endpointCard(role, summary))}</div></header>
`;
}

function endpointCard(role: (typeof SIDES)[number], summary: Summary): Markup {
  const endpoint = summary.endpoints[role];
  const retries = retryCount(summary, role);
  const facts: [string, string][] = [
    ["address", endpoint.baseUrl],
    ["remote", endpoint.remoteAddresses.slice(0, 4).join(", ")],
    ["through", endpoint.proxy ?? ""],
    ["answered as", endpoint.modelsSeen.slice(0, 4).join(", ")],
    ["fingerprint", endpoint.systemFingerprints.slice(0, 4).join(", ")],
    ["requests", `${formatCount(endpoint.exchanges)}${retries > 0 ? `, ${plural(retries, "retry", "retries")}` : ""}`],
    ["in flight", endpoint.meanInFlight === null ? "" : `${formatSignificant(endpoint.meanInFlight)} on average`],
  ];
  const rows = facts
    .filter(([, value]) => value !== "")
    .map(([name, value]) => html`<dt>${name}</dt><dd>${printableLine(value, 200)}</dd>`);
  const simulated = endpoint.simulated === null ? null : html` <span class="chip simulated">simulated</span>`;
  const tier = endpoint.tier === null ? null : html` <span class="chip">${printableLine(endpoint.tier, 40)}</span>`;
  return html`<section class="endpoint ${role}"><h2>${sign(role)} ${role}${tier}${simulated}</h2><p class="model">${printableLine(modelsLine(endpoint), 160)}</p><dl>${rows}</dl></section>`;
}
