/**
 * Where in the distribution the candidate is faster or slower: for each metric the paired shift of the middle, then the
 * ratios of tail quantiles, each with its interval, on one logarithmic axis. Beyond a gate's margin lies a band.
 */
import { scaleLog } from "d3-scale";
import type { GateSummary } from "../decision.js";
import { formatChange, formatChangeInterval } from "../numbers.js";
import type { Summary } from "../summary.js";
import { tailMetrics } from "../tail-table.js";
import { EMPTY, html, type Markup } from "./markup.js";
import { at, mark, spacedTicks } from "./svg.js";

const WIDTH = 900;
const ROW = 20;
const GAP = 12;
const EDGE = { top: 42, right: 236, bottom: 8, left: 170 };
const TICKS = [0.25, 0.33, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 4];
/** Beyond this a mark stands at the edge: one wild quantile must not flatten all others. */
const FURTHEST = 4;
const METRICS = 8;

interface Row {
  readonly metric: string;
  readonly first: boolean;
  readonly label: string;
  readonly ratio: number;
  readonly lo: number | null;
  readonly hi: number | null;
  /** Of gates on exactly this, and on which side of each the gate does not hold. */
  readonly margins: readonly Margin[];
}

interface Margin {
  readonly ratio: number;
  readonly beyond: "above" | "below";
}

/** Empty when no metric has a ratio. */
export function shiftPlot(summary: Summary): Markup {
  const rows = plotRows(summary);
  if (rows.length === 0) return EMPTY;
  const values = rows.flatMap(({ ratio, lo, hi, margins }) => [
    ratio,
    lo,
    hi,
    ...margins.map((margin) => margin.ratio),
  ]);
  const known = values.filter((value): value is number => value !== null && value > 0);
  const low = Math.max(1 / FURTHEST, Math.min(0.8, ...known)) * 0.96;
  const high = Math.min(FURTHEST, Math.max(1.25, ...known)) * 1.04;
  const x = scaleLog([low, high], [EDGE.left, WIDTH - EDGE.right]).clamp(true);
  let top = EDGE.top;
  const body = rows.map((row, index) => {
    if (row.first && index > 0) top += GAP;
    const y = top + ROW / 2;
    top += ROW;
    return rowMarkup(row, x, y, { low, high });
  });
  const height = top + EDGE.bottom;
  const ticks = spacedTicks(
    TICKS.filter((tick) => tick >= low && tick <= high),
    x,
  ).map(
    (tick) =>
      html`<g class="tick${tick === 1 ? " one" : ""}"><line x1="${at(x(tick))}" x2="${at(x(tick))}" y1="${EDGE.top - 6}" y2="${at(height - EDGE.bottom)}"/><text x="${at(x(tick))}" y="${EDGE.top - 11}" text-anchor="middle">${tick === 1 ? "same" : formatChange(tick).replace(".0", "")}</text></g>`,
  );
  return html`<svg class="shifts" viewBox="0 0 ${WIDTH} ${at(height)}" role="img" aria-label="candidate to baseline, ratio by quantile, ${rows.length} rows"><text class="side" x="${at(x(1) - 10)}" y="12" text-anchor="end">← candidate smaller</text><text class="side" x="${at(x(1) + 10)}" y="12">candidate larger →</text>${ticks}${body}</svg>`;
}

function rowMarkup(
  { metric, first, label, ratio, lo, hi, margins }: Row,
  x: (value: number) => number,
  y: number,
  { low, high }: { readonly low: number; readonly high: number },
): Markup {
  const name = first ? html`<text class="metric" x="0" y="${at(y + 3.8)}">${metric}</text>` : null;
  const whisker =
    lo === null || hi === null || lo <= 0
      ? null
      : html`<line class="whisker" x1="${at(x(lo))}" x2="${at(x(hi))}" y1="${at(y)}" y2="${at(y)}"/>`;
  const beyond = ratio > high ? " ▸" : ratio < low ? " ◂" : "";
  const interval = formatChangeInterval(lo, hi);
  const said = `${formatChange(ratio)}${beyond}${interval === "" ? "" : ` ${interval}`}`;
  // One beyond the axis has no place on it.
  const bands = margins.filter((margin) => margin.ratio > low && margin.ratio < high).map((each) => band(each, x, y));
  return html`${bands}${name}<text x="${EDGE.left - 12}" y="${at(y + 3.8)}" text-anchor="end">${label}</text>${whisker}${mark("candidate", x(ratio), y, 4, `${metric} ${label}: ${said}`)}<text class="value" x="${WIDTH - EDGE.right + 12}" y="${at(y + 3.8)}">${said}</text>`;
}

function band({ ratio, beyond }: Margin, x: (value: number) => number, y: number): Markup {
  const edge = x(ratio);
  const [from, to] = beyond === "above" ? [edge, WIDTH - EDGE.right] : [EDGE.left, edge];
  return html`<rect class="margin" x="${at(from)}" y="${at(y - ROW / 2 + 1)}" width="${at(Math.max(0, to - from))}" height="${ROW - 2}"/><line class="margin" x1="${at(edge)}" x2="${at(edge)}" y1="${at(y - ROW / 2 + 1)}" y2="${at(y + ROW / 2 - 1)}"><title>margin of the gate: ${formatChange(ratio)}</title></line>`;
}

function plotRows(summary: Summary): Row[] {
  const names = tailMetrics(summary, "warm").filter(
    (name) => Object.keys(summary.metrics[name]?.warm?.ratio ?? {}).length > 0,
  );
  return names.slice(0, METRICS).flatMap((metric) => {
    const warm = summary.metrics[metric]?.warm;
    const shift = warm?.shift;
    const middle =
      shift?.ratio == null || shift.ratio <= 0
        ? []
        : [{ label: "paired shift", ratio: shift.ratio, lo: shift.lo, hi: shift.hi, asked: "shift" }];
    const tails = Object.entries(warm?.ratio ?? {}).flatMap(([quantile, { ratio, lo, hi }]) =>
      ratio === null || ratio <= 0 ? [] : [{ label: quantile, ratio, lo, hi, asked: `ratio(${quantile})` }],
    );
    return [...middle, ...tails].map(
      ({ asked, ...row }, index): Row => ({
        ...row,
        metric,
        first: index === 0,
        margins: marginsOf(summary.gates, metric, asked),
      }),
    );
  });
}

/** Of gates on all warm requests: one on a selection has no row here. */
function marginsOf(gates: readonly GateSummary[], metric: string, asked: string): Margin[] {
  return gates.flatMap(({ text, unit, op, margin }): Margin[] => {
    // As it was written, so spaces are free, and `ratio(95)` is `ratio(p95)`.
    const head = text
      .replace(/[<>=!].*$/, "")
      .trim()
      .replace(/^candidate\./, "")
      .replace(/\s*\(\s*p?/, "(p")
      .replace(/\s+\)/, ")");
    const [name, ...what] = head.split(/\s+/);
    if (unit !== "ratio" || name !== metric || what.join(" ") !== asked || margin <= 0) return [];
    return [{ ratio: margin, beyond: op.startsWith(">") ? "below" : "above" }];
  });
}
