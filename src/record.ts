/** A plan sent and written down: what a run and a probe do alike. It does not know what the plan is for. */
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { hostname } from "node:os";
import { accessOf, type EndpointAccess } from "./capture/access.js";
import { capture } from "./capture/capture.js";
import type { MorePlan } from "./capture/messages.js";
import { checkReachable } from "./capture/reach.js";
import { resolveKeys, SHORTEST_KEY } from "./config/keys.js";
import { proxyOf } from "./config/proxies.js";
import type {
  CaptureSettings,
  EndpointFacts,
  EndpointRole,
  EndpointSettings,
  Price,
  Settings,
  Store,
} from "./config/settings.js";
import { storeOf } from "./config/store.js";
import { errorMessage, TwintailError } from "./core/errors.js";
import { printableLine } from "./core/printable.js";
import { NS_PER_MS } from "./core/units.js";
import { VERSION } from "./core/version.js";
import type { GoldenSet } from "./golden/golden-set.js";
import { Spend } from "./measure/spend.js";
import { mostTokens, type PlanEstimate } from "./plan/estimate.js";
import { storedCapture, storedLoad } from "./plan/load/stored.js";
import type { Plan, PlannedRequest } from "./plan/plan.js";
import { apiOf } from "./plan/request.js";
import type { Shard } from "./plan/shard.js";
import { bootId } from "./recording/boot-id.js";
import { readRecording } from "./recording/reader.js";
import {
  type BegunLine,
  type DroppedLine,
  type Exchange,
  type HeaderLine,
  type MachineLine,
  type PauseLine,
  type PointLine,
  RECORDING_SCHEMA_VERSION,
  type RecordingFrame,
  type SegmentLine,
  type StoppedLine,
} from "./recording/recording.js";
import { shardMark } from "./recording/shard-segments.js";
import type { RecordingWriter } from "./recording/writer.js";
import { storedExchange } from "./redact/exchange.js";
import { maskKeys, maskKeysIn } from "./redact/keys.js";
import { storedHeader, storedRequests } from "./redact/stored-header.js";

const ROLES = ["baseline", "candidate"] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** How both endpoints are reached, what must not reach a file, and what asking costs. */
export interface Access {
  readonly endpoints: Readonly<Record<EndpointRole, EndpointAccess>>;
  readonly secrets: readonly string[];
  readonly prices: Readonly<Record<EndpointRole, Price | undefined>>;
  /** What a recording that is begun now will hold; one that goes on holds what it held. */
  readonly store: Store;
}

/** @throws TwintailError when a key is missing or unusable, or a proxy's address is no URL. */
export function accessTo(settings: Settings, environment: Environment): Access {
  const keys = resolveKeys(settings, environment);
  const of = (role: EndpointRole): EndpointAccess =>
    accessOf(settings.endpoints[role], keys[role], proxyOf(settings.endpoints[role], environment));
  const endpoints = { baseline: of("baseline"), candidate: of("candidate") };
  const secrets = ROLES.flatMap((role) => [
    ...(keys[role] === undefined ? [] : [keys[role]]),
    ...(endpoints[role].route.proxy?.secrets ?? []),
    ...querySecrets(settings.endpoints[role].query),
  ]);
  const prices = { baseline: settings.endpoints.baseline.price, candidate: settings.endpoints.candidate.price };
  // Shorter ones are placeholders: masking them would change every answer that has the word.
  return {
    endpoints,
    secrets: [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST_KEY),
    prices,
    store: storeOf(settings, environment),
  };
}

/**
 * As {@link accessTo}, for a recording that goes on: what it holds is what its header says.
 * @throws TwintailError also where the configuration asks for another `store` by name.
 */
export function accessAsRecorded(header: HeaderLine, settings: Settings, environment: Environment): Access {
  const recorded = header.store ?? "full";
  if (settings.store !== undefined && settings.store !== recorded) {
    throw new TwintailError({
      cause: `the recording stores ${recorded}, and the configuration asks for ${settings.store}`,
      place: "store",
      remedy: "one file keeps one promise: run anew",
    });
  }
  return { ...accessTo(settings, environment), store: recorded };
}

