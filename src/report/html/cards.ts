/** The figures that most readers ask for, each with its doubt. */
import type { ShiftSummary } from "../decision.js";
import { differenceLine } from "../difference-line.js";
import { formatShare, formatWithUnit } from "../numbers.js";
import { shiftLine } from "../shift-line.js";
import type { MetricPhase, MetricSummary, Summary } from "../summary.js";
import { intervalFigure, intervalReach } from "./interval.js";
import { html, type Markup } from "./markup.js";
import { METRIC_WORDS, RATE_WORDS } from "./words.js";

/** In each place the first that has an estimate. */
const SHIFTS = [["ttfa", "ttft"], ["e2e"], ["stall"], ["char_rate", "decode_rate"], ["ttft"], ["tool_call_ms"]];
const SHIFT_CARDS = 4;
const RATES = ["errors", "expectations", "tool_calls", "json_valid", "broken_streams"];
const RATE_CARDS = 4;

/** Null when there is nothing to show. */
export function cards(summary: Summary): Markup | null {
  const estimated = (name: string): boolean => summary.metrics[name]?.warm?.shift?.ratio != null;
  const named = SHIFTS.map((names) => names.find(estimated)).filter((name) => name !== undefined);
  const shown = [...new Set(named)].slice(0, SHIFT_CARDS);
  const shifts = shown.flatMap((name): ShiftSummary[] => {
    const shift = summary.metrics[name]?.warm?.shift;
    return shift ? [shift] : [];
  });
  const reach = intervalReach(shifts);
  const rates = RATES.filter((name) => (summary.rates[name]?.candidate.of ?? 0) > 0).slice(0, RATE_CARDS);
  if (shown.length + rates.length === 0) return null;
  return html`<div class="cards">${shown.map((name) => shiftCard(summary, name, reach))}${rates.map((name) => rateCard(summary, name))}</div>`;
}

function shiftCard(summary: Summary, name: string, reach: number): Markup | null {
  const metric = summary.metrics[name];
  const warm = metric?.warm;
  const line = metric && warm ? shiftLine(metric, warm) : null;
  if (!metric || !warm?.shift || !line) return null;
  const slow = metric.better === "higher" ? ("p5" as const) : ("p95" as const);
  const change =
    line.change === "~" ? html`<b class="big quiet">no shift seen</b>` : html`<b class="big">${line.change}</b>`;
  const reads = line.change === "~" ? "" : warm.shift.reads;
  return html`<section class="card"><h3><code>${name}</code> <span class="soft">${METRIC_WORDS[name] ?? ""}</span></h3>
<p class="change">${change} <span class="reads">${reads}</span></p>
<p class="doubt">${line.interval} ${line.p}</p>
${intervalFigure(warm.shift, reach)}
<table class="movement"><tbody>${movement(metric, warm, "p50")}${movement(metric, warm, slow)}</tbody></table>
<p class="basis soft">${line.basis}</p></section>`;
}

/** One quantile of both sides; nothing when neither has it. */
function movement(
  metric: MetricSummary,
  { baseline, candidate }: MetricPhase,
  quantile: "p50" | "p95" | "p5",
): Markup | null {
  const from = baseline?.[quantile] ?? null;
  const to = candidate?.[quantile] ?? null;
  if (from === null && to === null) return null;
  const unit = shortUnit(metric.unit);
  return html`<tr><th scope="row">${quantile}</th><td>${formatWithUnit(from, unit)}</td><td class="soft">→</td><td>${formatWithUnit(to, unit)}</td></tr>`;
}

function rateCard(summary: Summary, name: string): Markup | null {
  const rate = summary.rates[name];
  if (rate === undefined) return null;
  const difference = differenceLine(rate);
  const from = formatShare(rate.baseline.share);
  const to = formatShare(rate.candidate.share);
  const big = from === to ? html`${to}` : html`${from} <span class="arrow">→</span> ${to}`;
  const counts = `${rate.baseline.count} of ${rate.baseline.of} → ${rate.candidate.count} of ${rate.candidate.of}`;
  const reads =
    rate.baseline.share === rate.candidate.share
      ? "the same"
      : difference.reads === ""
        ? "not told apart"
        : difference.reads;
  return html`<section class="card"><h3><code>${name}</code> <span class="soft">${RATE_WORDS[name] ?? ""}</span></h3>
<p class="change rate"><b class="big">${big}</b></p>
<p class="figures">${counts}, ${reads}</p><p class="doubt">${`${difference.change} ${difference.interval} ${difference.p}`.trim()}</p><p class="basis soft">${rate.of}</p></section>`;
}

function shortUnit(unit: string): string {
  return unit === "characters/s" ? "char/s" : unit;
}
