/** The table of contents of a run: plan → capture → write, then score the file that was written. */
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { accessOf, type EndpointAccess } from "./capture/access.js";
import { capture } from "./capture/capture.js";
import { checkReachable, interrupted } from "./capture/reach.js";
import { type Keys, resolveKeys, SHORTEST_KEY } from "./config/keys.js";
import { proxyOf } from "./config/proxies.js";
import type { EndpointFacts, EndpointRole, EndpointSettings, Settings } from "./config/settings.js";
import { errorMessage, TwintailError } from "./core/errors.js";
import { NS_PER_MS } from "./core/units.js";
import { VERSION } from "./core/version.js";
import { type LoadedGoldenSet, loadGoldenSet } from "./golden/load.js";
import { buildPlan } from "./plan/build.js";
import { estimatePlan, type PlanEstimate } from "./plan/estimate.js";
import type { Plan } from "./plan/plan.js";
import { heedPreflight, preflight } from "./preflight.js";
import { RECORDING_FILE } from "./recording/reader.js";
import { type Exchange, type HeaderLine, RECORDING_SCHEMA_VERSION, type SegmentLine } from "./recording/recording.js";
import { RecordingWriter } from "./recording/writer.js";
import { withoutKeys } from "./redact/keys.js";
import type { Report } from "./report/report.js";
import { score } from "./score.js";

const USER_AGENT = `twintail/${VERSION}`;
const ROLES = ["baseline", "candidate"] as const;

/** A run that is ready to be sent: nothing has touched the network yet. */
export interface PreparedRun {
  readonly settings: Settings;
  readonly golden: LoadedGoldenSet;
  readonly plan: Plan;
  readonly estimate: PlanEstimate;
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  /** Folder that run folders are made in. Default `results`. */
  readonly resultsFolder?: string;
  /** Where keys are looked up. Default `process.env`. */
  readonly environment?: Environment;
  readonly kind?: "run" | "demo";
  /** Aborting it ends the run cleanly, with a partial recording. */
  readonly stop?: AbortSignal;
  /** Called before the first request. */
  readonly onStart?: (folder: string, prepared: PreparedRun) => void;
  /** Rows of the plan were released. */
  readonly onReleased?: (ids: readonly number[]) => void;
  /** An exchange ended and is on disk. */
  readonly onExchange?: (exchange: Exchange) => void;
}

export interface FinishedRun {
  /** `results/<run>`. */
  readonly folder: string;
  readonly recording: string;
  readonly report: Report;
  readonly interrupted: boolean;
}

/**
 * Loads the golden set and plans every request.
 * @throws TwintailError with the place of a mistake in the golden set, or when the plan may cost more than `maxCost`.
 */
export function prepareRun(settings: Settings): PreparedRun {
  return planned(settings, loadGoldenSet(settings.goldens), settings.capture.seed ?? randomInt(2 ** 31));
}

function planned(settings: Settings, golden: LoadedGoldenSet, seed: number): PreparedRun {
  const { endpoints, capture } = settings;
  const plan = buildPlan({ set: golden.set, endpoints, capture, seed, userAgent: USER_AGENT });
  const estimate = estimatePlan(plan, golden.set, settings.endpoints, settings.capture.retry.attempts);
  refuseOverMaxCost(settings, estimate);
  return { settings, golden, plan, estimate };
}

/**
 * Sends a prepared run, records it, and scores the recording it wrote. The report is not written to disk.
 * @throws TwintailError before the first request when a key or an endpoint is missing; or, with everything recorded
 * so far on disk, when the disk refuses a line.
 */
export async function run(given: PreparedRun, options: RunOptions = {}): Promise<FinishedRun> {
  const { settings } = given;
  const keys = resolveKeys(settings, options.environment ?? process.env);
  const access = accessOfBoth(settings, keys, options.environment ?? process.env);
  await reachBoth(settings, access, options.stop);
  if (options.stop?.aborted) throw interrupted();
  const secrets = secretsOf(keys, access);
  const said = await preflight({ settings, access, secrets, userAgent: USER_AGENT, stop: options.stop });
  if (options.stop?.aborted) throw interrupted();
  const heeded = heedPreflight(settings, said);
  const prepared = heeded === settings ? given : planned(heeded, given.golden, given.plan.seed);
  const header = headerOf(prepared, access, said, options.kind ?? "run");
  const folder = join(options.resultsFolder ?? "results", header.runId);
  const recording = join(folder, RECORDING_FILE);
  const writer = RecordingWriter.create(recording, header);
  options.onStart?.(folder, prepared);
  const stopped = await record(prepared, secrets, access, header.runId, writer, options);
  return { folder, recording, report: score(recording), interrupted: stopped };
}

