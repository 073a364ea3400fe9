/** One endpoint in two runs as pairs: what it did in the older stands as baseline, what it did in the newer as candidate. */
import { comparable, type Pair } from "../compare/pairs.js";
import { pairedShift, type Shift } from "../compare/shift.js";
import type { ScoredExchange } from "../measure/scored.js";

type Role = "baseline" | "candidate";

/** Pairs of phase warm by case, variant, repeat and the ordinal of the round; control arms left out. */
export function runPairs(older: readonly ScoredExchange[], newer: readonly ScoredExchange[], role: Role): Pair[] {
  const places = new Map<string, { baseline: ScoredExchange | null; candidate: ScoredExchange | null }>();
  for (const [side, exchanges] of [
    ["baseline", older],
    ["candidate", newer],
  ] as const) {
    for (const exchange of byOrdinal(exchanges, role)) {
      const key = placeOf(exchange);
      const place = places.get(key) ?? { baseline: null, candidate: null };
      place[side] = exchange;
      places.set(key, place);
    }
  }
  return [...places.values()].map((halves, pairId) => ({ pairId, ...halves, control: false }));
}

/**
 * The candidate's change against the baseline's, place by place: (newer candidate / newer baseline) / (older candidate /
 * older baseline). What moved both endpoints alike is not in it.
 */
export function relativeShift(
  older: readonly ScoredExchange[],
  newer: readonly ScoredExchange[],
  metric: string,
): Shift {
  const ratios = (exchanges: readonly ScoredExchange[]): Map<string, Place> => {
    const places = new Map<
      string,
      { caseId: string; round: number; baseline?: number | null; candidate?: number | null }
    >();
    for (const role of ["baseline", "candidate"] as const) {
      for (const exchange of byOrdinal(exchanges, role)) {
        const key = placeOf(exchange);
        const { caseId, variant, round } = exchange;
        const place = places.get(key) ?? { caseId: `${caseId} ${variant}`, round };
        // A half that a resume completed was measured at another moment than its mate.
        place[role] = exchange.pairBroken ? null : comparable(exchange, metric);
        places.set(key, place);
      }
    }
    return new Map(
      [...places].map(([key, { baseline, candidate, ...place }]) => [
        key,
        { ...place, ratio: baseline && candidate ? candidate / baseline : null },
      ]),
    );
  };
  const [before, after] = [ratios(older), ratios(newer)];
  return pairedShift(
    [...before].flatMap(([key, { caseId, round, ratio }]) => {
      const mate = after.get(key);
      // Where a metric applies on neither night there is no pair.
      if (mate === undefined || (ratio === null && mate.ratio === null)) return [];
      return [{ caseId, round, baseline: ratio, candidate: mate.ratio }];
    }),
  );
}

interface Place {
  readonly caseId: string;
  readonly round: number;
  readonly ratio: number | null;
}

/** Rounds are numbered by their order: a run may have been extended, or begun again. */
function byOrdinal(exchanges: readonly ScoredExchange[], role: Role): ScoredExchange[] {
  const own = exchanges.filter(({ arm, phase }) => arm === role && phase === "warm");
  const ordinals = new Map(
    [...new Set(own.map(({ round }) => round))].sort((a, b) => a - b).map((round, ordinal) => [round, ordinal]),
  );
  return own.map((exchange) => ({ ...exchange, round: ordinals.get(exchange.round) as number }));
}

function placeOf({ caseId, variant, repeat, round }: ScoredExchange): string {
  return JSON.stringify([caseId, variant, repeat, round]);
}
