/** A difference of two shares as a line: `+11.1 points [+6.1, +17.1]  p=0.019 Holm`. */
import type { DifferenceSummary } from "./decision.js";
import { formatPoints, formatPointsInterval } from "./numbers.js";
import { testedP } from "./shift-line.js";

export interface DifferenceLine {
  /** `+11.1 points`, or `~` when the interval includes no change. */
  readonly change: string;
  readonly interval: string;
  readonly p: string;
  readonly reads: string;
  /** Seen from the reader's side; null when it cannot be said. */
  readonly better: boolean | null;
}

interface Counted {
  readonly baseline: { readonly count: number; readonly of: number };
  readonly candidate: { readonly count: number; readonly of: number };
  readonly difference: DifferenceSummary | null;
}

/** Empty pieces where there is no difference to give; no p where neither side had an event, or nothing else. */
export function differenceLine({ baseline, candidate, difference }: Counted): DifferenceLine {
  if (difference === null || difference.value === null) {
    return { change: "", interval: "", p: "", reads: "", better: null };
  }
  const { value, lo, hi, reads } = difference;
  const events = baseline.count + candidate.count;
  const tested = events > 0 && events !== baseline.of + candidate.of;
  return {
    change: reads === "~" ? "~" : formatPoints(value),
    interval: formatPointsInterval(lo, hi),
    p: tested ? testedP(difference) : "",
    reads: reads === "better" || reads === "worse" ? reads : "",
    better: reads === "better" ? true : reads === "worse" ? false : null,
  };
}
