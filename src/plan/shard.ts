/**
 * One part of a plan that several processes send together. All of them plan the whole, alike, and each sends the pairs that
 * are dealt to it: a pair is never split, and ids stay the ordinals of the whole plan.
 */
import type { EndpointRole, EndpointSettings, RateLimits, Settings } from "../config/settings.js";
import { TwintailError } from "../core/errors.js";
import { printableLine } from "../core/printable.js";
import { mostTokens, type PlanEstimate } from "./estimate.js";
import type { Block, Plan, PlannedRequest, RequestTemplate } from "./plan.js";

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

/** `shard 2 of 8`. */
export function shardName({ index, count }: Shard): string {
  return `shard ${index} of ${count}`;
}

type Row = Pick<PlannedRequest, "pairId" | "arm" | "phase" | "round" | "caseId" | "repeat" | "variant">;

/**
 * The shard of each pair, from 1: one after another in the order of the plan, which is random within a round. A pair of the
 * control goes with the pair that it is the control of, so that an endpoint is compared with itself from one machine.
 */
export function shardsOfPairs(rows: readonly Row[], count: number): Map<number, number> {
  const shards = new Map<number, number>();
  const moments = new Map<string, number>();
  let next = 0;
  for (const { pairId, arm, phase, round, caseId, repeat, variant } of rows) {
    if (shards.has(pairId)) continue;
    const side = arm === "control" || arm === "candidate2" ? "control" : "main";
    const moment = JSON.stringify([phase, round, caseId, repeat, variant]);
    const mate = phase === "warm" ? moments.get(`${side === "main" ? "control" : "main"} ${moment}`) : undefined;
    const index = mate ?? (next++ % count) + 1;
    shards.set(pairId, index);
    moments.set(`${side} ${moment}`, index);
  }
  return shards;
}

/** The rows of a plan that one shard sends. */
export function rowsOfShard<R extends Row>(rows: readonly R[], { index, count }: Shard): R[] {
  const shards = shardsOfPairs(rows, count);
  return rows.filter(({ pairId }) => shards.get(pairId) === index);
}

/** A whole, dealt in whole numbers: the first shards take what does not divide. */
export function dealt(whole: number, { index, count }: Shard): number {
  return Math.floor(whole / count) + (index <= whole % count ? 1 : 0);
}

/**
 * The plan with the blocks and requests of one shard; rows, ids and digest stay those of the whole. Releases keep their times.
 * @throws TwintailError where a shard would have no lane, or no pair of any round.
 */
export function planOfShard(plan: Plan, shard: Shard): Plan {
  const { count } = shard;
  const own = new Set(rowsOfShard(plan.rows, shard).map(({ id }) => id));
  const moments = shardsOfPairs(
    plan.rows.filter(({ phase }) => phase === "warm"),
    count,
  );
  if (new Set(moments.values()).size < count) {
    throw new TwintailError({
      cause: `too few pairs for ${count} shards: ${moments.size}`,
      place: "--shard",
      remedy: "plan more rounds, or use fewer shards",
    });
  }
  const blocks = plan.blocks.flatMap((block): Block[] => {
    const releases = block.releases.flatMap(({ rows, notBeforeMs }) => {
      const left = rows.filter((id) => own.has(id));
      return left.length === 0 ? [] : [{ rows: left, notBeforeMs }];
    });
    return releases.length === 0 ? [] : [{ ...block, releases, concurrency: lanesOf(block, shard) }];
  });
  const requests: Record<string, RequestTemplate> = {};
  for (const { id, requestId } of plan.rows) {
    if (own.has(id)) requests[requestId] = plan.requests[requestId] as RequestTemplate;
  }
  return { ...plan, blocks, requests };
}

/** A warm-up goes one by one in each shard: it warms up, and measures nothing. */
function lanesOf({ phase, concurrency, open }: Block, shard: Shard): number {
  if (phase !== "warm") return concurrency;
  return atLeastOne(open === undefined ? "capture.concurrency" : "capture.arrivals.maxInFlight", concurrency, shard);
}

function atLeastOne(place: string, whole: number, shard: Shard): number {
  if (whole >= shard.count) return dealt(whole, shard);
  throw new TwintailError({
    cause: `it is of the whole run: ${whole} cannot be dealt to ${shard.count} shards`,
    place,
    remedy: `give ${shard.count} or more, or use fewer shards`,
  });
}

