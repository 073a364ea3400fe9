/** `--extend`, `--of`, `--rounds` and `--resume`: how often `run` sends the golden set, and to which run that is added. */
import type { Settings } from "../config/settings.js";
import { TwintailError } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { extendRun, type PreparedExtension, prepareExtension } from "../extend.js";
import { resumeRun } from "../resume.js";
import { type FinishedRun, type PreparedRun, prepareRun, type RunOptions, run } from "../run.js";
import type { ShardToRun } from "../shard-part.js";
import { isResume, prepareResumed, type ResumeFlags } from "./resume-flags.js";
import type { Io } from "./terminal-io.js";

export interface ExtendFlags extends ResumeFlags {
  readonly out: string;
}

const MAX_ROUNDS = 1_000;

export const EXTEND_FLAGS = {
  rounds: ["--rounds <number>", "in place of capture.rounds"],
  extend: ["--extend <rounds>", "look again: add rounds to a run that is whole, at most twice"],
  of: ["--of <run>", "with --extend: the run's folder (default: the newest of this configuration in --out)"],
} as const;

/** The run, more rounds of one, or what is missing of one. @throws TwintailError when flags contradict each other. */
export function prepareFrom(settings: Settings, flags: ExtendFlags, io: Io, shard?: ShardToRun): PreparedRun {
  const { rounds, extend, of, out, gate, resume } = flags;
  if (resume !== undefined) return prepareResumed(settings, resume, flags, io);
  if (extend === undefined) {
    if (of !== undefined) throw new TwintailError({ cause: "--of needs --extend", remedy: "add --extend <rounds>" });
    if (rounds === undefined) return prepareRun(settings, shard);
    return prepareRun({ ...settings, capture: { ...settings.capture, rounds: countOf("--rounds", rounds) } }, shard);
  }
  if (rounds !== undefined) {
    throw new TwintailError({
      cause: "--rounds and --extend contradict each other",
      remedy: "give --extend the number of rounds to add",
    });
  }
  if (gate !== undefined) {
    throw new TwintailError({
      cause: "--gate and --extend contradict each other: what is asked does not change between two looks",
      remedy: "leave --gate out, and judge by it afterwards with twintail score --gate",
    });
  }
  const added = countOf("--extend", extend);
  const prepared = prepareExtension(settings, {
    rounds: added,
    resultsFolder: out,
    ...(of === undefined ? {} : { of }),
  });
  const { header, look, plan, recording, notes } = prepared;
  const first = header.capture.rounds + 1;
  const range = added === 1 ? `round ${first}` : `rounds ${first} to ${plan.rounds}`;
  io.stderr.write(printable(`extending ${recording}: ${range}, for look ${look}\n`));
  for (const note of notes) io.stderr.write(printable(`note: ${note}\n`));
  return prepared;
}

/** Sends what was prepared, by whichever way it was. */
export function send(prepared: PreparedRun, options: RunOptions): Promise<FinishedRun> {
  if (isResume(prepared)) return resumeRun(prepared, options);
  return isExtension(prepared) ? extendRun(prepared, options) : run(prepared, options);
}

function isExtension(prepared: PreparedRun): prepared is PreparedExtension {
  return "look" in prepared;
}

/** The run that this one goes on with; undefined for a new one. */
export function goesOnWith(prepared: PreparedRun): string | undefined {
  return isResume(prepared) || isExtension(prepared) ? prepared.header.runId : undefined;
}

function countOf(place: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_ROUNDS) return count;
  throw new TwintailError({
    cause: `${JSON.stringify(text)} is no number of rounds`,
    place,
    remedy: `give a whole number from 1 to ${MAX_ROUNDS}`,
  });
}
