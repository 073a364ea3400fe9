/** Can rounds be added to this recording? Everything that would mix two measurements is a reason against it. */
import type { CaptureSettings, EndpointFacts, EndpointRole, JudgeSettings } from "../config/settings.js";
import { canonicalJson } from "../core/digest.js";
import { formatDurationMs } from "../core/duration.js";
import { TwintailError } from "../core/errors.js";
import { printableLine } from "../core/printable.js";
import { awaitedRows } from "./own-rows.js";
import { readRecording } from "./reader.js";
import type { ExtensionLine, HeaderLine, RecordingFrame, SegmentLine } from "./recording.js";

/**
 * Reads a recording that is to be extended.
 * @param looks how often a run may be looked at, the first time included
 * @param host this machine
 * @throws TwintailError that says why it cannot be.
 */
export function readExtendable(file: string, looks: number, host: string): RecordingFrame {
  const ids = new Set<number>();
  const frame = readRecording(file, ({ id }) => ids.add(id));
  const { header, extensions, segments, end, tornBytes } = frame;
  const refuse = (cause: string, remedy: string): never => {
    throw new TwintailError({ cause, place: file, remedy });
  };
  if (header.kind === "wake") refuse("this is a recording of cold trials", "name the folder of a run");
  if (header.kind === "probe") refuse("this is the recording of a probe", "name the folder of a run");
  if (header.kind === "sweep") refuse("this is the recording of a sweep", "name the folder of a run");
  if (header.shard !== undefined || header.shards !== undefined) {
    refuse("this run was sent by shards", "run anew with more rounds");
  }
  if (end === null || tornBytes > 0) refuse("this run was killed before its end", NOT_WHOLE);
  if (end !== null && end.reason !== "complete") refuse(`this run ${ENDED[end.reason]}`, NOT_WHOLE);
  const lacking = awaitedRows(frame).filter(({ id }) => !ids.has(id)).length;
  if (lacking > 0) {
    refuse(`only ${header.plan.length - lacking} of ${header.plan.length} planned requests are in it`, NOT_WHOLE);
  }
  if (extensions.length + 1 >= looks) {
    refuse(
      `it was extended ${extensions.length} times already: its bounds keep 95 % over ${looks} looks and no more`,
      "take its answer as it is, or run anew with more rounds",
    );
  }
  refuseOtherHost(segments, host, file, "extend it from there, or run anew");
  return frame;
}

/** @throws TwintailError when the first process that recorded ran on another machine than this one. */
export function refuseOtherHost(segments: readonly SegmentLine[], host: string, file: string, remedy: string): void {
  const [first] = segments;
  if (first === undefined || first.host === host) return;
  throw new TwintailError({
    cause: `it was measured from ${printableLine(first.host, 60)}, this is ${printableLine(host, 60)}: another place sees other latencies`,
    place: file,
    remedy,
  });
}

/** The number of the process that appends next. */
export function nextSegment({ segments, extensions, resumes }: RecordingFrame): number {
  const known = [...segments.map(({ id }) => id), ...[...extensions, ...resumes].map(({ segment }) => segment)];
  return known.reduce((most, id) => Math.max(most, id), 0) + 1;
}

const NOT_WHOLE = "complete it with --resume first, or score what is there";
const ENDED = {
  interrupted: "was interrupted",
  deadline: "ended at its deadline",
  stopped: "gave an endpoint up",
  limit: "ended at a limit",
  failed: "ended with an error",
} as const;

/** They say how much is sent, and when to stop: not what is measured. */
const FREE: ReadonlySet<string> = new Set([
  "rounds",
  "seed",
  "maxCost",
  "maxCostPerMonth",
  "deadlineMs",
  "maxRequests",
  "giveUpAfter",
]);
const FACTS = ["baseUrl", "models", "http2", "wake", "tier", "simulated"] as const;

/** What a header says of a measurement, and what a configuration says now. */
export interface Measured {
  readonly goldenDigest: string;
  readonly endpoints: Readonly<Record<EndpointRole, EndpointFacts>>;
  readonly capture: CaptureSettings;
}

/** @throws TwintailError with the first setting that is not as it was recorded. */
export function refuseOtherMeasurement(recorded: HeaderLine, now: Measured, goldens: string): void {
  if (now.goldenDigest !== recorded.goldenDigest) {
    throw new TwintailError({
      cause: `the golden set is not the one that was recorded (${short(recorded.goldenDigest)}, now ${short(now.goldenDigest)})`,
      place: goldens,
      remedy: "undo the change, or run anew",
    });
  }
  for (const role of ["baseline", "candidate"] as const) {
    for (const name of FACTS) {
      refuseDifference(`endpoints.${role}.${name}`, recorded.endpoints[role][name], now.endpoints[role][name]);
    }
  }
  const [was, is] = [recorded.capture, now.capture] as unknown as Readonly<Record<string, unknown>>[];
  for (const name of new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])) {
    if (!FREE.has(name)) refuseDifference(`capture.${name.replace(/Ms$/, "")}`, was?.[name], is?.[name]);
  }
}

/** @throws TwintailError when the two are not equal. */
export function refuseDifference(place: string, recorded: unknown, now: unknown): void {
  if (canonicalJson(recorded ?? null) === canonicalJson(now ?? null)) return;
  const shown = (value: unknown): string => printableLine(canonicalJson(value ?? null), 200);
  throw new TwintailError({
    cause: `was ${shown(recorded)} when it was recorded, and is ${shown(now)} now`,
    place,
    remedy: "use the configuration of that run, or run anew",
  });
}

const short = (digest: string): string => printableLine(digest.slice(0, 19), 30);

const DAY_MS = 24 * 3_600_000;

/** What is no reason against going on with a run, and should be known before it: one line each. */
export function changesSince(
  header: HeaderLine,
  now: Pick<ExtensionLine, "createdAt" | "versions">,
  judge: JudgeSettings,
): string[] {
  const changes: string[] = [];
  const ageMs = Date.parse(now.createdAt) - Date.parse(header.createdAt);
  if (ageMs > DAY_MS) {
    changes.push(`the run is ${formatDurationMs(ageMs)} old: what is sent now is of another day`);
  }
  const [was, is] = [header.versions.twintail, now.versions.twintail];
  if (was !== is) changes.push(`the run was recorded by twintail ${was}, this is ${is}`);
  const texts = ({ gates }: JudgeSettings): string => gates.map(({ text }) => text).join("\n");
  if (texts(header.judge) !== texts(judge)) {
    changes.push("the gates are those of the recording: what is asked does not change once it was begun");
  }
  return changes;
}
