/**
 * The standard error of a mean over rounds. Rounds that follow each other share their moment's weather: an endpoint that is
 * busy in one is likely busy in the next, and a plain t-interval over them is too narrow (it covered 90 % at a correlation
 * of 0.3, `npm run calibrate`). The error is widened by what the rounds' own lag-1 correlation says, never narrowed.
 */

export interface RoundError {
  readonly error: number;
  readonly df: number;
  /** Lag-1 correlation of consecutive rounds; 0 where it is negative. */
  readonly correlation: number;
}

/** Ten rounds cannot tell a correlation above this from a trend. */
const MOST = 0.8;

/** @param values one a round, in order of time, at least two */
export function roundError(values: readonly number[]): RoundError {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  let squares = 0;
  let products = 0;
  for (let i = 0; i < n; i++) {
    const deviation = (values[i] as number) - mean;
    squares += deviation ** 2;
    if (i > 0) products += deviation * ((values[i - 1] as number) - mean);
  }
  // Too low by about (1 + 4ρ) / n (Kendall 1954), which is left: taking it out costs more power than it mends.
  const correlation = squares === 0 ? 0 : Math.min(MOST, Math.max(0, products / squares));
  const plain = Math.sqrt(squares / (n - 1) / n);
  return { error: plain * Math.sqrt((1 + correlation) / (1 - correlation)), df: n - 1, correlation };
}
