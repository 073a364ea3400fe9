/**
 * The table of a sweep's loads before it has a form: cells in one unit a column over both endpoints, and a footnote for
 * every doubt and every blank. Terminal, markdown and HTML draw the same table from here.
 */
import type { EndpointRole } from "../config/settings.js";
import { type CellScale, cellScale, formatCount, formatSignificant } from "./numbers.js";
import { PointNotes, UNREACHED_SIGN } from "./point-notes.js";
import { type SweepColumn, sweepColumns } from "./sweep-columns.js";
import { sweptSides } from "./sweep-decision.js";
import type { SweepPoint, SweepSummary, SweepTail } from "./sweep-summary.js";
import { boundsText, loadText } from "./sweep-words.js";
import { standsAmongFailed, type TailCell } from "./tail-cell.js";

export interface SweepRow {
  readonly point: SweepPoint;
  readonly cells: readonly TailCell[];
}

export interface SweepTable {
  readonly columns: readonly SweepColumn[];
  /** By endpoint that was swept, in the order of their loads. */
  readonly rows: Readonly<Partial<Record<EndpointRole, readonly SweepRow[]>>>;
  /** In order; a cell's note 1 is the first. */
  readonly footnotes: readonly string[];
  /** Names of the columns of which no load has a value. */
  readonly unknown: readonly string[];
}

export const UNTRUSTED_NOTE = "this machine could not be trusted with this load: its figures are not the endpoint's";

/**
 * @param atMost columns of a rank above it are left out, the least important first
 */
export function sweepTable(summary: SweepSummary, atMost = Number.POSITIVE_INFINITY): SweepTable {
  const sides = sweptSides(summary);
  const pointsOf = (side: EndpointRole): readonly SweepPoint[] => summary.endpoints[side].sweep?.points ?? [];
  const points = sides.flatMap(pointsOf);
  const all = sweepColumns(summary);
  const known = all.filter((column) => isKnown(column, points));
  const columns = known.filter(({ rank }) => rank <= atMost);
  const scales = new Map(columns.map((column) => [column, scaleOf(column, columns, points)]));
  const notes = new PointNotes();
  const rows = Object.fromEntries(
    sides.map((side) => [
      side,
      pointsOf(side).map((point) => ({
        point,
        cells: columns.map((column) => cellOf(column, point, scales.get(column) as CellScale, notes)),
      })),
    ]),
  );
  const unknown = points.length === 0 ? [] : all.filter((column) => !known.includes(column)).map(columnName);
  return {
    columns: columns.map((column) => withUnit(column, scales.get(column))),
    rows,
    footnotes: notes.lines(),
    unknown,
  };
}

/** `ttft p95`, `output tok/s`. */
function columnName({ kind, head }: SweepColumn): string {
  if (kind === "interval") return "the interval of requests/s";
  return head.filter((line) => line !== "").join(" ");
}

/** p99 stays where no load supports it: that it is not known is what a reader looks for there. */
function isKnown(column: SweepColumn, points: readonly SweepPoint[]): boolean {
  if (column.kind === "figure") return points.some((point) => column.value(point) !== null);
  if (column.kind === "tail") return points.some((point) => (column.tail(point)?.n ?? 0) > 0);
  if (column.kind === "interval") return points.some(({ throughput }) => boundsText(throughput) !== "");
  return true;
}

function scaleOf(column: SweepColumn, columns: readonly SweepColumn[], points: readonly SweepPoint[]): CellScale {
  if (column.kind === "figure") {
    const whole = column.unit === "" || column.unit === "count";
    return { unit: "", format: whole ? formatCount : formatSignificant };
  }
  if (column.kind !== "tail") return { unit: "", format: formatSignificant };
  const family = columns.filter((each) => each.kind === "tail" && each.family === column.family);
  const values = family.flatMap((each) =>
    each.kind === "tail" ? points.map((point) => each.tail(point)?.[each.quantile] ?? null) : [],
  );
  return cellScale(
    column.unit,
    values.filter((value) => value !== null),
  );
}

function withUnit(column: SweepColumn, scale: CellScale | undefined): SweepColumn {
  if (column.kind !== "tail") return column;
  const unit = scale?.unit === "tokens/s" ? "t/s" : (scale?.unit ?? "");
  return { ...column, head: [column.head[0], `${column.head[1]} ${unit}`.trim()] };
}

function cellOf(column: SweepColumn, point: SweepPoint, scale: CellScale, notes: PointNotes): TailCell {
  switch (column.kind) {
    case "load": {
      // Where arrivals met the limit in flight its own note says so.
      const doubts = [...(point.trusted || point.full ? [] : [UNTRUSTED_NOTE]), ...point.notes];
      return { text: loadText(point.load), notes: [...new Set(doubts.map((note) => notes.add(note)))] };
    }
    case "figure": {
      const value = column.value(point);
      return { text: value === null ? "" : scale.format(value), notes: [] };
    }
    case "tail":
      return quantileCell(column.tail(point), column, scale, notes);
    case "interval":
      return { text: boundsText(point.throughput), notes: [] };
    case "slo":
      return { text: point.slo.state === "none" ? "" : point.slo.state, notes: [] };
    case "state":
      return { text: point.trusted ? point.state : "untrusted", notes: [] };
  }
}

function quantileCell(
  tail: SweepTail | null,
  { quantile, better }: Extract<SweepColumn, { kind: "tail" }>,
  scale: CellScale,
  notes: PointNotes,
): TailCell {
  if (tail === null) return { text: "", notes: [] };
  if (standsAmongFailed(tail, quantile, better)) return { text: UNREACHED_SIGN, notes: [notes.unreached()] };
  const own = tail.notes.filter((note) => note.startsWith(`${quantile} `));
  const value = tail[quantile];
  if (value !== null) return { text: scale.format(value), notes: own.map((note) => notes.add(note)) };
  const reasons = own.length > 0 ? own : tail.notes.filter((note) => !/^(?:p[\d.]+|min|max|mean) /.test(note));
  return { text: "", notes: [...new Set(reasons.map((note) => notes.add(note)))] };
}
