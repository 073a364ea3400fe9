/** What the page of a nightly history adds to the style of reports. */
export const TREND_STYLE = `
.trend .endpoint h2 { font-size: 13px; font-weight: 600; letter-spacing: 0; }
.trend .plots { margin-top: 10px; align-items: start; }
.night-plot { display: block; width: 100%; height: auto; overflow: visible; }
.night-plot .band { fill: var(--wash); stroke: none; shape-rendering: crispEdges; }
.night-plot .bound { fill: none; stroke: var(--candidate); stroke-width: 1.2; stroke-dasharray: 4 3; }
.night-plot .path { fill: none; stroke: var(--rule); stroke-width: 1; }
.night-plot .night { fill: var(--ink); stroke: var(--bg); stroke-width: 1; }
.night-plot .night.early { fill: var(--soft); }
.night-plot .alarm { fill: var(--bg); stroke: var(--candidate); stroke-width: 2; }
.night-plot .alarm.fail { fill: var(--candidate); }
.night-plot .change { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 1 3; }
.night-plot .change-head { fill: var(--ink); }
.night-plot .gap { stroke: var(--soft); stroke-width: 1.2; }
.state { font-weight: 650; }
.state.fail, .state.watch { color: var(--candidate); }
figcaption .raw { display: block; color: var(--soft); font-size: 12.5px; }
.nights td { font-size: 13.5px; }
.nights .wide { min-width: 240px; overflow-wrap: anywhere; }
.wakes { overflow-wrap: anywhere; max-width: 60em; }
.how { max-width: 46em; color: var(--soft); }
.how p + p { margin-top: 8px; }
.legend { color: var(--soft); font-size: 13px; margin-bottom: 18px; display: flex; flex-wrap: wrap; gap: 4px 18px; }
.legend svg.night-plot { display: inline-block; width: 22px; height: 12px; vertical-align: -1px; margin-right: 5px; }
.ended { list-style: none; }
.ended li { padding: 3px 0; }
`;
