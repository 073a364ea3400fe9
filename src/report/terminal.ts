/**
 * A report for a terminal: text that fits its columns, says what was seen first, and has a footnote for every
 * doubt. What an endpoint sent is made printable before its width is counted.
 */
import { printableLine } from "../core/printable.js";
import { courseLines, MAX_COURSE_LINE } from "./course.js";
import { modelsLine, partialLine, recentLine, retryCount, runLine, SIDES, whenLine } from "./facts.js";
import { headline } from "./headline.js";
import { formatSignificant, plural } from "./numbers.js";
import type { Report } from "./report.js";
import type { Summary } from "./summary.js";
import { coldSection } from "./terminal/cold.js";
import { controlSection, holmLine, outputsSection, ratioSection, slowShareSection } from "./terminal/comparisons.js";
import { rateSection, tokenSection } from "./terminal/counts.js";
import { checklistSection, costSection, gateSection, timeoutSection } from "./terminal/decision.js";
import { failureSection } from "./terminal/failures.js";
import {
  findingSection,
  flipSection,
  invaliditySection,
  notTestedSection,
  toolFaultLine,
  validityLine,
} from "./terminal/outputs.js";
import { finished, makeScreen, paragraph, type Screen } from "./terminal/screen.js";
import { tailSection } from "./terminal/tails.js";

export interface TerminalOptions {
  /** Columns of the window; at most 100 are used (a sweep uses 132), and at least 40 are needed. */
  readonly columns: number;
  readonly color: boolean;
}

/** The report as lines no wider than `columns`, ending in a line feed. Without colour there is no escape sequence. */
export function renderTerminal({ summary }: Report, options: TerminalOptions): string {
  const screen = makeScreen(options);
  heading(screen, summary);
  invaliditySection(screen, summary);
  gateSection(screen, summary);
  const isWake = summary.run.kind === "wake";
  if (isWake) coldSection(screen, summary);
  checklistSection(screen, summary);
  timeoutSection(screen, summary);
  costSection(screen, summary);
  flipSection(screen, summary);
  findingSection(screen, summary);
  outputsSection(screen, summary);
  tailSection(screen, summary, "warm", "Tails", "phase warm; blank where the sample cannot say");
  holmLine(screen, summary);
  slowShareSection(screen, summary);
  ratioSection(screen, summary);
  controlSection(screen, summary);
  tailSection(screen, summary, "solo", "Alone on the endpoint", "phase solo, nothing else in flight");
  if (!isWake) coldSection(screen, summary);
  if (!isWake) rateSection(screen, summary);
  toolFaultLine(screen, summary);
  failureSection(screen, summary);
  tokenSection(screen, summary);
  notTestedSection(screen, summary);
  validityLine(screen, summary);
  return finished(screen);
}

/** The verdict first, then when, from where, and what was compared. */
function heading(screen: Screen, summary: Summary): void {
  const { paint, lines } = screen;
  const { run } = summary;
  for (const label of run.labels) paragraph(screen, printableLine(label), { paint: paint.bold });
  if (run.labels.length > 0) lines.push("");
  const [verdict = "", ...seen] = headline(summary);
  paragraph(screen, verdict, { paint: paint.bold });
  if (seen.length > 0) paragraph(screen, seen.join(" "));
  lines.push("");
  courseParagraphs(screen, summary);
  for (const side of SIDES) endpointLines(screen, side, summary);
  paragraph(screen, `${printableLine(runLine(run))}; ${printableLine(whenLine(run))}`, { paint: paint.dim });
  paragraph(screen, `twintail ${run.kind === "run" ? "" : `${run.kind} `}${printableLine(run.runId, 80)}`, {
    paint: paint.dim,
  });
  const recent = recentLine(run);
  if (recent !== null) paragraph(screen, `${printableLine(recent, 2_000)}.`);
}

/** That a run is not whole stands before what it says of the endpoints. */
function courseParagraphs(screen: Screen, summary: Summary): void {
  const { paint, lines } = screen;
  const partial = partialLine(summary.run);
  const course = courseLines(summary);
  if (partial !== null) paragraph(screen, `${partial}.`, { paint: (line) => paint.worse(paint.bold(line)) });
  for (const line of course) paragraph(screen, printableLine(line, MAX_COURSE_LINE), { first: "· ", rest: "  " });
  if (partial !== null || course.length > 0) lines.push("");
}

function endpointLines(screen: Screen, side: (typeof SIDES)[number], summary: Summary): void {
  const endpoint = summary.endpoints[side];
  const retries = retryCount(summary, side);
  const facts = [
    printableLine(modelsLine(endpoint), 120),
    printableLine(endpoint.baseUrl, 120),
    endpoint.remoteAddresses.length === 0 ? "" : printableLine(endpoint.remoteAddresses.slice(0, 3).join(" "), 60),
    endpoint.proxy === null ? "" : `through the proxy ${printableLine(endpoint.proxy, 60)}`,
    endpoint.tier === null ? "" : `tier ${printableLine(endpoint.tier, 40)}`,
    endpoint.meanInFlight === null ? "" : `${formatSignificant(endpoint.meanInFlight)} in flight on average`,
    retries === 0 ? "" : plural(retries, "retry", "retries"),
  ].filter((fact) => fact !== "");
  const name = screen.paint[side](side.padEnd(10));
  paragraph(screen, facts.join(" · "), { first: name, rest: " ".repeat(10) });
}
