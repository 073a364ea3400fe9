/**
 * Quantile curves of both endpoints on an axis of log 1/(1−q), so that the tail has as much room as the middle.
 * What the sample does not support is drawn faint and dashed; a failed exchange runs off the slow edge.
 */
import { scaleLinear, scaleLog } from "d3-scale";
import { curveStepAfter, line } from "d3-shape";
import type { EndpointRole } from "../../config/settings.js";
import { SIDES } from "../facts.js";
import { cellScale, formatPlainMs, formatWithUnit } from "../numbers.js";
import type { QuantileCurve } from "../report.js";
import type { TailSummary } from "../summary.js";
import { QUANTILES } from "../tail-cell.js";
import { EMPTY, html, type Markup } from "./markup.js";
import { at, decadeTicks, mark } from "./svg.js";

const WIDTH = 350;
const HEIGHT = 214;
const EDGE = { top: 16, right: 66, bottom: 24, left: 46 };
const TICKED = [0.5, 0.9, 0.99, 0.999, 0.9999];

export interface QuantilePlotInput {
  readonly metric: string;
  readonly unit: string;
  readonly better: "lower" | "higher" | "neither";
  /** One or two, of the same metric and phase. */
  readonly curves: readonly QuantileCurve[];
  /** Whose quantiles are marked on the curves. */
  readonly tails: Readonly<Record<EndpointRole, TailSummary | null>>;
}

interface Frame {
  readonly x: (q: number) => number;
  readonly y: (value: number) => number;
  readonly offEdge: number;
  readonly yTicks: readonly number[];
}

const depth = (q: number): number => -Math.log10(Math.max(1e-6, 1 - q));

