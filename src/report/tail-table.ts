/**
 * The tails table before it has a form: rows, cells in one unit a metric, the shift line, and footnotes that say
 * why a cell is blank. Terminal, markdown and HTML draw the same table from here.
 */
import type { EndpointRole } from "../config/settings.js";
import { Footnotes } from "./footnotes.js";
import {
  cellScale,
  formatChange,
  formatChangeInterval,
  formatCount,
  formatMs,
  formatP,
  formatSignificant,
  plural,
} from "./numbers.js";
import type { MetricSummary, ShiftSummary, Summary, TailSummary } from "./summary.js";

type Quantile = "p1" | "p5" | "p10" | "p50" | "p90" | "p95" | "p99" | "min" | "max";

/** Towards the slow end: the tail of a rate is its low values. */
export const QUANTILES: Readonly<Record<"lower" | "higher", readonly Quantile[]>> = {
  lower: ["p50", "p90", "p95", "p99", "max"],
  higher: ["p50", "p10", "p5", "p1", "min"],
};
const QUANTILE_SHARE: Readonly<Record<Quantile, number>> = {
  p1: 0.01,
  p5: 0.05,
  p10: 0.1,
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  min: 0,
  max: 1,
};
/** What is read first stands first; a metric that is not named here follows in the order of the report. */
const ORDER = [
  "ttfa",
  "ttft",
  "ttft_intended",
  "e2e",
  "e2e_intended",
  "chunk_gap",
  "stall",
  "tool_call_ms",
  "char_rate",
  "decode_rate",
  "tpot",
  "ttfe",
  "connect",
];
/** Shown elsewhere: a validity figure is not an endpoint's tail, a wake is listed trial by trial. */
const ELSEWHERE = new Set(["send_lag", "wake", "cost"]);
/** Left to the page: `tpot` is `decode_rate` upside down, `ttfe` what gateways send before they have an answer. */
const MINOR = new Set(["tpot", "ttfe", "connect"]);

/** In place of a quantile that stands among the failed. */
export const UNREACHED = "not reached";

export interface TailCell {
  /** Empty when there is no value; `not reached` when it is infinite. */
  readonly text: string;
  /** Ordinals of footnotes, from 1. */
  readonly notes: readonly number[];
}

export interface TailRow {
  readonly endpoint: EndpointRole;
  readonly n: TailCell;
  readonly cells: readonly TailCell[];
}

/** What the paired estimate says, in pieces so that each form can set them. */
export interface ShiftLine {
  /** `p50 412 ms → 371 ms`; empty when a side has no median. */
  readonly medians: string;
  /** `−9.9 %`, or `~` when the interval includes no change. */
  readonly change: string;
  /** `[−12.1, −7.6]`, or empty. */
  readonly interval: string;
  readonly p: string;
  /** `10 rounds`, `3 rounds, within this moment`, or why there is no estimate. */
  readonly basis: string;
  /** From the reader's side: is the candidate better? Null when it cannot be said. */
  readonly better: boolean | null;
  /** Ordinals of the footnotes with its doubts. */
  readonly notes: readonly number[];
}

export interface MetricBlock {
  readonly name: string;
  readonly unit: string;
  readonly columns: readonly Quantile[];
  readonly rows: readonly TailRow[];
  readonly shift: ShiftLine | null;
}

export interface TailTable {
  readonly blocks: readonly MetricBlock[];
  /** In order; a cell's note 1 is the first. */
  readonly footnotes: readonly string[];
}

/** Names of the metrics that have a tail in a phase, best known first. Token counts are not tails. */
export function tailMetrics(summary: Summary, phase: string): string[] {
  const rank = (name: string): number => {
    const known = ORDER.indexOf(name);
    return known === -1 ? ORDER.length : known;
  };
  return Object.keys(summary.metrics)
    .filter((name) => {
      const metric = summary.metrics[name];
      const sides = metric?.phases[phase];
      const n = (sides?.baseline?.n ?? 0) + (sides?.candidate?.n ?? 0);
      return metric?.better !== "neither" && !ELSEWHERE.has(name) && n > 0;
    })
    .sort((a, b) => rank(a) - rank(b));
}

/** As {@link tailMetrics}, without those that only the page shows; `minor` names them. */
export function mainMetrics(summary: Summary, phase: string): { main: string[]; minor: string[] } {
  const names = tailMetrics(summary, phase);
  return { main: names.filter((name) => !MINOR.has(name)), minor: names.filter((name) => MINOR.has(name)) };
}

