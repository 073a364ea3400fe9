/**
 * Cold trials and nothing else: each wakes every endpoint that scales to zero, at one moment, and is followed by warm
 * requests of the same prompt to both endpoints, so that what waking adds can be told from what answering takes.
 */
import type { EndpointRole } from "../config/settings.js";
import { digestOf } from "../core/digest.js";
import { TwintailError } from "../core/errors.js";
import { Draft, type PlanInput, planCold, planWarmup, splitByModel } from "./build.js";
import type { Plan } from "./plan.js";

export interface WakeTrials {
  readonly trials: number;
  /** Warm requests to each endpoint after every trial. */
  readonly references: number;
}

const ROLES = ["baseline", "candidate"] as const;

/**
 * @throws TwintailError when neither endpoint scales to zero, or when one would have to fall asleep again and nothing
 * says how it does.
 */
export function buildWakePlan(input: PlanInput, { trials, references }: WakeTrials): Plan {
  const sleepers = ROLES.filter((role) => input.endpoints[role].wake !== undefined);
  if (sleepers.length === 0) {
    throw new TwintailError({
      cause: "neither endpoint has wake, so there is nothing to wake",
      place: "endpoints",
      remedy: "give the endpoint that scales to zero wake: { idleAfter, budget, cap }",
    });
  }
  if (trials > 1) for (const role of sleepers) requireSleep(role, input);
  const { tested } = splitByModel(input);
  const draft = new Draft(input);
  for (let trial = 0; trial < trials; trial++) {
    planCold(draft, input, tested, trial);
    planWarmup(draft, input, tested, references, trial);
  }
  const plan = {
    seed: input.seed,
    rounds: trials,
    rows: draft.rows,
    blocks: draft.blocks,
    requests: Object.fromEntries(draft.requests),
    // One case is sent: what else has no model is no matter of a wake.
    notTested: [],
  };
  return { ...plan, digest: digestOf(plan) };
}

function requireSleep(role: EndpointRole, { endpoints }: PlanInput): void {
  const { wake, scaleDown } = endpoints[role];
  if (wake?.idleAfterMs !== undefined || scaleDown !== undefined) return;
  throw new TwintailError({
    cause: "it has to fall asleep again between two trials, and nothing says how",
    place: `endpoints.${role}.wake`,
    remedy: "give idleAfter or scaleDown, or make one trial",
  });
}
