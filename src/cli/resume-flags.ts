/** `--resume`: what is missing of a run that was killed or stopped. */
import type { Settings } from "../config/settings.js";
import { TwintailError } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { rowsToSend } from "../plan/plan.js";
import { shardName } from "../plan/shard.js";
import { ownRows } from "../recording/own-rows.js";
import { type PreparedResume, prepareResume } from "../resume.js";
import type { PreparedRun } from "../run.js";
import type { Io } from "./terminal-io.js";

export interface ResumeFlags {
  readonly resume?: string;
  readonly extend?: string;
  readonly of?: string;
  readonly rounds?: string;
  readonly quick?: boolean;
  readonly gate?: readonly string[];
}

export const RESUME_FLAG = [
  "--resume <run>",
  "complete a run that was killed or stopped: exactly what its recording lacks is sent",
] as const;

const CONTRADICTING = {
  extend: "complete the run first, and extend it then",
  of: "--resume names the run already",
  rounds: "the run keeps the rounds that were planned",
  quick: "the run stays as quick as it was planned",
  gate: "the gates are those of the recording; judge by others afterwards with twintail score --gate",
} as const;

/** @throws TwintailError when another flag contradicts it, or the run cannot be completed. */
export function prepareResumed(settings: Settings, run: string, flags: ResumeFlags, io: Io): PreparedResume {
  for (const [name, remedy] of Object.entries(CONTRADICTING)) {
    if (flags[name as keyof typeof CONTRADICTING] === undefined) continue;
    throw new TwintailError({
      cause: `--${name} and --resume contradict each other`,
      remedy: `leave --${name} out: ${remedy}`,
    });
  }
  const prepared = prepareResume(settings, run);
  const { recording, missing, header, resumed, notes, prelude } = prepared;
  const torn = resumed.frame.tornBytes;
  const before = prelude === null ? 0 : rowsToSend(prelude).length;
  const shard = header.shard === undefined ? "" : ` of ${shardName(header.shard)}`;
  const lines = [
    missing === 0
      ? `resuming ${recording}: nothing is missing, and nothing is sent`
      : `resuming ${recording}: ${missing} of ${ownRows(header).length} requests${shard} are missing${
          resumed.cut === 0 ? "" : `, ${resumed.cut} of them cut by the stop`
        }`,
    ...(torn === 0 ? [] : [`note: the last line was cut off by a kill; resuming removes its ${torn} bytes`]),
    ...(before === 0
      ? []
      : [
          `note: ${before} ${before === 1 ? "request wakes or warms" : "requests wake and warm"} the endpoints up first, unrecorded`,
        ]),
    ...notes.map((note) => `note: ${note}`),
  ];
  for (const line of lines) io.stderr.write(printable(`${line}\n`));
  return prepared;
}

export function isResume(prepared: PreparedRun): prepared is PreparedResume {
  return "missing" in prepared;
}
