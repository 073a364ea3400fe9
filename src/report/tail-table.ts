/**
 * The tails table before it has a form: rows, cells in one unit a metric, the shift line, and footnotes that say
 * why a cell is blank. Terminal, markdown and HTML draw the same table from here.
 */
import type { EndpointRole } from "../config/settings.js";
import { Footnotes } from "./footnotes.js";
import { cellScale, formatCount } from "./numbers.js";
import { type ShiftLine, shiftLine } from "./shift-line.js";
import type { MetricPhaseName, Summary, TailSummary } from "./summary.js";
import {
  generalNotes,
  missingReason,
  QUANTILES,
  type Quantile,
  SMALL_SAMPLE,
  type TailCell,
  tailCell,
} from "./tail-cell.js";

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

export interface TailRow {
  readonly endpoint: EndpointRole;
  readonly n: TailCell;
  readonly cells: readonly TailCell[];
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
export function tailMetrics(summary: Summary, phase: MetricPhaseName): string[] {
  const rank = (name: string): number => {
    const known = ORDER.indexOf(name);
    return known === -1 ? ORDER.length : known;
  };
  return Object.keys(summary.metrics)
    .filter((name) => {
      const metric = summary.metrics[name];
      const sides = metric?.[phase];
      const n = (sides?.baseline?.n ?? 0) + (sides?.candidate?.n ?? 0);
      return metric?.better !== "neither" && !ELSEWHERE.has(name) && n > 0;
    })
    .sort((a, b) => rank(a) - rank(b));
}

/** As {@link tailMetrics}, without those that only the page shows; `minor` names them. */
export function mainMetrics(summary: Summary, phase: MetricPhaseName): { main: string[]; minor: string[] } {
  const names = tailMetrics(summary, phase);
  return { main: names.filter((name) => !MINOR.has(name)), minor: names.filter((name) => MINOR.has(name)) };
}

/** The order-statistic rule gives even a median only from here on. */
const SMALLEST_MEDIAN = 5;

/**
 * The table of one phase. One too small for any percentile shows mean, minimum and maximum instead; one too small for
 * its slow end loses the blank columns, and their reasons stand at `n`.
 */
export function tailTable(
  summary: Summary,
  phase: MetricPhaseName,
  names: readonly string[] = tailMetrics(summary, phase),
): TailTable {
  const notes = new Footnotes();
  const largest = names.reduce((most, name) => {
    const sides = summary.metrics[name]?.[phase];
    return Math.max(most, sides?.baseline?.n ?? 0, sides?.candidate?.n ?? 0);
  }, 0);
  const small = largest < SMALLEST_MEDIAN;
  const blocks = names.flatMap((name): MetricBlock[] => {
    const metric = summary.metrics[name];
    const sides = metric?.[phase];
    if (metric === undefined || sides === undefined || metric.better === "neither") return [];
    const { better } = metric;
    const columns = (small ? SMALL_SAMPLE : QUANTILES)[better];
    const tails = [sides.baseline, sides.candidate].filter((tail) => tail !== null);
    const values = tails.flatMap((tail) => columns.map((column) => tail[column])).filter((value) => value !== null);
    const scale = cellScale(metric.unit, values);
    const row = (endpoint: EndpointRole, tail: TailSummary | null): TailRow => {
      if (tail === null || tail.n === 0) {
        const reason = tail === null ? "no exchange has a value" : missingReason(tail);
        const none = columns.map((): TailCell => ({ text: "", notes: [] }));
        return { endpoint, n: { text: formatCount(0), notes: [notes.add(reason)] }, cells: none };
      }
      return {
        endpoint,
        n: {
          text: formatCount(tail.n),
          notes: [...generalNotes(tail, columns, notes), ...(small ? tooFew(tail, notes) : [])],
        },
        cells: columns.map((column) => tailCell(tail, column, better, scale.format, notes)),
      };
    };
    const rows = [row("baseline", sides.baseline), row("candidate", sides.candidate)];
    const line = shiftLine(metric, sides, scale.unit);
    const doubts = sides.shift?.ratio == null ? [] : sides.shift.notes;
    const shift = line && { ...line, notes: notes.addAll(doubts) };
    return [{ name, unit: scale.unit, columns, rows, shift }];
  });
  return { blocks: small ? blocks : withoutBlankColumns(blocks), footnotes: notes.lines() };
}

function tooFew(tail: TailSummary, notes: Footnotes): number[] {
  return notes.addAll([`n = ${tail.n}: too few for a percentile, even the median needs ${SMALLEST_MEDIAN}`]);
}

function withoutBlankColumns(blocks: readonly MetricBlock[]): MetricBlock[] {
  const isBlank = (column: number): boolean =>
    blocks.every((block) => block.rows.every((row) => (row.cells[column]?.text ?? "") === ""));
  // p99 alone stays, blank: that it is not known is what a reader looks for there.
  if (!isBlank(1)) return [...blocks];
  return blocks.map((block) => {
    const kept = block.columns.map((_, column) => !isBlank(column));
    const rows = block.rows.map((row) => {
      const dropped = row.cells.filter((_, column) => !kept[column]).flatMap((cell) => cell.notes);
      const n = { ...row.n, notes: [...new Set([...row.n.notes, ...dropped])] };
      return { ...row, n, cells: row.cells.filter((_, column) => kept[column]) };
    });
    return { ...block, columns: block.columns.filter((_, column) => kept[column]), rows };
  });
}
