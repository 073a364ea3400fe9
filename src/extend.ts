/**
 * The table of contents of looking again: a recording that is whole → its plan carried on → capture → append, then score
 * the whole file.
 */
import { statSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { asRecorded, refuseOtherRoutes } from "./as-recorded.js";
import { interrupted } from "./capture/reach.js";
import type { Settings } from "./config/settings.js";
import { LOOKS } from "./gate/judgement.js";
import { loadGoldenSet } from "./golden/load.js";
import { estimatePlan } from "./plan/estimate.js";
import { extendPlan } from "./plan/extension.js";
import { accessAsRecorded, reachBoth, record, refuseOverMaxCost, versionsNow } from "./record.js";
import { changesSince, nextSegment, readExtendable } from "./recording/extendable.js";
import { refuseWhileLocked } from "./recording/lock.js";
import { readHeader, recordingFile } from "./recording/reader.js";
import type { ExtensionLine, HeaderLine } from "./recording/recording.js";
import { newestRun } from "./recording/results-folder.js";
import { RecordingWriter } from "./recording/writer.js";
import { maskKeysIn } from "./redact/keys.js";
import { storedRequests } from "./redact/stored-header.js";
import type { FinishedRun, PreparedRun, RunOptions } from "./run.js";
import { score } from "./score.js";

export interface ExtendOptions {
  /** Rounds to add. */
  readonly rounds: number;
  /** A run folder or its recording. Default: the newest run of this golden set against these endpoints. */
  readonly of?: string;
  /** Where the newest run is looked for. Default `results`. */
  readonly resultsFolder?: string;
}

/** More rounds, ready to be sent: nothing has touched the network or the recording yet. */
export interface PreparedExtension extends PreparedRun {
  readonly recording: string;
  /** Bytes of the recording when it was read. */
  readonly bytes: number;
  /** Of the recording, earlier extensions included. */
  readonly header: HeaderLine;
  /** The look that this makes, from 2. */
  readonly look: number;
  readonly line: ExtensionLine;
  /** What a person should know before it is sent, one line each. */
  readonly notes: readonly string[];
}

/**
 * Reads the recording and carries its plan on.
 * @throws TwintailError when it cannot be extended, or the settings would measure something else than was recorded.
 */
export function prepareExtension(given: Settings, options: ExtendOptions): PreparedExtension {
  const golden = loadGoldenSet(given.goldens);
  const recording = recordingFile(
    options.of ?? newestRun(options.resultsFolder ?? "results", { ...given, goldenDigest: golden.digest }),
  );
  refuseWhileLocked(recording);
  const bytes = statSync(recording).size;
  const frame = readExtendable(recording, LOOKS, hostname());
  const { header, extensions } = frame;
  const { settings, input } = asRecorded(given, golden, readHeader(recording, bytes));
  const plan = extendPlan({
    ...input,
    before: { rows: header.plan, requests: header.requests, rounds: header.capture.rounds },
    moreRounds: options.rounds,
  });
  const estimate = estimatePlan(plan, golden.set, settings.endpoints, settings.capture.retry.attempts);
  refuseOverMaxCost("the extension", settings, estimate, "extend it by fewer rounds, or raise maxCost");
  const line: ExtensionLine = {
    type: "extension",
    segment: nextSegment(frame),
    createdAt: new Date().toISOString(),
    rounds: plan.rounds,
    plan: plan.rows.slice(header.plan.length),
    planDigest: plan.digest,
    requests: storedRequests(
      Object.fromEntries(Object.entries(plan.requests).filter(([id]) => !(id in header.requests))),
      header.store ?? "full",
    ),
    versions: versionsNow(),
  };
  const look = extensions.length + 2;
  return {
    settings,
    golden,
    plan,
    estimate,
    recording,
    bytes,
    header,
    look,
    line,
    notes: changesSince(header, line, given.judge),
    // The recording keeps the gates that it was planned with.
    gateWarnings: [],
  };
}

/**
 * Sends a prepared extension, appends it, and scores the whole recording. The report is not written to disk.
 * @throws TwintailError as {@link run} does; or when another process appends to the recording.
 */
export async function extendRun(given: PreparedExtension, options: RunOptions = {}): Promise<FinishedRun> {
  const { settings, plan, header, line, recording } = given;
  const access = accessAsRecorded(header, settings, options.environment ?? process.env);
  refuseOtherRoutes(header, access);
  const writer = RecordingWriter.open(recording, given.bytes);
  try {
    await reachBoth(settings, access, options.stop);
    if (options.stop?.aborted) throw interrupted();
    options.onStart?.(dirname(recording), given);
    writer.append(maskKeysIn(line, access.secrets));
  } catch (error) {
    writer.close();
    throw error;
  }
  const job = { plan, capture: settings.capture, runId: header.runId, segment: line.segment };
  const stopped = await record(job, access, writer, options);
  return {
    folder: dirname(recording),
    recording,
    report: score(recording, { goldenSet: given.golden.set }),
    interrupted: stopped,
  };
}
