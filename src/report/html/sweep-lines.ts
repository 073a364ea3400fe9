/** A sweep's figures as lines of a plot, one an endpoint: what each point says stands in its title. */
import type { EndpointRole } from "../../config/settings.js";
import { type PlacedPoint, placedPoints } from "../load-axis.js";
import { formatShare, formatWithUnit } from "../numbers.js";
import { sweptSides } from "../sweep-decision.js";
import type { SweepInterval, SweepSummary, SweepTail } from "../sweep-summary.js";
import { intervalText, LOAD_UNITS, loadText } from "../sweep-words.js";
import { standsAmongFailed } from "../tail-cell.js";
import type { LinePoint, SweepLine } from "./sweep-plot.js";

export type LineTail = "ttft" | "ttft_intended" | "chunk_gap" | "e2e" | "decode_rate";
export type LineQuantile = "p5" | "p50" | "p95" | "p99";

/** With their intervals as bands. */
export function intervalLines(
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

/** One quantile of one tail. */
export function tailLines(
  summary: SweepSummary,
  name: LineTail,
  quantile: LineQuantile,
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

const STYLES: Readonly<Record<LineQuantile, SweepLine["style"]>> = {
  p50: "middle",
  p5: "main",
  p95: "main",
  p99: "tail",
};

/** The share of errors, in percent. */
export function errorLines(summary: SweepSummary): SweepLine[] {
  return sweptSides(summary).map((role): SweepLine => {
    const points = pointsOf(summary, role, ({ errors: { count, of } }) => {
      const value = of === 0 ? null : (100 * count) / of;
      return { value, lost: false, text: value === null ? "" : formatShare(value / 100) };
    });
    return { role, style: "main", label: role, points };
  });
}

type PointValue = Pick<LinePoint, "value" | "lost"> & {
  readonly lo?: number | null;
  readonly hi?: number | null;
  readonly text: string;
};

function pointsOf(summary: SweepSummary, role: EndpointRole, of: (point: PlacedPoint) => PointValue): LinePoint[] {
  const unit = LOAD_UNITS[summary.load.axis];
  return placedPoints(summary.endpoints[role].sweep?.points ?? []).map((point) => {
    const { value, lo = null, hi = null, lost, text } = of(point);
    const doubt = point.trusted ? "" : "; not to be trusted";
    const title = `${role} at ${loadText(point.load)} ${unit}: ${text}, n = ${point.requests}, ${point.state}${doubt}`;
    return { load: point.load, value, lo, hi, lost, trusted: point.trusted, title };
  });
}
