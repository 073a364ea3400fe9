/** What the page of a capacity plan adds to the style of reports. */
export const CAPACITY_STYLE = `
.capacity-plot { display: block; width: 100%; height: auto; overflow: visible; }
.capacity-plot .demand { fill: var(--baseline-wash); stroke: var(--baseline); stroke-width: 1.2; }
.capacity-plot .required { fill: none; stroke: var(--baseline); stroke-width: 1.4; stroke-dasharray: 3 3; }
.capacity-plot .hourly { fill: none; stroke: var(--candidate); stroke-width: 1.8; }
.capacity-plot .always { fill: none; stroke: var(--candidate); stroke-width: 1.4; stroke-dasharray: 7 4; }
.capacity-plot .band { fill: var(--candidate-wash); }
.capacity-plot .hit { fill: transparent; }
.capacity-plot .hit:hover { fill: var(--ink); fill-opacity: 0.06; }
.legend { color: var(--soft); font-size: 13px; margin-bottom: 18px; display: flex; flex-wrap: wrap; gap: 4px 18px; }
.legend svg.capacity-plot { display: inline-block; width: 22px; height: 12px; vertical-align: -1px; margin-right: 5px; }
.days { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 8px 28px; max-width: 560px; }
.days.both { max-width: none; }
.verdict.recommended { color: var(--good); }
.verdict.tied, .verdict.unsure { color: var(--ink); }
.verdict.none { color: var(--bad); }
.top .reason { max-width: 62em; }
.tiers th b { font-weight: 650; }
.tiers th, .tiers td, .modes th, .modes td { white-space: nowrap; }
.tiers td .soft, .modes td .soft { font-size: 12.5px; }
.modes td .soft { display: block; }
.tiers tr.chosen th, .modes tr.chosen th { font-weight: 650; }
.meets.no, .meets.unsure { color: var(--bad); font-weight: 600; }
.tier dl { margin: 14px 0 18px; max-width: 70em; font-size: 13.5px; }
.tier h3 + .days { margin-top: 10px; }
.assumptions { max-width: 60em; padding-left: 18px; color: var(--soft); }
.assumptions li { margin-top: 4px; overflow-wrap: anywhere; }
`;
