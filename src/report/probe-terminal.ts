/**
 * A probe for a terminal: both endpoints side by side, what is in use and different first, then what was seen. What an
 * endpoint sent is made printable before its width is counted.
 */

import { formatDurationMs } from "../core/duration.js";
import { printableLine } from "../core/printable.js";
import { SIDES } from "./facts.js";
import { formatInstant, plural } from "./numbers.js";
import type { FeatureSummary, JudgementSummary, ProbeSummary, Verdict } from "./probe-summary.js";
import { gridLines } from "./terminal/grid.js";
import { finished, makeScreen, paragraph, type Screen, title } from "./terminal/screen.js";
import type { TerminalOptions } from "./terminal.js";

/** The summary as lines no wider than `columns`, ending in a line feed. */
export function renderProbeTerminal(summary: ProbeSummary, options: TerminalOptions): string {
  const screen = makeScreen(options);
  heading(screen, summary);
  const tried = summary.features.filter((feature) => !leftOut(feature));
  const used = tried.filter(({ inUse }) => inUse > 0);
  const others = tried.filter(({ inUse }) => inUse === 0);
  tableOf(screen, "In use by the golden set", used, true);
  tableOf(screen, used.length === 0 ? "Features" : "Other features", others, false);
  evidence(screen, [...differentFirst(used), ...differentFirst(others)]);
  notTried(screen, summary.features.filter(leftOut));
  return finished(screen);
}

function heading(screen: Screen, summary: ProbeSummary): void {
  const { paint, lines } = screen;
  const { probe, endpoints, features } = summary;
  paragraph(screen, `twintail probe ${printableLine(probe.runId, 100)}`, { paint: paint.bold });
  const used = features.filter(({ inUse }) => inUse > 0).length;
  const set = `${printableLine(probe.goldenSet.name, 60)}: ${plural(probe.goldenSet.cases, "case")}, ${plural(used, "feature")} in use`;
  paragraph(screen, `${set}; ${plural(probe.recorded, "request")}, ${formatInstant(probe.createdAt)}`, {
    paint: paint.dim,
  });
  if (probe.ended !== "complete" || probe.recorded < probe.planned) {
    const how = probe.ended === "killed" ? "killed before its end was written" : probe.ended;
    paragraph(
      screen,
      `Partial probe, ${how}: ${probe.recorded} of ${probe.planned} planned requests ran to their end`,
      {
        paint: (line) => paint.worse(paint.bold(line)),
      },
    );
  }
  lines.push("");
  for (const side of SIDES) {
    const { baseUrl, models, simulated, wake } = endpoints[side];
    const facts = [
      Object.entries(models)
        .filter(([, model]) => model !== null)
        .map(([use, model]) => (use === "default" ? model : `${use}: ${model}`))
        .join(", "),
      baseUrl,
      simulated ?? "",
      wake === null ? "" : wakeText(wake),
    ].filter((fact) => fact !== "");
    paragraph(screen, facts.map((fact) => printableLine(fact, 160)).join(" · "), {
      first: paint[side](side.padEnd(10)),
      rest: " ".repeat(10),
    });
  }
  lines.push("");
  for (const side of SIDES) {
    if (!endpoints[side].answered) {
      paragraph(screen, `The ${side} answered no request: nothing was compared.`, { paint: paint.bold });
    }
  }
  if (SIDES.some((side) => !endpoints[side].answered)) return;
  paragraph(screen, verdictLine(summary), { paint: paint.bold });
}

function wakeText({ ok, ms, seen }: NonNullable<ProbeSummary["endpoints"]["baseline"]["wake"]>): string {
  const took = formatDurationMs(ms);
  return ok ? `first answer after ${took}, a wake where it slept` : `did not wake in ${took}: ${seen}`;
}

function verdictLine({ features, lost, unclear }: ProbeSummary): string {
  const names = (ids: readonly string[]): string =>
    features
      .filter(({ id }) => ids.includes(id))
      .map(({ name }) => name)
      .join(", ");
  const open = unclear.length === 0 ? "" : ` In use, and unclear on the candidate: ${names(unclear)}.`;
  if (lost.length > 0) return `In use, and lost on the candidate: ${names(lost)}.${open}`;
  if (features.every(({ inUse }) => inUse === 0)) return "The golden set uses no feature that is probed.";
  if (unclear.length > 0) return open.trim();
  return "Every feature in use that the baseline supports was seen on the candidate too, as far as it was tried.";
}

