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
  const [from, to] = [Math.max(0, events - earlier.of), Math.min(events, tonight.of)];
  // In logarithms: the weights of large counts leave the range of numbers.
  const logs = [0];
  for (let k = from; k < to; k++) {
    const ratio = ((tonight.of - k) * (events - k)) / ((k + 1) * (earlier.of - events + k + 1));
    logs.push((logs.at(-1) as number) + Math.log(ratio));
  }
  const most = logs.reduce((high, log) => Math.max(high, log), Number.NEGATIVE_INFINITY);
  const weights = logs.map((log) => Math.exp(log - most));
  const sum = (list: readonly number[]): number => list.reduce((total, weight) => total + weight, 0);
  return Math.min(1, sum(weights.slice(Math.max(0, tonight.count - from))) / sum(weights));
}
