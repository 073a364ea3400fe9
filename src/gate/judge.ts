/** Gates → results → the verdict of a run. Knows what was computed; does not know where it came from. */
import type { GateText } from "../config/settings.js";
import { judgeGate } from "./judge-gate.js";
import { type Evidence, type Judgement, LOOK_ALPHA, LOOKS } from "./judgement.js";
import { parseGates } from "./parse.js";
import { promiseVerdict } from "./promise.js";
import { verdictOf } from "./verdict.js";

/** @throws TwintailError with the column of a gate that cannot be understood. */
export function judge(gates: readonly GateText[], evidence: Evidence): Judgement {
  const results = parseGates(gates).map((gate) => judgeGate(gate, evidence));
  const { promise } = evidence;
  return {
    ...(results.length === 0 && promise !== undefined
      ? promiseVerdict(promise, evidence)
      : verdictOf(results, evidence)),
    look: evidence.look,
    looks: LOOKS,
    confidence: 1 - LOOK_ALPHA,
    gates: results,
  };
}
