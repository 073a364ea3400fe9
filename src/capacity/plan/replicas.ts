/** How many replicas a rate takes, and how busy they are. */

/** Quotients of decimal fractions miss whole numbers by as little: 50.4 / 8.4 is 6, and not 7. */
const ROUNDING = 1e-9;

/**
 * Replicas that bear `requiredPerS` when each bears `capacityPerS`, one at least, and `spare` more. Infinity where a replica
 * bears nothing.
 */
export function replicasFor(requiredPerS: number, capacityPerS: number, spare: number): number {
  return Math.max(1, Math.ceil((requiredPerS / capacityPerS) * (1 - ROUNDING))) + spare;
}

/** Shares of what the replicas bear; with the spare ones lost the others carry the same. */
export function utilisationOf(input: {
  readonly peakPerS: number;
  readonly averagePerS: number;
  readonly capacityPerS: number;
  readonly replicas: number;
  readonly spare: number;
}): { peak: number; spareLost: number; average: number } {
  const { peakPerS, averagePerS, capacityPerS, replicas, spare } = input;
  return {
    peak: peakPerS / (replicas * capacityPerS),
    spareLost: peakPerS / ((replicas - spare) * capacityPerS),
    average: averagePerS / (replicas * capacityPerS),
  };
}
