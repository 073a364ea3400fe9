/** The control arm: each endpoint against itself, in pairs that the comparison itself never uses. */
import type { ScoredExchange } from "../measure/scored.js";
import type { Side } from "./comparison.js";
import { brokenMark, type Pair } from "./pairs.js";

/**
 * A against A′ (or B against B′): the two exchanges of one endpoint for the same case and round, made at two random places of
 * that round. The first arm stands as baseline, its control as candidate.
 */
export function controlPairs(exchanges: readonly ScoredExchange[], side: Side): Pair[] {
  const [first, second] =
    side === "baseline" ? (["baseline", "control"] as const) : (["candidate", "candidate2"] as const);
  const places = new Map<string, { baseline: ScoredExchange | null; candidate: ScoredExchange | null }>();
  for (const exchange of exchanges) {
    if (exchange.phase !== "warm" || (exchange.arm !== first && exchange.arm !== second)) continue;
    const { round, caseId, variant, repeat } = exchange;
    const key = JSON.stringify([round, caseId, variant, repeat]);
    const place = places.get(key) ?? { baseline: null, candidate: null };
    place[exchange.arm === first ? "baseline" : "candidate"] = exchange;
    places.set(key, place);
  }
  return [...places.values()].map((halves, pairId) => ({ pairId, ...halves, control: false, ...brokenMark(halves) }));
}
