/** The page's style: system fonts, tabular figures, blue against orange, light and dark. */
export const STYLE = `
:root {
  --bg: #fafaf7; --panel: #ffffff; --ink: #1d2126; --soft: #5d646c; --line: #e3e3dc; --rule: #c9cac3; --wash: #f2f2ec;
  --baseline: #1b5fae; --candidate: #b8520a; --baseline-wash: #dde9f7; --candidate-wash: #fbe6d3; --baseline-faint: #a8c5e6; --candidate-faint: #eebd93;
  --chip: #1d2126; --chip-ink: #ffffff; --shadow: 0 1px 2px rgb(29 33 38 / 5%);
  --under: var(--bg); --edge: rgb(29 33 38 / 22%); --bad: #9c1f5c; --bad-wash: #f8e3ee; --good: #14635c;
  --mono: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #14171b; --panel: #1b1f24; --ink: #e4e6e8; --soft: #9ba3ac; --line: #2b3037; --rule: #444b54; --wash: #20252b;
    --baseline: #74b0f0; --candidate: #f3a15c; --baseline-wash: #1f3550; --candidate-wash: #4a2f17; --baseline-faint: #36577d; --candidate-faint: #80522a;
    --chip: #e4e6e8; --chip-ink: #14171b; --shadow: none;
    --edge: rgb(0 0 0 / 65%); --bad: #f08cc0; --bad-wash: #43203a; --good: #6fd0c4;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; }
main, nav > div, footer { max-width: 1160px; margin: 0 auto; padding: 0 20px; }
h1, h2, h3, h5, p, ul, ol, dl, figure, table { margin: 0; }
ul, ol { padding: 0; }
a { color: inherit; text-decoration-color: var(--rule); text-underline-offset: 3px; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--baseline); outline-offset: 2px; border-radius: 3px; }
code, pre { font-family: var(--mono); font-size: 0.95em; }
[hidden] { display: none !important; }
.soft { color: var(--soft); }
.num { text-align: right; white-space: nowrap; }
.nowrap { white-space: nowrap; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 12px; top: 8px; z-index: 3; background: var(--panel); padding: 6px 12px; }
.sign { display: inline-block; vertical-align: -1px; }
.baseline { --own: var(--baseline); --own-wash: var(--baseline-wash); --own-faint: var(--baseline-faint); }
.candidate { --own: var(--candidate); --own-wash: var(--candidate-wash); --own-faint: var(--candidate-faint); }

nav { position: sticky; top: 0; z-index: 2; background: var(--bg); border-bottom: 1px solid var(--line); }
nav > div { display: flex; gap: 22px; overflow-x: auto; scrollbar-width: none; }
nav a { padding: 10px 0; font-size: 13px; color: var(--soft); text-decoration: none; white-space: nowrap; }
nav a:hover { color: var(--ink); }

.top { padding: 34px 0 0; }
.run { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--soft); }
.run span, .labels li { min-width: 0; overflow-wrap: anywhere; }
.run b { color: var(--ink); }
.labels { list-style: none; display: flex; flex-wrap: wrap; gap: 8px; margin-top: 16px; }
.labels li { font-weight: 650; font-size: 13px; padding: 3px 10px; border: 1.5px solid var(--ink); border-radius: 4px; }
.verdict { font-size: clamp(34px, 5vw, 46px); line-height: 1.08; letter-spacing: -0.022em; font-weight: 680; margin-top: 26px; text-wrap: balance; }
.verdict.none { color: var(--soft); }
.reason { margin-top: 8px; color: var(--soft); }
.reason, .top .seen, .fine, footer p { overflow-wrap: anywhere; }
.partial { margin-top: 8px; font-weight: 650; }
.course { margin: 6px 0 0; padding-left: 18px; max-width: 60em; font-size: 14px; overflow-wrap: anywhere; }
.course li { margin-top: 2px; }
.fine { font-size: 13px; max-width: 70em; margin-top: 6px; }
.invalidity + .recent { margin-top: 16px; }
.recent { margin-top: 8px; font-size: 14px; max-width: 60em; overflow-wrap: anywhere; }
.verdict.fail, .verdict.invalid { color: var(--bad); }
.verdict.pass { color: var(--good); }
.invalidity { border-left: 4px solid var(--bad); background: var(--bad-wash); padding: 12px 18px 4px; margin-top: 18px; }
.invalidity h2 { font-size: 16px; }
.invalidity p { margin: 2px 0 10px; }
#gates { margin-top: 22px; }
.gates { width: 100%; }
.gates thead th:first-child { width: 1%; }
.gates th code { font-weight: 600; white-space: nowrap; }
.gates .seen-value { white-space: nowrap; }
.gates .wide { min-width: 280px; }
.shift b { font-weight: 640; }
.chip.fail, .chip.invalid { background: var(--bad); border-color: var(--bad); color: var(--bg); }
.chip.pass { border-color: var(--good); color: var(--good); }
.chip.inconclusive { border-color: var(--ink); color: var(--ink); }
.chip.skipped { border-style: dashed; }
.checklist { columns: 2 420px; column-gap: 48px; }
.checklist section { break-inside: avoid; margin-bottom: 22px; }
.checklist section h3 { margin: 0 0 4px; }
.checklist ul { list-style: none; }
.checklist li { display: grid; grid-template-columns: 20px minmax(0, 1fr); gap: 6px; padding: 6px 0; border-top: 1px solid var(--line); font-size: 14px; line-height: 1.4; overflow-wrap: anywhere; break-inside: avoid; }
.checklist li b { font-weight: 500; }
.checklist li.failed b { font-weight: 650; }
.checklist .soft { font-size: 13px; }
.checklist .soft i { font-style: normal; }
.checklist .tick { font-weight: 700; text-align: center; }
.checklist .verified .tick { color: var(--good); }
.checklist .failed .tick { color: var(--bad-wash); background: var(--bad); border-radius: 3px; height: 20px; line-height: 20px; }
.checklist .untried b, .checklist .untried .tick { color: var(--soft); }
.limits { width: 100%; }
.limits th { white-space: nowrap; }
.limits td:last-child { font-size: 13px; }
.limits .limit { font-size: 19px; font-weight: 640; letter-spacing: -0.01em; white-space: nowrap; }
.two > div > h3:first-child { margin-top: 0; }
.cuts thead tr:first-child th { border-bottom: 0; padding-bottom: 0; }
.seen { margin-top: 18px; font-size: clamp(17px, 2.1vw, 20px); line-height: 1.5; max-width: 46em; text-wrap: pretty; }
.endpoints { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 16px; margin-top: 28px; }
.endpoint { border-top: 3px solid var(--own); background: var(--panel); padding: 12px 18px 16px; box-shadow: var(--shadow); }
.endpoint h2 { font-size: 13px; font-weight: 600; color: var(--own); }
.endpoint .model { font-size: 19px; font-weight: 620; letter-spacing: -0.01em; margin: 2px 0 8px; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 14px; font-size: 13px; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.facts { max-width: 70em; margin-bottom: 22px; }
.plain { list-style: none; }

.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); gap: 1px; padding: 1px; }
.card { background: var(--panel); box-shadow: 0 0 0 1px var(--line); padding: 14px 18px 14px; min-width: 0; display: flex; flex-direction: column; }
.part .card h3 { font-size: 13px; font-weight: 400; margin: 0; }
.card h3 code { font-weight: 650; }
.change { margin: 4px 0 2px; display: flex; align-items: baseline; gap: 8px; flex-wrap: wrap; }
.big { font-size: 27px; line-height: 1.25; font-weight: 640; letter-spacing: -0.02em; }
.big.quiet { font-size: 19px; line-height: 34px; font-weight: 500; color: var(--soft); letter-spacing: 0; }
.rate .big { font-size: 22px; line-height: 34px; }
.arrow { color: var(--soft); font-weight: 400; }
.reads { font-size: 13px; color: var(--soft); }
.doubt, .figures { font-size: 13px; }
.movement { font-size: 13px; margin: 2px 0; align-self: flex-start; }
.movement th, .movement td { border: 0; padding: 1px 10px 1px 0; }
.movement th { color: var(--soft); }
.basis { font-size: 12px; margin-top: auto; padding-top: 4px; }
.interval { display: block; width: 100%; max-width: 240px; height: auto; margin: 2px 0 4px -4px; }
.interval .axis { stroke: var(--line); }
.interval .one { stroke: var(--soft); }
.interval .reach { stroke: var(--candidate); stroke-width: 3; stroke-linecap: round; opacity: 0.55; }

.part { padding-top: 56px; }
.part h2 { font-size: 23px; letter-spacing: -0.014em; line-height: 1.25; font-weight: 660; }
.part > p + .scroll { margin-top: 22px; }
.part h3 { font-size: 15px; font-weight: 650; margin: 28px 0 4px; }
.part > .lead { color: var(--soft); max-width: 46em; margin: 4px 0 20px; text-wrap: pretty; }
.part > .lead + .scroll { margin-top: 0; }
.two { display: grid; grid-template-columns: minmax(0, 1.55fr) minmax(0, 1fr); gap: 24px 48px; align-items: start; }
.flips { list-style: none; }
.flips li { display: grid; grid-template-columns: 78px minmax(0, 1fr); gap: 12px; padding: 10px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.flips li:last-child { border-bottom: 1px solid var(--line); margin-bottom: 12px; }
.chip { display: inline-block; font-size: 12px; line-height: 1; font-weight: 600; padding: 4px 7px; border-radius: 3px; border: 1px solid var(--rule); color: var(--soft); white-space: nowrap; height: max-content; justify-self: start; }
.chip.breaks { background: var(--chip); border-color: var(--chip); color: var(--chip-ink); }
.chip.differs { border-color: var(--ink); color: var(--ink); }
.chip.simulated { border-style: dashed; }
.endpoint .chip { margin-left: 4px; vertical-align: 1px; }
.ladder h3 { margin-top: 8px; }
.ladder table { width: 100%; }
.ladder th, .ladder td { border: 0; padding: 4px 10px 4px 0; }
.ladder .bar { width: 46%; padding-right: 0; vertical-align: middle; }
.ladder svg { display: block; width: 100%; height: 9px; background: var(--wash); }
.ladder rect { fill: var(--soft); }
.ladder p { margin-top: 8px; font-size: 13px; }

/* A shadow at the edge behind which there is more: covers that scroll along hide it at either end. */
.scroll {
  position: relative; overflow-x: auto; margin: 0 0 14px;
  background:
    linear-gradient(to right, var(--under) 40%, transparent) left / 36px 100%, linear-gradient(to left, var(--under) 40%, transparent) right / 36px 100%,
    radial-gradient(farthest-side at 0 50%, var(--edge), transparent) left / 12px 100%, radial-gradient(farthest-side at 100% 50%, var(--edge), transparent) right / 12px 100%;
  background-repeat: no-repeat; background-attachment: local, local, scroll, scroll;
}
.case[open] { --under: var(--panel); }
.invalidity { --under: var(--bad-wash); }
table { border-collapse: collapse; font-size: 14px; }
th { font-weight: 400; text-align: left; }
thead th, thead td { color: var(--soft); font-size: 13px; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: bottom; white-space: nowrap; }
tbody th, tbody td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.part > .scroll > table.findings { min-width: 100%; }
.rest { width: 40%; }
.tails { table-layout: fixed; width: 100%; min-width: 940px; }
.tails.bare { max-width: 760px; min-width: 640px; }
.tails thead th:nth-child(1) { width: 116px; }
.tails thead th:nth-child(2) { width: 112px; }
.tails thead th.num { width: 74px; }
.tails thead th:last-child:not(.num) { padding-left: 14px; }
.unreached { font-size: 12px; letter-spacing: -0.02em; }
.tails thead th:nth-child(3) { width: 58px; }
.tails tbody td { padding-top: 4px; padding-bottom: 4px; }
.tails tbody th { padding-top: 4px; }
.tails tbody tr:first-child td:not(.shift) { border-bottom: 0; padding-bottom: 0; padding-top: 8px; }
.tails tbody tr:first-child th, .tails .shift { padding-top: 8px; }
.tails tbody tr:last-child td { padding-bottom: 8px; }
.tails .num { padding-left: 4px; }
.tails .shift { white-space: nowrap; padding-left: 14px; }
.tails tbody td.num { position: relative; }
sup { position: absolute; font-size: 10px; line-height: 1; margin: 1px 0 0 2px; }
sup a { color: var(--soft); text-decoration: none; padding: 2px 1px; }
.shift sup { position: static; vertical-align: super; }
.footnotes { color: var(--soft); font-size: 12.5px; padding-left: 22px; columns: 30em; column-gap: 40px; margin-bottom: 14px; overflow-wrap: anywhere; }
.footnotes li { break-inside: avoid; }
.footnotes li:target { color: var(--ink); background: var(--wash); }
.findings .wide { min-width: 240px; }
.findings .evidence { color: var(--soft); overflow-wrap: anywhere; min-width: 220px; max-width: 420px; }
.findings td:nth-child(3) { white-space: nowrap; }
.findings.failed td:nth-child(3) { white-space: normal; min-width: 200px; }
.findings.failed td:nth-child(1) { white-space: nowrap; }
.alike > summary { color: var(--soft); cursor: pointer; padding: 10px 0; }
.alike table.findings { min-width: 100%; }
.alike .chip { background: none; border-color: var(--rule); color: var(--soft); }

.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 335px), 1fr)); gap: 26px 24px; margin-bottom: 30px; }
figcaption { font-size: 13.5px; margin-bottom: 4px; }
figcaption code { font-weight: 650; }
svg text { font-family: inherit; font-size: 11px; fill: var(--soft); }
.plot { display: block; width: 100%; height: auto; overflow: visible; }
.shifts { display: block; width: 100%; height: auto; min-width: 820px; max-width: 1000px; }
.shifts .metric { font-family: var(--mono); font-weight: 650; font-size: 12.5px; fill: var(--ink); }
.shifts .value { fill: var(--ink); font-weight: 500; }
.shifts .side { font-size: 12px; }
.shifts .whisker { stroke: var(--candidate); stroke-width: 3; stroke-linecap: round; opacity: 0.5; }
.shifts rect.margin { fill: var(--bad-wash); }
.shifts line.margin { stroke: var(--bad); stroke-width: 1.5; }
.dots, .timeline, .wake { display: block; width: 100%; height: auto; }
.dots { min-width: 860px; max-width: 1000px; }
.wake { min-width: 720px; max-width: 860px; }
.timeline { min-width: 980px; }
.spent { min-width: 260px; }
.tick line { stroke: var(--line); shape-rendering: crispEdges; }
.tick.one line { stroke: var(--soft); }
.tick.one text { fill: var(--ink); }
.label { fill: var(--own); font-weight: 600; }
.curve { fill: none; stroke: var(--own); stroke-width: 1.7; stroke-linejoin: round; }
.curve.faint { stroke-dasharray: 2.5 3; opacity: 0.75; stroke-width: 1.4; }
.mark { fill: var(--own); stroke: var(--panel); stroke-width: 1; }
.plot .mark { stroke: var(--bg); }
.dots .round { fill: var(--candidate); opacity: 0.38; }
.dots .guide { stroke: var(--line); stroke-dasharray: 1 3; }
.dots .hit { fill: transparent; }
.dots .case-row:hover .hit, .dots .case-row:focus-visible .hit { fill: var(--wash); }
.dots .case-row text { fill: var(--ink); text-decoration: none; }
.dots .value, .wake .value { font-weight: 500; fill: var(--ink); }
.dots .side { font-size: 12px; }
.dots .case-row .category { fill: var(--soft); }
.switch { display: inline-flex; flex-wrap: wrap; gap: 4px; margin-bottom: 14px; }
.switch button { font: 600 12.5px/1 var(--mono); color: var(--soft); background: none; border: 1px solid var(--line); border-radius: 4px; padding: 7px 11px; cursor: pointer; }
.switch button[aria-pressed="true"] { color: var(--ink); border-color: var(--ink); }
.panels figure + figure { margin-top: 28px; }
.panel { margin-bottom: 18px; }
.wait { fill: var(--own-faint); }
.flow { fill: var(--own); }
.lost { stroke: var(--ink); stroke-width: 1.6; fill: none; }
.wake .part { padding: 0; }
.wake .part.refused { fill: none; stroke: var(--own); stroke-dasharray: 2 2; }
.wake .part.unavailable { fill: var(--own-wash); }
.wake .part.connect, .wake .part.headers { fill: var(--own-faint); }
.wake .part.token { fill: var(--own); }
.wake .budget { stroke: var(--own); stroke-width: 1.6; stroke-dasharray: 3 2; fill: none; }
.wake .budget:hover { stroke-width: 3; }
.trials .trial th { font-weight: 650; padding-top: 18px; }
.key span { white-space: nowrap; margin-right: 10px; }
.key .budget { background: none; width: 0; border-left: 2px dashed var(--candidate); height: 12px; }
.key { font-size: 12.5px; margin-bottom: 14px; }
.key i { display: inline-block; width: 14px; height: 10px; margin: 0 4px 0 0; vertical-align: -1px; background: var(--candidate-faint); }
.key .refused { background: none; border: 1px dashed var(--candidate); }
.key .unavailable { background: var(--candidate-wash); }
.key .token { background: var(--candidate); }

.filter { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin-bottom: 14px; font-size: 14px; }
.filter .grow { flex: 1 1 240px; }
.filter input[type="search"], .filter select { width: 100%; font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--rule); border-radius: 4px; padding: 6px 10px; }
.filter .check { display: inline-flex; gap: 6px; align-items: center; }
.filter input[type="checkbox"] { accent-color: var(--baseline); margin: 0; }
.filter output { color: var(--soft); font-size: 13px; min-width: 7em; text-align: right; }
.case-head, .case > summary { display: grid; grid-template-columns: minmax(0, 1fr) 92px 92px 190px 70px; gap: 14px; align-items: center; }
.case-head { color: var(--soft); font-size: 13px; padding: 6px 8px 6px 26px; border-bottom: 1px solid var(--rule); }
.case { border-bottom: 1px solid var(--line); }
.case > summary { cursor: pointer; padding: 8px 8px 8px 26px; list-style: none; position: relative; }
.case > summary::-webkit-details-marker { display: none; }
.case > summary::before { content: "▸"; position: absolute; left: 7px; top: 8px; color: var(--soft); font-size: 12px; line-height: 22px; }
.case[open] > summary::before { content: "▾"; }
.case > summary:hover { background: var(--wash); }
.case[open] { background: var(--panel); }
.name { display: grid; min-width: 0; }
.name .soft { font-size: 12.5px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.name b { font-weight: 600; overflow-wrap: anywhere; }
.marks { display: flex; flex-wrap: wrap; gap: 0 3px; line-height: 1.15; }
.marks i { font-style: normal; width: 12px; text-align: center; font-size: 12px; }
.mark-met { color: var(--own-faint); }
.mark-unmet, .mark-lost { color: var(--ink); font-weight: 700; }
.mark-none { color: var(--soft); }
.agree { font-size: 13px; color: var(--soft); }
.case .body { padding: 4px 18px 18px 26px; }
.untested { margin: 6px 0; font-weight: 600; font-size: 14px; }
.pair { border-top: 1px solid var(--line); padding: 8px 0; }
.pair > summary, .aside > summary { cursor: pointer; font-size: 13.5px; padding: 2px 0; }
.pair > .scroll { margin: 6px 0; }
.timings { font-size: 13px; }
.timings thead th, .timings thead td { padding: 3px 16px 3px 0; border-bottom-color: var(--line); font-size: 12px; }
.timings tbody td, .timings tbody th { padding: 3px 16px 3px 0; border: 0; }
.timings th.baseline, .timings th.candidate, .checks b, .answers h5 { color: var(--own); font-weight: 600; }
.checks { list-style: none; font-size: 13.5px; margin: 4px 0 10px; overflow-wrap: anywhere; }
.answers { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; margin: 10px 0; }
.answers.one { grid-template-columns: minmax(0, 1fr); }
.answers h5 { font-size: 12.5px; margin-bottom: 4px; }
.answers.one h5 { color: var(--soft); }
pre { margin: 0; padding: 10px 12px; background: var(--wash); border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12.5px; line-height: 1.5; max-height: 420px; overflow-y: auto; unicode-bidi: isolate; }
.answers section { border-left: 2px solid var(--own, var(--rule)); }
.answers pre { border-radius: 0 4px 4px 0; }
.answers h5, .answers section > p { padding-left: 12px; }
del { background: var(--baseline-wash); color: inherit; text-decoration: line-through; text-decoration-color: var(--baseline); }
ins { background: var(--candidate-wash); color: inherit; text-decoration: underline; text-decoration-color: var(--candidate); text-underline-offset: 2px; }
.cut { font-size: 12.5px; margin-top: 4px; }
.aside { margin-top: 8px; }
.aside > pre, .aside > .scroll { margin-top: 6px; }
footer { padding-top: 56px; padding-bottom: 40px; color: var(--soft); font-size: 12.5px; }

@media (max-width: 760px) {
  .two { grid-template-columns: minmax(0, 1fr); }
  .gates thead { display: none; }
  .gates, .gates tbody, .gates tr, .gates td, .gates th { display: block; border: 0; padding: 0; min-width: 0; }
  .gates tr { border-top: 1px solid var(--line); padding: 8px 0; display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2px 10px; }
  .gates th code { white-space: normal; overflow-wrap: anywhere; }
  .gates .seen-value, .gates td.wide { grid-column: 1 / -1; white-space: normal; min-width: 0; }
  .scroll { scrollbar-width: thin; }
  .top { padding-top: 22px; }
  .part { padding-top: 44px; }
  .case-head { display: none; }
  .case > summary { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 2px 12px; }
  .case > summary .name { grid-column: 1 / -1; }
  .case > summary .name .soft { white-space: normal; }
  .marks::before { content: attr(data-side) " "; font-size: 12px; color: var(--own); margin-right: 2px; }
  .marks { grid-column: span 2; }
  .case > summary .agree { grid-column: 1 / 4; }
  .case .body { padding: 4px 8px 14px; }
  .answers { grid-template-columns: minmax(0, 1fr); }
}
@media print {
  :root { --bg: #ffffff; }
  body { font-size: 10.5pt; }
  nav, .filter, .switch, .skip { display: none; }
  main { max-width: none; padding: 0; }
  .card, .endpoint, figure, tr, .checklist li, .flips li { break-inside: avoid; }
  .part h2, .lead { break-after: avoid; }
  .scroll { overflow: visible; }
  pre { max-height: none; overflow: visible; }
}
`;
