/** What the answers and the wire showed: flips, findings, what was not tested, and the machine's own figures. */
import { printable, printableLine } from "../../core/printable.js";
import { findingPlace, groupedFindings, SIDES, sortedFlips } from "../facts.js";
import { formatCount, formatWithUnit, plural } from "../numbers.js";
import type { Summary } from "../summary.js";
import { paragraph, type Screen, title } from "./screen.js";

const SHOWN = 12;

export function flipSection(screen: Screen, summary: Summary): void {
  const flips = sortedFlips(summary);
  const { paint, lines } = screen;
  const met = `${formatCount(summary.parity.pairs)} pairs compared`;
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
    lines.push(`${tone(grade)} ${paint.bold(name)}${paint.dim(`  ${flip.count} of ${plural(flip.of, "pair")}`)}`);
    paragraph(screen, printableLine(flip.detail, 300), { first: "          " });
  }
  rest(screen, flips.length);
}

export function findingSection(screen: Screen, summary: Summary): void {
  const groups = groupedFindings(summary);
  const { paint, lines } = screen;
  if (groups.length === 0) return;
  title(screen, "On the wire", "what is new on the candidate first");
  for (const group of groups.slice(0, SHOWN)) {
    const tone = group.severity === "breaks" ? paint.worse : paint.dim;
    lines.push(`${tone(group.severity.padEnd(9))} ${paint.bold(printableLine(group.rule, 48))}`);
    paragraph(screen, `${printable(group.message)} (${findingPlace(group)})`, { first: "          " });
    if (group.on === "candidate" && group.evidence !== "") {
      paragraph(screen, printableLine(group.evidence, 160), { first: "          ", paint: paint.dim });
    }
  }
  rest(screen, groups.length);
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

/** One quiet line when the machine was well; the figures, their limits and what to change when it was not. */
export function validitySection(screen: Screen, summary: Summary): void {
  const { ok, figures } = summary.validity;
  const { paint } = screen;
  if (ok) {
    const shown = figures
      .filter((figure) => figure.value !== null)
      .map((figure) => `${figure.name} ${formatWithUnit(figure.value, figure.unit)}`);
    screen.lines.push("");
    paragraph(screen, `The measuring machine kept up: ${shown.join(", ") || "no figure was over its limit"}.`, {
      paint: paint.dim,
    });
    return;
  }
  title(screen, "The measuring machine was in the way");
  for (const figure of figures.filter((each) => !each.ok)) {
    const value = formatWithUnit(figure.value, figure.unit, "not known");
    paragraph(
      screen,
      `${figure.name}: ${value}, limit ${formatWithUnit(figure.limit, figure.unit)}. ${figure.remedy}.`,
      {
        first: "  ",
        rest: "    ",
        paint: paint.worse,
      },
    );
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
