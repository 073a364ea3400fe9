/** The table of contents of a probe: features → plan → capture → write, then judge the file that was written. */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { interrupted } from "./capture/reach.js";
import type { CaptureSettings, Settings } from "./config/settings.js";
import { VERSION } from "./core/version.js";
import { type LoadedGoldenSet, loadGoldenSet } from "./golden/load.js";
import { estimatePlan, type PlanEstimate } from "./plan/estimate.js";
import type { ProbeOptions } from "./probe/feature.js";
import { judgeProbe, probeFactsOf } from "./probe/judge.js";
import { type ProbePlan, planProbe } from "./probe/plan.js";
import { accessTo, headerOf, type RecordOptions, reachBoth, record, refuseOverMaxCost } from "./record.js";
import { RECORDING_FILE, readRecording } from "./recording/reader.js";
import type { Exchange } from "./recording/recording.js";
import { RecordingWriter } from "./recording/writer.js";
import type { ProbeSummary } from "./report/probe-summary.js";

export type { ProbeOptions } from "./probe/feature.js";
export type { ProbePlan } from "./probe/plan.js";

/** A probe that is ready to be sent: nothing has touched the network yet. */
export interface PreparedProbe extends ProbePlan {
  readonly settings: Settings;
  readonly golden: LoadedGoldenSet;
  readonly capture: CaptureSettings;
  readonly estimate: PlanEstimate;
}

export interface RunProbeOptions extends RecordOptions {
  /** Folder that run folders are made in. Default `results`. */
  readonly resultsFolder?: string;
  /** Where keys are looked up. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Called before the first request. */
  readonly onStart?: (folder: string) => void;
}

export interface FinishedProbe {
  /** `results/<run>`. */
  readonly folder: string;
  readonly recording: string;
  readonly summary: ProbeSummary;
  readonly interrupted: boolean;
}

/**
 * Loads the golden set and plans every request of a probe.
 * @throws TwintailError with the place of a mistake in the golden set, when an endpoint has no model for chat, or when
 * the plan may cost more than `maxCost`.
 */
export function prepareProbe(settings: Settings, options: ProbeOptions = {}): PreparedProbe {
  const golden = loadGoldenSet(settings.goldens);
  const seed = settings.capture.seed ?? randomInt(2 ** 31);
  const planned = planProbe({ settings, golden, options, seed, userAgent: `twintail/${VERSION}` });
  const estimate = estimatePlan(planned.plan, planned.set, settings.endpoints, ATTEMPTS);
  refuseOverMaxCost("the probe", settings, estimate, "leave out --all and --long-stream, or raise maxCost");
  return { ...planned, settings, golden, capture: captureFor(settings, options), estimate };
}

/**
 * Sends a prepared probe, records it, and judges the recording it wrote. The summary is not written to disk.
 * @throws TwintailError before the first request when a key or an endpoint is missing; or, with everything recorded
 * so far on disk, when the disk refuses a line.
 */
export async function probe(prepared: PreparedProbe, options: RunProbeOptions = {}): Promise<FinishedProbe> {
  const { settings, plan, capture, golden } = prepared;
  // Its prompts are a fixed catalogue, and its answers are what they ask for: keys are all that there is to mask.
  const access = { ...accessTo(settings, options.environment ?? process.env), store: "full" as const };
  await reachBoth(settings, access, options.stop);
  if (options.stop?.aborted) throw interrupted();
  const header = headerOf({
    settings,
    access,
    plan,
    capture,
    kind: "probe",
    name: `${golden.set.name}-probe`,
    goldenSet: prepared.set,
    goldenDigest: golden.digest,
    probe: prepared.facts,
  });
  const folder = join(options.resultsFolder ?? "results", header.runId);
  const recording = join(folder, RECORDING_FILE);
  const writer = RecordingWriter.create(recording, header);
  options.onStart?.(folder);
  const stopped = await record({ plan, capture, runId: header.runId }, access, writer, options);
  return { folder, recording, summary: scoreProbe(recording), interrupted: stopped };
}

/**
 * Judges the recording of a probe (its folder or its `recording.jsonl`), complete or partial.
 * @throws TwintailError with `file:line` when it cannot be read, or is no recording of a probe.
 */
export function scoreProbe(path: string): ProbeSummary {
  const exchanges: Exchange[] = [];
  const frame = readRecording(path, (exchange, header) => {
    probeFactsOf(header, path);
    exchanges.push(exchange);
  });
  return judgeProbe(frame, exchanges, path);
}

/** An error is asked about once more: one that comes again is the answer, and more would only cost time. */
const ATTEMPTS = 2;
/** Nothing of twintail's own may end the long stream before its age is reached. */
const LONGER_MS = 60_000;

function captureFor({ capture }: Settings, { longStreamMs }: ProbeOptions): CaptureSettings {
  const { timeouts } = capture;
  const retry = { attempts: ATTEMPTS, on: [429, "5xx", "network"] } as const;
  if (longStreamMs === undefined) return { ...capture, retry };
  const atLeast = (ms: number): number => (ms === 0 ? 0 : Math.max(ms, longStreamMs + LONGER_MS));
  return {
    ...capture,
    retry,
    timeouts: {
      connectMs: timeouts.connectMs,
      firstByteMs: atLeast(timeouts.firstByteMs),
      idleMs: atLeast(timeouts.idleMs),
      totalMs: atLeast(timeouts.totalMs),
    },
  };
}