/** The plan whose rounds count from a moment that all shards share, `ms` after the capture begins; a warm-up comes before. */
export function startingAt(plan: Plan, ms: number): Plan {
  const blocks = plan.blocks.map((block) => (block.phase === "warm" ? { ...block, fromMs: ms } : block));
  return { ...plan, blocks };
}

/**
 * The settings by which one shard sends: limits are of the whole run, and each has its part of them. `rpm` and `tpm` are dealt
 * evenly, rounded so that the parts add up; of `maxRequests` and `maxCost` each has what its own pairs take at least, and its
 * part of what is left.
 * @param own what this shard sends
 * @param whole what all shards send; no more than the limits allow
 * @throws TwintailError where a part would be nothing.
 */
export function settingsOfShard(settings: Settings, shard: Shard, own: PlanEstimate, whole: PlanEstimate): Settings {
  const { baseline, candidate } = settings.endpoints;
  const { maxRequests, maxCost } = settings.capture;
  return {
    ...settings,
    endpoints: { baseline: limitsOf(baseline, shard), candidate: limitsOf(candidate, shard) },
    capture: {
      ...settings.capture,
      ...(maxRequests === undefined
        ? {}
        : { maxRequests: requestsOf(own) + dealt(Math.max(0, maxRequests - requestsOf(whole)), shard) }),
      ...(maxCost === undefined ? {} : { maxCost: costOf(own) + Math.max(0, maxCost - costOf(whole)) / shard.count }),
    },
  };
}

function limitsOf(endpoint: EndpointSettings, shard: Shard): EndpointSettings {
  const { limits, role } = endpoint;
  if (limits === undefined) return endpoint;
  const part = (name: "rpm" | "tpm"): RateLimits => {
    const all = limits[name];
    return all === undefined ? {} : { [name]: atLeastOne(`endpoints.${role}.limits.${name}`, all, shard) };
  };
  return { ...endpoint, limits: { ...limits, ...part("rpm"), ...part("tpm") } };
}

/**
 * A request that is more than a limit by itself goes alone, in the empty minute of its shard: where every shard has one of
 * those, all of them together pass a limit that each kept. All shards refuse alike.
 * @param plan of the whole run
 * @throws TwintailError where a shard's part of `tpm` is less than one of its requests may take, and the whole is not.
 */
export function refuseThinTokens(
  endpoints: Readonly<Record<EndpointRole, Pick<EndpointSettings, "limits">>>,
  plan: Plan,
  count: number,
): void {
  if (Object.values(endpoints).every(({ limits }) => limits?.tpm === undefined)) return;
  const shards = shardsOfPairs(plan.rows, count);
  const most = mostTokens(plan);
  let worst: {
    readonly row: PlannedRequest;
    readonly tokens: number;
    readonly tpm: number;
    readonly part: number;
  } | null = null;
  for (const row of plan.rows) {
    const tpm = endpoints[row.endpoint].limits?.tpm;
    const tokens = (most[row.id]?.input ?? 0) + (most[row.id]?.limit ?? 0);
    if (tpm === undefined || tokens > tpm || tokens <= (worst?.tokens ?? 0)) continue;
    const part = dealt(tpm, { index: shards.get(row.pairId) ?? 1, count });
    if (tokens > part) worst = { row, tokens, tpm, part };
  }
  if (worst === null) return;
  const { row, tokens, tpm, part } = worst;
  throw new TwintailError({
    cause: `it is of the whole run: of ${tpm} a shard has ${part}, and a request of ${printableLine(row.caseId, 60)} may take ${tokens}`,
    place: `endpoints.${row.endpoint}.limits.tpm`,
    remedy: `give ${tokens * count} or more, lower max_tokens, or use fewer shards`,
  });
}

function requestsOf({ endpoints: { baseline, candidate } }: PlanEstimate): number {
  return baseline.requests + candidate.requests;
}

function costOf({ endpoints: { baseline, candidate } }: PlanEstimate): number {
  return (baseline.maxCost ?? 0) + (candidate.maxCost ?? 0);
}

/**
 * What a sharded run cannot do, before it is planned.
 * @throws TwintailError
 */
export function refuseUnshardable({ capture }: Pick<Settings, "capture">): void {
  if (capture.seed === undefined) {
    throw new TwintailError({
      cause: "shards plan alike only with one seed",
      place: "capture.seed",
      remedy: "set it, or give --seed N to every shard",
    });
  }
  if (capture.order === "serial") {
    throw new TwintailError({
      cause: "serial order keeps one endpoint idle while the other is asked, and another shard would ask it",
      place: "capture.order",
      remedy: "run without --shard, or use order: random",
    });
  }
}
