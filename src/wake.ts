/** The table of contents of cold trials: plan → capture → write, then score the file that was written. */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { interrupted } from "./capture/reach.js";
import type { CaptureSettings, Settings } from "./config/settings.js";
import { TwintailError } from "./core/errors.js";
import { VERSION } from "./core/version.js";
import { checkGates } from "./gate/check-gates.js";
import { asksAboutWakes, wakeGates } from "./gate/promise.js";
import { type LoadedGoldenSet, loadGoldenSet } from "./golden/load.js";
import { estimatePlan } from "./plan/estimate.js";
import { buildWakePlan, type WakeTrials } from "./plan/wake.js";
import { accessTo, headerOf, reachBoth, record, refuseOverMaxCost } from "./record.js";
import { RECORDING_FILE } from "./recording/reader.js";
import { RecordingWriter } from "./recording/writer.js";
import type { FinishedRun, PreparedRun, RunOptions } from "./run.js";
import { score } from "./score.js";

/** Cold trials that are ready to be made: nothing has touched the network yet. */
export interface PreparedWake extends PreparedRun, WakeTrials {}

/**
 * Loads the golden set and plans every trial.
 * @throws TwintailError with the place of a mistake in the golden set or in a gate, when no endpoint scales to zero, when one
 * cannot fall asleep again between trials, or when the plan may cost more than `maxCost`.
 */
export function prepareWake(given: Settings, trials: WakeTrials): PreparedWake {
  const gates = wakeGates(given.judge.gates);
  const other = gates.find((gate) => !asksAboutWakes(gate));
  if (other !== undefined) {
    throw new TwintailError({
      cause: `"${other.text}" does not ask about wakes, and nothing else is measured here`,
      place: "--gate",
      remedy: "ask wake max or wake count, or gate a run",
    });
  }
  const capture = captureFor(given.capture, trials);
  const settings = { ...given, capture, judge: { ...given.judge, gates } };
  const { endpoints } = settings;
  const golden = loadGoldenSet(settings.goldens);
  const seed = capture.seed ?? randomInt(2 ** 31);
  const plan = buildWakePlan({ set: golden.set, endpoints, capture, seed, userAgent: `twintail/${VERSION}` }, trials);
  const estimate = estimatePlan(plan, golden.set, endpoints, capture.retry.attempts);
  refuseOverMaxCost("the trials", settings, estimate, "make fewer trials or references, or raise maxCost");
  const gateWarnings = checkGates(gates, { plan, cases: golden.set.cases }, settings);
  return { settings, golden, plan, estimate, gateWarnings, ...trials };
}

/**
 * Makes prepared trials, records them, and scores the recording. Nothing reaches an endpoint that scales to zero before
 * its first trial does. The report is not written to disk.
 * @throws TwintailError before the first request when a key or an endpoint that never sleeps is missing; or, with everything
 * recorded so far on disk, when the disk refuses a line.
 */
export async function wake(prepared: PreparedWake, options: RunOptions = {}): Promise<FinishedRun> {
  const { settings, plan, golden } = prepared;
  const access = accessTo(settings, options.environment ?? process.env);
  await reachBoth(settings, access, options.stop);
  if (options.stop?.aborted) throw interrupted();
  const header = headerOf({
    settings,
    access,
    plan,
    capture: settings.capture,
    kind: "wake",
    name: `${golden.set.name}-wake`,
    goldenSet: askedOf(prepared),
    goldenDigest: golden.digest,
  });
  const folder = join(options.resultsFolder ?? "results", header.runId);
  const recording = join(folder, RECORDING_FILE);
  const writer = RecordingWriter.create(recording, header);
  options.onStart?.(folder, prepared);
  const stopped = await record({ plan, capture: settings.capture, runId: header.runId }, access, writer, options);
  return { folder, recording, report: score(recording), interrupted: stopped };
}

/** The one case that is sent: the others are no part of this recording. */
function askedOf({ golden, plan }: PreparedWake): LoadedGoldenSet["set"] {
  const asked = new Set(plan.rows.map(({ caseId }) => caseId));
  return { ...golden.set, cases: golden.set.cases.filter(({ id }) => asked.has(id)) };
}

/**
 * Two tries a reference: the faster endpoint may have fallen asleep again while the slower one woke, and after a wake that
 * failed more would only wait again.
 */
const REFERENCE_ATTEMPTS = 2;

function captureFor(given: CaptureSettings, { trials, references }: WakeTrials): CaptureSettings {
  return {
    ...given,
    rounds: trials,
    warmup: references,
    spreadMs: 0,
    control: false,
    solo: { ...given.solo, requests: 0 },
    once: [],
    retry: { ...given.retry, attempts: Math.min(given.retry.attempts, REFERENCE_ATTEMPTS) },
  };
}
