/** The page's sections between the first screen and the cases; each is null when it has nothing to say. */
import { printableLine } from "../../core/printable.js";
import { rateRows, tokenRows } from "../count-table.js";
import { findingCounts, findingPlace, type GroupedFinding, groupedFindings, isAlike, SIDES } from "../facts.js";
import { formatCount, formatMs, formatShare, plural } from "../numbers.js";
import type { Report } from "../report.js";
import type { Summary } from "../summary.js";
import { caseAnchors, RUNG_WORDS } from "./cases.js";
import { differenceCell, outputsPart } from "./comparisons.js";
import { html, type Markup, prose } from "./markup.js";
import { scrolling, section } from "./section.js";
import { sign } from "./svg.js";

export function outputsSection({ summary, details }: Report): Markup | null {
  const { flips } = summary.parity;
  const { parity } = summary;
  if (parity.pairs === 0 && flips.length === 0) return null;
  const anchor = caseAnchors(details.cases);
  const rows = flips.map(
    (
      flip,
    ) => html`<li><span class="chip ${flip.direction === "improved" ? "improved" : flip.severity}">${flip.direction === "improved" ? "improved" : flip.severity}</span>
<div><a href="#${anchor(flip.caseId)}"><b>${printableLine(flip.caseId, 60)}</b></a> <span class="soft">${flip.count} of ${plural(flip.of, "pair")}${flip.consistent ? ", consistent" : ""}</span><br>${printableLine(flip.detail, 300)}</div></li>`,
  );
  const list =
    flips.length === 0
      ? html`<p>None: in no pair does one endpoint meet all expectations and the other not.</p>`
      : html`<ul class="flips">${rows}</ul>`;
  return section(
    "answers",
    "What changed in the answers",
    "Flips: one endpoint meets the expectation of a case, the other does not. Consistent regressions stand first, then what breaks a client.",
    html`<div class="two"><div>${list}${toolFaults(summary)}</div><div>${ladder(summary)}${outputsPart(summary)}</div></div>`,
  );
}

function ladder({ parity }: Summary): Markup {
  const rows = RUNG_WORDS.filter(([rung]) => (parity.rungs[rung] ?? 0) > 0).map(([rung, words]) => {
    const count = parity.rungs[rung] ?? 0;
    const width = Math.round((1_000 * count) / Math.max(1, parity.pairs)) / 10;
    return html`<tr><th scope="row">${words}</th><td class="num">${formatCount(count)}</td><td class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="8"/></svg></td></tr>`;
  });
  return html`<div class="ladder"><h3>How alike are ${plural(parity.pairs, "pair")} of answers?</h3><table><tbody>${rows}</tbody></table>
<p class="soft">Each pair on the highest rung that it reaches. ${formatCount(parity.matchedLength)} of ${formatCount(parity.pairs)} are within 10 % in length.</p></div>`;
}

function toolFaults({ checks }: Summary): Markup[] {
  return SIDES.flatMap((role) => {
    const faults = Object.entries(checks.toolFaults[role]).sort((a, b) => b[1] - a[1]);
    if (faults.length === 0) return [];
    return [
      html`<p class="soft">${sign(role)} Tool faults of the ${role}: ${faults.map(([fault, count]) => `${fault} ${count}`).join(", ")}.</p>`,
    ];
  });
}

export function wireSection(summary: Summary): Markup | null {
  const groups = groupedFindings(summary);
  if (groups.length === 0) return null;
  const [news, alike] = [groups.filter((group) => !isAlike(group)), groups.filter(isAlike)];
  return section(
    "wire",
    "On the wire",
    "Facts about the protocol, what a client would newly meet on the candidate first.",
    html`${news.length === 0 ? html`<p>Nothing that the two do not share.</p>` : scrolling("findings", findingTable(news))}
${alike.length === 0 ? null : alikeFindings(alike)}`,
  );
}

