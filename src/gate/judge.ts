/** Gates → results → the verdict of a run. Knows what was computed; does not know where it came from. */
import type { GateText } from "../config/settings.js";
import { judgeGate } from "./judge-gate.js";
import { type Evidence, type Judgement, LOOK_ALPHA, LOOKS } from "./judgement.js";
import { parseGates } from "./parse.js";
import { promiseVerdict } from "./promise.js";
import { verdictOf } from "./verdict.js";

/** @throws TwintailError with the column of a gate that cannot be understood. */
export function judge(gates: readonly GateText[], evidence: Evidence): Judgement {
  const { promise, unasked = null } = evidence;
  const parsed = parseGates(gates);
  if (unasked !== null) return { verdict: null, reason: unasked, notes: [], ...looked(evidence), gates: [] };
  const results = parsed.map((gate) => judgeGate(gate, evidence));
  return {
    ...(results.length === 0 && promise !== undefined
      ? promiseVerdict(promise, evidence)
      : verdictOf(results, evidence)),
    ...looked(evidence),
    gates: results,
  };
}

function looked({ look }: Evidence): Pick<Judgement, "look" | "looks" | "confidence"> {
  return { look, looks: LOOKS, confidence: 1 - LOOK_ALPHA };
}
