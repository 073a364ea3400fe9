/** Throughput and ttft p95 against the load, a panel an endpoint on the same axes, so that they compare by eye. */
import type { EndpointRole } from "../../config/settings.js";
import {
  type LoadAxis,
  loadAxis,
  loadScale,
  loadTicks,
  placedPoints,
  type ValueAxis,
  valueAxis,
} from "../load-axis.js";
import { formatPlainMs, formatSignificant } from "../numbers.js";
import { sweptSides } from "../sweep-decision.js";
import type { SweepPoint, SweepSummary } from "../sweep-summary.js";
import { LOAD_UNITS, loadText, sloLimits } from "../sweep-words.js";
import { standsAmongFailed } from "../tail-cell.js";
import { displayWidth } from "../text-width.js";
import { Canvas } from "./canvas.js";
import { paragraph, type Screen, title } from "./screen.js";

const ROWS = 8;
const WIDEST_PANEL = 56;
/** A narrower panel tells no curve. */
const NARROWEST_PANEL = 34;
const GAP = 3;

interface Curve {
  readonly name: string;
  readonly value: (point: SweepPoint) => number | null;
  /** So many failed that the value is infinite. */
  readonly lost: (point: SweepPoint) => boolean;
  readonly format: (value: number) => string;
  readonly log: boolean;
  /** A limit of the SLO on it. */
  readonly limit: number | null;
}

/** Writes nothing where there is no curve: of a trace, or of one load. */
export function curveSection(screen: Screen, summary: SweepSummary): void {
  const axis = loadAxis(summary);
  const sides = sweptSides(summary);
  const curves = axis === null ? [] : curvesOf(summary).filter((curve) => valuesOf(summary, curve).length > 0);
  if (axis === null || curves.length === 0) return;
  title(screen, "Curves", `against the load, ${LOAD_UNITS[summary.load.axis]}`);
  const across = Math.floor((screen.columns - GAP) / 2);
  const two = across >= NARROWEST_PANEL;
  const width = Math.min(WIDEST_PANEL, two ? across : screen.columns);
  const panels = curves.flatMap((curve) =>
    sides.map((side) => panelLines(screen, summary, { curve, side, axis, width })),
  );
  const step = two ? 2 : 1;
  for (let first = 0; first < panels.length; first += step) {
    if (first > 0) screen.lines.push("");
    screen.lines.push(...beside(panels.slice(first, first + step), width));
  }
  screen.lines.push("");
  paragraph(screen, keyLine(summary, curves), { paint: screen.paint.dim });
}

function curvesOf({ endpoints, load }: SweepSummary): Curve[] {
  const points = [endpoints.baseline, endpoints.candidate].flatMap(({ sweep }) => sweep?.points ?? []);
  const limit =
    load.slo === null ? undefined : sloLimits(points).find((each) => each.metric === "ttft" && each.quantile === "p95");
  return [
    {
      name: "requests/s",
      value: ({ throughput }) => throughput.value,
      lost: () => false,
      format: (value) => formatSignificant(value).replace(/\.0+$/, ""),
      log: false,
      limit: null,
    },
    {
      name: "ttft p95",
      value: ({ ttft }) => (ttft !== null && standsAmongFailed(ttft, "p95", "lower") ? null : (ttft?.p95 ?? null)),
      lost: ({ ttft }) => ttft !== null && standsAmongFailed(ttft, "p95", "lower"),
      format: (value) => formatPlainMs(value),
      log: true,
      limit: limit?.value ?? null,
    },
  ];
}

function valuesOf(summary: SweepSummary, { value }: Curve): number[] {
  const points = sweptSides(summary).flatMap((side) => placedPoints(summary.endpoints[side].sweep?.points ?? []));
  return points.map(value).filter((each) => each !== null && each > 0) as number[];
}

interface Panel {
  readonly curve: Curve;
  readonly side: EndpointRole;
  readonly axis: LoadAxis;
  readonly width: number;
}

/** A head, the plot with its values at the left, the axis with knee and goodput, and the loads below it. */
function panelLines({ paint }: Screen, summary: SweepSummary, { curve, side, axis, width }: Panel): string[] {
  const values = [...valuesOf(summary, curve), ...(curve.limit === null ? [] : [curve.limit])];
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

function beside(panels: readonly (readonly string[])[], width: number): string[] {
  const [left = [], right] = panels;
  if (right === undefined) return left.map((line) => line.trimEnd());
  return left.map((line, index) =>
    `${line}${" ".repeat(Math.max(0, width + GAP - displayWidth(line)))}${right[index] ?? ""}`.trimEnd(),
  );
}

/** Only the signs that stand somewhere above. */
function keyLine(summary: SweepSummary, curves: readonly Curve[]): string {
  const sides = sweptSides(summary);
  const sweeps = sides.flatMap((side) => summary.endpoints[side].sweep ?? []);
  const points = sweeps.flatMap((sweep) => placedPoints(sweep.points));
  const words: [shown: boolean, text: string][] = [
    [sides.includes("baseline"), "● baseline"],
    [sides.includes("candidate"), "◆ candidate"],
    [points.some(({ trusted }) => !trusted), "hollow: this machine was in the way"],
    [sweeps.some(({ knee }) => knee !== null), "┷ knee, ━ its interval"],
    [sweeps.some(({ goodput }) => goodput !== null), "▲ highest load that keeps the SLO"],
    [curves.some(({ limit }) => limit !== null), "┄ the SLO's limit"],
    [points.some((point) => curves.some(({ lost }) => lost(point))), "↑ not reached: too many failed"],
  ];
  return words.flatMap(([shown, text]) => (shown ? [text] : [])).join("; ");
}
