/** The curves of a sweep: throughput and ttft large, what explains them small. */
import { type LoadAxis, loadAxis, placedPoints } from "../load-axis.js";
import { clockQuantile, sweptSides } from "../sweep-decision.js";
import type { EndpointSweep, SweepInterval, SweepSummary } from "../sweep-summary.js";
import { LOAD_UNITS, type SloLimit, sloLimits } from "../sweep-words.js";
import { html, type Markup } from "./markup.js";
import { section } from "./section.js";
import { sweepLegend } from "./sweep-legend.js";
import { errorLines, intervalLines, type LineQuantile, type LineTail, tailLines } from "./sweep-lines.js";
import { type SweepLine, type SweepPlotInput, sweepPlot } from "./sweep-plot.js";
import { METRIC_WORDS } from "./words.js";

interface Drawing {
  readonly name: string;
  readonly words: string;
  readonly unit: string;
  readonly large: boolean;
  readonly log: boolean;
  readonly lines: readonly SweepLine[];
  readonly limit: SloLimit | null;
  readonly guide: SweepPlotInput["guide"];
  /** The knee's own value is one of these values. */
  readonly knee: ((sweep: EndpointSweep) => SweepInterval | null) | null;
}

/** Null where there is no curve: of a trace, or of one load. */
export function curvesSection(summary: SweepSummary): Markup | null {
  const axis = loadAxis(summary);
  if (axis === null) return null;
  const drawings = drawingsOf(summary, axis);
  const figures = (large: boolean): Markup[] =>
    drawings.filter((each) => each.large === large).flatMap((each) => figureOf(each, summary, axis) ?? []);
  if (figures(true).length + figures(false).length === 0) return null;
  const proportional = axis.log ? "by doublings" : "evenly spaced";
  return section(
    "curves",
    "Curves",
    `Against the load, ${LOAD_UNITS[summary.load.axis]}, ${proportional}. Each point is one measured load; a line between two is no measurement.`,
    html`${sweepLegend(summary)}<div class="plots large">${figures(true)}</div><div class="plots">${figures(false)}</div>`,
  );
}

function drawingsOf(summary: SweepSummary, axis: LoadAxis): Drawing[] {
  const points = sweptSides(summary).flatMap((side) => summary.endpoints[side].sweep?.points ?? []);
  const limits = summary.load.slo === null ? [] : sloLimits(points);
  const limitOn = (metric: string): SloLimit | null => limits.find((each) => each.metric === metric) ?? null;
  const tails = (name: LineTail, quantiles: readonly LineQuantile[]): Drawing => ({
    name,
    words: METRIC_WORDS[name] ?? "",
    unit: name === "decode_rate" ? "tokens/s" : "ms",
    large: name === "ttft",
    log: name !== "decode_rate",
    lines: quantiles.flatMap((quantile) => tailLines(summary, name, quantile, quantile)),
    limit: limitOn(name),
    guide: null,
    knee: null,
  });
  const open = summary.load.axis === "rate";
  const clock = clockQuantile(points);
  const clocks: Drawing = {
    ...tails("ttft", []),
    name: `ttft ${clock}`,
    words: "on both clocks: from the send, and dashed from the intended time",
    large: false,
    limit: null,
    lines: [
      ...tailLines(summary, "ttft", clock, "sent", "main"),
      ...tailLines(summary, "ttft_intended", clock, "intended", "tail"),
    ],
  };
  const all = [
    throughputDrawing(summary, axis),
    tails("ttft", ["p50", "p95", "p99"]),
    tokensDrawing(summary),
    ...(open ? [clocks] : []),
    tails("e2e", ["p50", "p95"]),
    tails("chunk_gap", ["p50", "p99"]),
    tails("decode_rate", ["p50", "p5"]),
    errorsDrawing(summary, limitOn("errors")),
  ];
  return all.filter(({ lines }) => lines.some((each) => each.points.some(({ value, lost }) => value !== null || lost)));
}

function throughputDrawing(summary: SweepSummary, { measured }: LoadAxis): Drawing {
  const first = Math.min(...measured);
  const lowest = sweptSides(summary).map(
    (side) =>
      placedPoints(summary.endpoints[side].sweep?.points ?? []).find(({ load }) => load === first)?.throughput.value ??
      0,
  );
  const most = Math.max(...lowest);
  const open = summary.load.axis === "rate";
  return {
    name: "requests/s",
    words: open ? "answered; dotted: all that were offered" : "answered; dotted: as the lowest load scales",
    unit: "requests/s",
    large: true,
    log: false,
    lines: intervalLines(summary, ({ throughput }) => throughput, "requests/s"),
    limit: null,
    guide: open ? (load) => load : most > 0 ? (load) => (most / first) * load : null,
    knee: ({ knee }) => knee?.throughput ?? null,
  };
}

function tokensDrawing(summary: SweepSummary): Drawing {
  return {
    name: "output tokens/s",
    words: "that came, of all answers together",
    unit: "tokens/s",
    large: false,
    log: false,
    lines: intervalLines(summary, ({ outputTokensPerS }) => outputTokensPerS, "tokens/s"),
    limit: null,
    guide: null,
    knee: ({ knee }) => knee?.outputTokensPerS ?? null,
  };
}

/** Nothing where no request failed: a line at nought says no more than the table. */
function errorsDrawing(summary: SweepSummary, limit: SloLimit | null): Drawing {
  const failed = sweptSides(summary).some((side) =>
    summary.endpoints[side].sweep?.points.some(({ errors }) => errors.count > 0),
  );
  return {
    name: "errors",
    words: "of the requests that were sent",
    unit: "%",
    large: false,
    log: false,
    lines: failed ? errorLines(summary) : [],
    limit,
    guide: null,
    knee: null,
  };
}

function figureOf(drawing: Drawing, summary: SweepSummary, axis: LoadAxis): Markup | null {
  const marks = sweptSides(summary).map((role) => {
    const sweep = summary.endpoints[role].sweep;
    const knee = sweep?.knee ?? null;
    const value = sweep === null || drawing.knee === null ? null : drawing.knee(sweep);
    return { role, knee: knee && { load: knee.load, value }, goodput: sweep?.goodput?.load ?? null };
  });
  const { name, words, unit, large, log, lines, limit, guide } = drawing;
  const plot = sweepPlot({
    name,
    unit,
    size: large ? "large" : "small",
    axis,
    lines,
    marks,
    log,
    limit,
    guide,
  });
  if (plot.text === "") return null;
  return html`<figure><figcaption><code>${name}</code> <span class="soft">${words}</span></figcaption>${plot}</figure>`;
}
