/** Cold wakes as bars of what they were spent on, with the budget where it stands on the same scale. */
import { scaleLinear } from "d3-scale";
import type { EndpointRole } from "../../config/settings.js";
import { SIDES } from "../facts.js";
import { formatMs, formatPlainMs } from "../numbers.js";
import type { ColdTrial, Summary } from "../summary.js";
import { html, type Markup } from "./markup.js";
import { at, timeTicks } from "./svg.js";

const WIDTH = 760;
const LEFT = 92;
const RIGHT = 96;
const ROW = 26;

/** A budget that lies further out than this would leave the bars no room: it stands in the table. */
const BUDGET_WITHIN = 2;

const PARTS = ["refused", "unavailable", "connect", "connect", "headers", "token"] as const;

/** Every trial is a row; a trial without a token ends in a cross. */
export function wakePlot({ cold }: Summary): Markup {
  const trials = SIDES.flatMap((side) => cold[side].map((trial) => ({ side, trial })));
  const slowest = Math.max(1, ...trials.map(({ trial }) => lengthMs(trial)));
  const budgets = SIDES.flatMap((side) => shownBudgetMs(cold, side, slowest) ?? []);
  const longest = Math.max(slowest, ...budgets);
  const x = scaleLinear([0, longest], [LEFT, WIDTH - RIGHT]);
  const height = trials.length * ROW + 32;
  const ticks = timeTicks(0, longest, 6).map(
    (ms) =>
      html`<g class="tick"><line x1="${at(x(ms))}" x2="${at(x(ms))}" y1="4" y2="${height - 24}"/><text x="${at(x(ms))}" y="${height - 8}" text-anchor="middle">${ms === 0 ? "release" : formatPlainMs(ms)}</text></g>`,
  );
  const rows = trials.map(({ side, trial }, index) => {
    const y = 8 + index * ROW;
    const first = trials.findIndex((each) => each.side === side) === index;
    const name = first
      ? html`<text class="label ${side}" x="${LEFT - 12}" y="${y + 13}" text-anchor="end">${side}</text>`
      : null;
    const end = x(lengthMs(trial));
    const lost = trial.wakeMs === null ? html`<path class="lost" d="M${at(end - 4)} ${y + 5}l8 8m0 -8l-8 8"/>` : null;
    const budgetMs = shownBudgetMs(cold, side, slowest);
    const budget =
      budgetMs === null
        ? null
        : html`<path class="budget ${side}" d="M${at(x(budgetMs))} ${y - 3}v24"><title>budget ${formatPlainMs(budgetMs)}</title></path>`;
    return html`${name}${segments(side, trial, x, y)}${lost}${budget}<text class="value" x="${at(end + 10)}" y="${y + 13}">${formatMs(trial.wakeMs, "no token")}</text>`;
  });
  return html`<svg class="wake" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="cold wakes of both endpoints, every trial a bar">${ticks}${rows}</svg>`;
}

/** Null where there is none, and where it lies far beyond every wake. */
export function shownBudgetMs({ promised }: Summary["cold"], side: EndpointRole, slowestMs: number): number | null {
  const budgetMs = promised[side]?.budgetMs ?? null;
  return budgetMs === null || budgetMs > BUDGET_WITHIN * slowestMs ? null : budgetMs;
}

function segments(side: string, trial: ColdTrial, x: (ms: number) => number, y: number): Markup[] {
  let from = 0;
  return partsMs(trial).map((ms, index) => {
    const start = from;
    from += ms;
    const width = x(from) - x(start);
    if (width < 0.05) return html``;
    return html`<rect class="part ${PARTS[index] ?? ""} ${side}" x="${at(x(start))}" y="${y}" width="${at(Math.max(0.6, width))}" height="18"><title>${PARTS[index] ?? ""} ${formatMs(ms)}</title></rect>`;
  });
}

function partsMs({ parts }: ColdTrial): number[] {
  const { refusedMs, unavailableMs, connectMs, requestMs, headersMs, firstTokenMs } = parts;
  return [refusedMs, unavailableMs, connectMs, requestMs, headersMs ?? 0, firstTokenMs ?? 0];
}

/** What was waited, whether a token came or not. */
export function lengthMs(trial: ColdTrial): number {
  return Math.max(
    trial.wakeMs ?? 0,
    partsMs(trial).reduce((sum, ms) => sum + ms, 0),
  );
}
