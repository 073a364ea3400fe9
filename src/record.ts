/** A plan sent and written down: what a run and a probe do alike. It does not know what the plan is for. */
import { createRequire } from "node:module";
import { hostname } from "node:os";
import { accessOf, type EndpointAccess } from "./capture/access.js";
import { capture } from "./capture/capture.js";
import { checkReachable } from "./capture/reach.js";
import { resolveKeys, SHORTEST_KEY } from "./config/keys.js";
import { proxyOf } from "./config/proxies.js";
import type {
  CaptureSettings,
  EndpointFacts,
  EndpointRole,
  EndpointSettings,
  Settings,
  Store,
} from "./config/settings.js";
import { storeOf } from "./config/store.js";
import { errorMessage, TwintailError } from "./core/errors.js";
import { NS_PER_MS } from "./core/units.js";
import { VERSION } from "./core/version.js";
import type { GoldenSet } from "./golden/golden-set.js";
import type { PlanEstimate } from "./plan/estimate.js";
import type { Plan } from "./plan/plan.js";
import { bootId } from "./recording/boot-id.js";
import { type Exchange, type HeaderLine, RECORDING_SCHEMA_VERSION, type SegmentLine } from "./recording/recording.js";
import type { RecordingWriter } from "./recording/writer.js";
import { storedExchange } from "./redact/exchange.js";
import { maskKeysIn } from "./redact/keys.js";
import { storedHeader } from "./redact/stored-header.js";

const ROLES = ["baseline", "candidate"] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** How both endpoints are reached, and what must not reach a file. */
export interface Access {
  readonly endpoints: Readonly<Record<EndpointRole, EndpointAccess>>;
  readonly secrets: readonly string[];
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
  // Shorter ones are placeholders: masking them would change every answer that has the word.
  return {
    endpoints,
    secrets: [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST_KEY),
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
}

/** What is sent, with which settings. */
export interface RecordJob {
  readonly plan: Plan;
  readonly capture: CaptureSettings;
  readonly runId: string;
  /** Of the process that appends; 0 made the recording. */
  readonly segment?: number;
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
  const { plan, runId, segment = 0 } = job;
  const { endpoints, secrets, store } = access;
  const originNs = process.hrtime.bigint();
  try {
    writer.append(segmentOf(segment, originNs));
    const end = await capture(
      { plan, runId, endpoints, settings: job.capture, originNs },
      segment,
      {
        onReleased: (ids) => options.onReleased?.(ids),
        onExchange: (exchange) => {
          const clean = storedExchange(exchange, secrets, store);
          writer.append(clean);
          options.onExchange?.(clean);
        },
        onMachine: (line) => writer.append(line),
        onPause: (line) => writer.append(line),
        onStopped: (line) => writer.append(line),
      },
      { stop: options.stop },
    );
    writer.append({ type: "end", segment, ...end });
    return end.reason === "interrupted";
  } catch (error) {
    const atNs = Number(process.hrtime.bigint() - originNs);
    tryAppend(() => writer.append({ type: "end", segment, atNs, reason: "failed", message: errorMessage(error) }));
    throw error;
  } finally {
    writer.close();
  }
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
 * Opens and closes a connection to each endpoint. One that scales to zero is left asleep: the first contact with it is
 * its cold trial.
 * @throws TwintailError that says which cannot be reached, and why.
 */
export async function reachBoth(
  { endpoints, capture: { timeouts } }: Settings,
  access: Access,
  stop: AbortSignal | undefined,
): Promise<void> {
  for (const role of ROLES) {
    if (endpoints[role].wake !== undefined) continue;
    const { route } = access.endpoints[role];
    await checkReachable(route, timeouts.connectMs, `endpoints.${role}.baseUrl`, stop);
  }
}

/** @throws TwintailError when what is planned may cost more than `capture.maxCost`. */
export function refuseOverMaxCost(
  what: string,
  { capture: { maxCost } }: Settings,
  { endpoints }: PlanEstimate,
  remedy: string,
): void {
  if (maxCost === undefined) return;
  const total = (endpoints.baseline.maxCost ?? 0) + (endpoints.candidate.maxCost ?? 0);
  if (total <= maxCost) return;
  throw new TwintailError({
    cause: `${what} may cost up to $${total.toFixed(2)}, above maxCost $${maxCost.toFixed(2)}`,
    place: "capture.maxCost",
    remedy,
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
  readonly preflight?: HeaderLine["preflight"];
  readonly recent?: HeaderLine["recent"];
}

/** As it may be written: without keys, and without what `access.store` leaves out. */
export function headerOf(parts: HeaderParts): HeaderLine {
  const { settings, access, plan, kind, probe, preflight = {}, recent = [] } = parts;
  const createdAt = new Date().toISOString();
  const header: HeaderLine = {
    type: "header",
    schemaVersion: RECORDING_SCHEMA_VERSION,
    runId: `${createdAt.slice(0, 19).replaceAll(":", "-")}Z-${parts.name.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 60)}-${plan.digest.slice(7, 11)}`,
    createdAt,
    kind,
    ...(probe === undefined ? {} : { probe }),
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
    capture: parts.capture,
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

function segmentOf(id: number, originNs: bigint): SegmentLine {
  const sinceOriginMs = Number(process.hrtime.bigint() - originNs) / NS_PER_MS;
  return {
    type: "segment",
    id,
    hrtimeOriginNs: String(originNs),
    wallClockMs: Date.now() - Math.round(sinceOriginMs),
    bootId: bootId(),
    host: hostname(),
    shard: null,
  };
}

function undiciVersion(): string {
  const { version } = createRequire(import.meta.url)("undici/package.json") as { version: string };
  return version;
}
