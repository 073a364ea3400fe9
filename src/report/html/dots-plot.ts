/** One row a case: the ratio candidate / baseline of each round, small, and of the case's median, large. */
import { scaleLog } from "d3-scale";
import { printableLine } from "../../core/printable.js";
import { formatChange } from "../numbers.js";
import type { CaseDots } from "../report.js";
import { html, type Markup } from "./markup.js";
import { at, mark, spacedTicks } from "./svg.js";
import { evenly } from "./thinned.js";

const WIDTH = 900;
const ROW = 17;
const EDGE = { top: 42, right: 214, bottom: 12, left: 200 };
const TICKS = [0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10];
/** Beyond this a dot stands at the edge, as an arrow: one wild case must not flatten all others. */
const FURTHEST = 6;

/** Small dots of one plot, where every case has its share. */
const MAX_DOTS = 1_500;
const LEAST_DOTS = 3;

/** How many rounds of a case are drawn, where so many cases are. */
export function dotsEach(cases: number): number {
  return Math.max(LEAST_DOTS, Math.floor(MAX_DOTS / Math.max(1, cases)));
}

/** The plot of one metric, the slowest case first. `anchor` gives the id of a case's row in the page. */
export function dotsPlot(
  metric: string,
  better: "lower" | "higher" | "neither",
  dots: readonly CaseDots[],
  anchor: (caseId: string) => string,
): Markup {
  const slowFirst = better === "higher" ? 1 : -1;
  const rows = [...dots].sort((a, b) => slowFirst * (a.ratio - b.ratio) || (a.caseId < b.caseId ? -1 : 1));
  const each = dotsEach(rows.length);
  const ratios = rows.flatMap((row) => [row.ratio, ...row.rounds]).filter((ratio) => ratio > 0);
  const least = ratios.reduce((low, ratio) => Math.min(low, ratio), 0.8);
  const most = ratios.reduce((high, ratio) => Math.max(high, ratio), 1.25);
  const low = Math.max(1 / FURTHEST, least) * 0.97;
  const high = Math.min(FURTHEST, most) * 1.03;
  const x = scaleLog([low, high], [EDGE.left, WIDTH - EDGE.right]).clamp(true);
  const height = EDGE.top + rows.length * ROW + EDGE.bottom;
  const end = height - EDGE.bottom;
  const ticks = spacedTicks(
    TICKS.filter((tick) => tick >= low && tick <= high),
    x,
  ).map(
    (
      tick,
    ) => html`<g class="tick${tick === 1 ? " one" : ""}"><line x1="${at(x(tick))}" x2="${at(x(tick))}" y1="${EDGE.top - 6}" y2="${end}"/>
<text x="${at(x(tick))}" y="${EDGE.top - 11}" text-anchor="middle">${tick === 1 ? "same" : formatChange(tick).replace(".0", "")}</text></g>`,
  );
  const body = rows.map((row, index) => {
    const y = EDGE.top + (index + 0.5) * ROW;
    const beyond = row.ratio > high || row.ratio < low;
    const rounds = drawnRounds(row.rounds, each).map(
      (ratio) => html`<circle class="round" cx="${at(x(ratio))}" cy="${at(y)}" r="2.2"/>`,
    );
    const title = `${row.caseId}: ${formatChange(row.ratio)}`;
    return html`<a href="#${anchor(row.caseId)}" class="case-row"><rect class="hit" x="0" y="${at(y - ROW / 2)}" width="${WIDTH}" height="${ROW}"/>
<text x="${EDGE.left - 12}" y="${at(y + 3.8)}" text-anchor="end">${printableLine(row.caseId, 28)}</text>
<line class="guide" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${at(y)}" y2="${at(y)}"/>${rounds}${mark("candidate", x(row.ratio), y, 3.6, title)}
<text class="value" x="${WIDTH - EDGE.right + 10}" y="${at(y + 3.8)}">${formatChange(row.ratio)}${beyond ? " ▸" : ""}</text><text class="category" x="${WIDTH - EDGE.right + 84}" y="${at(y + 3.8)}">${printableLine(row.category, 20)}</text></a>`;
  });
  const [left, right] = better === "higher" ? ["slower", "faster"] : ["faster", "slower"];
  const label = `${metric}: ratio candidate to baseline, one row a case, ${rows.length} cases`;
  return html`<svg class="dots" viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="${label}">
<text class="side" x="${at(x(1) - 10)}" y="12" text-anchor="end">← candidate ${left}</text><text class="side" x="${at(x(1) + 10)}" y="12">candidate ${right} →</text>
${ticks}${body}</svg>`;
}

/** From the lowest to the highest, evenly in between. */
function drawnRounds(rounds: readonly number[], most: number): readonly number[] {
  if (rounds.length <= most) return rounds;
  const sorted = [...rounds].sort((a, b) => a - b);
  return evenly(sorted.length, most).map((place) => sorted[place] as number);
}
