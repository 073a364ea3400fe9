/** The interval of a ratio as a small figure: a bar over a line that means "no change". */
import { scaleLinear } from "d3-scale";
import type { ShiftSummary } from "../decision.js";
import { formatChange, formatChangeInterval } from "../numbers.js";

import { html, type Markup } from "./markup.js";
import { at, mark } from "./svg.js";

const WIDTH = 220;
const HEIGHT = 26;

/** The furthest bound of all shifts, as |log ratio|: the cards of a page share one scale. */
export function intervalReach(shifts: readonly ShiftSummary[]): number {
  const logs = shifts
    .flatMap(({ ratio, lo, hi }) => [ratio, lo, hi])
    .filter((value) => value !== null && value > 0)
    .map((value) => Math.abs(Math.log(value as number)));
  return Math.min(Math.log(4), Math.max(Math.log(1.1), ...logs));
}

/** Null when there is no estimate. */
export function intervalFigure(shift: ShiftSummary, reach: number): Markup | null {
  const { ratio, lo, hi } = shift;
  if (ratio === null || ratio <= 0) return null;
  const scale = scaleLinear([-reach, reach], [8, WIDTH - 8]).clamp(true);
  const x = (value: number): number => scale(Math.log(value));
  const y = HEIGHT / 2;
  const bar =
    lo === null || hi === null || lo <= 0
      ? null
      : html`<line class="reach" x1="${at(x(lo))}" x2="${at(x(hi))}" y1="${y}" y2="${y}"/>`;
  const label = `candidate / baseline ${formatChange(ratio)} ${formatChangeInterval(lo, hi)}`;
  return html`<svg class="interval" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}"><line class="axis" x1="8" x2="${WIDTH - 8}" y1="${y}" y2="${y}"/><line class="one" x1="${WIDTH / 2}" x2="${WIDTH / 2}" y1="3" y2="${HEIGHT - 3}"/>${bar}${mark("candidate", x(ratio), y, 4)}</svg>`;
}