/** The table of one phase. */
export function tailTable(summary: Summary, phase: string, names = tailMetrics(summary, phase)): TailTable {
  const notes = new Footnotes();
  const blocks = names.flatMap((name): MetricBlock[] => {
    const metric = summary.metrics[name];
    const sides = metric?.phases[phase];
    if (metric === undefined || sides === undefined || metric.better === "neither") return [];
    const columns = QUANTILES[metric.better];
    const tails = [sides.baseline, sides.candidate].filter((tail) => tail !== null);
    const scale = cellScale(
      metric.unit,
      tails.flatMap((tail) => columns.map((column) => tail[column]).filter((value) => value !== null)),
    );
    const row = (endpoint: EndpointRole, tail: TailSummary | null): TailRow => {
      if (tail === null || tail.n === 0) {
        return {
          endpoint,
          n: { text: formatCount(0), note: notes.add(tail === null ? "no exchange has a value" : missingReason(tail)) },
          cells: columns.map(() => ({ text: "", note: null })),
        };
      }
      return {
        endpoint,
        n: { text: formatCount(tail.n), note: generalNote(tail, columns, notes) },
        cells: columns.map((column) => cell(tail, column, metric.better, scale.format, notes)),
      };
    };
    const rows = [row("baseline", sides.baseline), row("candidate", sides.candidate)];
    const shift = shiftLine(metric, sides, scale.unit);
    const note = notes.addAll(sides.shift?.ratio == null ? [] : sides.shift.notes);
    return [{ name, unit: scale.unit, columns, rows, shift: shift && { ...shift, note } }];
  });
  return { blocks, footnotes: notes.lines() };
}

/** The paired estimate of one metric in one phase as a line, without its footnote; null where none was made. */
export function shiftLine(
  metric: Pick<MetricSummary, "unit" | "better">,
  sides: MetricSummary["phases"][string],
  unit = metric.unit,
): ShiftLine | null {
  const { shift, baseline, candidate } = sides;
  if (shift === null) return null;
  const medians = mediansText(baseline?.p50 ?? null, candidate?.p50 ?? null, metric.unit, unit);
  if (shift.ratio === null) {
    const reason = shift.notes[0] ?? "no pair has a value on both sides";
    const basis = `no paired estimate: ${reason}`;
    return { medians, change: "", interval: "", p: "", basis, better: null, note: null };
  }
  return {
    medians,
    change: shift.reads === "~" ? "~" : formatChange(shift.ratio),
    interval: formatChangeInterval(shift.lo, shift.hi),
    p: formatP(shift.p),
    basis: shiftBasis(shift),
    better: isBetter(metric.better, shift.reads),
    note: null,
  };
}

function mediansText(from: number | null, to: number | null, unit: string, shownUnit: string): string {
  if (from === null || to === null) return "";
  if (unit === "ms") return `p50 ${formatMs(from)} → ${formatMs(to)}`;
  return `p50 ${formatSignificant(from)} → ${formatSignificant(to)} ${shownUnit}`;
}

/** Whether what was seen is an improvement; null for no difference and for metrics without a direction. */
export function isBetter(direction: MetricSummary["better"], reads: ShiftSummary["reads"]): boolean | null {
  if (reads === "faster") return true;
  if (reads === "slower") return false;
  if (direction === "neither" || reads === "~" || reads === "unknown") return null;
  return reads === direction;
}

function shiftBasis(shift: ShiftSummary): string {
  const rounds = plural(shift.rounds, "round");
  if (shift.method === "within-this-moment") return `${rounds}, within this moment`;
  if (shift.method === "cases") return `${rounds}, over cases`;
  return rounds;
}

function cell(
  tail: TailSummary,
  column: Quantile,
  better: MetricSummary["better"],
  format: (value: number) => string,
  notes: Footnotes,
): TailCell {
  const value = tail[column];
  const own = tail.notes.filter((note) => note.startsWith(`${column} `));
  const extreme = column === "max" || column === "min";
  const unreached = own.some((note) => note.includes("not reached")) || (!extreme && isInfinite(tail, column, better));
  const estimable = !own.some((note) => note.includes("not estimable"));
  if (unreached && estimable) return { text: UNREACHED, note: notes.addAll(own) };
  if (value !== null && Number.isFinite(value)) return { text: format(value), note: notes.addAll(own) };
  return { text: "", note: own.length > 0 ? notes.addAll(own) : notes.add(missingReason(tail)) };
}

/** A nearest-rank quantile that falls among the failed, which stand at the slow end. */
function isInfinite(tail: TailSummary, column: Quantile, better: MetricSummary["better"]): boolean {
  if (tail.failed === 0) return false;
  const share = QUANTILE_SHARE[column];
  if (better === "higher") return Math.max(1, Math.ceil(share * tail.n)) <= tail.failed;
  return Math.ceil(share * tail.n) > tail.n - tail.failed;
}

function missingReason(tail: TailSummary): string {
  const reasons = Object.entries(tail.missing).map(([reason, count]) => `${formatCount(count)} × ${reason}`);
  return reasons.length === 0 ? `not estimable (n = ${tail.n})` : `no value: ${reasons.join(", ")}`;
}

function generalNote(tail: TailSummary, columns: readonly Quantile[], notes: Footnotes): number | null {
  const labels = Object.keys(QUANTILE_SHARE).map((label) => `${label} `);
  const general = tail.notes.filter((note) => !labels.some((label) => note.startsWith(label)));
  const said = tail.notes.some((note) => note.includes("failed"));
  const shown = columns.some((column) => tail[column] !== null);
  if (tail.failed > 0 && !said && shown) {
    general.push(
      `${formatCount(tail.failed)} of ${formatCount(tail.n)} failed before the value and count as the slowest`,
    );
  }
  return notes.addAll(general);
}
