/** Gates → results → the verdict of a run. */
import type { GateText } from "../config/settings.js";
import { type Evidence, type Judgement, LOOK_ALPHA, LOOKS } from "./judgement.js";

export function judge(gates: readonly GateText[], evidence: Evidence): Judgement {
  return {
    verdict: null,
    reason:
      gates.length === 0
        ? "no gates: this report shows what was measured and decides nothing"
        : `${gates.length} gates are in the configuration; this version records them and does not evaluate gates`,
    look: evidence.look,
    looks: LOOKS,
    confidence: 1 - LOOK_ALPHA,
    gates: [],
    notes: [],
  };
}
