/** What the answers and the wire showed: flips, findings, what was not tested, and the machine's own figures. */
import { printable, printableLine } from "../../core/printable.js";
import { findingCounts, findingPlace, type GroupedFinding, groupedFindings, isAlike, SIDES } from "../facts.js";
import { invalidityWords } from "../invalidity.js";
import { formatCount, formatWithUnit, plural } from "../numbers.js";
import type { Summary } from "../summary.js";
import { paragraph, type Screen, title } from "./screen.js";

const SHOWN = 12;

export function flipSection(screen: Screen, summary: Summary): void {
  const { flips } = summary.parity;
  const { paint, lines } = screen;
  const met = `${plural(summary.parity.pairs, "pair")} with two answers`;
  if (flips.length === 0) {
    if (summary.parity.pairs > 0) {
      title(screen, "Flips", met);
      paragraph(screen, "None: in no pair does one endpoint meet all expectations and the other not.");
    }
    return;
  }
  title(screen, "Flips", `one side meets the expectation, the other does not; ${met}`);
  for (const flip of flips.slice(0, SHOWN)) {
    const improved = flip.direction === "improved";
    const grade = (improved ? "improved" : flip.severity).padEnd(9);
    const tone = improved ? paint.better : flip.severity === "breaks" ? paint.worse : paint.dim;
    const name = printableLine(flip.caseId, 40);
    lines.push(
      `${tone(grade)} ${paint.bold(name)}${paint.dim(`  ${flip.count} of ${plural(flip.of, "pair")}${flip.consistent ? ", consistent" : ""}`)}`,
    );
    paragraph(screen, printableLine(flip.detail, 300), { first: "          " });
  }
  rest(screen, flips.length);
}

export function findingSection(screen: Screen, summary: Summary): void {
  const groups = groupedFindings(summary);
  if (groups.length === 0) return;
  title(screen, "On the wire", "what is new on the candidate first");
  const news = groups.filter((group) => !isAlike(group));
  for (const group of news.slice(0, SHOWN)) newFinding(screen, group);
  rest(screen, news.length);
  alikeFindings(screen, groups.filter(isAlike));
}

function newFinding(screen: Screen, group: GroupedFinding): void {
  const { paint, lines } = screen;
  const tone = group.severity === "breaks" ? paint.worse : paint.dim;
  const counts = findingCounts(group);
  lines.push(`${tone(group.severity.padEnd(9))} ${paint.bold(printableLine(group.rule, 48))}`);
  const place = `${findingPlace(group)}${counts === "" ? "" : `: ${counts}`}`;
  paragraph(screen, `${printable(group.message)} (${place})`, { first: "          " });
  // A note needs no list of clients: the page has it.
  if (group.severity !== "note" && group.on !== "baseline") {
    paragraph(screen, `clients: ${printableLine(group.clients, 300)}`, { first: "          ", paint: paint.dim });
  }
  if (group.on !== "baseline" && group.evidence !== "") {
    paragraph(screen, printableLine(group.evidence, 160), { first: "          ", paint: paint.dim });
  }
}

/** What a client lives with already: names alone, in one quiet paragraph. */
function alikeFindings(screen: Screen, groups: readonly GroupedFinding[]): void {
  if (groups.length === 0) return;
  const named = groups.map(({ rule, severity }) => `${printableLine(rule, 48)} (${severity})`);
  paragraph(screen, `Both sides alike, no reason against a move: ${named.join(", ")}.`, { paint: screen.paint.dim });
}

export function notTestedSection(screen: Screen, summary: Summary): void {
  const { notTested } = summary.checks;
  if (notTested.length === 0) return;
  title(screen, "Not tested");
  for (const row of notTested) {
    paragraph(screen, `${printableLine(row.caseId, 40)}, ${row.endpoint}: ${printableLine(row.reason, 200)}`, {
      first: "  ",
      rest: "    ",
    });
  }
}

/** One quiet line at the end when the machine was well. */
export function validityLine(screen: Screen, summary: Summary): void {
  const { ok, figures } = summary.validity;
  if (!ok && !isWake(summary)) return;
  const shown = figures
    .filter((figure) => figure.value !== null && (ok || !figure.ok))
    .map((figure) => `${figure.name} ${formatWithUnit(figure.value, figure.unit)}`);
  screen.lines.push("");
  const kept = ok ? "kept up" : "was late by milliseconds, which no wake is measured in";
  paragraph(screen, `The measuring machine ${kept}: ${shown.join(", ") || "no figure was over its limit"}.`, {
    paint: screen.paint.dim,
  });
}

/** Cold trials alone: stalls of milliseconds spoil none of them. */
function isWake({ run }: Summary): boolean {
  return run.kind === "wake";
}

/** At the top, when the machine was not: every figure, its limit, and what to change. */
export function invaliditySection(screen: Screen, summary: Summary): void {
  const { ok, figures } = summary.validity;
  if (isWake(summary)) return;
  const { paint } = screen;
  if (ok) return;
  title(screen, invalidityWords(summary.validity).heading);
  if (figures.every((figure) => figure.ok)) paragraph(screen, "Nothing was recorded by which it could be judged.");
  for (const figure of figures.filter((each) => !each.ok)) {
    const value = formatWithUnit(figure.value, figure.unit, "not known");
    const limit = formatWithUnit(figure.limit, figure.unit);
    paragraph(screen, `${figure.name}: ${value}, limit ${limit}. ${figure.remedy}.`, {
      first: "  ",
      rest: "    ",
      paint: paint.worse,
    });
  }
}

/** Expectation layers that fail, one line a side. */
export function toolFaultLine(screen: Screen, summary: Summary): void {
  for (const side of SIDES) {
    const faults = Object.entries(summary.checks.toolFaults[side]).sort((a, b) => b[1] - a[1]);
    if (faults.length === 0) continue;
    const text = faults.map(([fault, count]) => `${fault} ${formatCount(count)}`).join(", ");
    paragraph(screen, `tool faults, ${side}: ${text}`, { paint: screen.paint.dim });
  }
}

function rest(screen: Screen, total: number): void {
  if (total > SHOWN)
    screen.lines.push(screen.paint.dim(`          and ${formatCount(total - SHOWN)} more in report.html`));
}
