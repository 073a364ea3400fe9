/** One curve of one endpoint in text: values at the left, loads below, the knee and the highest goodput on the axis. */
import type { EndpointRole } from "../../config/settings.js";
import { type LoadAxis, loadScale, loadTicks, placedPoints, type ValueAxis, valueAxis } from "../load-axis.js";
import { sweptSides } from "../sweep-decision.js";
import type { SweepPoint, SweepSummary } from "../sweep-summary.js";
import { loadText } from "../sweep-words.js";
import { displayWidth } from "../text-width.js";
import { Canvas } from "./canvas.js";
import type { Screen } from "./screen.js";

const ROWS = 8;

export interface Curve {
  readonly name: string;
  readonly value: (point: SweepPoint) => number | null;
  /** So many failed that the value is infinite. */
  readonly lost: (point: SweepPoint) => boolean;
  readonly format: (value: number) => string;
  readonly log: boolean;
  /** A limit of the SLO on it. */
  readonly limit: number | null;
}

interface Panel {
  readonly curve: Curve;
  readonly side: EndpointRole;
  readonly axis: LoadAxis;
  readonly width: number;
}

/** Of all endpoints: panels of one curve share their axes. */
export function curveValues(summary: SweepSummary, { value }: Curve): number[] {
  const points = sweptSides(summary).flatMap((side) => placedPoints(summary.endpoints[side].sweep?.points ?? []));
  return points.map(value).filter((each) => each !== null && each > 0) as number[];
}

/** A head, the plot with its values at the left, the axis with knee and goodput, and the loads below it. */
export function panelLines({ paint }: Screen, summary: SweepSummary, { curve, side, axis, width }: Panel): string[] {
  const values = [...curveValues(summary, curve), ...(curve.limit === null ? [] : [curve.limit])];
  const y = valueAxis(values, { from: 4 * ROWS - 1, to: 0, log: curve.log, count: 3 }) as ValueAxis;
  const ticks = new Map(y.ticks.map((tick) => [Math.floor(y.place(tick) / 4), curve.format(tick)]));
  const left = Math.max(...[...ticks.values()].map(displayWidth));
  const columns = width - left - 2;
  const x = loadScale(axis, 1, 2 * columns - 2);
  const canvas = drawn(summary, { curve, side }, { columns, x, y });
  const rows = canvas.lines().map((line, row) => {
    const tick = ticks.get(row);
    return `${paint.dim(`${(tick ?? "").padStart(left)} ${tick === undefined ? "│" : "┤"}`)}${paint[side](line)}`;
  });
  return [
    `${" ".repeat(left + 2)}${paint.bold(curve.name)} ${paint[side](side)}`,
    ...rows,
    paint.dim(`${" ".repeat(left + 1)}└${baseLine(summary, side, columns, x)}`),
    paint.dim(`${" ".repeat(left + 2)}${loadLine(axis, columns, x)}`),
  ];
}

/** What is measured is a disc or a diamond; a machine in doubt leaves it hollow; what is infinite points up. */
const SIGNS = { baseline: ["●", "○"], candidate: ["◆", "◇"] } as const;

function drawn(
  summary: SweepSummary,
  { curve, side }: Pick<Panel, "curve" | "side">,
  { columns, x, y }: { readonly columns: number; readonly x: (load: number) => number; readonly y: ValueAxis },
): Canvas {
  const canvas = new Canvas(columns, ROWS);
  const sweep = summary.endpoints[side].sweep;
  const points = placedPoints(sweep?.points ?? []);
  let before: readonly [number, number] | null = null;
  for (const point of points) {
    const value = curve.value(point);
    const place: readonly [number, number] | null = value === null ? null : [x(point.load), y.place(value)];
    if (place !== null && before !== null) canvas.line(...before, ...place);
    before = place;
  }
  for (const point of points) {
    const value = curve.value(point);
    const sign = SIGNS[side][point.trusted ? 0 : 1];
    if (value !== null) canvas.sign(cell(x(point.load)), Math.floor(y.place(value) / 4), sign);
    else if (curve.lost(point)) canvas.sign(cell(x(point.load)), 0, "↑");
  }
  const knee = sweep?.knee?.load.value;
  if (knee !== undefined) for (let row = 0; row < ROWS; row++) canvas.under(cell(x(knee)), row, "┊");
  if (curve.limit !== null) {
    const row = Math.floor(y.place(curve.limit) / 4);
    for (let column = 0; column < columns; column++) canvas.under(column, row, "┄");
  }
  return canvas;
}

function cell(dot: number): number {
  return Math.floor(dot / 2);
}

/** The axis: thick within the knee's interval, a triangle at the highest load that keeps the SLO. */
function baseLine(summary: SweepSummary, side: EndpointRole, columns: number, x: (load: number) => number): string {
  const { knee, goodput } = summary.endpoints[side].sweep ?? {};
  const line = Array.from({ length: columns }, () => "─");
  const place = (load: number): number => Math.max(0, Math.min(columns - 1, cell(x(load))));
  if (knee) {
    const [from, to] = [place(knee.load.lo ?? knee.load.value), place(knee.load.hi ?? knee.load.value)];
    for (let column = from; column <= to; column++) line[column] = "━";
    line[place(knee.load.value)] = "┷";
  }
  if (goodput) {
    const at = place(goodput.load.value);
    // Where both stand in one cell the knee keeps it: its line goes up from there.
    line[line[at] === "┷" ? Math.max(0, at - 1) : at] = "▲";
  }
  return line.join("");
}

function loadLine(axis: LoadAxis, columns: number, x: (load: number) => number): string {
  const cells = Array.from({ length: columns }, () => " ");
  const widest = Math.max(...axis.measured.map((load) => loadText(load).length));
  for (const load of loadTicks(axis, (each) => cell(x(each)), widest + 2)) {
    const text = loadText(load);
    const from = Math.max(0, Math.min(columns - text.length, cell(x(load)) - Math.floor((text.length - 1) / 2)));
    [...text].forEach((character, index) => {
      cells[from + index] = character;
    });
  }
  return cells.join("").trimEnd();
}
