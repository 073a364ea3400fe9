/** The curves of a sweep: throughput and ttft large, what explains them small. */
import type { EndpointRole } from "../../config/settings.js";
import { type LoadAxis, loadAxis, type PlacedPoint, placedPoints } from "../load-axis.js";
import { formatShare, formatWithUnit } from "../numbers.js";
import { clockQuantile, sweptSides } from "../sweep-decision.js";
import type { EndpointSweep, SweepInterval, SweepSummary, SweepTail } from "../sweep-summary.js";
import { intervalText, LOAD_UNITS, loadText, type SloLimit, sloLimits } from "../sweep-words.js";
import { standsAmongFailed } from "../tail-cell.js";
import { EMPTY, html, type Markup } from "./markup.js";
import { section } from "./section.js";
import { sign } from "./svg.js";
import { type LinePoint, type SweepLine, type SweepPlotInput, sweepPlot } from "./sweep-plot.js";
import { METRIC_WORDS } from "./words.js";

type TailName = "ttft" | "ttft_intended" | "chunk_gap" | "e2e" | "decode_rate";
type QuantileName = "p5" | "p50" | "p95" | "p99";

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
    drawings.filter((each) => each.large === large).map((each) => figureOf(each, summary, axis));
  const proportional = axis.log ? "by doublings" : "evenly spaced";
  return section(
    "curves",
    "Curves",
    `Against the load, ${LOAD_UNITS[summary.load.axis]}, ${proportional}. Each point is one measured load; a line between two is no measurement.`,
    html`${legend(summary)}<div class="plots large">${figures(true)}</div><div class="plots">${figures(false)}</div>`,
  );
}

function drawingsOf(summary: SweepSummary, axis: LoadAxis): Drawing[] {
  const points = sweptSides(summary).flatMap((side) => summary.endpoints[side].sweep?.points ?? []);
  const limits = summary.load.slo === null ? [] : sloLimits(points);
  const limitOn = (metric: string): SloLimit | null => limits.find((each) => each.metric === metric) ?? null;
  const tails = (name: TailName, quantiles: readonly QuantileName[]): Drawing => ({
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
      ...tailLines(summary, "ttft", clock, "sent"),
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
  const share = ({ errors }: PlacedPoint): number | null => (errors.of === 0 ? null : (100 * errors.count) / errors.of);
  const lines = sweptSides(summary).map((role): SweepLine => {
    const points = pointsOf(summary, role, (point) => {
      const value = share(point);
      return { value, lost: false, text: value === null ? "" : formatShare(value / 100) };
    });
    return { role, style: "main", label: role, points };
  });
  return {
    name: "errors",
    words: "of the requests that were sent",
    unit: "%",
    large: false,
    log: false,
    lines: failed ? lines : [],
    limit,
    guide: null,
    knee: null,
  };
}

function intervalLines(
  summary: SweepSummary,
  of: (point: PlacedPoint) => SweepInterval | null,
  unit: string,
): SweepLine[] {
  return sweptSides(summary).map((role): SweepLine => {
    const points = pointsOf(summary, role, (point) => {
      const interval = of(point);
      if (interval === null) return { value: null, lost: false, text: "" };
      const { value, lo, hi } = interval;
      return { value, lo, hi, lost: false, text: `${intervalText(interval)} ${unit}` };
    });
    return { role, style: "main", label: role, points };
  });
}

function tailLines(
  summary: SweepSummary,
  name: TailName,
  quantile: QuantileName,
  label: string,
  style: SweepLine["style"] = STYLES[quantile],
): SweepLine[] {
  const better = name === "decode_rate" ? "higher" : "lower";
  const unit = better === "higher" ? "tokens/s" : "ms";
  return sweptSides(summary).map((role): SweepLine => {
    const points = pointsOf(summary, role, (point) => {
      const tail: SweepTail | null = point[name];
      const lost = tail !== null && standsAmongFailed(tail, quantile, better);
      const value = lost ? null : (tail?.[quantile] ?? null);
      // A rate that is not reached lies at the bottom, where no arrow can show it.
      return {
        value,
        lost: lost && better === "lower",
        text: `${quantile} ${formatWithUnit(value, unit, "not reached")}`,
      };
    });
    return { role, style, label, points };
  });
}

const STYLES: Readonly<Record<QuantileName, SweepLine["style"]>> = {
  p50: "middle",
  p5: "main",
  p95: "main",
  p99: "tail",
};

type PointValue = Pick<LinePoint, "value" | "lost"> & {
  readonly lo?: number | null;
  readonly hi?: number | null;
  readonly text: string;
};

function pointsOf(summary: SweepSummary, role: EndpointRole, of: (point: PlacedPoint) => PointValue): LinePoint[] {
  const unit = LOAD_UNITS[summary.load.axis];
  return placedPoints(summary.endpoints[role].sweep?.points ?? []).map((point) => {
    const { value, lo = null, hi = null, lost, text } = of(point);
    const doubt = point.trusted ? "" : "; this machine was in the way";
    const title = `${role} at ${loadText(point.load)} ${unit}: ${text}, n = ${point.requests}, ${point.state}${doubt}`;
    return { load: point.load, value, lo, hi, lost, trusted: point.trusted, title };
  });
}

function figureOf(drawing: Drawing, summary: SweepSummary, axis: LoadAxis): Markup {
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
    axisName: "",
    lines,
    marks,
    log,
    limit,
    guide,
  });
  return html`<figure><figcaption><code>${name}</code> <span class="soft">${words}</span></figcaption>${plot}</figure>`;
}

/** Only the signs that stand in some plot. */
function legend(summary: SweepSummary): Markup {
  const sweeps = sweptSides(summary).flatMap((side) => summary.endpoints[side].sweep ?? []);
  const key = (drawn: Markup, text: string): Markup =>
    html`<span><svg class="sweep" viewBox="0 0 22 12" width="22" height="12" aria-hidden="true">${drawn}</svg>${text}</span>`;
  const some = (test: (sweep: EndpointSweep) => boolean): boolean => sweeps.some(test);
  return html`<p class="legend">${sweptSides(summary).map((side) => html`<span>${sign(side)} ${side}</span>`)}${
    some(({ points }) => points.some(({ throughput }) => throughput.lo !== null))
      ? key(html`<rect class="band candidate" x="1" y="1" width="20" height="10"/>`, "95 % interval")
      : EMPTY
  }${
    some(({ knee }) => knee !== null)
      ? key(
          html`<g class="knee candidate"><line class="drop" x1="11" x2="11" y1="0" y2="12"/><line class="whisker" x1="4" x2="18" y1="11" y2="11"/></g>`,
          "knee, with its interval",
        )
      : EMPTY
  }${
    some(({ goodput }) => goodput !== null)
      ? key(
          html`<g class="good candidate"><rect x="0" y="0" width="16" height="12"/><line x1="16" x2="16" y1="0" y2="12"/></g>`,
          "up to the highest load that keeps the SLO",
        )
      : EMPTY
  }${
    summary.load.slo === null
      ? EMPTY
      : key(html`<g class="limit"><line x1="0" x2="22" y1="6" y2="6"/></g>`, "a limit of the SLO")
  }${
    some(({ points }) => points.some(({ trusted }) => !trusted))
      ? key(
          html`<g class="doubtful candidate"><path class="mark candidate" d="M11 2L15 6L11 10L7 6Z"/></g>`,
          "hollow: this machine was in the way",
        )
      : EMPTY
  }<span>p50 thin, p95 and p5 solid, p99 dashed</span></p>`;
}
