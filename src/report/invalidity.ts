/** What is said where latencies cannot be judged: this machine was in the way, or the load was not what it was to be. */
import type { Summary } from "./summary.js";

/** The figure that is of the endpoints, and not of the measuring machine. */
export const ARRIVALS_DROPPED = "arrivals dropped";

export interface InvalidityWords {
  readonly heading: string;
  /** What follows for a reader, two sentences. */
  readonly meaning: string;
  /** Beside the latencies, one sentence. */
  readonly warning: string;
}

export function invalidityWords({ figures }: Pick<Summary["validity"], "figures">): InvalidityWords {
  const over = figures.filter(({ ok }) => !ok);
  if (over.length > 0 && over.every(({ name }) => name === ARRIVALS_DROPPED)) {
    return {
      heading: "The load was not the one that was asked for",
      meaning:
        "Arrivals were dropped, so latencies of this run are those of a lower load: they can neither pass nor fail a gate. What the answers said still counts.",
      warning: "Arrivals were dropped: these latencies are those of a lower load.",
    };
  }
  return {
    heading: "The measuring machine was in the way",
    meaning:
      "Latencies of this run hold its own stalls: they can neither pass nor fail a gate. What the answers said still counts.",
    warning: "The measuring machine was in the way: do not trust these latencies.",
  };
}
