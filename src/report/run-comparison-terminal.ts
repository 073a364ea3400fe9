/** Two runs of the same endpoints for a terminal: what decided first, then each endpoint from the older to the newer run. */
import { printableLine } from "../core/printable.js";
import { SIDES } from "./facts.js";
import {
  formatChange,
  formatChangeInterval,
  formatInstant,
  formatMs,
  formatP,
  formatSignificant,
  plural,
} from "./numbers.js";
import type { ComparedRun, EndpointChange, RunComparison } from "./run-comparison.js";
import { isBetter } from "./shift-line.js";
import { gridLines } from "./terminal/grid.js";
import { finished, makeScreen, paragraph, type Screen, title } from "./terminal/screen.js";
import type { TerminalOptions } from "./terminal.js";
import { displayWidth } from "./text-width.js";

const WORDS = { pass: "Pass", fail: "Fail", inconclusive: "Inconclusive" } as const;
const SHOWN = ["ttft", "ttfa", "e2e", "stall", "char_rate", "decode_rate", "output_tokens"];
const MOST_LISTED = 8;

/** The comparison as lines no wider than `columns`, ending in a line feed. */
export function renderRunComparisonTerminal(comparison: RunComparison, options: TerminalOptions): string {
  const screen = makeScreen(options);
  const { paint, lines } = screen;
  const bad = comparison.verdict === "fail";
  paragraph(screen, `${WORDS[comparison.verdict]}: ${printableLine(comparison.verdictReason, 1_200)}.`, {
    paint: (line) => (bad ? paint.worse(paint.bold(line)) : paint.bold(line)),
  });
  lines.push("");
  runLine(screen, "older", comparison.older);
  runLine(screen, "newer", comparison.newer);
  for (const said of comparison.said) {
    paragraph(screen, printableLine(said, 600), { first: "! ", paint: paint.bold });
  }
  for (const side of SIDES) {
    const change = comparison.endpoints[side];
    if (change !== null) endpointSection(screen, side, change);
  }
  relativeSection(screen, comparison);
  return finished(screen);
}

function runLine(screen: Screen, name: string, { runId, createdAt, host, rounds, twintail }: ComparedRun): void {
  const facts = [
    printableLine(runId, 100),
    `${formatInstant(createdAt)}, from ${printableLine(host, 60)}`,
    plural(rounds, "round"),
    `twintail ${printableLine(twintail, 20)}`,
  ];
  paragraph(screen, facts.join(" · "), { first: `${name}  `, rest: "       " });
}

function endpointSection(screen: Screen, side: (typeof SIDES)[number], change: EndpointChange): void {
  const { lines } = screen;
  title(screen, side === "baseline" ? "Baseline" : "Candidate", printableLine(change.facts.newer.baseUrl, 60));
  const rows = SHOWN.flatMap((name) => {
    const metric = change.metrics[name];
    return metric === undefined ? [] : [metricRow(screen, name, metric, medians(metric))];
  });
  lines.push(...fitted(screen, rows));
  rateLines(screen, change);
  caseLines(screen, change);
  findingLines(screen, change);
  if (change.answers !== null) {
    const { reads, p, mostDiffering } = change.answers;
    const where =
      reads === "differ"
        ? `; most in ${mostDiffering
            .slice(0, 3)
            .map((id) => printableLine(id, 60))
            .join(", ")}`
        : "";
    const words = {
      alike: "no more different than between rounds of one run",
      differ: "differ from one run to the other",
      unknown: "too few rounds to compare",
    };
    paragraph(screen, `answers: ${words[reads]}${p === null ? "" : ` (${formatP(p)})`}${where}`);
  }
  if (change.wakes.older.length + change.wakes.newer.length > 0) {
    const of = (wakes: readonly (number | null)[]): string =>
      wakes.length === 0 ? "none" : wakes.map((ms) => formatMs(ms, "no token")).join(", ");
    paragraph(screen, `cold wakes: ${of(change.wakes.older)} → ${of(change.wakes.newer)}`);
  }
}

type Shifted = Pick<EndpointChange["metrics"][string], "unit" | "better" | "shift">;

function medians({ unit, p50: { older, newer } }: EndpointChange["metrics"][string]): string {
  if (older === null || newer === null) return "";
  if (unit === "ms") return `p50 ${formatMs(older)} → ${formatMs(newer)}`;
  return `p50 ${formatSignificant(older)} → ${formatSignificant(newer)} ${unit === "characters/s" ? "char/s" : unit}`;
}

