/** A paired estimate as benchstat writes it: `p50 412 ms → 371 ms  −9.9 % [−12.1, −7.6]  p=0.001  10 rounds`. */

import type { ShiftSummary } from "./decision.js";
import { formatChange, formatChangeInterval, formatMs, formatP, formatSignificant, plural } from "./numbers.js";
import type { MetricPhase, MetricSummary } from "./summary.js";

/** What the paired estimate says, in pieces so that each form can set them. */
export interface ShiftLine {
  /** `p50 412 ms → 371 ms`; empty when a side has no median. */
  readonly medians: string;
  /** `−9.9 %`, or `~` when the interval includes no change. */
  readonly change: string;
  /** `[−12.1, −7.6]`, or empty. */
  readonly interval: string;
  /** `p=0.001`, or `p=0.021 Holm` for what no gate asks about. */
  readonly p: string;
  /** `10 rounds`, `3 rounds, within this moment`, or why there is no estimate. */
  readonly basis: string;
  /** From the reader's side: is the candidate better? Null when it cannot be said. */
  readonly better: boolean | null;
  /** Ordinals of the footnotes with its doubts. */
  readonly notes: readonly number[];
}

/** The paired estimate of one metric in one phase as a line, without its footnote; null where none was made. */
export function shiftLine(
  metric: Pick<MetricSummary, "unit" | "better">,
  sides: MetricPhase,
  unit = metric.unit,
): ShiftLine | null {
  const { shift, baseline, candidate } = sides;
  if (shift === null) return null;
  const medians = mediansText(baseline?.p50 ?? null, candidate?.p50 ?? null, metric.unit, unit);
  if (shift.ratio === null) {
    // What took the estimate away is noted last; before it stand doubts about an estimate that is not there.
    const reason = shift.notes.at(-1) ?? "no pair has a value on both sides";
    const basis = `no paired estimate: ${reason}`;
    return { medians, change: "", interval: "", p: "", basis, better: null, notes: [] };
  }
  return {
    medians,
    change: shift.reads === "~" ? "~" : formatChange(shift.ratio),
    interval: formatChangeInterval(shift.lo, shift.hi),
    p: testedP(shift),
    basis: shiftBasis(shift),
    better: isBetter(metric.better, shift.reads),
    notes: [],
  };
}

/** The p of what a gate asks about; else the corrected one, which says so. {@link HOLM_NOTE} explains the word. */
export function testedP({ p, pHolm }: Pick<ShiftSummary, "p" | "pHolm">): string {
  return pHolm === null ? formatP(p) : `${formatP(pHolm)} Holm`;
}

export const HOLM_NOTE =
  "Holm: exploratory. No gate asks about it, and p is corrected over everything that was looked at.";

function mediansText(from: number | null, to: number | null, unit: string, shownUnit: string): string {
  if (from === null || to === null) return "";
  if (unit === "ms") return `p50 ${formatMs(from)} → ${formatMs(to)}`;
  return `p50 ${formatSignificant(from)} → ${formatSignificant(to)} ${shownUnit}`;
}

/** Whether what was seen is an improvement; null for no difference and for metrics without a direction. */
export function isBetter(direction: MetricSummary["better"], reads: ShiftSummary["reads"]): boolean | null {
  if (reads === "faster") return true;
  if (reads === "slower") return false;
  if (direction === "neither" || reads === "~" || reads === "unknown") return null;
  return reads === direction;
}

function shiftBasis(shift: ShiftSummary): string {
  const rounds = plural(shift.rounds, "round");
  const words: Readonly<Record<string, string>> = {
    "within-this-moment": ", within this moment",
    cases: ", over cases",
  };
  const over = words[shift.method] ?? "";
  // There is an interval, and a reason beside it why it is not to be read as faster or slower.
  const doubtful = shift.reads === "unknown" && shift.lo !== null ? "doubtful: " : "";
  return `${doubtful}${rounds}${over}`;
}
