/** Can this setup resolve what a gate asks? The control arm compares each endpoint with itself. */
import type { Comparison, Side } from "../compare/comparison.js";
import { answerOf, type MeasuredQuestion } from "./answer.js";
import { figuresOf } from "./figures.js";
import { type Gate, unitOf } from "./gate.js";
import type { Held } from "./hold.js";
import { type SelectableCase, selected } from "./selection.js";

/**
 * Why the gate cannot be decided: an endpoint compared with itself moves as far as the margin, in either direction. Null
 * where neither does, where the gate fails by more than that, and for questions about one side.
 */
export function unresolved(
  { selectors, margin }: Gate,
  question: MeasuredQuestion,
  control: Readonly<Record<Side, Comparison>> | null,
  cases: readonly SelectableCase[],
  held: Held,
): string | null {
  if (control === null || "side" in question) return null;
  const isRatio = unitOf(question) === "ratio";
  const size = (value: number): number => (isRatio ? Math.max(value, 1 / value) : Math.abs(value));
  for (const side of ["baseline", "candidate"] as const) {
    const { value } = answerOf(question, selected(control[side], selectors, cases)).estimate;
    if (value === null || size(value) === size(isRatio ? 1 : 0) || size(value) < size(margin)) continue;
    // What lies beyond the margin and beyond what the setup makes up by itself is a failure all the same.
    if (held.result === "fail" && failsBeyond(size(value), held, isRatio)) continue;
    const shown = isRatio ? percentFigures([value, margin]) : figuresOf("points", [value, margin]);
    const limit = shown(margin).replace(/^\+/, "");
    return `this setup cannot resolve ${limit}: the ${side} against itself shows ${shown(value)}`;
  }
  return null;
}

/** Whether the whole interval lies farther out than an endpoint from itself, on one side. */
function failsBeyond(reach: number, { lower, upper }: Held, isRatio: boolean): boolean {
  const [least, most] = isRatio ? [1 / reach, reach] : [-reach, reach];
  return (lower !== null && lower > most) || (upper !== null && upper < least);
}

/** A ratio as a change: `+23 %`. */
function percentFigures(values: readonly number[]): (value: number) => string {
  const points = figuresOf(
    "points",
    values.map((value) => value - 1),
  );
  return (value) => points(value - 1).replace("points", "%");
}