/** Values of a query that may be keys: not versions, dates and names, which answers hold for other reasons. */
function querySecrets(query: string): string[] {
  return [...new URLSearchParams(query)].flatMap(([name, value]) =>
    /version|date|region|project|deployment|model/i.test(name) || /^\d{4}-\d{2}-\d{2}/.test(value) ? [] : [value],
  );
}

export interface RecordOptions {
  /** Aborting it ends the recording cleanly. */
  readonly stop?: AbortSignal | undefined;
  /** Rows of the plan were released. */
  readonly onReleased?: ((ids: readonly number[]) => void) | undefined;
  /** An exchange ended and is on disk. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined;
  readonly onBegun?: ((line: BegunLine) => void) | undefined;
  readonly onDropped?: ((line: DroppedLine) => void) | undefined;
  readonly onMachine?: ((line: MachineLine) => void) | undefined;
  readonly onStopped?: ((line: StoppedLine) => void) | undefined;
}

/** What is sent, with which settings. */
export interface RecordJob {
  readonly plan: Plan;
  readonly capture: CaptureSettings;
  readonly runId: string;
  /** Of the process that appends; 0 made the recording. */
  readonly segment?: number;
  /** Rows whose mates another process recorded. */
  readonly halfPairs?: ReadonlySet<number>;
  /** Of the same limits, by processes before. */
  readonly spent?: Spent;
  /** Called when all that was planned has ended: what follows, or null for nothing. */
  readonly more?: () => Promise<MoreToRecord | null>;
  /** The part of the run that is sent. */
  readonly shard?: Shard | undefined;
}

/** A plan that goes on: all rows, with blocks of the new ones alone. */
export interface MoreToRecord {
  readonly plan: Plan;
  /** What the recording says of it, before the first of its requests is sent. */
  readonly line: PointLine;
}

/**
 * Sends every request in the blocks of the plan and appends what comes. The writer is closed in any case.
 * @returns whether it was interrupted.
 * @throws TwintailError when the disk refuses a line, with everything so far on disk.
 */
export async function record(
  job: RecordJob,
  access: Access,
  writer: RecordingWriter,
  options: RecordOptions,
): Promise<boolean> {
  const { runId, segment = 0, halfPairs, more, shard } = job;
  const { endpoints, secrets, store } = access;
  let { plan } = job;
  const originNs = process.hrtime.bigint();
  const drain = new AbortController();
  const cost = costLimit(
    job,
    () => plan,
    access,
    () => drain.abort(COST_LIMIT),
  );
  const goOn = async (): Promise<MorePlan | null> => {
    const next = (await more?.()) ?? null;
    if (next === null) return null;
    const rows = next.plan.rows.slice(plan.rows.length);
    plan = next.plan;
    writer.append(maskKeysIn({ ...next.line, requests: storedRequests(next.line.requests, store) }, secrets));
    const { requests } = next.line;
    return { rows, requests, blocks: plan.blocks, ...tokensFor({ rows, requests: plan.requests }, endpoints) };
  };
  try {
    writer.append(segmentOf(segment, originNs, shard));
    const end = await capture(
      {
        plan,
        runId,
        endpoints,
        settings: leftOf(job),
        originNs,
        ...tokensFor(plan, endpoints),
        ...(more === undefined ? {} : { goesOn: true }),
      },
      segment,
      {
        onReleased: (ids) => options.onReleased?.(ids),
        onExchange: (exchange) => {
          const broken = halfPairs?.has(exchange.id) ? { ...exchange, pairBroken: true as const } : exchange;
          const clean = storedExchange(broken, secrets, store);
          writer.append(clean);
          options.onExchange?.(clean);
          cost?.heed(exchange);
        },
        onMachine: (line) => {
          writer.append(line);
          options.onMachine?.(line);
        },
        onPause: (line) => writer.append(withoutSecrets(line, secrets)),
        onStopped: (line) => {
          writer.append(line);
          options.onStopped?.(line);
        },
        onBegun: (line) => {
          writer.append(line);
          options.onBegun?.(line);
        },
        onDropped: (line) => {
          writer.append(line);
          options.onDropped?.(line);
        },
        onIdle: goOn,
      },
      { stop: options.stop, drain: drain.signal },
    );
    // Answers that were in flight have come since the limit was reached: they are paid for too.
    const limit = end.message === COST_LIMIT && cost !== null ? { message: cost.spent() } : {};
    writer.append({ type: "end", segment, ...end, ...limit });
    return end.reason === "interrupted";
  } catch (error) {
    const atNs = Number(process.hrtime.bigint() - originNs);
    const message = maskKeys(errorMessage(error), secrets);
    tryAppend(() => writer.append({ type: "end", segment, atNs, reason: "failed", message }));
    throw error;
  } finally {
    writer.close();
  }
}

/** A limit on tokens counts what a plan may cost; without one nobody needs to know. */
function tokensFor(
  plan: Pick<Plan, "rows" | "requests">,
  endpoints: Access["endpoints"],
): { readonly tokens?: readonly number[] } {
  if (ROLES.every((role) => endpoints[role].limits?.tpm === undefined)) return {};
  return { tokens: mostTokens(plan).map(({ input, limit }) => input + limit) };
}

/** With as many requests as a limit on them leaves. */
function leftOf({ capture: settings, spent }: RecordJob): CaptureSettings {
  const { maxRequests } = settings;
  if (maxRequests === undefined || spent === undefined) return settings;
  return { ...settings, maxRequests: maxRequests - spent.requests };
}

const COST_LIMIT = "capture.maxCost";

interface CostLimit {
  readonly heed: (exchange: Exchange) => void;
  /** What was spent so far, of what. */
  readonly spent: () => string;
}

/** Adds up what answers cost; null without a limit. */
function costLimit(
  { capture: { maxCost }, spent }: RecordJob,
  planNow: () => Plan,
  { prices }: Access,
  reached: () => void,
): CostLimit | null {
  if (maxCost === undefined) return null;
  const spend = new Spend(prices);
  const usd = (): number => spend.usd + (spent?.usd ?? 0);
  return {
    heed(exchange) {
      const { rows, requests } = planNow();
      const row = rows[exchange.id] as PlannedRequest;
      const [most] = mostTokens({ rows: [row], requests });
      spend.add(exchange, apiOf(requests[row.requestId]?.body ?? {}), most?.input ?? 0);
      if (usd() >= maxCost) reached();
    },
    spent: () => `${COST_LIMIT}: ${dollars(usd())} of ${dollars(maxCost)} spent`,
  };
}

function dollars(usd: number): string {
  return `$${usd < 1 ? usd.toPrecision(2) : usd.toFixed(2)}`;
}

const LONGEST_REASON = 300;

/** What a command of the user's own said may hold a key. On one line, with its last words where there are too many. */
function withoutSecrets(line: PauseLine, secrets: readonly string[]): PauseLine {
  if (line.failed === undefined) return line;
  const said = maskKeys(line.failed, secrets).trim();
  const cause = said.slice(0, said.indexOf(":") + 1);
  const short = said.length <= LONGEST_REASON ? said : `${cause} …${said.slice(cause.length + 2 - LONGEST_REASON)}`;
  return { ...line, failed: printableLine(short, LONGEST_REASON) };
}

/** The disk that refused a line may refuse this one too; the first error is the one to report. */
function tryAppend(append: () => void): void {
  try {
    append();
  } catch {
    // A recording without an end line is read as killed.
  }
}

/**
 * Opens and closes a connection to each endpoint, both at once. One that scales to zero is left asleep: the first contact
 * with it is its cold trial.
 * @param roles those that will be asked
 * @throws TwintailError that says which cannot be reached, and why; one line an endpoint.
 */
export async function reachBoth(
  { endpoints, capture: { timeouts } }: Settings,
  access: Access,
  stop: AbortSignal | undefined,
  roles: readonly EndpointRole[] = ROLES,
): Promise<void> {
  const tried = await Promise.allSettled(
    roles
      .filter((role) => endpoints[role].wake === undefined)
      .map((role) =>
        checkReachable(access.endpoints[role].route, timeouts.connectMs, `endpoints.${role}.baseUrl`, stop),
      ),
  );
  const errors = tried.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  if (errors.length === 0) return;
  const other = errors.find((error) => !(error instanceof TwintailError));
  if (other !== undefined || errors.length === 1 || stop?.aborted) throw other ?? errors[0];
  throw new TwintailError({ cause: errors.map(errorMessage).join("\n"), error: errors[0] });
}

/** @throws TwintailError when what is planned may cost more than `capture.maxCost`, or is more than `capture.maxRequests`. */
export function refuseOverMaxCost(
  what: string,
  { capture: { maxCost, maxRequests } }: Settings,
  { endpoints }: PlanEstimate,
  remedy: string,
): void {
  const requests = endpoints.baseline.requests + endpoints.candidate.requests;
  if (maxRequests !== undefined && requests > maxRequests) {
    throw new TwintailError({
      cause: `${what} is ${requests} requests before any retry, above maxRequests ${maxRequests}`,
      place: "capture.maxRequests",
      remedy: "plan fewer rounds, or raise maxRequests (--max-requests)",
    });
  }
  if (maxCost === undefined) return;
  const total = (endpoints.baseline.maxCost ?? 0) + (endpoints.candidate.maxCost ?? 0);
  if (total <= maxCost) return;
  throw new TwintailError({
    cause: `${what} may cost up to $${total.toFixed(2)}, above maxCost $${maxCost.toFixed(2)}`,
    place: "capture.maxCost",
    remedy,
  });
}

/** What a run that goes on has cost and sent already: its limits are of the whole, however often it is taken up again. */
export interface Spent {
  readonly usd: number;
  /** At both endpoints together; those of requests that were cut and sent again are in it once. */
  readonly requests: number;
}

const NOTHING: Spent = { usd: 0, requests: 0 };

/**
 * Of the plan as it was, or of its latest extension: each was allowed as much.
 * @param plan of the whole recording
 */
export function spentSoFar(
  recording: string,
  { extensions }: Pick<RecordingFrame, "extensions">,
  plan: Plan,
  prices: Access["prices"],
  { maxCost, maxRequests }: CaptureSettings,
): Spent {
  if (maxCost === undefined && maxRequests === undefined) return NOTHING;
  const since = extensions.at(-1)?.segment ?? 0;
  const tokens = mostTokens(plan);
  const spend = new Spend(prices);
  let requests = 0;
  readRecording(recording, (exchange) => {
    if (exchange.segment < since) return;
    requests += exchange.attempts.length;
    const { requestId } = plan.rows[exchange.id] as PlannedRequest;
    spend.add(exchange, apiOf(plan.requests[requestId]?.body ?? {}), tokens[exchange.id]?.input ?? 0);
  });
  return { usd: spend.usd, requests };
}

/** @throws TwintailError when what was spent and what is missing may pass a limit together. */
export function refuseOverLimits(
  { usd, requests }: Spent,
  { endpoints }: PlanEstimate,
  { maxCost, maxRequests }: CaptureSettings,
): void {
  const { baseline, candidate } = endpoints;
  const more = baseline.requests + candidate.requests;
  if (maxRequests !== undefined && more > 0 && requests + more > maxRequests) {
    throw new TwintailError({
      cause: `${requests} requests were sent, and ${more} are missing before any retry: above maxRequests ${maxRequests}`,
      place: "capture.maxRequests",
      remedy: "raise maxRequests (--max-requests), or score what is there",
    });
  }
  const cost = (baseline.maxCost ?? 0) + (candidate.maxCost ?? 0);
  if (maxCost === undefined || more === 0 || usd + cost <= maxCost) return;
  throw new TwintailError({
    cause: `$${usd.toFixed(2)} was spent, and what is missing may cost up to $${cost.toFixed(2)}: above maxCost $${maxCost.toFixed(2)}`,
    place: "capture.maxCost",
    remedy: "raise maxCost, or score what is there",
  });
}

/** What a header says beyond the settings. */
export interface HeaderParts {
  readonly settings: Settings;
  readonly access: Access;
  readonly plan: Plan;
  readonly capture: CaptureSettings;
  readonly kind: HeaderLine["kind"];
  /** The last part of the run's name but its digest. */
  readonly name: string;
  readonly goldenSet: GoldenSet;
  readonly goldenDigest: string;
  readonly probe?: HeaderLine["probe"];
  readonly sweep?: HeaderLine["sweep"];
  readonly shard?: HeaderLine["shard"];
  readonly preflight?: HeaderLine["preflight"];
  readonly recent?: HeaderLine["recent"];
}

/** Sorts by its start; two that start in one second, here or on another machine of one history, are told apart by chance. */
function runIdOf(createdAt: string, name: string, shard: HeaderLine["shard"]): string {
  const start = createdAt.slice(0, 19).replaceAll(":", "-");
  const ofSet = name.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 60);
  const of = shard === undefined ? "" : `-shard-${shard.index}-of-${shard.count}`;
  return `${start}Z-${ofSet}-${randomBytes(2).toString("hex")}${of}`;
}

