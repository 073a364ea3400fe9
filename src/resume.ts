/**
 * The table of contents of going on with a run that was killed or stopped: its recording → the plan that it had → of it what
 * is missing → capture → append, then score the whole file.
 */
import { hostname } from "node:os";
import { dirname } from "node:path";
import { asRecorded, refuseOtherRoutes } from "./as-recorded.js";
import type { EndpointRole, Settings } from "./config/settings.js";
import { ExitCode, TwintailError } from "./core/errors.js";
import { loadGoldenSet } from "./golden/load.js";
import { buildPlan, type PlanInput } from "./plan/build.js";
import { estimatePlan } from "./plan/estimate.js";
import { type Plan, rowsToSend } from "./plan/plan.js";
import { halfPairs, maybeAwake, onlyRows, planAgain, preludeBefore, sleepingBefore } from "./plan/resume.js";
import { buildWakePlan } from "./plan/wake.js";
import { sendPrelude } from "./prelude.js";
import {
  accessAsRecorded,
  reachBoth,
  record,
  refuseOverLimits,
  type Spent,
  segmentOf,
  spentSoFar,
  versionsNow,
} from "./record.js";
import { changesSince, nextSegment } from "./recording/extendable.js";
import { ownRows } from "./recording/own-rows.js";
import type { HeaderLine, ResumeLine } from "./recording/recording.js";
import { type Resumable, readResumable } from "./recording/resumable.js";
import { RecordingWriter } from "./recording/writer.js";
import type { FinishedRun, PreparedRun, RunOptions } from "./run.js";
import { score } from "./score.js";
import { partOf } from "./shard-part.js";

/** What is missing of a run, ready to be sent: nothing has touched the network or the recording yet. */
export interface PreparedResume extends PreparedRun {
  readonly resumed: Resumable;
  readonly recording: string;
  /** Of the recording, extensions included. */
  readonly header: HeaderLine;
  /** Planned requests that are to be sent. */
  readonly missing: number;
  /** Rows to be sent whose mates were recorded before. */
  readonly halfPairs: ReadonlySet<number>;
  /** By what was recorded before. */
  readonly spent: Spent;
  /** What is asked before them; null for nothing. */
  readonly prelude: Plan | null;
  readonly line: Omit<ResumeLine, "prelude">;
  /** What a person should know before it is sent, one line each. */
  readonly notes: readonly string[];
}

/** What planned a recording, by its kind. */
const PLANNED_BY: Readonly<Partial<Record<HeaderLine["kind"], (input: PlanInput) => Plan>>> = {
  run: buildPlan,
  // What a wake calls rounds and warm-up is trials and references.
  wake: (input) => buildWakePlan(input, { trials: input.capture.rounds, references: input.capture.warmup }),
};

/**
 * Reads the recording and finds what its plan still lacks.
 * @param of a run folder or its recording
 * @throws TwintailError when it cannot be completed, or the settings would send something else than was planned.
 */
export function prepareResume(given: Settings, of: string): PreparedResume {
  const resumed = readResumable(of, hostname());
  const { file: recording, frame, planned, missing } = resumed;
  const { header } = frame;
  const golden = loadGoldenSet(given.goldens);
  const { settings, input } = asRecorded(given, golden, planned);
  const whole = planAgain(input, plannerOf(header, recording), {
    rows: header.plan,
    requests: header.store === undefined ? header.requests : null,
    extendedTo: frame.extensions.map(({ rounds }) => rounds),
  });
  const segment = nextSegment(frame);
  const { attempts } = settings.capture.retry;
  const estimateOf = (part: Plan) => estimatePlan(part, golden.set, settings.endpoints, attempts);
  const { shard } = planned;
  const part = shard && partOf({ settings, golden, plan: whole, estimate: estimateOf(whole) }, shard);
  const plan = sleepingBefore(onlyRows(part?.plan ?? whole, missing), settings.endpoints);
  const estimate = estimateOf(plan);
  const { capture, endpoints } = part?.sent ?? settings;
  const prices = { baseline: endpoints.baseline.price, candidate: endpoints.candidate.price };
  const spent = spentSoFar(recording, frame, whole, prices, capture);
  refuseOverLimits(spent, estimate, capture);
  const line = {
    type: "resume",
    segment,
    createdAt: new Date().toISOString(),
    missing: missing.size,
    repairedBytes: frame.tornBytes,
    versions: versionsNow(),
  } as const;
  return {
    settings,
    golden,
    plan,
    estimate,
    ...(part === undefined ? {} : { sent: part.sent }),
    resumed,
    recording,
    header,
    missing: missing.size,
    halfPairs: halfPairs({ rows: ownRows(header) }, missing),
    spent,
    prelude: preludeBefore(plan, input, segment),
    line,
    notes:
      missing.size === 0
        ? []
        : [...changesSince(header, line, given.judge), ...loadNotes(capture), ...awakeNotes(plan, settings)],
    // The recording keeps the gates that it was planned with.
    gateWarnings: [],
  };
}

