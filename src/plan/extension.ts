/**
 * More rounds of a plan that was sent before: the rounds that the same seed would have given it, had it been planned
 * longer. Everything is drawn in order, so a longer plan begins with the shorter one.
 */
import type { CaptureSettings } from "../config/settings.js";
import { digestOf } from "../core/digest.js";
import { TwintailError } from "../core/errors.js";
import { seededRandom } from "../core/random.js";
import { buildPlan, type PlanInput } from "./build.js";
import { refuseOtherRows } from "./other-rows.js";
import type { Phase, Plan, PlannedRequest, Release, RequestTemplate } from "./plan.js";

/** What was planned so far. */
export interface PlanBefore {
  readonly rows: readonly PlannedRequest[];
  readonly requests: Readonly<Record<string, RequestTemplate>>;
  readonly rounds: number;
}

/** `capture.rounds` of the input is what was planned at first: with `spread` it says how far apart rounds are. */
export interface ExtendedPlanInput extends PlanInput {
  readonly before: PlanBefore;
  readonly moreRounds: number;
}

/** What comes before the rounds after a pause: an endpoint may have gone to sleep, and its first answer is never warm. */
export const PRELUDE: readonly Phase[] = ["cold", "warmup"];

/**
 * All rows, old and new, with blocks of the new ones alone.
 * @throws TwintailError that names the first row in which a plan from these settings is not what was sent.
 */
export function extendPlan(input: ExtendedPlanInput): Plan {
  const { before, moreRounds, capture, seed } = input;
  refuseRamp(capture);
  const rounds = before.rounds + moreRounds;
  const spreadMs = (capture.spreadMs * rounds) / capture.rounds;
  const whole = buildPlan({ ...input, capture: { ...capture, rounds, spreadMs } });
  const known = before.rows.filter(isRound);
  refuseOtherRows({ ...before, rows: known }, { ...whole, rows: whole.rows.filter(isRound) });
  const first = whole.rows.filter(isRound)[known.length]?.id ?? whole.rows.length;
  const prelude = buildPlan({
    ...input,
    // Another seed: a nonce that was sent before is in the caches.
    seed: seededRandom(seed, `before round ${before.rounds}`).int(2 ** 31),
    capture: preludeCapture(capture),
  });
  const draft = new Continuation(before);
  draft.add(prelude, ({ phase }) => PRELUDE.includes(phase));
  draft.add(whole, ({ id, phase }) => phase === "warm" && id >= first);
  const plan = {
    seed,
    rounds,
    rows: draft.rows,
    blocks: draft.blocks,
    requests: draft.requests,
    notTested: whole.notTested,
  };
  return { ...plan, digest: digestOf(plan) };
}

/** A rate that has risen to its end would begin anew, or stay there: neither is the load that was asked for. */
function refuseRamp({ arrivals }: CaptureSettings): void {
  if (arrivals?.toRate === undefined || arrivals.toRate === arrivals.rate) return;
  throw new TwintailError({
    cause: "its rate went from one value to another, and more rounds have no part in that",
    place: "capture.arrivals.toRate",
    remedy: "run anew, with as many rounds as it takes",
  });
}

const isRound = ({ phase }: PlannedRequest): boolean => phase === "warm";

/** Of a plan that has little more than a prelude. */
export function preludeCapture(capture: CaptureSettings): CaptureSettings {
  return { ...capture, rounds: 1, spreadMs: 0, control: false, solo: { ...capture.solo, requests: 0 } };
}

/** Takes rows from plans, and gives them ids and pairs that go on from what was planned before. */
class Continuation {
  readonly rows: PlannedRequest[];
  readonly blocks: Plan["blocks"][number][] = [];
  readonly requests: Record<string, RequestTemplate>;

  constructor(before: PlanBefore) {
    this.rows = [...before.rows];
    this.requests = { ...before.requests };
  }

  add(plan: Plan, keep: (row: PlannedRequest) => boolean): void {
    const kept = plan.rows.filter(keep);
    const firstPair = this.rows.reduce((most, { pairId }) => Math.max(most, pairId), -1) + 1;
    const pairShift = firstPair - (kept[0]?.pairId ?? 0);
    const ids = new Map<number, number>();
    for (const row of kept) {
      const id = this.rows.length;
      ids.set(row.id, id);
      this.rows.push({ ...row, id, pairId: row.pairId + pairShift });
      this.requests[row.requestId] = plan.requests[row.requestId] as RequestTemplate;
    }
    let startMs: number | null = null;
    for (const block of plan.blocks) {
      const releases: Release[] = [];
      for (const { rows, notBeforeMs } of block.releases) {
        const own = rows.flatMap((id) => ids.get(id) ?? []);
        if (own.length === 0) continue;
        startMs ??= notBeforeMs;
        releases.push({ rows: own, notBeforeMs: notBeforeMs - startMs });
      }
      if (releases.length > 0) this.blocks.push({ ...block, releases });
    }
  }
}
