/** What a sweep found, marked in a plot: up to where the SLO holds, the knee with its interval, a limit of the SLO. */
import type { EndpointRole } from "../../config/settings.js";
import { printableLine } from "../../core/printable.js";
import type { ValueAxis } from "../load-axis.js";
import type { SweepInterval } from "../sweep-summary.js";
import { loadText, type SloLimit } from "../sweep-words.js";
import { html, type Markup } from "./markup.js";
import { at } from "./svg.js";

export const EDGE = { top: 14, bottom: 26, left: 48 };

/** Where loads and values stand in a plot. */
export interface Frame {
  readonly x: (load: number) => number;
  readonly y: ValueAxis["place"];
  readonly right: number;
  readonly bottom: number;
}

export interface EndpointMarks {
  readonly role: EndpointRole;
  readonly knee: { readonly load: SweepInterval; readonly value: SweepInterval | null } | null;
  readonly goodput: SweepInterval | null;
}

/** Shaded, with a line where it ends. */
export function goodRegion({ role, goodput }: EndpointMarks, { x, right, bottom }: Frame): Markup | null {
  if (goodput === null) return null;
  const [from, to] = [EDGE.left, Math.min(right, x(goodput.value))];
  const title = `${role}: the SLO holds up to ${loadText(goodput.value)}`;
  return html`<g class="good ${role}"><rect x="${from}" y="${EDGE.top}" width="${at(Math.max(0, to - from))}" height="${at(bottom - EDGE.top)}"/><line x1="${at(to)}" x2="${at(to)}" y1="${EDGE.top}" y2="${at(bottom)}"/><title>${title}</title></g>`;
}

export function limitLine(limit: SloLimit | null, { y, right }: Frame): Markup | null {
  if (limit === null) return null;
  const height = at(y(limit.value));
  return html`<g class="limit"><line x1="${EDGE.left}" x2="${at(right)}" y1="${height}" y2="${height}"/><text x="${EDGE.left + 5}" y="${at(height - 4)}">${printableLine(limit.text, 40)}</text></g>`;
}

/** Where the value is known too, both intervals cross in a ring. */
export function kneeMark({ role, knee }: EndpointMarks, { x, y, right, bottom }: Frame): Markup | null {
  if (knee === null) return null;
  const place = (load: number): number => at(Math.min(right, Math.max(EDGE.left, x(load))));
  const { load, value } = knee;
  const [from, to] = [place(load.lo ?? load.value), place(load.hi ?? load.value)];
  const height = value === null ? at(bottom) : at(y(value.value));
  const upright =
    value === null || value.lo === null || value.hi === null
      ? null
      : html`<line class="whisker" x1="${place(load.value)}" x2="${place(load.value)}" y1="${at(y(value.lo))}" y2="${at(y(value.hi))}"/>`;
  const ring = value === null ? null : html`<circle class="ring" cx="${place(load.value)}" cy="${height}" r="6"/>`;
  return html`<g class="knee ${role}"><line class="drop" x1="${place(load.value)}" x2="${place(load.value)}" y1="${EDGE.top}" y2="${at(bottom)}"/><line class="whisker" x1="${from}" x2="${to}" y1="${height}" y2="${height}"/>${upright}${ring}<title>${role}: knee at ${loadText(load.value)}</title></g>`;
}
