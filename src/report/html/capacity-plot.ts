/**
 * A day of demand against what a tier's replicas bear: the mean of each hour as an area, what has to be borne above it dashed,
 * the replicas of each hour as steps, those that are always on as a dashed line with the interval around it. Spare ones are
 * left out: they are there to be lost.
 */
import { scaleLinear } from "d3-scale";
import type { CapacitySummary, CapacityTier } from "../capacity-summary.js";
import { perTimeText } from "../capacity-words.js";
import { formatSignificant, plural } from "../numbers.js";
import { EMPTY, html, type Markup } from "./markup.js";
import { at } from "./svg.js";

const WIDTH = 470;
const HEIGHT = 190;
const EDGE = { top: 12, right: 10, bottom: 22, left: 44 };
const RIGHT = WIDTH - EDGE.right;
const BOTTOM = HEIGHT - EDGE.bottom;

interface Frame {
  readonly x: (hour: number) => number;
  readonly y: (perS: number) => number;
}

/** Empty where nobody knows what the tier bears. */
export function capacityPlot(
  tier: CapacityTier,
  demand: CapacitySummary["demand"],
  day: "weekday" | "weekend",
): Markup {
  const rates = demand[day];
  const perS = tier.bears?.perS;
  if (rates === null || perS === undefined) return EMPTY;
  const borne = (replicas: number): number => Math.max(0, replicas - tier.spare) * perS.value;
  const steps = (tier.byHour?.[day] ?? []).map(borne);
  const flat = tier.replicas === null ? perS.value : borne(tier.replicas.value);
  const times = flat / perS.value;
  const band = perS.lo === null ? null : ([perS.lo * times, (perS.hi ?? perS.value) * times] as const);
  // Both days on one scale: the higher of what is asked and what is borne.
  const highest = Math.max(demand.requiredPerS, flat, band?.[1] ?? 0);
  const x = scaleLinear([0, 24], [EDGE.left, RIGHT]);
  const y = scaleLinear([0, highest * 1.04], [BOTTOM, EDGE.top]);
  const frame: Frame = { x, y };
  const required = rates.map((rate) => (rate * demand.requiredPerS) / demand.busiestPerS);
  const yTicks = y
    .ticks(4)
    .map(
      (value) =>
        html`<g class="tick"><line x1="${EDGE.left}" x2="${RIGHT}" y1="${at(y(value))}" y2="${at(y(value))}"/><text x="${EDGE.left - 6}" y="${at(y(value) + 3.5)}" text-anchor="end">${Number(value.toFixed(6))}</text></g>`,
    );
  const xTicks = [0, 6, 12, 18, 24].map(
    (hour) =>
      html`<text x="${at(Math.min(x(hour), RIGHT - 6))}" y="${BOTTOM + 15}" text-anchor="middle">${hour} h</text>`,
  );
  const wash =
    band === null
      ? null
      : html`<rect class="band" x="${EDGE.left}" width="${RIGHT - EDGE.left}" y="${at(y(band[1]))}" height="${at(Math.max(0.6, y(band[0]) - y(band[1])))}"/>`;
  const hourly = steps.length === 0 ? null : html`<path class="hourly" d="${stepPath(steps, frame)}"/>`;
  const area = `${stepPath(rates, frame)}V${at(y(0))}H${at(x(0))}Z`;
  const label = `${tier.name}: requests a second by hour, ${formatSignificant(demand.requiredPerS)} asked at most, ${formatSignificant(flat)} borne`;
  return html`<svg class="capacity-plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
${yTicks}${xTicks}${wash}<path class="demand" d="${area}"/><path class="required" d="${stepPath(required, frame)}"/>${hourly}<path class="always" d="M${EDGE.left} ${at(y(flat))}H${RIGHT}"/>${hits(rates, required, tier, day, frame)}</svg>
`;
}

function stepPath(values: readonly number[], { x, y }: Frame): string {
  return values
    .map(
      (value, hour) => `${hour === 0 ? "M" : "V"}${hour === 0 ? `${at(x(0))} ` : ""}${at(y(value))}H${at(x(hour + 1))}`,
    )
    .join("");
}

/** A column an hour that says its figures. */
function hits(
  rates: readonly number[],
  required: readonly number[],
  tier: CapacityTier,
  day: "weekday" | "weekend",
  { x }: Frame,
): Markup[] {
  return rates.map((rate, hour) => {
    const replicas = tier.byHour?.[day]?.[hour];
    const count = replicas === undefined ? "" : `, ${plural(replicas, "replica")}`;
    const title = `${hour} to ${hour + 1} h: ${perTimeText(rate)}, ${perTimeText(required[hour] ?? 0)} to be borne${count}`;
    return html`<rect class="hit" x="${at(x(hour))}" y="${EDGE.top}" width="${at(x(hour + 1) - x(hour))}" height="${BOTTOM - EDGE.top}"><title>${title}</title></rect>`;
  });
}

export function capacityLegend(): Markup {
  const key = (drawn: Markup, text: string): Markup =>
    html`<span><svg class="capacity-plot" viewBox="0 0 22 12" aria-hidden="true">${drawn}</svg>${text}</span>`;
  return html`<p class="legend">${key(html`<path class="demand" d="M1 11V4H21V11Z"/>`, "mean demand of the hour")}${key(html`<path class="required" d="M1 6H21"/>`, "to be borne: its busiest moments and headroom")}${key(html`<path class="hourly" d="M1 9H11V3H21"/>`, "scheduled replicas bear")}${key(html`<path class="always" d="M1 6H21"/>`, "replicas that are always on bear")}${key(html`<rect class="band" x="1" y="2" width="20" height="8"/>`, "its interval")}</p>`;
}
