/** A capacity plan for a terminal: the tier to take first, then each tier with what its figures rest on. */
import { printableLine } from "../core/printable.js";
import type { CapacityMode, CapacitySummary, CapacityTier } from "./capacity-summary.js";
import {
  CAPACITY_WORDS,
  demandText,
  hardwareText,
  lengthsText,
  MEETS_WORDS,
  MODE_WORDS,
  perTimeRange,
  perTimeText,
  priceText,
  rateText,
  replicasText,
  sweepText,
  usdText,
  utilisationText,
} from "./capacity-words.js";
import { formatCount } from "./numbers.js";
import { gridLines } from "./terminal/grid.js";
import { finished, makeScreen, paragraph, type Screen, title } from "./terminal/screen.js";
import type { TerminalOptions } from "./terminal.js";
import { displayWidth } from "./text-width.js";

/** The summary as lines no wider than `columns`, ending in a line feed. */
export function renderCapacityTerminal(summary: CapacitySummary, options: TerminalOptions): string {
  const screen = makeScreen(options);
  const { paint } = screen;
  const good = summary.verdict === "recommended";
  paragraph(screen, `${CAPACITY_WORDS[summary.verdict]}: ${printableLine(summary.reason, 1_000)}.`, {
    paint: (line) => (good ? paint.bold(line) : paint.worse(paint.bold(line))),
  });
  demandSection(screen, summary);
  overview(screen, summary);
  for (const tier of summary.tiers) tierSection(screen, tier);
  title(screen, "Assumptions", "what all of this rests on");
  for (const text of summary.assumptions) {
    paragraph(screen, printableLine(text, 1_000), { first: "· ", rest: "  ", paint: paint.dim });
  }
  if (summary.unused.length > 0) {
    const paths = summary.unused.map((path) => printableLine(path, 120)).join(", ");
    screen.lines.push("");
    paragraph(screen, `Given, and of no tier: ${paths}.`, { paint: paint.bold });
  }
  return finished(screen);
}

function demandSection(screen: Screen, summary: CapacitySummary): void {
  const { weekday, weekend } = summary.demand;
  title(screen, "Demand");
  paragraph(screen, demandText(summary));
  if (new Set([...weekday, ...(weekend ?? [])]).size === 1) return;
  const highest = Math.max(...weekday, ...(weekend ?? []));
  const days = [
    [weekend === null ? "by hour" : "Monday to Friday", weekday],
    ["weekend", weekend],
  ] as const;
  for (const [name, rates] of days) {
    if (rates === null) continue;
    const range = perTimeRange(Math.min(...rates), Math.max(...rates));
    screen.lines.push(`${screen.paint.dim(name.padEnd(weekend === null ? 9 : 18))}${bars(rates, highest)}  ${range}`);
  }
}

const BARS = [..."▁▂▃▄▅▆▇█"];

/** A column an hour from midnight, from nothing to the busiest of all. */
function bars(rates: readonly number[], highest: number): string {
  return rates.map((rate) => (rate <= 0 ? "·" : BARS[Math.min(7, Math.floor((8 * rate) / highest))])).join("");
}

function overview(screen: Screen, { tiers, recommended }: CapacitySummary): void {
  const { paint, columns, lines } = screen;
  title(screen, "Tiers", "each as it costs least");
  const cells = (tier: CapacityTier): string[] => {
    const mode = tier.modes.find(({ kind }) => kind === tier.cheapest);
    return [
      replicasText(tier),
      mode === undefined ? "–" : usdText(mode.perMonth),
      mode === undefined ? "–" : MODE_WORDS[mode.kind],
      tier.bears === null ? "–" : perTimeText(tier.bears.perS.value),
    ];
  };
  const heads = ["replicas at the peak", "a month", "run", "one bears"];
  const rows = (count: number): string[] =>
    gridLines(
      [
        ["", "bears it", ...heads.slice(0, count)].map((cell) => paint.dim(cell)),
        ...tiers.map((tier) => {
          const name = printableLine(tier.name, 24);
          const meets = tier.meets === "yes" ? "yes" : paint.worse(tier.meets);
          return [tier.name === recommended ? paint.bold(name) : name, meets, ...cells(tier).slice(0, count)];
        }),
      ],
      ["left", "left", "left", "right", "left", "right"],
    );
  lines.push(
    ...fitting(
      heads.map((_, index) => rows(heads.length - index)),
      columns,
    ),
  );
}