function findingTable(groups: readonly GroupedFinding[]): Markup {
  const rows = groups.map(
    (group) =>
      html`<tr><td><span class="chip ${group.severity}">${group.severity}</span></td><td class="wide"><code>${printableLine(group.rule, 60)}</code><br>${prose(printableLine(group.message, 300))}<br><span class="soft">Clients: ${prose(printableLine(group.clients, 300))}</span></td><td>${findingPlace(group)}<br><span class="soft">${findingCounts(group)}</span></td><td class="evidence"><code>${printableLine(group.evidence, 200)}</code></td></tr>`,
  );
  return html`<table class="findings"><thead><tr><th scope="col">severity</th><th scope="col">what was seen</th><th scope="col">where</th><th scope="col">evidence</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** What a client lives with already, folded away. */
function alikeFindings(groups: readonly GroupedFinding[]): Markup {
  return html`<details class="alike"><summary>Both sides alike: ${plural(groups.length, "finding")}, no reason against a move</summary>${scrolling("findings on both sides", findingTable(groups))}</details>`;
}

export function ratesSection(summary: Summary): Markup | null {
  const rates = rateRows(summary);
  const tokens = tokenRows(summary);
  if (rates.rows.length === 0 && rates.quiet === null && tokens.rows.length === 0) return null;
  const note = (ordinal: number | null): Markup | null => (ordinal === null ? null : html`<sup>${ordinal}</sup>`);
  const rateBody = rates.rows.map(
    (row) =>
      html`<tr><th scope="row"><code>${row.name}</code></th><td class="num">${row.baseline.counts}</td><td class="num">${row.baseline.share}${note(row.baseline.note)}</td><td class="num">${row.candidate.counts}</td><td class="num">${row.candidate.share}${note(row.candidate.note)}</td>${differenceCell(row.difference)}<td class="soft">${row.of}</td></tr>`,
  );
  const rateTable = html`<table><thead><tr><th scope="col">rate</th><th scope="colgroup" colspan="2" class="num">${sign("baseline")} baseline</th><th scope="colgroup" colspan="2" class="num">${sign("candidate")} candidate</th><th scope="col">difference [95 %]</th><th scope="col" class="rest">counted over</th></tr></thead><tbody>${rateBody}</tbody></table>`;
  const tokenBody = tokens.rows.map(
    (row) =>
      html`<tr><th scope="row"><code>${row.name}</code></th><td class="num">${row.baseline.p50}</td><td class="num">${row.candidate.p50}</td><td class="num">${row.baseline.sum}</td><td class="num">${row.candidate.sum}</td></tr>`,
  );
  const tokenTable = html`<table><thead><tr><th scope="col">tokens</th><th scope="col" class="num">p50 baseline</th><th scope="col" class="num">candidate</th><th scope="col" class="num">sum baseline</th><th scope="col" class="num">candidate</th></tr></thead><tbody>${tokenBody}</tbody></table>`;
  const footnotes =
    rates.footnotes.length === 0
      ? null
      : html`<ol class="footnotes">${rates.footnotes.map((each) => html`<li>${each}</li>`)}</ol>`;
  return section(
    "rates",
    "Rates and tokens",
    "Phase warm. Both denominators are shown; repeats of one case are not independent.",
    html`${scrolling("rates", rateTable)}${footnotes}${rates.quiet === null ? null : html`<p class="soft">${rates.quiet}</p>`}
${tokens.rows.length === 0 ? null : scrolling("tokens", tokenTable)}<p class="soft">${tokens.asides.join(" ")}</p>`,
  );
}

export function notTestedSection({ checks }: Summary): Markup | null {
  if (checks.notTested.length === 0) return null;
  const rows = checks.notTested.map(
    (each) =>
      html`<li><b>${printableLine(each.caseId, 60)}</b>, ${each.endpoint}: ${printableLine(each.reason, 300)}</li>`,
  );
  return section("not-tested", "Not tested", "Never counted as failed.", html`<ul class="plain">${rows}</ul>`);
}

/** `21.0 %` of a figure in its unit; shares are percentages. */
export function figureText(value: number | null, unit: string): string {
  if (value === null) return "not known";
  if (unit === "share") return formatShare(value);
  return unit === "ms" ? formatMs(value) : `${formatCount(value)} ${unit}`.trim();
}