/** As it may be written: without keys, and without what `access.store` leaves out. */
export function headerOf(parts: HeaderParts): HeaderLine {
  const { settings, access, plan, kind, probe, sweep, shard, preflight = {}, recent = [] } = parts;
  const createdAt = new Date().toISOString();
  const header: HeaderLine = {
    type: "header",
    schemaVersion: RECORDING_SCHEMA_VERSION,
    runId: runIdOf(createdAt, parts.name, shard),
    createdAt,
    kind,
    ...(probe === undefined ? {} : { probe }),
    ...(sweep === undefined ? {} : { sweep: { ...sweep, load: storedLoad(sweep.load) } }),
    ...(shard === undefined ? {} : { shard }),
    goldenSet: parts.goldenSet,
    goldenDigest: parts.goldenDigest,
    endpoints: {
      baseline: factsOf(settings.endpoints.baseline, access.endpoints.baseline),
      candidate: factsOf(settings.endpoints.candidate, access.endpoints.candidate),
    },
    requests: plan.requests,
    plan: plan.rows,
    planDigest: plan.digest,
    notTested: plan.notTested,
    ...(Object.keys(preflight).length === 0 ? {} : { preflight }),
    capture: storedCapture(parts.capture),
    judge: settings.judge,
    seed: plan.seed,
    ...(recent.length === 0 ? {} : { recent }),
    versions: versionsNow(),
  };
  return maskKeysIn(storedHeader(header, access.store), access.secrets);
}