function tierSection(screen: Screen, tier: CapacityTier): void {
  const { paint, lines } = screen;
  const facts = [hardwareText(tier), priceText(tier)].filter((fact) => fact !== "");
  title(screen, printableLine(tier.name, 60), facts.map((fact) => printableLine(fact, 80)).join(", "));
  const row = (label: string, text: string, bold = false): void => {
    const shown = bold ? (line: string) => paint.worse(line) : (line: string) => line;
    paragraph(screen, printableLine(text, 1_000), {
      first: label.padEnd(LABEL),
      rest: " ".repeat(LABEL),
      paint: shown,
    });
  };
  if (tier.sweep?.simulated) row("simulated", tier.sweep.simulated);
  row("verdict", `${MEETS_WORDS[tier.meets]}: ${tier.why}`, tier.meets !== "yes");
  if (tier.bears !== null) {
    row("bears", `${tier.bears.atLeast ? "at least " : ""}${rateText(tier.bears.perS)} a replica: ${tier.bears.text}`);
  }
  if (tier.utilisation !== null) row("used", utilisationText(tier));
  row("requests", lengthsText(tier));
  if (tier.sweep !== null) row("swept", sweepText(tier.sweep));
  if (tier.modes.length > 0) lines.push("", ...modeLines(screen, tier));
  const below = [tier.cheapestText, tier.scaleToZero?.text ?? "", ...tier.notes].some((text) => text !== "");
  if (tier.modes.length > 0 && below) lines.push("");
  if (tier.cheapestText !== "") row("cheapest", tier.cheapestText);
  if (tier.scaleToZero !== null) row("sleep", tier.scaleToZero.text);
  if (tier.notes.length > 0) row("notes", tier.notes.join("; "));
}

const LABEL = 11;

/** Columns give way from the right: a line is never broken. */
function modeLines({ paint, columns }: Screen, tier: CapacityTier): string[] {
  const all: [head: string, cell: (mode: CapacityMode) => string][] = [
    ["a month", (mode) => usdText(mode.perMonth)],
    ["an hour", (mode) => usdText(bare(mode.perHour))],
    ["1,000 requests", (mode) => usdText(bare(mode.per1000Requests))],
    ["M output tokens", (mode) => usdText(bare(mode.perMTokOutput))],
    ["M tokens", (mode) => usdText(bare(mode.perMTok))],
    ...(tier.replicas === null
      ? []
      : ([["replica hours", ({ replicaHours }) => (replicaHours === null ? "–" : formatCount(replicaHours.value))]] as [
          string,
          (mode: CapacityMode) => string,
        ][])),
  ];
  const rows = (count: number, intervals: boolean): string[] =>
    gridLines(
      [
        ["", ...all.slice(0, count).map(([head]) => head)].map((cell) => paint.dim(cell)),
        ...tier.modes.map((mode) => {
          const name = MODE_WORDS[mode.kind];
          const shown = intervals ? mode : { ...mode, perMonth: bare(mode.perMonth) };
          const cells = all.slice(0, count).map(([, cell]) => cell(shown));
          return [mode.kind === tier.cheapest ? paint.bold(name) : name, ...cells];
        }),
      ],
      ["left", ...all.map(() => "right" as const)],
    );
  const counts = all.map((_, index) => all.length - index);
  // The interval of the cheapest stands in the table of all tiers, so that it may give way before a price does.
  return fitting([rows(6, true), rows(5, true), ...counts.map((count) => rows(count, false))], columns);
}

/** The first form whose lines all fit, else the last. */
function fitting(forms: readonly string[][], columns: number): string[] {
  return forms.find((lines) => lines.every((line) => displayWidth(line) <= columns)) ?? forms.at(-1) ?? [];
}

function bare<T extends CapacityMode["perMTok"]>(interval: T): T {
  return interval === null ? interval : { ...interval, lo: interval.value, hi: interval.value };
}
