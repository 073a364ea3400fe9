import { hypergeometric } from "../compare/exact-test.js";

/**
 * The chance of as many events tonight, or more, if tonight were like the nights before: given all events of both, how many
 * fall to tonight is hypergeometric. A prediction bound takes shares as normal, which fourteen nights without one error
 * are not: it would alarm at the first.
 */
export interface Count {
  readonly count: number;
  readonly of: number;
}

export function chanceOfAsMany(tonight: Count, earlier: Count): number {
  const events = tonight.count + earlier.count;
  const { from, weights } = hypergeometric(events, tonight.of, earlier.of);
  const asMany = weights.slice(Math.max(0, tonight.count - from));
  return Math.min(
    1,
    asMany.reduce((total, weight) => total + weight, 0),
  );
}
