/**
 * A report as one self-contained page: no network, no handler in an attribute, and a content security policy that
 * allows exactly the style and the script it was made with. What an endpoint sent stays text.
 */
import { printableLine } from "../core/printable.js";
import { modelsLine, SIDES } from "./facts.js";
import { VERDICT_WORDS } from "./headline.js";
import { cards } from "./html/cards.js";
import { casesList } from "./html/cases.js";
import { coldSection } from "./html/cold.js";
import { controlSection, slowShareSection } from "./html/comparisons.js";
import { checklistSection, timeoutsSection } from "./html/decision.js";
import { failuresSection } from "./html/failures.js";
import { firstScreen } from "./html/head.js";
import { html, type Markup } from "./html/markup.js";
import { methodSection } from "./html/method.js";
import { pageText } from "./html/page.js";
import { SCRIPT } from "./html/script.js";
import { section } from "./html/section.js";
import { notTestedSection, outputsSection, ratesSection, wireSection } from "./html/sections.js";
import { STYLE } from "./html/style.js";
import { dotsSection, shiftsSection, tailsSection } from "./html/tails.js";
import { timeline } from "./html/timeline.js";
import type { Report } from "./report.js";
import type { Summary } from "./summary.js";

const NAMES: Readonly<Record<string, string>> = {
  summary: "Verdict",
  checklist: "Checklist",
  timeouts: "Timeouts",
  answers: "Answers",
  wire: "Wire",
  figures: "Figures",
  shifts: "Shifts",
  tails: "Tails",
  slow: "Slow",
  "cases-dots": "By case",
  rates: "Rates",
  failures: "Failures",
  cold: "Cold",
  control: "Control",
  timeline: "Timeline",
  cases: "Cases",
  method: "Method",
};

/** The page as text, in the same bytes for the same report. */
export function renderHtml(report: Report): string {
  const { summary, details } = report;
  const cold: [id: string, part: Markup | null] = ["cold", coldSection(summary)];
  const isWake = summary.run.kind === "wake";
  const parts: [id: string, part: Markup | null][] = [
    ["summary", firstScreen(summary)],
    ...(isWake ? [cold] : []),
    ["checklist", checklistSection(summary)],
    ["timeouts", timeoutsSection(summary)],
    ["answers", outputsSection(report)],
    ["wire", wireSection(summary)],
    ["figures", figuresSection(summary)],
    ["shifts", shiftsSection(summary)],
    ["tails", tailsSection(report)],
    ["cases-dots", dotsSection(report)],
    ["slow", slowShareSection(summary)],
    ["rates", isWake ? null : ratesSection(summary)],
    ["failures", failuresSection(summary)],
    ...(isWake ? [] : [cold]),
    ["control", controlSection(summary)],
    ["timeline", timelineSection(report)],
    ["cases", details.cases.length === 0 ? null : casesSection(report)],
    ["not-tested", notTestedSection(summary)],
    ["method", methodSection(summary)],
  ];
  const present = parts.filter((part): part is [string, Markup] => part[1] !== null);
  const links = present.flatMap(([id]) => (NAMES[id] === undefined ? [] : [html`<a href="#${id}">${NAMES[id]}</a>`]));
  const word = summary.verdict === null ? "No verdict" : VERDICT_WORDS[summary.verdict];
  const models = SIDES.map((role) => printableLine(modelsLine(summary.endpoints[role]), 60)).join(" → ");
  const title = `${word}: ${models}, ${summary.run.goldenSet.name} (twintail)`;
  return pageText({
    title,
    style: STYLE,
    script: SCRIPT,
    body: html`<a class="skip" href="#summary">Skip to the summary</a>
<nav aria-label="sections"><div>${links}</div></nav>
<main>
${present.map(([, part]) => part)}</main>
<footer><p>twintail ${summary.run.versions.twintail}, run ${summary.run.runId}. This page loads nothing and sends nothing.</p></footer>`,
  });
}

function figuresSection(summary: Summary): Markup | null {
  const figures = cards(summary);
  if (figures === null) return null;
  return section("figures", "At a glance", "What most readers ask of a candidate, each with its doubt.", figures);
}

function timelineSection({ details }: Report): Markup | null {
  if (details.timeline.length === 0) return null;
  return section(
    "timeline",
    "Timeline",
    "The requests of the run, each phase on a scale of its own. Faint until the first token, solid while it streams, a cross where it failed.",
    html`${timeline(details.timeline)}`,
  );
}

function casesSection(report: Report): Markup {
  return section(
    "cases",
    "Cases",
    "A row opens to both answers of every round. ● as expected, ✕ not as expected, ▲ failed, ○ in no rate, · not asked.",
    casesList(report),
  );
}
