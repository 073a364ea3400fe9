/**
 * Holm's correction (1979, Scandinavian Journal of Statistics 6, 65–70): the adjusted p of each test of a family, in the
 * order given, so that the chance of any false alarm in it stays below the level.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => (ps[a] as number) - (ps[b] as number));
  const adjusted = new Array<number>(ps.length).fill(1);
  let most = 0;
  for (const [rank, index] of order.entries()) {
    most = Math.max(most, Math.min(1, (ps.length - rank) * (ps[index] as number)));
    adjusted[index] = most;
  }
  return adjusted;
}
