/**
 * A series over nights: the ratio or difference with the bounds that each night was held against, and below it what each
 * side measured. Alarms are rings and discs, a dotted line is a night on which an endpoint called itself differently.
 */
import { scaleLinear, scaleUtc } from "d3-scale";
import { line } from "d3-shape";
import { printableLine } from "../../core/printable.js";
import { SIDES } from "../facts.js";
import { cellScale, formatChange, formatPlainMs } from "../numbers.js";
import type { TrendNight, TrendPoint, TrendSeries } from "../trend-summary.js";
import { day, expectedText, valueText } from "../trend-words.js";
import { EMPTY, html, type Markup } from "./markup.js";
import { at, mark } from "./svg.js";

const WIDTH = 350;
const EDGE = { top: 14, right: 12, bottom: 22, left: 48 };
const HEIGHT = 168;
const RAW_HEIGHT = 118;

interface Frame {
  readonly x: (night: number) => number;
  readonly y: (value: number) => number;
  readonly top: number;
  readonly bottom: number;
}

/** Both plots; empty when no night has a value. */
export function nightPlots(series: TrendSeries, nights: readonly TrendNight[]): Markup {
  if (series.points.every(({ value }) => value === null)) return EMPTY;
  const x = xOf(nights);
  return html`${valuePlot(series, nights, x)}${rawPlot(series, nights, x)}`;
}

function valuePlot(series: TrendSeries, nights: readonly TrendNight[], x: Frame["x"]): Markup {
  const shift = series.kind === "shift";
  const bottom = HEIGHT - EDGE.bottom;
  const seen = series.points.flatMap(({ value, expected }) => [value, expected?.low, expected?.high]);
  const values = [...seen.filter((value) => value !== null && value !== undefined), shift ? 1 : 0];
  const pad = 0.06 * (Math.max(...values) - Math.min(...values)) || 0.01;
  // Ratios of 2 and of 1/2 are as far from no change.
  const placed = (value: number): number => (shift ? Math.log(Math.max(1e-6, value)) : value);
  const [low, high] = [placed(Math.min(...values)) - pad, placed(Math.max(...values)) + pad];
  const scale = scaleLinear([low, high], [bottom, EDGE.top]);
  const frame: Frame = { x, y: (value) => scale(placed(value)), top: EDGE.top, bottom };
  const ends = shift ? [Math.exp(low), Math.exp(high)] : [low, high];
  const ticks = scaleLinear(ends as [number, number], [0, 1])
    .ticks(4)
    .map((value) => {
      const none = value === (shift ? 1 : 0);
      const text = none ? "no change" : shift ? formatChange(value).replace(/\.0(?= %)/, "") : valueText(series, value);
      return yTick(frame.y(value), none ? "tick one" : "tick", none ? "same" : text);
    });
  const label = `${series.name}: ${shift ? "candidate / baseline" : "candidate − baseline"} of each night, with the bounds of the nights before`;
  return html`<svg class="night-plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
${bands(series.points, frame)}${ticks}${xTicks(nights, frame)}${changeLines(nights, frame)}${bounds(series, frame)}
${connected(series.points, frame)}${series.points.map((point) => nightMark(point, series, nights, frame))}</svg>
`;
}

/** Both sides' median solid, their slow end dashed; the shares of a difference as two lines. */
function rawPlot(series: TrendSeries, nights: readonly TrendNight[], x: Frame["x"]): Markup {
  const sideValues = SIDES.map((role) => ({
    role,
    main: series.points.map((point) => point.raw?.[role].p50 ?? shareOf(point.counts?.[role])),
    tail: series.points.map((point) => point.raw?.[role].tail ?? null),
  }));
  const all = sideValues.flatMap(({ main, tail }) => [...main, ...tail]).filter((value) => value !== null);
  if (all.length === 0) return EMPTY;
  const bottom = RAW_HEIGHT - EDGE.bottom;
  const scale = scaleLinear([0, Math.max(...all) || 1], [bottom, EDGE.top]).nice(3);
  const frame: Frame = { x, y: scale, top: EDGE.top, bottom };
  const cells = cellScale(series.unit, scale.ticks(3));
  const ticks = scale.ticks(3).map((value) => {
    const text =
      series.unit === "ms"
        ? formatPlainMs(value)
        : series.unit === "share"
          ? `${Number((100 * value).toFixed(2))} %`
          : cells.format(value);
    return yTick(frame.y(value), "tick", text.replace(/\.0+$/, ""));
  });
  const draw = (values: readonly (number | null)[]): string =>
    line<readonly [number, number | null]>()
      .defined(([, value]) => value !== null)
      .x(([night]) => at(frame.x(night)))
      .y(([, value]) => at(frame.y(value ?? 0)))(values.map((value, night) => [night, value] as const)) ?? "";
  const curves = sideValues.map(({ role, main, tail }) => {
    const last = main.findLastIndex((value) => value !== null);
    const end = last < 0 ? null : mark(role, frame.x(last), frame.y(main[last] as number), 3, role);
    return html`<path class="curve faint ${role}" d="${draw(tail)}"/><path class="curve ${role}" d="${draw(main)}"/>${end}`;
  });
  const label = `${series.name}: both sides' own values of each night`;
  return html`<svg class="night-plot" viewBox="0 0 ${WIDTH} ${RAW_HEIGHT}" role="img" aria-label="${label}">
${ticks}${xTicks(nights, frame)}${changeLines(nights, frame)}${curves}</svg>
`;
}

