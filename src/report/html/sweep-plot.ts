/**
 * One quantity against the load, both endpoints in one plot. Shaded up to the highest load that keeps the SLO; dashed at
 * the knee, whose interval lies on the axis. What no sample supports breaks a line; what is infinite leaves at the top.
 */
import { area, line } from "d3-shape";
import type { EndpointRole } from "../../config/settings.js";
import { type LoadAxis, loadScale, loadTicks, valueAxis } from "../load-axis.js";
import { formatPlainMs, formatSignificant } from "../numbers.js";
import { loadText, type SloLimit } from "../sweep-words.js";
import { EDGE, type EndpointMarks, type Frame, goodRegion, kneeMark, limitLine } from "./load-marks.js";
import { EMPTY, html, type Markup } from "./markup.js";
import { at, mark } from "./svg.js";

const SIZES = {
  large: { width: 500, height: 290, ticks: 5 },
  small: { width: 350, height: 204, ticks: 4 },
} as const;
const LABEL_HEIGHT = 12;

export interface LinePoint {
  readonly load: number;
  readonly value: number | null;
  /** Its 95 % interval, where it has one. */
  readonly lo: number | null;
  readonly hi: number | null;
  /** Infinite: so many failed. */
  readonly lost: boolean;
  readonly trusted: boolean;
  readonly title: string;
}

export interface SweepLine {
  readonly role: EndpointRole;
  /** `tail` is dashed, `middle` thin. */
  readonly style: "main" | "tail" | "middle";
  /** At its end. */
  readonly label: string;
  /** By load. */
  readonly points: readonly LinePoint[];
}

export interface SweepPlotInput {
  readonly name: string;
  readonly unit: string;
  readonly size: keyof typeof SIZES;
  readonly axis: LoadAxis;
  readonly lines: readonly SweepLine[];
  readonly marks: readonly EndpointMarks[];
  /** Logarithmic where the values span a decade. */
  readonly log: boolean;
  readonly limit: SloLimit | null;
  /** What the values would be if every further load brought as much as the lowest. */
  readonly guide: ((load: number) => number) | null;
}

/** Empty when no point has a value. */
export function sweepPlot(input: SweepPlotInput): Markup {
  const { width, height, ticks: count } = SIZES[input.size];
  const longest = Math.max(...input.lines.map(({ label }) => label.length), 0);
  const right = width - 14 - 6.4 * longest;
  const bottom = height - EDGE.bottom;
  const points = input.lines.flatMap((each) => each.points);
  const values = points.flatMap(({ value, hi }) => (value === null ? [] : [value, hi ?? value]));
  const limit = values.length > 0 && input.limit !== null ? [input.limit.value] : [];
  const scale = valueAxis([...values, ...limit], { from: bottom, to: EDGE.top, log: input.log, count });
  if (scale === null || values.length === 0) return EMPTY;
  const frame: Frame = { x: loadScale(input.axis, EDGE.left + 10, right - 6), y: scale.place, right, bottom };
  const label = `${input.name} against the load, ${input.unit}`;
  return html`<svg class="plot sweep" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${input.marks.map((each) => goodRegion(each, frame))}${scale.ticks.map((tick) => yTick(tick, input.unit, frame))}${xTicks(input, frame)}
${input.lines.map((each) => band(each, frame))}${guideLine(input, frame)}${limitLine(input.limit, frame)}
${input.marks.map((each) => kneeMark(each, frame))}${input.lines.map((each) => curve(each, frame))}${input.lines.map((each) => pointMarks(each, frame))}
${endLabels(input.lines, frame)}</svg>
`;
}

function yTick(value: number, unit: string, { y, right }: Frame): Markup {
  const text = valueText(value, unit);
  return html`<g class="tick"><line x1="${EDGE.left}" x2="${at(right)}" y1="${at(y(value))}" y2="${at(y(value))}"/><text x="${EDGE.left - 6}" y="${at(y(value) + 3.5)}" text-anchor="end">${text}</text></g>`;
}

