/** Throughput and ttft p95 against the load, a panel an endpoint on the same axes, so that they compare by eye. */
import { loadAxis, placedPoints } from "../load-axis.js";
import { formatPlainMs, formatSignificant } from "../numbers.js";
import { sweptSides } from "../sweep-decision.js";
import type { SweepSummary } from "../sweep-summary.js";
import { LOAD_UNITS, sloLimits } from "../sweep-words.js";
import { standsAmongFailed } from "../tail-cell.js";
import { displayWidth } from "../text-width.js";
import { type Curve, curveValues, panelLines } from "./load-panel.js";
import { paragraph, type Screen, title } from "./screen.js";

const WIDEST_PANEL = 56;
/** A narrower panel tells no curve. */
const NARROWEST_PANEL = 34;
const GAP = 3;

/** Writes nothing where there is no curve: of a trace, or of one load. */
export function curveSection(screen: Screen, summary: SweepSummary): void {
  const axis = loadAxis(summary);
  const sides = sweptSides(summary);
  const curves = axis === null ? [] : curvesOf(summary).filter((curve) => curveValues(summary, curve).length > 0);
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
    [points.some(({ trusted }) => !trusted), "hollow: not to be trusted"],
    [sweeps.some(({ knee }) => knee !== null), "┷ knee, ━ its interval"],
    [sweeps.some(({ goodput }) => goodput !== null), "▲ highest load that keeps the SLO"],
    [curves.some(({ limit }) => limit !== null), "┄ the SLO's limit"],
    [points.some((point) => curves.some(({ lost }) => lost(point))), "↑ not reached: too many failed"],
  ];
  return words.flatMap(([shown, text]) => (shown ? [text] : [])).join("; ");
}