function tableOf(screen: Screen, heading: string, features: readonly FeatureSummary[], counts: boolean): void {
  if (features.length === 0) return;
  const { paint } = screen;
  title(screen, heading, "≠ differs, ? cannot be compared");
  const head = [
    paint.dim("feature"),
    ...(counts ? [paint.dim("cases")] : []),
    paint.baseline("baseline"),
    "",
    paint.candidate("candidate"),
  ];
  const rows = differentFirst(features).map((feature) => [
    feature.differs === true ? paint.bold(feature.name) : feature.name,
    ...(counts ? [String(feature.inUse)] : []),
    cell(screen, feature.baseline, feature.candidate),
    markOf(feature),
    cell(screen, feature.candidate, feature.baseline),
  ]);
  const align = counts
    ? (["left", "right", "left", "left", "left"] as const)
    : (["left", "left", "left", "left"] as const);
  screen.lines.push(...gridLines([head, ...rows], align));
}

function markOf({ differs, baseline, candidate }: FeatureSummary): string {
  if (differs === true) return "≠";
  return differs === null && baseline.verdict !== candidate.verdict ? "?" : "";
}

/** From what a client can rely on down to what says nothing. */
const RANK: Readonly<Record<Verdict, number>> = {
  enforced: 0,
  supported: 0,
  encouraged: 1,
  ignored: 2,
  rejected: 2,
  broken: 2,
  unclear: 3,
  "not tried": 3,
};

function cell({ paint }: Screen, own: JudgementSummary, other: JudgementSummary): string {
  const text = own.verdict === "rejected" && own.status !== null ? `rejected ${own.status}` : own.verdict;
  if (RANK[own.verdict] === 3) return paint.dim(text);
  if (RANK[other.verdict] === 3 || RANK[own.verdict] === RANK[other.verdict]) return text;
  return RANK[own.verdict] > RANK[other.verdict] ? paint.worse(text) : paint.better(text);
}

function differentFirst(features: readonly FeatureSummary[]): FeatureSummary[] {
  const rank = ({ differs }: FeatureSummary): number => (differs === true ? 0 : differs === null ? 1 : 2);
  return [...features].sort((a, b) => rank(a) - rank(b));
}

/** Those whose numbers tell more than the verdict. */
const NUMBERS: ReadonlySet<string> = new Set(["stream", "cancel-frees", "long-stream"]);

/** What both support needs no words. */
function evidence(screen: Screen, features: readonly FeatureSummary[]): void {
  const told = features.filter(
    ({ id, baseline, candidate }) => NUMBERS.has(id) || !plain(baseline) || !plain(candidate),
  );
  if (told.length === 0) return;
  title(screen, "What was seen");
  for (const feature of told) {
    screen.lines.push(screen.paint.bold(printableLine(feature.name, 60)));
    const alike =
      feature.baseline.verdict === feature.candidate.verdict && feature.baseline.seen === feature.candidate.seen;
    if (alike) seenLine(screen, "both", feature.baseline);
    else for (const side of SIDES) seenLine(screen, side, feature[side]);
  }
}

function plain({ verdict }: JudgementSummary): boolean {
  return verdict === "supported" || verdict === "enforced";
}

function seenLine(screen: Screen, who: string, { verdict, seen }: JudgementSummary): void {
  const { paint } = screen;
  const side = who === "baseline" || who === "candidate" ? paint[who] : paint.bold;
  paragraph(screen, `${verdict}: ${printableLine(seen, 300)}`, {
    first: `  ${side(who.padEnd(10))}`,
    rest: " ".repeat(12),
  });
}

/** Not planned on either side. */
function leftOut({ baseline, candidate }: FeatureSummary): boolean {
  return [baseline, candidate].every(({ verdict, exchanges }) => verdict === "not tried" && exchanges.length === 0);
}

/** One line a reason. */
function notTried(screen: Screen, features: readonly FeatureSummary[]): void {
  if (features.length === 0) return;
  const byReason = new Map<string, string[]>();
  for (const { name, baseline, candidate } of features) {
    const reason = baseline.seen === candidate.seen ? baseline.seen : `${baseline.seen}; ${candidate.seen}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  title(screen, "Not tried");
  for (const [reason, names] of byReason) {
    paragraph(screen, `${names.join(", ")}: ${printableLine(reason, 200)}`, { first: "  ", rest: "    " });
  }
}
