/** What charts share: rounded coordinates, marks for the two endpoints, ticks that a person would choose. */
import type { EndpointRole } from "../../config/settings.js";
import { html, type Markup } from "./markup.js";

/** A coordinate with one decimal: less would be seen, more would only be bytes. */
export function at(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The endpoints differ in shape as well as in colour: a disc and a diamond. */
export function mark(role: EndpointRole, x: number, y: number, size: number, label = ""): Markup {
  const title = label === "" ? null : html`<title>${label}</title>`;
  if (role === "baseline")
    return html`<circle class="mark ${role}" cx="${at(x)}" cy="${at(y)}" r="${at(size)}">${title}</circle>`;
  const d = size * 1.25;
  const path = `M${at(x)} ${at(y - d)}L${at(x + d)} ${at(y)}L${at(x)} ${at(y + d)}L${at(x - d)} ${at(y)}Z`;
  return html`<path class="mark ${role}" d="${path}">${title}</path>`;
}

/** The sign of an endpoint in running text. */
export function sign(role: EndpointRole): Markup {
  return html`<svg class="sign" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">${mark(role, 6, 6, 4)}</svg>`;
}

const TIME_STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000].concat(
  [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1_440].map((minutes) => minutes * 60_000),
);

/** Round moments of a clock between two times, at most `count` of them. */
export function timeTicks(fromMs: number, toMs: number, count: number): number[] {
  const span = toMs - fromMs;
  const step = TIME_STEPS_MS.find((each) => span / each <= count) ?? span;
  const first = Math.ceil(fromMs / step);
  const ticks: number[] = [];
  for (let index = first; index * step <= toMs && ticks.length <= count; index++) ticks.push(index * step);
  return ticks;
}

/** 1, 2, 5 × 10ⁿ within a domain. */
export function decadeTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of [1, 2, 5]) {
      const tick = step * 10 ** power;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

/** Ticks that leave room for their text; 1 is always kept. */
export function spacedTicks(ticks: readonly number[], x: (value: number) => number): number[] {
  const kept: number[] = ticks.includes(1) ? [1] : [];
  for (const tick of ticks) if (kept.every((other) => Math.abs(x(other) - x(tick)) >= 44)) kept.push(tick);
  return kept.sort((a, b) => a - b);
}