async function record(
  { settings, plan }: PreparedRun,
  secrets: readonly string[],
  access: Access,
  runId: string,
  writer: RecordingWriter,
  options: RunOptions,
): Promise<boolean> {
  const originNs = process.hrtime.bigint();
  try {
    writer.append(segmentOf(originNs));
    const end = await capture(
      { plan, runId, endpoints: access, settings: settings.capture, originNs },
      0,
      {
        onReleased: (ids) => options.onReleased?.(ids),
        onExchange: (exchange) => {
          const clean = withoutKeys(exchange, secrets);
          writer.append(clean);
          options.onExchange?.(clean);
        },
        onMachine: (line) => writer.append(line),
      },
      options.stop,
    );
    writer.append({ type: "end", segment: 0, atNs: end.atNs, reason: end.reason });
    return end.reason === "interrupted";
  } catch (error) {
    const atNs = Number(process.hrtime.bigint() - originNs);
    tryAppend(() => writer.append({ type: "end", segment: 0, atNs, reason: "failed", message: errorMessage(error) }));
    throw error;
  } finally {
    writer.close();
  }
}

type Access = Readonly<Record<EndpointRole, EndpointAccess>>;

function accessOfBoth({ endpoints }: Settings, keys: Keys, environment: Environment): Access {
  const of = (role: EndpointRole): EndpointAccess =>
    accessOf(endpoints[role], keys[role], proxyOf(endpoints[role], environment));
  return { baseline: of("baseline"), candidate: of("candidate") };
}

/** Everything that must not reach a file. Shorter values are placeholders, and masking them would change answers. */
function secretsOf(keys: Keys, access: Access): string[] {
  const proxies = ROLES.map((role) => access[role].route.proxy?.authorization);
  return [...Object.values(keys), ...proxies].flatMap((secret) =>
    secret === undefined || secret.length < SHORTEST_KEY ? [] : [secret],
  );
}

/** The disk that refused a line may refuse this one too; the first error is the one to report. */
function tryAppend(append: () => void): void {
  try {
    append();
  } catch {
    // A recording without an end line is read as killed.
  }
}

/** An endpoint that scales to zero is left asleep: the first contact with it is its cold trial. */
async function reachBoth(
  { endpoints, capture: { timeouts } }: Settings,
  access: Access,
  stop: AbortSignal | undefined,
): Promise<void> {
  for (const role of ROLES) {
    const { wake } = endpoints[role];
    if (wake === undefined)
      await checkReachable(access[role].route, timeouts.connectMs, `endpoints.${role}.baseUrl`, stop);
  }
}

function refuseOverMaxCost({ capture: { maxCost } }: Settings, { endpoints }: PlanEstimate): void {
  if (maxCost === undefined) return;
  const total = (endpoints.baseline.maxCost ?? 0) + (endpoints.candidate.maxCost ?? 0);
  if (total <= maxCost) return;
  throw new TwintailError({
    cause: `the run may cost up to $${total.toFixed(2)}, above maxCost $${maxCost.toFixed(2)}`,
    place: "capture.maxCost",
    remedy: "lower capture.rounds or the cases' max_tokens, or raise maxCost",
  });
}

function headerOf(
  { settings, golden, plan }: PreparedRun,
  access: Access,
  said: NonNullable<HeaderLine["preflight"]>,
  kind: "run" | "demo",
): HeaderLine {
  const createdAt = new Date().toISOString();
  return {
    type: "header",
    schemaVersion: RECORDING_SCHEMA_VERSION,
    runId: `${createdAt.slice(0, 19).replaceAll(":", "-")}Z-${golden.set.name.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 60)}-${plan.digest.slice(7, 11)}`,
    createdAt,
    kind,
    goldenSet: golden.set,
    goldenDigest: golden.digest,
    endpoints: {
      baseline: factsOf(settings.endpoints.baseline, access.baseline),
      candidate: factsOf(settings.endpoints.candidate, access.candidate),
    },
    requests: plan.requests,
    plan: plan.rows,
    planDigest: plan.digest,
    notTested: plan.notTested,
    ...(Object.keys(said).length === 0 ? {} : { preflight: said }),
    capture: settings.capture,
    judge: settings.judge,
    seed: plan.seed,
    versions: { twintail: VERSION, node: process.version, undici: undiciVersion() },
  };
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

function segmentOf(originNs: bigint): SegmentLine {
  const sinceOriginMs = Number(process.hrtime.bigint() - originNs) / NS_PER_MS;
  return {
    type: "segment",
    id: 0,
    hrtimeOriginNs: String(originNs),
    wallClockMs: Date.now() - Math.round(sinceOriginMs),
    bootId: bootId(),
    host: hostname(),
    shard: null,
  };
}

/** Monotonic clocks of one boot can be compared; of two they cannot. */
function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown";
  }
}

function undiciVersion(): string {
  const { version } = createRequire(import.meta.url)("undici/package.json") as { version: string };
  return version;
}
