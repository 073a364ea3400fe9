/** One cell of the tails table: its text in the metric's unit, `not reached`, or blank with the reason. */
import type { Footnotes } from "./footnotes.js";
import { formatCount } from "./numbers.js";
import type { MetricSummary, TailSummary } from "./summary.js";

export type Quantile = "p1" | "p5" | "p10" | "p50" | "p90" | "p95" | "p99" | "mean" | "min" | "max";

/** Towards the slow end: the tail of a rate is its low values. */
export const QUANTILES: Readonly<Record<"lower" | "higher", readonly Quantile[]>> = {
  lower: ["p50", "p90", "p95", "p99", "max"],
  higher: ["p50", "p10", "p5", "p1", "min"],
};
/** Of a phase too small for any percentile: what was seen, all of it. */
export const SMALL_SAMPLE: Readonly<Record<"lower" | "higher", readonly Quantile[]>> = {
  lower: ["mean", "min", "max"],
  higher: ["mean", "max", "min"],
};
const QUANTILE_SHARE: Readonly<Record<Exclude<Quantile, "mean">, number>> = {
  p1: 0.01,
  p5: 0.05,
  p10: 0.1,
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  min: 0,
  max: 1,
};

/** In place of a quantile that stands among the failed. */
export const UNREACHED = "not reached";

export interface TailCell {
  /** Empty when there is no value; `not reached` when it is infinite. */
  readonly text: string;
  /** Ordinals of footnotes, from 1. */
  readonly notes: readonly number[];
}

/** One cell; a quantile that is not there has a footnote that says why. */
export function tailCell(
  tail: TailSummary,
  column: Quantile,
  better: MetricSummary["better"],
  format: (value: number) => string,
  notes: Footnotes,
): TailCell {
  const value = tail[column];
  const own = tail.notes.filter((note) => note.startsWith(`${column} `));
  if (standsAmongFailed(tail, column, better)) return { text: UNREACHED, notes: notes.addAll(own, better) };
  if (value !== null && Number.isFinite(value)) return { text: format(value), notes: notes.addAll(own, better) };
  return { text: "", notes: notes.addAll(own.length > 0 ? own : [missingReason(tail)], better) };
}

/** A quantile that failed requests hold: its notes say so, or nearest rank does where it has no note. */
export function standsAmongFailed(
  tail: Pick<TailSummary, Quantile | "n" | "failed" | "notes">,
  column: Quantile,
  better: MetricSummary["better"],
): boolean {
  const own = tail.notes.filter((note) => note.startsWith(`${column} `));
  const value = tail[column];
  const extreme = column === "max" || column === "min" || column === "mean";
  const absent = value === null || (better === "higher" && value === 0);
  const among = !extreme && own.length === 0 && absent && isInfinite(tail, column, better);
  return among || own.some((note) => note.includes("not reached"));
}

/** A nearest-rank quantile that falls among the failed, which stand at the slow end. */
function isInfinite(
  tail: Pick<TailSummary, "n" | "failed">,
  column: Quantile,
  better: MetricSummary["better"],
): boolean {
  if (tail.failed === 0) return false;
  const share = column === "mean" ? 1 : QUANTILE_SHARE[column];
  if (better === "higher") return Math.max(1, Math.ceil(share * tail.n)) <= tail.failed;
  return Math.ceil(share * tail.n) > tail.n - tail.failed;
}

/** Why a tail, or a cell that no note explains, has no value. */
export function missingReason(tail: TailSummary): string {
  const reasons = Object.entries(tail.missing).map(([reason, count]) => `${formatCount(count)} × ${reason}`);
  return reasons.length === 0 ? `not estimable (n = ${tail.n})` : `no value: ${reasons.join(", ")}`;
}

/** Footnotes about a tail as a whole. */
export function generalNotes(tail: TailSummary, columns: readonly Quantile[], notes: Footnotes): number[] {
  const labels = Object.keys(QUANTILE_SHARE).map((label) => `${label} `);
  const general = tail.notes.filter((note) => !labels.some((label) => note.startsWith(label)));
  const said = tail.notes.some((note) => note.includes("failed"));
  const shown = columns.some((column) => tail[column] !== null);
  if (tail.failed > 0 && !said && shown) {
    general.push(
      `${formatCount(tail.failed)} of ${formatCount(tail.n)} failed before the value and count as the slowest`,
    );
  }
  return notes.addAll(general);
}
