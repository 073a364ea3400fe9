/** How a sweep was measured: enough to repeat it, and to doubt it. */
import { formatDurationMs } from "../../core/duration.js";
import { printableLine } from "../../core/printable.js";
import { formatShare, plural } from "../numbers.js";
import type { SweepSummary } from "../sweep-summary.js";
import { keptUp, sentence, shapeLine } from "../sweep-words.js";
import { html, type Markup } from "./markup.js";
import { scrolling, section } from "./section.js";
import { figureText } from "./sections.js";

export function sweepMethod(summary: SweepSummary): Markup {
  const { run, load, validity } = summary;
  const { twintail, node, undici } = run.versions;
  const facts: [string, string][] = [
    ["load", sentence(shapeLine(summary))],
    ["SLO", load.slo ?? "none"],
    ["golden set", `${run.goldenSet.name}, ${run.goldenSet.digest}`],
    ["run", run.runId],
    ["created", run.createdAt],
    ["took", formatDurationMs(run.durationMs)],
    ["host", run.host],
    ["seed", String(run.seed)],
    ["versions", `twintail ${twintail}, node ${node}, undici ${undici}`],
  ];
  const list = facts
    .filter(([, value]) => value !== "")
    .map(([name, value]) => html`<dt>${name}</dt><dd>${printableLine(value, 400)}</dd>`);
  return section(
    "method",
    "How it was measured",
    validity.ok ? `${keptUp(validity)}.` : "The measuring machine was in the way: read the loads with that in mind.",
    html`<dl class="facts">${list}</dl><div class="two"><div>${machinePart(summary)}</div><div>${mixPart(summary)}</div></div>${meaning(summary)}`,
  );
}

function machinePart({ validity }: SweepSummary): Markup | null {
  if (validity.figures.length === 0) return null;
  const rows = validity.figures.map(
    ({ name, value, limit, unit, ok, remedy }) =>
      html`<tr><th scope="row">${printableLine(name, 80)}</th><td class="num">${figureText(value, unit)}</td><td class="num">${figureText(limit, unit)}</td><td>${ok ? "within" : html`<b>over: ${printableLine(remedy, 200)}</b>`}</td></tr>`,
  );
  return scrolling(
    "validity",
    html`<table><thead><tr><th scope="col">the measuring machine</th><th scope="col" class="num">value</th><th scope="col" class="num">limit</th><th scope="col"></th></tr></thead><tbody>${rows}</tbody></table>`,
  );
}

function mixPart({ load }: SweepSummary): Markup | null {
  if (load.mix.length === 0) return null;
  const rows = load.mix.map(
    ({ category, share, cases }) =>
      html`<tr><th scope="row">${printableLine(category, 60)}</th><td class="num">${formatShare(share)}</td><td class="num">${plural(cases, "case")}</td></tr>`,
  );
  return scrolling(
    "mix",
    html`<table class="mix"><thead><tr><th scope="col">mix</th><th scope="col" class="num">of the requests</th><th scope="col"></th></tr></thead><tbody>${rows}</tbody></table>`,
  );
}

function meaning({ load }: SweepSummary): Markup {
  const open = load.axis !== "concurrency";
  const loop = open
    ? "Each request was sent at its time, whatever was still in flight: latencies from the intended time count the wait that a slow endpoint causes, those from the send do not."
    : "Each lane sent again when it was answered: a slow endpoint is asked less, so latencies here are those of so many in flight, not of so many arrivals.";
  return html`<p class="soft fine">Throughput counts answers that ended well within the window; latencies and errors are of the requests that were sent within it. No prompt was sent twice, so that no prefix cache answers for the hardware. ${loop} The knee is where throughput stops growing with the load; the highest goodput is the highest load at which every term of the SLO holds.</p>`;
}
