/** What a run that did not come to its end still has to send: the plan that it had, and of it what is missing. */
import type { EndpointRole, EndpointSettings } from "../config/settings.js";
import { seededRandom } from "../core/random.js";
import { buildPlan, type PlanInput } from "./build.js";
import { extendPlan, PRELUDE, preludeCapture } from "./extension.js";
import { refuseOtherPlan } from "./other-rows.js";
import type { Block, Phase, Plan, PlannedRequest, Release, RequestTemplate } from "./plan.js";

export interface RecordedPlan {
  /** Those of extensions included. */
  readonly rows: readonly PlannedRequest[];
  /** Null where the recording holds digests in place of bodies. */
  readonly requests: Readonly<Record<string, RequestTemplate>> | null;
  /** Rounds in all after each extension, in their order. */
  readonly extendedTo: readonly number[];
}

/**
 * The plan of a recording with its blocks, made again from settings and seed.
 * @param input as the run was planned at first
 * @param planOf what planned it
 * @throws TwintailError that names the first row in which the plan is not the one that was recorded.
 */
export function planAgain(input: PlanInput, planOf: (input: PlanInput) => Plan, recorded: RecordedPlan): Plan {
  let plan = planOf(input);
  for (const rounds of recorded.extendedTo) {
    refuseOtherPlan({ ...recorded, rows: recorded.rows.slice(0, plan.rows.length) }, plan);
    const longer = extendPlan({ ...input, before: plan, moreRounds: rounds - plan.rounds });
    plan = { ...longer, blocks: [...plan.blocks, ...longer.blocks] };
  }
  refuseOtherPlan(recorded, plan);
  return plan;
}

/** Where a phase's clock stands, ms: in the plan, and in what is left of it. */
interface PhaseClock {
  startMs: number;
  lastMs: number;
  offsetMs: number;
  lastShiftedMs: number;
}

/**
 * The plan with blocks of these rows alone. In each phase the first of them is due at once, and later ones keep their
 * distance from it; where an extension's clock begins anew, so does the distance.
 */
export function onlyRows(plan: Plan, ids: ReadonlySet<number>): Plan {
  const clocks = new Map<Phase, PhaseClock>();
  const blocks = plan.blocks.flatMap((block): Block[] => {
    const releases = block.releases.flatMap(({ rows, notBeforeMs }): Release[] => {
      const left = rows.filter((id) => ids.has(id));
      return left.length === 0 ? [] : [{ rows: left, notBeforeMs: shifted(clocks, block.phase, notBeforeMs) }];
    });
    if (releases.length === 0) return [];
    const { asleep, ...rest } = block;
    const sent = new Set(releases.flatMap(({ rows }) => rows.map((id) => plan.rows[id]?.endpoint)));
    // One that is not asked would sleep into the next phase, and answer it late.
    const sleepers = asleep?.filter((role) => sent.has(role)) ?? [];
    return [{ ...rest, releases, ...(sleepers.length === 0 ? {} : { asleep: sleepers }) }];
  });
  return { ...plan, blocks };
}

function shifted(clocks: Map<Phase, PhaseClock>, phase: Phase, dueMs: number): number {
  const clock = clocks.get(phase) ?? { startMs: dueMs, lastMs: dueMs, offsetMs: 0, lastShiftedMs: 0 };
  if (dueMs < clock.lastMs) {
    clock.startMs = dueMs;
    clock.offsetMs = clock.lastShiftedMs;
  }
  clock.lastMs = dueMs;
  clock.lastShiftedMs = clock.offsetMs + dueMs - clock.startMs;
  clocks.set(phase, clock);
  return clock.lastShiftedMs;
}

/** Rows of this set whose mates are not in it: no pair of one moment. */
export function halfPairs({ rows }: Pick<Plan, "rows">, ids: ReadonlySet<number>): Set<number> {
  const elsewhere = new Set(rows.flatMap(({ id, pairId }) => (ids.has(id) ? [] : [pairId])));
  return new Set(rows.flatMap(({ id, pairId }) => (ids.has(id) && elsewhere.has(pairId) ? [id] : [])));
}

type Endpoints = Readonly<Record<EndpointRole, Pick<EndpointSettings, "wake" | "scaleDown">>>;

/**
 * The plan with every cold trial after a sleep: the process before may have contacted the endpoint, so that it cannot be
 * taken to sleep. Where nothing says how it falls asleep its trial stays as it is.
 */
export function sleepingBefore(plan: Plan, endpoints: Endpoints): Plan {
  const blocks = plan.blocks.map((block): Block => {
    if (block.phase !== "cold") return block;
    const sent = new Set(block.releases.flatMap(({ rows }) => rows.map((id) => plan.rows[id]?.endpoint)));
    const asleep = ROLES.filter(
      (role) => block.asleep?.includes(role) || (sent.has(role) && canSleep(endpoints[role])),
    );
    return asleep.length === 0 ? block : { ...block, asleep };
  });
  return { ...plan, blocks };
}

/** Endpoints whose cold trial is to come, and of which nothing says how they fall asleep. */
export function maybeAwake(plan: Plan, endpoints: Endpoints): EndpointRole[] {
  return ROLES.filter(
    (role) => !canSleep(endpoints[role]) && firstPhases(plan)[role] === "cold" && endpoints[role].wake !== undefined,
  );
}

function canSleep({ wake, scaleDown }: Endpoints[EndpointRole]): boolean {
  return wake?.idleAfterMs !== undefined || scaleDown !== undefined;
}

const ROLES = ["baseline", "candidate"] as const;

/** The phase of each endpoint's first request; none where it gets none. */
function firstPhases(plan: Plan): Partial<Record<EndpointRole, Phase>> {
  const first: Partial<Record<EndpointRole, Phase>> = {};
  for (const { phase, releases } of plan.blocks) {
    for (const id of releases.flatMap(({ rows }) => rows)) {
      const row = plan.rows[id];
      if (row !== undefined) first[row.endpoint] ??= phase;
    }
  }
  return first;
}

/**
 * What is asked before the missing rows, so that no first answer after a pause counts as warm: an endpoint that scales to
 * zero is woken, then each is warmed up. One whose missing rows begin with its cold trial is left alone, since that has to be
 * the first contact, and one that they begin to warm up is not warmed up twice. Null where nothing is to be asked.
 * @param missing the plan of the missing rows
 * @param segment that goes on: a nonce that was sent before is in the caches
 */
export function preludeBefore(missing: Plan, { shards: _, ...input }: PlanInput, segment: number): Plan | null {
  const plan = buildPlan({
    ...input,
    seed: seededRandom(input.seed, `before segment ${segment}`).int(2 ** 31),
    capture: preludeCapture(input.capture),
  });
  const first = firstPhases(missing);
  const wanted = plan.rows.filter(({ phase, endpoint }) => {
    const begins = first[endpoint];
    if (begins === undefined || begins === "cold" || !PRELUDE.includes(phase)) return false;
    return phase === "cold" || begins !== "warmup";
  });
  if (wanted.length === 0) return null;
  const prelude = onlyRows(plan, new Set(wanted.map(({ id }) => id)));
  // It is woken, however long it slept.
  return { ...prelude, blocks: prelude.blocks.map(({ asleep: __, ...block }) => block) };
}