function plannerOf({ kind }: HeaderLine, recording: string): (input: PlanInput) => Plan {
  const planner = PLANNED_BY[kind];
  if (planner !== undefined) return planner;
  throw new TwintailError({
    cause: `a recording of kind "${kind}" cannot be resumed`,
    place: recording,
    remedy: "score what is there, or record anew",
  });
}

/** Arrivals that are missing keep their distances; what was in flight between those before and after the break is lost. */
function loadNotes({ arrivals }: Settings["capture"]): string[] {
  if (arrivals === undefined) return [];
  return [
    "capture.arrivals: what is missing comes from idle, at its own distances: another load than was asked for; run anew where the load is what is measured",
  ];
}

function awakeNotes(plan: Plan, { endpoints }: Settings): string[] {
  return maybeAwake(plan, endpoints).map(
    (role) =>
      `the ${role} may be awake: the process before may have asked it, and neither idleAfter nor scaleDown says how it sleeps`,
  );
}

/**
 * Sends what is missing, appends it, and scores the whole recording. The report is not written to disk. Where nothing is
 * missing nothing is asked of anybody.
 * @throws TwintailError as {@link run} does; or when another process appends to the recording. Until the first missing request
 * is sent the recording stays as it was, but for a last line that was cut off.
 */
export async function resumeRun(given: PreparedResume, options: RunOptions = {}): Promise<FinishedRun> {
  const { recording } = given;
  const interrupted = given.missing > 0 && (await sendMissing(given, options));
  if (given.missing === 0) complete(given);
  const report = score(recording, { goldenSet: given.golden.set });
  return { folder: dirname(recording), recording, report, interrupted };
}

async function sendMissing(given: PreparedResume, options: RunOptions): Promise<boolean> {
  const { plan, header, line, recording, prelude } = given;
  const settings = given.sent ?? given.settings;
  const access = accessAsRecorded(header, settings, options.environment ?? process.env);
  refuseOtherRoutes(header, access);
  const writer = open(given);
  try {
    await reachBoth(settings, access, options.stop, askedOf(plan));
    refuseStopped(options.stop);
    options.onStart?.(dirname(recording), given);
    const job = { capture: settings.capture, access, stop: options.stop };
    const said = prelude === null ? [] : await sendPrelude({ ...job, plan: prelude });
    refuseStopped(options.stop);
    writer.append({ ...line, prelude: said });
  } catch (error) {
    writer.close();
    throw error;
  }
  const { runId, shard } = header;
  const job = { plan, capture: settings.capture, runId, segment: line.segment, shard };
  return record({ ...job, halfPairs: given.halfPairs, spent: given.spent }, access, writer, options);
}

function refuseStopped(stop: AbortSignal | undefined): void {
  if (!stop?.aborted) return;
  throw new TwintailError({
    cause: "interrupted before anything that was missing was sent",
    remedy: "what was recorded is kept",
    exitCode: ExitCode.interrupted,
  });
}

function askedOf(plan: Plan): EndpointRole[] {
  return [...new Set(rowsToSend(plan).map(({ endpoint }) => endpoint))];
}

function open({ recording, resumed }: PreparedResume): RecordingWriter {
  return RecordingWriter.repair(recording, resumed.bytes, resumed.frame.tornBytes);
}

/** Everything was sent: the recording gets the end that a kill kept from it, and loses the lock that a kill left. */
function complete(given: PreparedResume): void {
  const { line, resumed } = given;
  const writer = open(given);
  try {
    if (resumed.frame.end?.reason === "complete" && resumed.frame.tornBytes === 0) return;
    writer.append({ ...line, prelude: [] });
    writer.append(segmentOf(line.segment, process.hrtime.bigint(), given.header.shard));
    writer.append({ type: "end", segment: line.segment, atNs: 0, reason: "complete" });
  } finally {
    writer.close();
  }
}
