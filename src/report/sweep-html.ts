/**
 * A sweep as one self-contained page: no script, no network, and a content security policy that allows exactly its own
 * style. What an endpoint called itself stays text.
 */
import { printableLine } from "../core/printable.js";
import { html, type Markup } from "./html/markup.js";
import { pageText } from "./html/page.js";
import { STYLE } from "./html/style.js";
import { curvesSection } from "./html/sweep-curves.js";
import { sweepHead } from "./html/sweep-head.js";
import { sweepMethod } from "./html/sweep-method.js";
import { pointsSection } from "./html/sweep-points.js";
import { SWEEP_STYLE } from "./html/sweep-style.js";
import { sweptSides } from "./sweep-decision.js";
import type { SweepSummary } from "./sweep-summary.js";
import { SWEEP_WORDS, sweptModels } from "./sweep-words.js";

const PAGE_STYLE = `${STYLE}${SWEEP_STYLE}`;

/** The page as text, in the same bytes for the same sweep. */
export function renderSweepHtml(summary: SweepSummary): string {
  const parts: [id: string, name: string, part: Markup | null][] = [
    ["summary", "Verdict", sweepHead(summary)],
    ["curves", "Curves", curvesSection(summary)],
    ["loads", "Loads", pointsSection(summary)],
    ["method", "Method", sweepMethod(summary)],
  ];
  const present = parts.filter((part): part is [string, string, Markup] => part[2] !== null);
  const models = sweptSides(summary).map((side) => printableLine(sweptModels(summary.endpoints[side]), 60));
  const title = `${SWEEP_WORDS[summary.verdict]}: ${models.join(", ")} (twintail sweep)`;
  return pageText({
    title,
    style: PAGE_STYLE,
    bodyClass: "sweep-page",
    body: html`<a class="skip" href="#summary">Skip to the summary</a>
<nav aria-label="sections"><div>${present.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</div></nav>
<main>
${present.map(([, , part]) => part)}</main>
<footer><p>twintail ${printableLine(summary.run.versions.twintail, 40)}, sweep ${printableLine(summary.run.runId, 120)}. This page loads nothing and sends nothing.</p></footer>`,
  });
}