/** The plot as inline SVG; empty when no curve has a finite value. */
export function quantilePlot(input: QuantilePlotInput): Markup {
  const frame = frameOf(input);
  if (frame === null) return EMPTY;
  const right = WIDTH - EDGE.right;
  const bottom = HEIGHT - EDGE.bottom;
  const deepest = depth(lastQuantile(input.curves));
  const scale = cellScale(input.unit, frame.yTicks);
  const xTicks = TICKED.filter((q) => depth(q) <= deepest + 0.02).map(
    (q) => html`<g class="tick"><line x1="${at(frame.x(q))}" x2="${at(frame.x(q))}" y1="${EDGE.top}" y2="${bottom}"/>
<text x="${at(frame.x(q))}" y="${bottom + 15}" text-anchor="middle">${quantileName(q, input.better)}</text></g>`,
  );
  const yTicks = frame.yTicks.map(
    (
      value,
    ) => html`<g class="tick"><line x1="${EDGE.left}" x2="${right}" y1="${at(frame.y(value))}" y2="${at(frame.y(value))}"/>
<text x="${EDGE.left - 7}" y="${at(frame.y(value) + 3.5)}" text-anchor="end">${shortTick(value, input.unit, scale.format)}</text></g>`,
  );
  const label = `${input.metric}: quantiles of both endpoints towards the slow end, ${input.unit}`;
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
${yTicks}${xTicks}
${input.curves.map((curve) => curvePaths(curve, frame))}
${input.curves.map((curve) => curveMarks(curve, input, frame))}
${endLabels(input.curves, frame)}</svg>`;
}

function frameOf({ curves, better }: QuantilePlotInput): Frame | null {
  const values = curves
    .flatMap((curve) => curve.points.map(([, value]) => value))
    .filter((value) => value !== null && value > 0);
  if (values.length === 0) return null;
  const low = Math.min(...(values as number[]));
  const high = Math.max(...(values as number[]));
  const bottom = HEIGHT - EDGE.bottom;
  const range: [number, number] = [bottom, EDGE.top + 6];
  const x = scaleLinear([0, Math.max(1.35, depth(lastQuantile(curves)))], [EDGE.left, WIDTH - EDGE.right]);
  const wide = high / low > 6;
  const y = wide ? scaleLog([low * 0.9, high * 1.08], range) : scaleLinear([low, high], range).nice(4);
  const ticks = wide ? decadeTicks(low * 0.9, high * 1.08) : y.ticks(4);
  return {
    x: (q) => x(depth(q)),
    y: (value) => y(wide ? Math.max(low * 0.9, value) : value),
    offEdge: better === "higher" ? bottom : EDGE.top - 8,
    yTicks: ticks.length > 6 ? ticks.filter((tick) => /^[15]/.test(tick.toExponential())) : ticks,
  };
}

function curvePaths(curve: QuantileCurve, frame: Frame): Markup {
  const draw = line<readonly [number, number]>(
    ([x]) => at(x),
    ([, y]) => at(y),
  ).curve(curveStepAfter);
  const finite = curve.points.filter((point): point is readonly [number, number] => point[1] !== null);
  const placed = thinned(finite.map(([q, value]) => [frame.x(q), frame.y(value)] as const));
  const edge = frame.x(curve.supportedQ);
  const before = placed.filter(([x]) => x <= edge);
  const joint = before.at(-1);
  const after = placed.filter(([x]) => x > edge);
  const solid = joint && after.length > 0 ? [...before, [edge, joint[1]] as const] : before;
  const faint = joint ? [[edge, joint[1]] as const, ...after] : after;
  const firstLost = curve.points.find(([, value]) => value === null);
  const last = placed.at(-1);
  const lost = firstLost === undefined ? null : lostMark(curve.endpoint, last, frame.x(firstLost[0]), frame.offEdge);
  const faintPath =
    after.length === 0 ? null : html`<path class="curve faint ${curve.endpoint}" d="${draw(faint) ?? ""}"/>`;
  return html`<path class="curve ${curve.endpoint}" d="${draw(solid) ?? ""}"/>${faintPath}${lost}`;
}

/** Where the failed begin: a rise to the edge, and an arrow head beyond it. */
function lostMark(role: EndpointRole, last: readonly [number, number] | undefined, x: number, edge: number): Markup {
  const from = last?.[1] ?? edge;
  const up = edge < from;
  const tip = edge + (up ? -4 : 4);
  const head = `M${at(x - 4)} ${at(edge)}L${at(x)} ${at(tip)}L${at(x + 4)} ${at(edge)}`;
  const reach = last === undefined ? null : `M${at(last[0])} ${at(from)}H${at(x)}V${at(edge)}`;
  return html`<path class="curve faint ${role}" d="${reach ?? ""}"/><path class="curve ${role}" d="${head}"><title>${role}: failed from here on</title></path>`;
}

/** The table's own cells on the curve, so that plot and table never disagree. */
function curveMarks(curve: QuantileCurve, input: QuantilePlotInput, frame: Frame): Markup[] {
  const tail = input.tails[curve.endpoint];
  if (tail === null || input.better === "neither") return [];
  return QUANTILES[input.better].flatMap((name) => {
    const value = tail[name];
    if (value === null || name === "min" || name === "max") return [];
    const percent = Number(name.slice(1));
    const q = (input.better === "higher" ? 100 - percent : percent) / 100;
    const label = `${curve.endpoint} ${name} ${formatWithUnit(value, input.unit)}`;
    return [mark(curve.endpoint, frame.x(q), frame.y(value), 3, label)];
  });
}

/** Each curve's name at its own end; names that would touch are set apart. */
function endLabels(curves: readonly QuantileCurve[], frame: Frame): Markup[] {
  const labels = curves.map((curve) => {
    const last = curve.points.filter((point) => point[1] !== null).at(-1);
    const end = curve.points.at(-1)?.[0] ?? 0;
    return {
      role: curve.endpoint,
      x: Math.min(WIDTH - EDGE.right, frame.x(end)) + 7,
      y: last?.[1] == null ? frame.offEdge : frame.y(last[1]),
    };
  });
  labels.sort((a, b) => a.y - b.y || SIDES.indexOf(a.role) - SIDES.indexOf(b.role));
  const [upper, lower] = labels;
  if (upper && lower && lower.y - upper.y < 13) {
    const middle = Math.min(HEIGHT - EDGE.bottom - 7, Math.max(EDGE.top + 7, (upper.y + lower.y) / 2));
    upper.y = middle - 6.5;
    lower.y = middle + 6.5;
  }
  return labels.map(
    ({ role, x, y }) => html`<text class="label ${role}" x="${at(x)}" y="${at(y + 3.5)}">${role}</text>`,
  );
}

/** Points that would not be seen apart are left out. */
function thinned(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return points.filter((point, index) => {
    const previous = points[index - 1];
    if (previous === undefined || index === points.length - 1) return true;
    return Math.floor(point[0] * 2) !== Math.floor(previous[0] * 2) || Math.abs(point[1] - previous[1]) > 1;
  });
}

function lastQuantile(curves: readonly QuantileCurve[]): number {
  return Math.max(0.9, ...curves.flatMap((curve) => curve.points.map(([q]) => q)));
}

function quantileName(q: number, better: QuantilePlotInput["better"]): string {
  const percent = better === "higher" ? 100 * (1 - q) : 100 * q;
  return `p${Number(percent.toFixed(2))}`;
}

function shortTick(value: number, unit: string, format: (value: number) => string): string {
  if (unit === "ms") return formatPlainMs(value);
  return format(value).replace(/\.0+$/, "");
}
