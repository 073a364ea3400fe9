/** Slow shares, tail ratios, the control and outputs before they have a form. */
import type { DifferenceSummary, OutputsSummary, ShiftSummary, TailRatioSummary } from "./decision.js";
import { type DifferenceLine, differenceLine } from "./difference-line.js";
import { Footnotes } from "./footnotes.js";
import {
  formatChange,
  formatChangeInterval,
  formatP,
  formatPoints,
  formatPointsInterval,
  formatShare,
  plural,
} from "./numbers.js";
import type { Summary } from "./summary.js";
import { tailMetrics } from "./tail-table.js";

export interface SlowShareRow {
  readonly name: string;
  /** `1 / 129  0.8 %`, as pieces. */
  readonly baseline: readonly [counts: string, share: string];
  readonly candidate: readonly [counts: string, share: string];
  readonly difference: DifferenceLine;
  readonly notes: readonly number[];
}

export interface SlowShareTable {
  readonly rows: readonly SlowShareRow[];
  readonly footnotes: readonly string[];
}

/** Requests slower than twice the pooled median of their own case. */
export function slowShareTable(summary: Summary): SlowShareTable {
  const notes = new Footnotes();
  const rows = tailMetrics(summary, "warm").flatMap((name): SlowShareRow[] => {
    const shares = summary.metrics[name]?.warm?.slow_share;
    if (!shares || shares.baseline.of + shares.candidate.of === 0) return [];
    const side = ({ count, of, share }: typeof shares.baseline) => [`${count} / ${of}`, formatShare(share)] as const;
    return [
      {
        name,
        baseline: side(shares.baseline),
        candidate: side(shares.candidate),
        difference: differenceLine(shares),
        notes: notes.addAll(shares.difference?.notes ?? []),
      },
    ];
  });
  return { rows, footnotes: notes.lines() };
}

export interface RatioRow {
  readonly name: string;
  readonly quantile: string;
  readonly change: string;
  readonly interval: string;
  readonly notes: readonly number[];
}

export interface RatioTable {
  readonly rows: readonly RatioRow[];
  readonly footnotes: readonly string[];
}

/** Ratios of Harrell-Davis quantiles. */
export function ratioTable(summary: Summary): RatioTable {
  const notes = new Footnotes();
  const rows = tailMetrics(summary, "warm").flatMap((name) =>
    Object.entries(summary.metrics[name]?.warm?.ratio ?? {}).map(
      ([quantile, ratio]): RatioRow => ({
        name,
        quantile,
        change: ratioText(ratio),
        interval: formatChangeInterval(ratio.lo, ratio.hi),
        notes: notes.addAll(ratio.notes),
      }),
    ),
  );
  return { rows, footnotes: notes.lines() };
}

export const RATIO_NOTE =
  "Ratios of Harrell-Davis quantiles, candidate / baseline: not the quotient of the cells above; exploratory unless a gate asks for them.";

/** A ratio that could not be made has its reason in the notes. */
function ratioText({ ratio, lo, hi }: TailRatioSummary): string {
  if (ratio === null) return "–";
  return lo !== null && hi !== null && lo <= 1 && hi >= 1 ? "~" : formatChange(ratio);
}

export interface ControlRow {
  readonly name: string;
  /** `[−4.1, +7.1]`: the interval of the endpoint against itself. */
  readonly baseline: string;
  readonly candidate: string;
  /** `7.1 %`. */
  readonly resolves: string;
}

export interface ControlTable {
  readonly rows: readonly ControlRow[];
  readonly rates: readonly ControlRow[];
  readonly notes: readonly string[];
}

/** Null where the control was off. */
export function controlTable({ control }: Summary): ControlTable | null {
  if (control === null) return null;
  const alone = (shift: ShiftSummary | null): string =>
    shift === null ? "–" : formatChangeInterval(shift.lo, shift.hi, "no interval");
  const apart = (difference: DifferenceSummary | null): string =>
    difference === null ? "–" : formatPointsInterval(difference.lo, difference.hi, "no interval");
  const rows = Object.entries(control.metrics)
    .filter(([, { resolves }]) => resolves !== null)
    .map(([name, { baseline, candidate, resolves }]) => ({
      name,
      baseline: alone(baseline),
      candidate: alone(candidate),
      resolves: resolves === null ? "" : formatChange(resolves).replace("+", ""),
    }));
  const rates = Object.entries(control.rates).map(([name, { baseline, candidate }]) => ({
    name,
    baseline: apart(baseline),
    candidate: apart(candidate),
    resolves: "",
  }));
  const { outputs } = control;
  const own = (["baseline", "candidate"] as const).flatMap((side) => {
    const said = outputs[side];
    if (said === null || said.reads === "unknown") return [];
    const how = said.reads === "differ" ? "differ by more than chance" : "are alike";
    return [`Asked twice, the ${side}'s answers ${how} (${formatP(said.p)})`];
  });
  return { rows, rates, notes: [...own, ...control.notes] };
}

/** Do answers differ more than they do by themselves? In two or three sentences; none where it was not asked. */
export function outputsLines(outputs: OutputsSummary | null): string[] {
  if (outputs === null) return [];
  const { reads, p, cases, rounds, within, between, excess, mostDiffering, notes } = outputs;
  const over = `${plural(cases, "case")}, ${plural(rounds, "round")}`;
  const head = {
    differ: `The candidate's answers differ from the baseline's by more than answers of one endpoint differ among themselves (${formatP(p)}, ${over}).`,
    alike: `The candidate's answers differ from the baseline's no more than answers of one endpoint do among themselves, as far as ${over} can tell (${formatP(p)}).`,
    unknown: `Whether answers differ by more than those of one endpoint do cannot be told from ${over}.`,
  }[reads];
  const share = (value: number | null): string => formatShare(value, "not known");
  const figures = `Distance in words, within the baseline ${share(within.baseline)}, within the candidate ${share(within.candidate)}, between the two ${share(between)}: the move itself adds ${excess === null ? "what is not known" : `${formatPoints(Math.max(0, excess)).replace("+", "")}`}.`;
  const most = mostDiffering.map(
    ({ caseId, within: own, between: apart }) => `${caseId} (${formatShare(apart)}, by itself ${formatShare(own)})`,
  );
  return [
    head,
    figures,
    ...(most.length > 0 && reads !== "unknown" ? [`Most: ${most.slice(0, 5).join(", ")}.`] : []),
    ...notes,
  ];
}
