/** A nightly history for a terminal: one line a series, the verdict first, a footnote for every doubt. */
import { printableLine } from "../core/printable.js";
import { SIDES } from "./facts.js";
import { formatMs, plural } from "./numbers.js";
import { gridLines } from "./terminal/grid.js";
import { finished, makeScreen, paragraph, type Screen, title } from "./terminal/screen.js";
import type { TerminalOptions } from "./terminal.js";
import { displayWidth } from "./text-width.js";
import type { MeasuredTrend, TrendSeries, TrendSummary } from "./trend-summary.js";
import {
  BETTER_NOTE,
  costText,
  day,
  expectedText,
  rawText,
  stateText,
  TREND_WORDS,
  valueText,
  verdictCounts,
} from "./trend-words.js";

/** The summary as lines no wider than `columns`, ending in a line feed. */
export function renderTrendTerminal(summary: TrendSummary, options: TerminalOptions): string {
  const screen = makeScreen(options);
  const { paint, lines } = screen;
  const bad = summary.verdict === "fail" || summary.verdict === "watch";
  paragraph(screen, `${TREND_WORDS[summary.verdict]}: ${printableLine(summary.reason, 400)}.`, {
    paint: (line) => (bad ? paint.worse(paint.bold(line)) : paint.bold(line)),
  });
  for (const trend of summary.current) measuredSection(screen, trend, summary.needed);
  if (summary.ended.length > 0) {
    title(screen, "Other series", "never compared with these");
    for (const { vantage, from, to, nights, why } of summary.ended) {
      const when = `${plural(nights, "night")}, ${day(from)} to ${day(to)}, from ${printableLine(vantage, 60)}`;
      paragraph(screen, `${when}: ${printableLine(why, 300)}`, { first: "  ", rest: "    " });
    }
  }
  if (summary.unreadable.length > 0) {
    lines.push("");
    const all = summary.unreadable.map(({ line, why }) => `line ${line} ${printableLine(why, 120)}`);
    const shown = all.slice(0, MOST_UNREADABLE);
    const more = all.length > shown.length ? `; ${all.length - shown.length} more` : "";
    paragraph(screen, `Left out of nights.jsonl: ${shown.join("; ")}${more}.`, { paint: paint.bold });
  }
  return finished(screen);
}

const MOST_UNREADABLE = 5;

function measuredSection(screen: Screen, trend: MeasuredTrend, needed: number): void {
  const { paint, lines } = screen;
  const { nights, goldenSet } = trend;
  const [first, last] = [nights[0], nights.at(-1)];
  title(screen, `From ${printableLine(trend.vantage, 40)}`, printableLine(goldenSet.name, 40));
  const span = first === undefined || last === undefined ? "" : `, ${day(first.at)} to ${day(last.at)}`;
  paragraph(screen, `${plural(nights.length, "night")}${span}`, { paint: paint.dim });
  for (const side of SIDES) {
    const { baseUrl, models, simulated } = trend.endpoints[side];
    const asked = Object.entries(models)
      .filter(([, model]) => model !== null)
      .map(([use, model]) => (use === "default" ? model : `${use}: ${model}`))
      .join(", ");
    const facts = [asked, baseUrl, simulated ?? ""].filter((fact) => fact !== "");
    paragraph(screen, facts.map((fact) => printableLine(fact, 120)).join(" · "), {
      first: paint[side](side.padEnd(10)),
      rest: " ".repeat(10),
    });
  }
  lines.push("", ...seriesLines(screen, trend, needed));
  notes(screen, trend);
  nightLines(screen, trend);
}

/** The sparkline gives way first, each side's own values second: a line is never broken. */
function seriesLines({ columns, paint }: Screen, { series }: MeasuredTrend, needed: number): string[] {
  const rows = (sparks: number, raw: boolean): string[] => {
    const head = [
      "",
      ...(sparks > 0 ? [`last ${sparks}`] : []),
      "tonight",
      "expected",
      "",
      ...(raw ? ["each side"] : []),
    ];
    const body = series.map((each) => {
      const last = each.points.at(-1);
      return [
        each.kind === "shift" ? each.name : `${each.name} diff`,
        ...(sparks > 0 ? [sparkline(each, sparks)] : []),
        valueText(each, last?.value ?? null),
        last === undefined ? "" : expectedText(each, last),
        painted(paint, each, printableLine(stateText(each, needed), 40)),
        ...(raw ? [rawText(each)] : []),
      ];
    });
    return gridLines(
      [head.map((cell) => paint.dim(cell)), ...body],
      ["left", ...(sparks > 0 ? (["left"] as const) : []), "right", "right", "left", "left"],
    );
  };
  const forms = [rows(24, true), rows(14, true), rows(14, false), rows(0, false)];
  return forms.find((lines) => lines.every((line) => displayWidth(line) <= columns)) ?? (forms.at(-1) as string[]);
}

function painted(paint: Screen["paint"], { state, points }: TrendSeries, text: string): string {
  if (state === "fail" || state === "watch") return paint.worse(paint.bold(text));
  return points.at(-1)?.beyondBetter ? paint.better(text) : paint.dim(text);
}

const BARS = [..."▁▂▃▄▅▆▇█"];

/** The last nights between their lowest and highest; a night without a value is a dot. */
function sparkline({ points }: TrendSeries, most: number): string {
  const values = points.slice(-most).map(({ value }) => value);
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return values
    .map((value) => {
      if (value === null) return "·";
      return BARS[high === low ? 3 : Math.min(7, Math.floor((8 * (value - low)) / (high - low)))] ?? "";
    })
    .join("");
}

function notes(screen: Screen, { series }: MeasuredTrend): void {
  const better = series.filter(({ points }) => points.at(-1)?.beyondBetter).map(({ name }) => name);
  const all = [
    ...(better.length > 0 ? [`${better.join(", ")}: ${BETTER_NOTE}`] : []),
    ...series.flatMap((each) => each.notes.map((note) => `${each.name}: ${note}`)),
  ];
  if (all.length > 0) screen.lines.push("");
  for (const note of all) paragraph(screen, note, { paint: screen.paint.dim });
}

function nightLines(screen: Screen, { nights, wakes }: MeasuredTrend): void {
  const rows: [name: string, text: string][] = [];
  const verdicts = verdictCounts(nights);
  if (verdicts !== "") rows.push(["gates", verdicts]);
  const cost = costText(nights);
  if (cost !== null) rows.push(["cost", cost]);
  for (const side of SIDES) {
    const all = wakes[side];
    if (all.length === 0) continue;
    const listed = all.map(({ wakeMs, verdict }) => {
      const text = formatMs(wakeMs, "no token");
      return verdict === "cold" ? text : `${text} (${printableLine(verdict, 30)})`;
    });
    rows.push([`wakes, ${side}`, listed.join(", ")]);
  }
  for (const { at, changes, regressions } of nights) {
    for (const change of changes) rows.push([day(at), printableLine(change, 400)]);
    if (regressions.length > 0 && at === nights.at(-1)?.at) {
      rows.push(["regressed", regressions.map((id) => printableLine(id, 60)).join(", ")]);
    }
  }
  if (rows.length > 0) screen.lines.push("");
  const width = Math.max(0, ...rows.map(([name]) => name.length)) + 2;
  for (const [name, text] of rows) {
    paragraph(screen, text, { first: screen.paint.dim(name.padEnd(width)), rest: " ".repeat(width) });
  }
}