function shareOf(count: { readonly count: number; readonly of: number } | undefined): number | null {
  return count === undefined || count.of === 0 ? null : count.count / count.of;
}

function xOf(nights: readonly TrendNight[]): Frame["x"] {
  const times = nights.map(({ at: when }) => Date.parse(when));
  const [from, to] = [times[0] ?? 0, times.at(-1) ?? 0];
  const scale = scaleLinear([from, to === from ? from + 1 : to], [EDGE.left + 4, WIDTH - EDGE.right]);
  return (night) => scale(times[night] ?? from);
}

function xTicks(nights: readonly TrendNight[], { bottom }: Frame): Markup[] {
  const times = nights.map(({ at: when }) => Date.parse(when));
  const [from, to] = [times[0] ?? 0, times.at(-1) ?? 0];
  if (from === to) return [xTick(EDGE.left + 4, bottom, nights[0]?.at ?? "")];
  const scale = scaleUtc([from, to], [EDGE.left + 4, WIDTH - EDGE.right]);
  const days = scale.ticks(4).filter((date) => date.getUTCHours() === 0 && date.getUTCMinutes() === 0);
  return days.map((date) => xTick(scale(date), bottom, date.toISOString()));
}

function xTick(x: number, bottom: number, iso: string): Markup {
  return html`<text x="${at(Math.min(x, WIDTH - 18))}" y="${bottom + 15}" text-anchor="middle">${day(iso).replace(/ \d{4}$/, "")}</text>`;
}

function yTick(y: number, name: string, text: string): Markup {
  return html`<g class="${name}"><line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${at(y)}" y2="${at(y)}"/><text x="${EDGE.left - 6}" y="${at(y + 3.5)}" text-anchor="end">${text}</text></g>`;
}

/** What each night was held against, one rectangle a night: bounds of tonight say nothing about yesterday. */
function bands(points: readonly TrendPoint[], frame: Frame): Markup[] {
  return points.flatMap(({ night, expected }) => {
    if (expected === null) return [];
    const [from, to] = [edgeOf(night, -1, points, frame), edgeOf(night, 1, points, frame)];
    const [top, bottom] = [frame.y(expected.high), frame.y(expected.low)];
    return [
      html`<rect class="band" x="${at(from)}" y="${at(top)}" width="${at(to - from)}" height="${at(bottom - top)}"/>`,
    ];
  });
}

/** The bound on the worse side. */
function bounds(series: TrendSeries, frame: Frame): Markup {
  const { points, better } = series;
  const pieces = points.flatMap(({ night, expected }) => {
    if (expected === null) return [];
    const y = at(frame.y(better === "lower" ? expected.high : expected.low));
    return [`M${at(edgeOf(night, -1, points, frame))} ${y}H${at(edgeOf(night, 1, points, frame))}`];
  });
  return pieces.length === 0 ? EMPTY : html`<path class="bound" d="${pieces.join("")}"/>`;
}

/** Half way to the neighbouring night. */
function edgeOf(night: number, step: -1 | 1, points: readonly TrendPoint[], { x }: Frame): number {
  const own = x(night);
  const other = points[night + step];
  if (other !== undefined) return (own + x(night + step)) / 2;
  const opposite = points[night - step];
  const half = opposite === undefined ? 6 : Math.abs(own - x(night - step)) / 2;
  return own + step * Math.min(half, 6);
}

function connected(points: readonly TrendPoint[], frame: Frame): Markup {
  const path = line<TrendPoint>()
    .defined(({ value }) => value !== null)
    .x(({ night }) => at(frame.x(night)))
    .y(({ value }) => at(frame.y(value ?? 0)));
  return html`<path class="path" d="${path([...points]) ?? ""}"/>`;
}

function nightMark(point: TrendPoint, series: TrendSeries, nights: readonly TrendNight[], frame: Frame): Markup {
  const x = frame.x(point.night);
  const when = day(nights[point.night]?.at ?? "");
  if (point.value === null) {
    const y = frame.bottom;
    return html`<path class="gap" d="M${at(x - 2.5)} ${at(y - 5)}L${at(x + 2.5)} ${at(y)}M${at(x + 2.5)} ${at(y - 5)}L${at(x - 2.5)} ${at(y)}"><title>${when}: ${printableLine(point.note, 120)}</title></path>`;
  }
  const y = frame.y(point.value);
  const expected = expectedText(series, point);
  const title = `${when}: ${valueText(series, point.value)}${expected === "" ? "" : `, expected ${expected}`}${point.state === "short" ? "" : `, ${point.state}`}`;
  const alarm =
    point.state === "watch" || point.state === "fail"
      ? html`<circle class="alarm ${point.state}" cx="${at(x)}" cy="${at(y)}" r="5"/>`
      : null;
  const early = point.state === "short" ? "night early" : "night";
  return html`<g>${alarm}<circle class="${early}" cx="${at(x)}" cy="${at(y)}" r="2.6"/><title>${title}</title></g>`;
}

function changeLines(nights: readonly TrendNight[], { x, top, bottom }: Frame): Markup[] {
  return nights.flatMap(({ at: when, changes }, index) => {
    if (changes.length === 0) return [];
    const at0 = at(x(index));
    const title = printableLine(`${day(when)}: ${changes.join("; ")}`, 300);
    return [
      html`<g><line class="change" x1="${at0}" x2="${at0}" y1="${top}" y2="${bottom}"/><path class="change-head" d="M${at(at0 - 4)} ${top - 6}H${at(at0 + 4)}L${at0} ${top}Z"/><title>${title}</title></g>`,
    ];
  });
}
