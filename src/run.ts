/** The table of contents of a run: plan → capture → write, then score the file that was written. */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { interrupted } from "./capture/reach.js";
import type { Settings } from "./config/settings.js";
import { VERSION } from "./core/version.js";
import { checkGates } from "./gate/check-gates.js";
import { type LoadedGoldenSet, loadGoldenSet } from "./golden/load.js";
import { buildPlan } from "./plan/build.js";
import { estimatePlan, type PlanEstimate } from "./plan/estimate.js";
import type { Plan } from "./plan/plan.js";
import { refuseUnshardable, startingAt } from "./plan/shard.js";
import { heedPreflight, preflight } from "./preflight.js";
import { accessTo, headerOf, reachBoth, record, refuseOverMaxCost } from "./record.js";
import { RECORDING_FILE } from "./recording/reader.js";
import type { Exchange } from "./recording/recording.js";
import { recentRuns } from "./recording/results-folder.js";
import { RecordingWriter } from "./recording/writer.js";
import type { Report } from "./report/report.js";
import { score } from "./score.js";
import { partOf, refuseLate, type ShardToRun, untilWarmUp } from "./shard-part.js";

const USER_AGENT = `twintail/${VERSION}`;

/** A run that is ready to be sent: nothing has touched the network yet. */
export interface PreparedRun {
  readonly settings: Settings;
  readonly golden: LoadedGoldenSet;
  readonly plan: Plan;
  readonly estimate: PlanEstimate;
  /** Gates that can fail but hardly pass with this plan, or that ask for the worse. */
  readonly gateWarnings: readonly string[];
  /** Of a run that several processes send together: which part this one sends. Plan and estimate are of that part. */
  readonly shard?: ShardToRun;
  /** By which settings it is sent: those of a shard have its part of every limit. Absent: by `settings`. */
  readonly sent?: Settings;
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
 * @throws TwintailError with the place of a mistake in the golden set or in a gate, for a gate that this plan can never
 * decide, or when the plan may cost more than `maxCost`. Of a shard also where its run cannot be sharded.
 */
export function prepareRun(settings: Settings, shard?: ShardToRun): PreparedRun {
  if (shard !== undefined) refuseUnshardable(settings);
  return planned(settings, loadGoldenSet(settings.goldens), settings.capture.seed ?? randomInt(2 ** 31), shard);
}

function planned(settings: Settings, golden: LoadedGoldenSet, seed: number, shard?: ShardToRun): PreparedRun {
  const { endpoints, capture } = settings;
  const shards = shard === undefined ? {} : { shards: shard.count };
  const plan = buildPlan({ set: golden.set, endpoints, capture, seed, userAgent: USER_AGENT, ...shards });
  const estimate = estimatePlan(plan, golden.set, endpoints, capture.retry.attempts);
  refuseOverMaxCost("the run", settings, estimate, "lower capture.rounds or the cases' max_tokens, or raise maxCost");
  const gateWarnings = checkGates(settings.judge.gates, { plan, cases: golden.set.cases }, settings);
  const whole = { settings, golden, plan, estimate, gateWarnings };
  return shard === undefined ? whole : { ...whole, ...partOf(whole, shard), shard };
}

/**
 * Sends a prepared run, records it, and scores the recording it wrote. The report is not written to disk.
 * @throws TwintailError before the first request when a key or an endpoint is missing; or, with everything recorded
 * so far on disk, when the disk refuses a line.
 */
export async function run(given: PreparedRun, options: RunOptions = {}): Promise<FinishedRun> {
  const { settings } = given;
  const { shard } = given;
  if (shard !== undefined) refuseLate(shard, Date.now());
  const access = accessTo(given.sent ?? settings, options.environment ?? process.env);
  await reachBoth(settings, access, options.stop);
  if (options.stop?.aborted) throw interrupted();
  const said = await preflight({
    settings,
    access,
    cases: given.golden.set.cases,
    userAgent: USER_AGENT,
    stop: options.stop,
  });
  if (options.stop?.aborted) throw interrupted();
  // Neither answer has to come soon.
  if (shard !== undefined) refuseLate(shard, Date.now());
  const heeded = heedPreflight(settings, said);
  const prepared = heeded === settings ? given : planned(heeded, given.golden, given.plan.seed, shard);
  const { plan, golden, sent = heeded } = prepared;
  const results = options.resultsFolder ?? "results";
  const header = headerOf({
    settings: heeded,
    access,
    plan,
    capture: heeded.capture,
    kind: options.kind ?? "run",
    name: golden.set.name,
    goldenSet: golden.set,
    goldenDigest: golden.digest,
    preflight: said,
    ...(shard === undefined ? {} : { shard: { startAtMs: Date.now(), ...shard } }),
    recent: recentRuns(results, { goldenDigest: golden.digest, endpoints: heeded.endpoints }, Date.now()),
  });
  const folder = join(results, header.runId);
  const recording = join(folder, RECORDING_FILE);
  const writer = RecordingWriter.create(recording, header);
  options.onStart?.(folder, prepared);
  const timed = await atItsTime(plan, given, writer, options);
  const begun = !options.stop?.aborted;
  const job = {
    plan: timed,
    capture: sent.capture,
    runId: header.runId,
    shard,
  };
  const stopped = await record(job, access, writer, options);
  // Its recording says so too, and a merge need not take it for a killed one.
  if (stopped && !begun) throw interrupted();
  return { folder, recording, report: score(recording, { goldenSet: golden.set }), interrupted: stopped };
}

/** The plan of a shard once it is time to warm up, with its rounds at the start that all shards share. */
async function atItsTime(
  plan: Plan,
  { shard }: PreparedRun,
  writer: RecordingWriter,
  { stop }: RunOptions,
): Promise<Plan> {
  if (shard?.startAtMs === undefined) return plan;
  await untilWarmUp(shard, stop);
  if (stop?.aborted) return plan;
  try {
    // The machine may have slept meanwhile.
    refuseLate(shard, Date.now());
  } catch (error) {
    writer.close();
    throw error;
  }
  return startingAt(plan, shard.startAtMs - Date.now());
}
