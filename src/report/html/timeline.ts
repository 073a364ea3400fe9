/**
 * What was in flight when: a panel a phase, since a cold wake lasts longer than a whole warm round; in each panel a
 * band of lanes an endpoint. A bar is faint until its first token.
 */
import { scaleLinear } from "d3-scale";
import type { EndpointRole } from "../../config/settings.js";
import { formatDurationMs } from "../../core/duration.js";
import { SIDES } from "../facts.js";
import { formatCount, formatMs, plural } from "../numbers.js";
import type { TimelineBar } from "../report.js";
import { html, type Markup } from "./markup.js";
import { at, timeTicks } from "./svg.js";
import { thinned } from "./thinned.js";

const WIDTH = 1_060;
const LEFT = 82;
const LANE = 9;
const BAR = 6.5;
/** Bars of one panel: more of them are a page that no browser likes to open. */
const MAX_BARS = 4_000;

/** One figure a phase, in order of time. */
export function timeline(bars: readonly TimelineBar[]): Markup[] {
  const phases = new Map<string, TimelineBar[]>();
  for (const bar of [...bars].sort((a, b) => a.releasedMs - b.releasedMs || a.exchangeId - b.exchangeId)) {
    const known = phases.get(bar.phase);
    if (known) known.push(bar);
    else phases.set(bar.phase, [bar]);
  }
  return [...phases].map(([phase, each]) => panel(phase, each));
}

function panel(phase: string, bars: readonly TimelineBar[]): Markup {
  const start = bars.reduce((least, bar) => Math.min(least, bar.releasedMs), Number.POSITIVE_INFINITY);
  const end = bars.reduce((most, bar) => Math.max(most, bar.endedMs), Number.NEGATIVE_INFINITY);
  const drawn = new Set(
    thinned(bars, MAX_BARS, { matters: ({ ok }) => !ok, size: ({ releasedMs, endedMs }) => endedMs - releasedMs }),
  );
  const x = scaleLinear([start, Math.max(end, start + 1)], [LEFT, WIDTH - 4]);
  let top = 8;
  const bands = SIDES.map((role) => {
    const own = packed(bars.filter((bar) => bar.endpoint === role));
    const lanes = own.reduce((most, { lane }) => Math.max(most, lane + 1), 1);
    const y = top;
    top += lanes * LANE + 10;
    const label = html`<text class="label ${role}" x="${LEFT - 12}" y="${at(y + (lanes * LANE) / 2 + 3)}" text-anchor="end">${role}</text>`;
    return html`${label}${own.filter(({ bar }) => drawn.has(bar)).map(({ bar, lane }) => barPaths(role, bar, x, y + lane * LANE))}`;
  });
  const height = top + 18;
  const moments = timeTicks(start, end, 9);
  const stepMs = (moments[1] ?? 1_000) - (moments[0] ?? 0);
  const ticks = moments.map(
    (ms) => html`<g class="tick"><line x1="${at(x(ms))}" x2="${at(x(ms))}" y1="2" y2="${top - 4}"/>
<text x="${at(x(ms))}" y="${top + 10}" text-anchor="middle">${clock(ms, stepMs)}</text></g>`,
  );
  const failed = bars.filter((bar) => !bar.ok).length;
  const said = `${plural(bars.length, "request")} in ${formatDurationMs(end - start)}${failed === 0 ? "" : `, ${failed} failed`}`;
  const left =
    drawn.size === bars.length
      ? ""
      : `; ${formatCount(drawn.size)} are drawn, in the lanes of all: those that failed, the longest, and of the others a few evenly`;
  return html`<figure class="panel"><figcaption><b>${phase}</b> <span class="soft">${said}${left}</span></figcaption>
<div class="scroll" tabindex="0" role="region" aria-label="timeline of phase ${phase}"><svg class="timeline" viewBox="0 0 ${WIDTH} ${at(height)}" role="img" aria-label="timeline of phase ${phase}: ${said}">${ticks}${bands}</svg></div></figure>`;
}

function barPaths(role: EndpointRole, bar: TimelineBar, x: (ms: number) => number, y: number): Markup {
  const from = x(bar.releasedMs);
  const to = Math.max(from + 1, x(bar.endedMs));
  const first = bar.firstTokenMs === null ? to : Math.min(to, Math.max(from, x(bar.firstTokenMs)));
  const box = (a: number, b: number): string => `M${at(a)} ${at(y)}h${at(b - a)}v${BAR}h${at(a - b)}z`;
  const title = `${bar.caseId}, ${role}: ${formatMs(bar.endedMs - bar.releasedMs)}${bar.ok ? "" : ", failed"}`;
  const wait = html`<path class="wait ${role}" d="${box(from, first)}"><title>${title}</title></path>`;
  const flow = to > first ? html`<path class="flow ${role}" d="${box(first, to)}"/>` : null;
  const m = y + BAR / 2;
  const lost = bar.ok ? null : html`<path class="lost" d="M${at(to - 3)} ${at(m - 3)}l6 6m0 -6l-6 6"/>`;
  return html`${wait}${flow}${lost}`;
}

/** Each bar in the first lane that is free when it begins. */
function packed(bars: readonly TimelineBar[]): { bar: TimelineBar; lane: number }[] {
  const freeAt: number[] = [];
  return bars.map((bar) => {
    const free = freeAt.findIndex((ms) => ms <= bar.releasedMs);
    const lane = free === -1 ? freeAt.length : free;
    freeAt[lane] = bar.endedMs;
    return { bar, lane };
  });
}

/** Time since the run began: `8:40`, `1:02:05`, and `0:04.2` where ticks are closer than a second. */
function clock(ms: number, stepMs: number): string {
  const decimals = stepMs >= 1_000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3;
  const minutes = Math.floor(ms / 60_000);
  const seconds = ((ms - minutes * 60_000) / 1_000).toFixed(decimals).padStart(decimals === 0 ? 2 : decimals + 3, "0");
  if (minutes < 60) return `${minutes}:${seconds}`;
  return `${Math.floor(minutes / 60)}:${(minutes % 60).toString().padStart(2, "0")}:${seconds}`;
}
