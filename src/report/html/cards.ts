/** The first screen's figures: what most readers ask of a candidate, each with its doubt. */
import { rateRows } from "../count-table.js";
import { formatMs, formatShare, formatWithUnit } from "../numbers.js";
import type { ShiftSummary, Summary } from "../summary.js";
import { shiftLine } from "../tail-table.js";
import { intervalFigure, intervalReach } from "./interval.js";
import { html, type Markup } from "./markup.js";
import { METRIC_WORDS, RATE_WORDS } from "./words.js";

const SHIFTS = ["ttfa", "ttft", "e2e", "stall", "char_rate", "decode_rate"];
const SHIFT_CARDS = 4;
const RATES = ["errors", "expectations", "tool_calls", "json_valid", "broken_streams"];
const RATE_CARDS = 4;

export function cards(summary: Summary): Markup {
  const shown = SHIFTS.filter((name) => summary.metrics[name]?.phases.warm?.shift?.ratio != null).slice(0, SHIFT_CARDS);
  const shifts = shown.flatMap((name): ShiftSummary[] => {
    const shift = summary.metrics[name]?.phases.warm?.shift;
    return shift ? [shift] : [];
  });
  const reach = intervalReach(shifts);
  const rates = RATES.filter((name) => (summary.rates[name]?.candidate.of ?? 0) > 0).slice(0, RATE_CARDS);
  return html`<div class="cards">${shown.map((name) => shiftCard(summary, name, reach))}${rates.map((name) => rateCard(summary, name))}</div>`;
}

function shiftCard(summary: Summary, name: string, reach: number): Markup | null {
  const metric = summary.metrics[name];
  const warm = metric?.phases.warm;
  const line = metric && warm ? shiftLine(metric, warm) : null;
  if (!metric || !warm?.shift || !line) return null;
  const slow = metric.better === "higher" ? ("p5" as const) : ("p95" as const);
  const from = warm.baseline?.[slow] ?? null;
  const to = warm.candidate?.[slow] ?? null;
  const slowEnd =
    from === null || to === null
      ? null
      : `${slow} ${formatWithUnit(from, shortUnit(metric.unit))} → ${formatWithUnit(to, shortUnit(metric.unit))}`;
  const change =
    line.change === "~" ? html`<b class="big quiet">no shift seen</b>` : html`<b class="big">${line.change}</b>`;
  const reads = line.change === "~" ? "" : warm.shift.reads;
  return html`<section class="card"><h3><code>${name}</code> <span class="soft">${METRIC_WORDS[name] ?? ""}</span></h3>
<p class="change">${change} <span class="reads">${reads}</span></p>
${intervalFigure(warm.shift, reach)}
<p class="figures">${line.interval} ${line.p}<br>${line.medians}${slowEnd === null ? null : html`<br>${slowEnd}`}</p>
<p class="basis soft">${line.basis}</p></section>`;
}

function rateCard(summary: Summary, name: string): Markup | null {
  const rate = summary.rates[name];
  if (rate === undefined) return null;
  const row = rateRows({ ...summary, rates: { [name]: rate } }).rows[0];
  const from = formatShare(rate.baseline.share);
  const to = formatShare(rate.candidate.share);
  const change =
    from === to ? html`<b class="big">${to}</b>` : html`<b class="big">${from} <span class="arrow">→</span> ${to}</b>`;
  const of = `${rate.baseline.count} of ${rate.baseline.of} → ${rate.candidate.count} of ${rate.candidate.of}`;
  return html`<section class="card"><h3><code>${name}</code> <span class="soft">${RATE_WORDS[name] ?? ""}</span></h3>
<p class="change rate">${change} <span class="reads">${row?.worse ? "worse" : ""}</span></p>
<p class="figures">${of}</p><p class="basis soft">${rate.of}</p></section>`;
}

function shortUnit(unit: string): string {
  return unit === "characters/s" ? "char/s" : unit;
}

/** The wake that most would ask for, in words; null without a cold trial that gave a token. */
export function wakeWords({ cold }: Summary): string | null {
  const wakes = cold.candidate.filter((trial) => trial.verdict === "cold" && trial.wakeMs !== null);
  const longest = Math.max(0, ...wakes.map((trial) => trial.wakeMs ?? 0));
  return wakes.length === 0 ? null : `longest of ${wakes.length} cold wakes: ${formatMs(longest)}`;
}
