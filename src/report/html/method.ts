/** How it was measured: enough to repeat the run, and to doubt it. */
import { formatDurationMs } from "../../core/duration.js";
import { printableLine } from "../../core/printable.js";
import { invalidityWords } from "../invalidity.js";
import { plural } from "../numbers.js";
import type { Summary } from "../summary.js";
import { html, type Markup } from "./markup.js";
import { scrolling, section } from "./section.js";
import { figureText } from "./sections.js";

export function methodSection(summary: Summary): Markup {
  const { run, validity } = summary;
  const facts: [string, string][] = [
    ["run", run.runId],
    ["created", run.createdAt],
    ["took", formatDurationMs(run.durationMs)],
    ["host", run.host],
    ["golden set", `${run.goldenSet.name}, ${plural(run.goldenSet.cases, "case")}, ${run.goldenSet.digest}`],
    ["plan", run.planDigest],
    ["seed", String(run.seed)],
    [
      "design",
      `${run.kind === "wake" ? plural(run.rounds, "cold trial") : `${run.rounds} rounds`}, ${run.arrivals ?? `concurrency ${run.concurrency}`}, order ${run.order}, prefix ${run.prefix}, control ${run.control ? "on" : "off"}`,
    ],
    [
      "recorded",
      `${run.recorded} of ${run.planned} requests, ${run.dropped === undefined ? "" : `${run.dropped} dropped, `}${run.ended}`,
    ],
    ["texts", run.store === "full" ? "" : `not on this page: store is ${run.store}`],
    ["versions", `twintail ${run.versions.twintail}, node ${run.versions.node}, undici ${run.versions.undici}`],
  ];
  const list = facts
    .filter(([, value]) => value !== "")
    .map(([name, value]) => html`<dt>${name}</dt><dd>${printableLine(value, 240)}</dd>`);
  const figures = validity.figures.map(
    (figure) =>
      html`<tr><th scope="row">${figure.name}</th><td class="num">${figureText(figure.value, figure.unit)}</td><td class="num">${figureText(figure.limit, figure.unit)}</td><td>${figure.ok ? "within" : html`<b>over: ${figure.remedy}</b>`}</td></tr>`,
  );
  const machine = html`<table><thead><tr><th scope="col">the measuring machine</th><th scope="col" class="num">value</th><th scope="col" class="num">limit</th><th scope="col"></th></tr></thead><tbody>${figures}</tbody></table>`;
  const formulas = Object.entries(summary.metrics).map(
    ([name, metric]) =>
      html`<tr><th scope="row"><code>${name}</code></th><td>${metric.unit}</td><td>${metric.better}</td><td>${metric.formula}</td></tr>`,
  );
  const meaning = html`<table><thead><tr><th scope="col">metric</th><th scope="col">unit</th><th scope="col">better</th><th scope="col">formula</th></tr></thead><tbody>${formulas}</tbody></table>`;
  return section(
    "method",
    "How it was measured",
    validity.ok
      ? "The measuring machine kept up."
      : run.kind === "wake"
        ? "The measuring machine was late by milliseconds, which no wake is measured in."
        : `${invalidityWords(validity).heading}: read the latencies with that in mind.`,
    html`<dl class="facts">${list}</dl>${validity.figures.length === 0 ? null : scrolling("validity", machine)}<details class="aside"><summary>What each number means</summary>${scrolling("metrics", meaning)}</details>
<p class="soft">Table cells are nearest-rank quantiles of a histogram. A paired shift compares the two endpoints within each case and round and is not the quotient of two cells; <code>~</code> stands where its interval includes no change.</p>`,
  );
}
