/** What the signs of a sweep's plots mean: only those that stand in some plot. */
import { sweptSides } from "../sweep-decision.js";
import type { EndpointSweep, SweepSummary } from "../sweep-summary.js";
import { html, type Markup } from "./markup.js";
import { sign } from "./svg.js";

export function sweepLegend(summary: SweepSummary): Markup {
  const sweeps = sweptSides(summary).flatMap((side) => summary.endpoints[side].sweep ?? []);
  const some = (test: (sweep: EndpointSweep) => boolean): boolean => sweeps.some(test);
  const keys: [shown: boolean, drawn: Markup, text: string][] = [
    [
      some(({ points }) => points.some(({ throughput }) => throughput.lo !== null)),
      html`<rect class="band candidate" x="1" y="1" width="20" height="10"/>`,
      "95 % interval",
    ],
    [
      some(({ knee }) => knee !== null),
      html`<g class="knee candidate"><line class="drop" x1="11" x2="11" y1="0" y2="12"/><line class="whisker" x1="4" x2="18" y1="11" y2="11"/></g>`,
      "knee, with its interval",
    ],
    [
      some(({ goodput }) => goodput !== null),
      html`<g class="good candidate"><rect x="0" y="0" width="16" height="12"/><line x1="16" x2="16" y1="0" y2="12"/></g>`,
      "up to the highest load that keeps the SLO",
    ],
    [summary.load.slo !== null, html`<g class="limit"><line x1="0" x2="22" y1="6" y2="6"/></g>`, "a limit of the SLO"],
    [
      some(({ points }) => points.some(({ trusted }) => !trusted)),
      html`<g class="doubtful candidate"><path class="mark candidate" d="M11 2L15 6L11 10L7 6Z"/></g>`,
      "hollow: not to be trusted",
    ],
  ];
  const shown = keys.flatMap(([present, drawn, text]) =>
    present
      ? [
          html`<span><svg class="sweep" viewBox="0 0 22 12" width="22" height="12" aria-hidden="true">${drawn}</svg>${text}</span>`,
        ]
      : [],
  );
  const sides = sweptSides(summary).map((side) => html`<span>${sign(side)} ${side}</span>`);
  return html`<p class="legend">${sides}${shown}<span>p50 thin, p95 and p5 solid, p99 dashed</span></p>`;
}
