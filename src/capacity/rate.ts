/**
 * A rate over a window and the error of it. Answers a second are no independent events: what one answer takes of the engine
 * the next ones lack, and a long answer holds its place through many short ones. So the error is that of batch means: the
 * window is cut into sub-windows, whose rates hardly depend on each other once each is long against one answer, and a
 * t-interval stands on them (Law, Simulation Modeling and Analysis, §9.5.3).
 */
import { roundError } from "../compare/round-error.js";
import { tQuantile } from "../compare/t-distribution.js";
import { subWindows, sumOf } from "./window.js";

/** A figure and the standard error of it. */
export interface Rate {
  readonly value: number;
  /** Null where too little was counted for one. */
  readonly error: number | null;
  readonly df: number;
}

/** All divide the cells of a window. Below six, t costs more than the remaining correlation would. */
const COUNTS = [30, 24, 20, 15, 12, 10, 8, 6] as const;
const FEWEST = 6;
/** Sub-windows shorter than two answers share most of what is in flight: their rates go up and down together. */
const ANSWERS_LONG = 2;
/** Events below which a count says little of its own spread. */
const FEWEST_EVENTS = 10;

/** The most sub-windows that are each twice as long as an answer takes; six where none are, and correlation is left to widen. */
export function subWindowsFor(windowMs: number, answerMs: number | null): number {
  if (answerMs === null) return FEWEST;
  return COUNTS.find((count) => windowMs / count >= ANSWERS_LONG * answerMs) ?? FEWEST;
}

/** @param cells counted a cell, in units of `1 / scale` */
export function rateOf(cells: Float64Array, seconds: number, count: number, scale = 1): Rate {
  const value = sumOf(cells) / scale / seconds;
  const events = cells.reduce((sum, cell) => sum + Math.min(1, cell / scale), 0);
  if (events < FEWEST_EVENTS && sumOf(cells) / scale < FEWEST_EVENTS) return { value, error: null, df: 0 };
  const perSecond = subWindows(cells, count).map((sum) => (sum / scale) * (count / seconds));
  const { error, df } = roundError(perSecond);
  return { value, error, df };
}

/** One-sided bound at confidence `1 − alpha`; null where there is no error. */
export function boundOf({ value, error, df }: Rate, side: "lower" | "upper", alpha: number): number | null {
  if (error === null) return null;
  const reach = error === 0 ? 0 : tQuantile(alpha, df) * error;
  return side === "lower" ? Math.max(0, value - reach) : value + reach;
}

/** Two-sided, 95 %. */
export function intervalOfRate(rate: Rate): { value: number; lo: number | null; hi: number | null } {
  return { value: rate.value, lo: boundOf(rate, "lower", 0.025), hi: boundOf(rate, "upper", 0.025) };
}

/** How a rate compares with another, on a log scale: `ln(of / to)`. Null where either has no error, or is 0. */
export function logRatio(
  of: Rate,
  to: Rate,
): { readonly value: number; readonly error: number; readonly df: number } | null {
  if (of.error === null || to.error === null || of.value <= 0 || to.value <= 0) return null;
  const [a, b] = [of.error / of.value, to.error / to.value];
  const error = Math.hypot(a, b);
  // Welch and Satterthwaite.
  const df = error === 0 ? of.df + to.df : error ** 4 / (a ** 4 / of.df + b ** 4 / to.df);
  return { value: Math.log(of.value / to.value), error, df };
}

/** What a log ratio may be off by, one-sided, at confidence `1 − alpha`. */
export function reach({ error, df }: { readonly error: number; readonly df: number }, alpha: number): number {
  return error === 0 ? 0 : tQuantile(alpha, df) * error;
}

/** −1: significantly below; 1: significantly above (two-sided, 95 %); 0: not told apart, or by no more than a factor of `alike`. */
export function differsBy(of: Rate, to: Rate, alike: number): -1 | 0 | 1 {
  const ratio = logRatio(of, to);
  if (ratio === null || Math.abs(ratio.value) <= Math.max(Math.log(alike), reach(ratio, 0.025))) return 0;
  return ratio.value < 0 ? -1 : 1;
}

/** The mean of windows that measured one and the same rate. */
export function pooled(rates: readonly Rate[]): Rate {
  const n = rates.length;
  const value = rates.reduce((sum, rate) => sum + rate.value, 0) / n;
  if (n === 0 || rates.some(({ error }) => error === null)) return { value: n === 0 ? 0 : value, error: null, df: 0 };
  const squares = rates.reduce((sum, { error }) => sum + (error as number) ** 2, 0);
  return { value, error: Math.sqrt(squares) / n, df: rates.reduce((sum, { df }) => sum + df, 0) };
}