function valueText(value: number, unit: string): string {
  if (unit === "ms") return formatPlainMs(value);
  return `${formatSignificant(value)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "")}${unit === "%" ? " %" : ""}`;
}

function xTicks({ axis }: SweepPlotInput, { x, right, bottom }: Frame): Markup {
  const room = 12 + 6 * Math.max(...axis.measured.map((load) => loadText(load).length));
  const texts = loadTicks(axis, x, room).map(
    (load) => html`<text x="${at(x(load))}" y="${at(bottom + 15)}" text-anchor="middle">${loadText(load)}</text>`,
  );
  return html`<g class="tick"><line x1="${EDGE.left}" x2="${at(right)}" y1="${at(bottom)}" y2="${at(bottom)}"/>${texts}</g>`;
}

function band({ role, points }: SweepLine, { x, y }: Frame): Markup | null {
  const draw = area<LinePoint>()
    .defined(({ lo, hi }) => lo !== null && hi !== null)
    .x(({ load }) => at(x(load)))
    .y0(({ lo }) => at(y(lo ?? 0)))
    .y1(({ hi }) => at(y(hi ?? 0)));
  const path = draw([...points]);
  return path === null ? null : html`<path class="band ${role}" d="${path}"/>`;
}

/** As far as it stays within the plot. */
function guideLine({ guide, axis, lines }: SweepPlotInput, { x, y }: Frame): Markup | null {
  if (guide === null || lines.length === 0) return null;
  const [from, to] = [Math.min(...axis.measured), axis.high];
  const steps = Array.from({ length: 41 }, (_, step) => from * (to / from) ** (step / 40));
  const inside = steps.filter((load) => y(guide(load)) >= EDGE.top - 4);
  const path = line<number>(
    (load) => at(x(load)),
    (load) => at(y(guide(load))),
  )(inside);
  return path === null ? null : html`<path class="guide" d="${path}"/>`;
}

function curve({ role, style, points }: SweepLine, { x, y }: Frame): Markup | null {
  const path = line<LinePoint>()
    .defined(({ value }) => value !== null)
    .x(({ load }) => at(x(load)))
    .y(({ value }) => at(y(value ?? 0)))([...points]);
  const name = { main: "curve", tail: "curve faint", middle: "curve middle" }[style];
  return path === null ? null : html`<path class="${name} ${role}" d="${path}"/>`;
}

function pointMarks({ role, style, points }: SweepLine, { x, y }: Frame): Markup[] {
  return points.flatMap(({ load, value, lost, trusted, title }) => {
    if (lost) {
      const left = at(x(load));
      return [
        html`<path class="lost-mark ${role}" d="M${left - 4} ${EDGE.top - 2}L${left} ${EDGE.top - 8}L${left + 4} ${EDGE.top - 2}"><title>${title}</title></path>`,
      ];
    }
    if (value === null) return [];
    const drawn = mark(role, x(load), y(value), style === "main" ? 3.2 : 2.2, title);
    return [trusted ? drawn : html`<g class="doubtful ${role}">${drawn}</g>`];
  });
}

/** Each at the end of its line; those that would touch are set apart. */
function endLabels(lines: readonly SweepLine[], { x, y, right, bottom }: Frame): Markup[] {
  const labels = lines.flatMap(({ role, label, points }) => {
    const last = points.findLast(({ value }) => value !== null);
    if (last?.value == null || label === "") return [];
    return [{ role, label, x: Math.min(right + 4, x(last.load) + 10), y: y(last.value) }];
  });
  labels.sort((a, b) => a.y - b.y);
  labels.forEach((label, index) => {
    const above = labels[index - 1];
    if (above !== undefined) label.y = Math.max(label.y, above.y + LABEL_HEIGHT);
  });
  const over = Math.max(0, (labels.at(-1)?.y ?? 0) - bottom + 8);
  return labels.map(
    ({ role, label, x: left, y: place }) =>
      html`<text class="label ${role}" x="${at(left)}" y="${at(place - over + 3.5)}">${label}</text>`,
  );
}