function metricRow({ paint }: Screen, name: string, { better, shift }: Shifted, first: string): string[] {
  if (shift.ratio === null) return [name, first, "", "", "", printableLine(shift.notes[0] ?? "", 60)];
  const good = isBetter(better, shift.reads);
  const text = shift.reads === "~" ? "~" : formatChange(shift.ratio);
  const painted = good === null ? text : good ? paint.better(text) : paint.worse(text);
  const doubt = shift.reads === "unknown" && shift.lo !== null ? "doubtful: " : "";
  return [
    name,
    first,
    painted,
    formatChangeInterval(shift.lo, shift.hi),
    formatP(shift.p),
    `${doubt}${plural(shift.rounds, "round")}`,
  ];
}

/** The p gives way first, the medians second: a line is never broken. */
function fitted({ columns }: Screen, rows: readonly (readonly string[])[]): string[] {
  const forms = [
    [0, 1, 2, 3, 4, 5],
    [0, 1, 2, 3],
    [0, 2, 3],
  ].map((cells) => {
    const aligned = cells.map((cell) => (cell < 2 || cell === 5 ? "left" : "right") as "left" | "right");
    return gridLines(
      rows.map((row) => cells.map((cell) => row[cell] ?? "")),
      aligned,
    );
  });
  return forms.find((lines) => lines.every((line) => displayWidth(line) <= columns)) ?? (forms.at(-1) as string[]);
}

function rateLines(screen: Screen, change: EndpointChange): void {
  const moved = Object.entries(change.rates).filter(
    ([, { difference }]) => difference?.reads === "worse" || difference?.reads === "better",
  );
  const quiet = moved.length === 0 ? "no rate changed beyond chance" : "";
  const rows = moved.map(([name, { older, newer, difference }]) => {
    const text = `${older.count} of ${older.of} → ${newer.count} of ${newer.of}`;
    const { paint } = screen;
    return [
      name,
      text,
      difference?.reads === "worse" ? paint.worse("worse") : paint.better("better"),
      formatP(difference?.p ?? null),
    ];
  });
  if (quiet !== "") paragraph(screen, quiet, { paint: screen.paint.dim });
  screen.lines.push(...gridLines(rows, ["left", "left", "left", "left"]));
}

function caseLines(screen: Screen, { cases }: EndpointChange): void {
  for (const { caseId, direction, met, consistent, detail, p } of cases.slice(0, MOST_LISTED)) {
    const counts = `${met.older.count} of ${met.older.of} → ${met.newer.count} of ${met.newer.of}`;
    const how = `${direction}${consistent ? "" : ", not in every round"}${p === null ? "" : `, ${formatP(p)}`}`;
    const why = direction === "regressed" && detail !== "" ? `: ${printableLine(detail, 200)}` : "";
    paragraph(screen, `case ${printableLine(caseId, 60)} met ${counts} (${how})${why}`, { rest: "  " });
  }
  if (cases.length > MOST_LISTED)
    paragraph(screen, `and ${plural(cases.length - MOST_LISTED, "case")} more, in compare.json`);
}

function findingLines(screen: Screen, { findings }: EndpointChange): void {
  for (const { rule, severity, message, exchanges } of findings.new.slice(0, MOST_LISTED)) {
    const text = `new, ${severity}: ${printableLine(rule, 60)} in ${exchanges.count} of ${exchanges.of} exchanges: ${printableLine(message, 300)}`;
    paragraph(screen, text, { rest: "  " });
  }
  if (findings.new.length > MOST_LISTED) {
    paragraph(screen, `and ${plural(findings.new.length - MOST_LISTED, "new finding")} more, in compare.json`);
  }
  if (findings.gone.length > 0) {
    paragraph(screen, `no longer seen: ${findings.gone.map((rule) => printableLine(rule, 60)).join(", ")}`, {
      paint: screen.paint.dim,
    });
  }
}

function relativeSection(screen: Screen, { relative }: RunComparison): void {
  if (relative === null || Object.keys(relative).length === 0) return;
  title(screen, "Candidate against baseline", "from the same run to the same run");
  paragraph(
    screen,
    "The better evidence on latency: what moved both endpoints alike, such as this machine or the hour, is not in it. It is still one night against one night; a trend over nights decides.",
    { paint: screen.paint.dim },
  );
  const rows = SHOWN.flatMap((name) => {
    const metric = relative[name];
    return metric === undefined ? [] : [metricRow(screen, name, metric, "")];
  });
  screen.lines.push(
    ...fitted(
      screen,
      rows.map(([name = "", , ...rest]) => [name, "", ...rest]),
    ),
  );
}
