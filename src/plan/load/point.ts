/** One load of a sweep: how much, on whom, for how long. */
import type { EndpointRole } from "../../config/settings.js";
import type { Phase } from "../plan.js";

export interface LoadPoint {
  /** Ordinal in the sweep, from 0. */
  readonly index: number;
  /** Asked at the same moments, with the same prompts. */
  readonly roles: readonly EndpointRole[];
  /** Of each endpoint: exchanges in flight (closed loop), or requests a second (open loop). Null for a trace, which has its own. */
  readonly load: number | null;
  /** Exchanges are measured from so long after the point began … */
  readonly settleMs: number;
  /** … for so long. Nothing is released after that. */
  readonly windowMs: number;
}

export function phaseOfPoint(index: number): Phase {
  return `sweep:${index}`;
}

/** The point that a phase is of; null for any other phase. */
export function pointOfPhase(phase: Phase): number | null {
  return phase.startsWith("sweep:") ? Number(phase.slice("sweep:".length)) : null;
}
