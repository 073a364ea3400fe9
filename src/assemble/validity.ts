/** Could this machine be trusted with this run? */
import { formatDurationMs } from "../core/duration.js";
import { machineFigures, passedLimits } from "../measure/machine.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { MachineLine } from "../recording/recording.js";
import type { Summary } from "../report/summary.js";
import { rounded } from "./tails.js";

type Validity = Summary["validity"];

export function validityOf(machine: readonly MachineLine[], exchanges: readonly ScoredExchange[]): Validity {
  const lags = exchanges
    .map(({ scalars }) => scalars.send_lag)
    .flatMap((scalar) => (scalar !== undefined && "value" in scalar ? [scalar.value] : []))
    .sort((a, b) => a - b);
  const p99 = lags.length === 0 ? null : (lags[Math.ceil(0.99 * lags.length) - 1] as number);
  const figures = machineFigures(machine, p99).map((figure) => ({ ...figure, value: rounded(figure.value) }));
  // A run that was killed in its first second left no window to judge it by.
  return { ok: machine.length > 0 && figures.every(({ ok }) => ok), notes: clockNotes(machine), figures };
}

/** One line for each way in which the wall clock was set. */
export function clockNotes(machine: readonly MachineLine[]): string[] {
  const steps = machine.flatMap(({ wallStepMs }) => (wallStepMs === undefined ? [] : [wallStepMs]));
  const note = (words: string, own: readonly number[]): string[] => {
    if (own.length === 0) return [];
    const by = formatDurationMs(Math.abs(own.reduce((sum, step) => sum + step, 0)));
    const often = own.length === 1 ? "" : ` in ${own.length} steps`;
    return [
      `the wall clock was set ${words} by ${by}${often} during the run: stamps are of a monotonic clock and unaffected, times of day are not`,
    ];
  };
  return [
    ...note(
      "back",
      steps.filter((step) => step < 0),
    ),
    ...note(
      "forward",
      steps.filter((step) => step > 0),
    ),
  ];
}

/** The limits that were passed, by how much, and what to change; null when the machine could be trusted. */
export function invalidReason({ ok, figures }: Validity): string | null {
  return ok ? null : (passedLimits(figures) ?? "nothing was recorded by which this machine could be judged");
}
