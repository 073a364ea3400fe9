/** What the page of a sweep adds to the style of reports. */
export const SWEEP_STYLE = `
.sweep-page .endpoint h2 { font-size: 13px; letter-spacing: 0; }
.bears { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 4px 20px; margin: 12px 0 10px; max-width: 620px; }
.bears h3 { font-size: 13px; font-weight: 600; color: var(--soft); }
.bears .big small { font-size: 14px; font-weight: 500; letter-spacing: 0; color: var(--soft); white-space: nowrap; }
.bears p { font-size: 13px; overflow-wrap: anywhere; }
.bears .big { font-size: 27px; line-height: 1.25; }
.bears .big.quiet { font-size: 19px; line-height: 34px; }
.why { border-top: 1px solid var(--line); padding-top: 8px; margin-bottom: 8px; font-size: 14px; overflow-wrap: anywhere; }
.why .chip { margin: 0 4px 0 0; vertical-align: 1px; border-color: var(--ink); color: var(--ink); }
.asides { list-style: none; margin-top: 20px; max-width: 70em; font-size: 14px; overflow-wrap: anywhere; }
.asides li { padding: 3px 0; }
.clocks { border-left: 4px solid var(--ink); background: var(--wash); padding: 10px 18px; margin-top: 18px; max-width: 74em; overflow-wrap: anywhere; }
.clocks h2 { font-size: 16px; }
.plots.large { grid-template-columns: repeat(auto-fill, minmax(min(100%, 470px), 1fr)); }
.plot.sweep .curve.middle { stroke-width: 1.1; opacity: 0.8; }
.sweep .band { fill: var(--own); opacity: 0.17; stroke: none; }
.sweep .guide { fill: none; stroke: var(--soft); stroke-width: 1; stroke-dasharray: 1 3; }
.sweep .good rect { fill: var(--own); opacity: 0.05; }
.sweep .good line { stroke: var(--own); stroke-width: 1; opacity: 0.55; }
.sweep .knee .drop { stroke: var(--own); stroke-width: 1.1; stroke-dasharray: 4 3; }
.sweep .knee .whisker { stroke: var(--own); stroke-width: 3; stroke-linecap: round; opacity: 0.55; }
.sweep .knee .ring { fill: none; stroke: var(--own); stroke-width: 1.4; }
.sweep .limit line { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 6 3; }
.sweep .limit text { fill: var(--bad); }
.sweep .doubtful .mark { fill: var(--bg); stroke: var(--own); stroke-width: 1.5; }
.sweep .lost-mark { fill: none; stroke: var(--own); stroke-width: 1.6; }
.legend { color: var(--soft); font-size: 13px; margin-bottom: 18px; display: flex; flex-wrap: wrap; gap: 4px 18px; }
.legend svg.sweep { width: 22px; height: 12px; vertical-align: -1px; margin-right: 5px; }
.loads { width: 100%; font-size: 13.5px; }
.loads thead th, .loads td, .loads tbody th { white-space: nowrap; padding-right: 10px; }
.loads thead th { font-size: 12.5px; }
.loads tr > :first-child { padding-right: 20px; }
.loads tr > :last-child { padding-right: 0; }
.loads thead tr:first-child th { border-bottom: 0; padding-bottom: 0; }
.loads thead tr:last-child th { padding-top: 0; }
.loads tbody th { text-align: right; }
.loads td, .loads tbody th { padding-top: 5px; padding-bottom: 5px; position: relative; }
.loads .side th { text-align: left; font-weight: 600; color: var(--own); padding-top: 14px; border-bottom-color: var(--rule); }
.loads .untrusted { color: var(--soft); }
.loads .bad { font-weight: 650; color: var(--bad); }
.loads .interval-cell { color: var(--soft); white-space: nowrap; }
.terms td { white-space: nowrap; }
.terms .met { color: var(--good); }
.terms .missed { color: var(--bad); font-weight: 650; }
.mix { min-width: 260px; }
@media (max-width: 760px) {
  .plots.large .plot text { font-size: 14px; }
  .bears { grid-template-columns: minmax(0, 1fr); gap: 12px; }
}
@media print {
  .plots.large { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .plots { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14px; }
  .loads { font-size: 8.5pt; }
  .clocks, .endpoint { break-inside: avoid; }
}
`;