export function versionsNow(): HeaderLine["versions"] {
  return { twintail: VERSION, node: process.version, undici: undiciVersion() };
}

function factsOf(endpoint: EndpointSettings, { route }: EndpointAccess): EndpointFacts {
  const { role, baseUrl, models, apiKeyEnv, tier, price, wake, simulated } = endpoint;
  return {
    role,
    baseUrl,
    models,
    ...(apiKeyEnv === undefined ? {} : { apiKeyEnv }),
    ...(tier === undefined ? {} : { tier }),
    ...(price === undefined ? {} : { price }),
    ...(wake === undefined ? {} : { wake }),
    ...(simulated === undefined ? {} : { simulated }),
    ...(route.proxy === undefined ? {} : { proxy: route.proxy.origin }),
    ...(endpoint.http2 === undefined ? {} : { http2: endpoint.http2 }),
  };
}

export function segmentOf(id: number, originNs: bigint, shard?: Shard): SegmentLine {
  const sinceOriginMs = Number(process.hrtime.bigint() - originNs) / NS_PER_MS;
  return {
    type: "segment",
    id,
    hrtimeOriginNs: String(originNs),
    wallClockMs: Date.now() - Math.round(sinceOriginMs),
    bootId: bootId(),
    host: hostname(),
    shard: shard === undefined ? null : shardMark(shard),
  };
}

function undiciVersion(): string {
  const { version } = createRequire(import.meta.url)("undici/package.json") as { version: string };
  return version;
}
