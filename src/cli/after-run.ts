/** What `run` does beside the run itself: the nightly history, its cost, and a pinned run to be held against. */
import { join } from "node:path";
import { checkPinnedRun, compareRuns } from "../compare-runs.js";
import { ExitCode, TwintailError } from "../core/errors.js";
import { printable } from "../core/printable.js";
import type { GoldenSet } from "../golden/golden-set.js";
import { refuseOverMonthlyCost } from "../history/monthly-cost.js";
import { checkHistory, readNightsIfAny } from "../history/nights-file.js";
import { writeFiles } from "../report/write.js";
import type { FinishedRun, PreparedRun } from "../run.js";
import { type AddNightOptions, addToHistory } from "../trend.js";
import { comparisonText, renderRunComparisonJson } from "./compare.js";
import { goesOnWith } from "./extend-flags.js";
import type { Io } from "./terminal-io.js";
import { addedLine } from "./trend.js";

export interface AfterRunFlags {
  /** Folder of the nightly history. */
  readonly history?: string;
  /** Names the place in the history. */
  readonly vantage?: string;
  /** A run folder to be held against. */
  readonly baseline?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Called when the report was shown, with the exit code that the run earned by itself; gives the one to end with. */
export type AfterRun = (finished: FinishedRun, code: ExitCode) => ExitCode;

/**
 * Everything that can be refused is refused here, before the first request.
 * @throws TwintailError when the history cannot be written, the month's money is spent, or the pinned run cannot be compared.
 */
export function planAfterRun(prepared: PreparedRun, flags: AfterRunFlags, io: Io): AfterRun {
  const { settings, golden, estimate } = prepared;
  const { maxCostPerMonth } = settings.capture;
  if (flags.vantage !== undefined && flags.history === undefined) {
    throw new TwintailError({ cause: "--vantage names a place in a history", remedy: "give --history too" });
  }
  if (flags.history === undefined && maxCostPerMonth !== undefined) {
    throw new TwintailError({
      cause: "without a history nothing is known about the nights before",
      place: "capture.maxCostPerMonth",
      remedy: "give --history FOLDER, or remove maxCostPerMonth",
    });
  }
  if (flags.history !== undefined) {
    const { nights } = readNightsIfAny(flags.history);
    const { baseline, candidate } = estimate.endpoints;
    const tonight = { baseline: baseline.cost, candidate: candidate.cost };
    if (maxCostPerMonth !== undefined) {
      refuseOverMonthlyCost({ nights, nowMs: Date.now(), tonight, limit: maxCostPerMonth });
    }
    if (!flags.dryRun) checkHistory(flags.history);
  }
  if (flags.baseline !== undefined) {
    const runId = goesOnWith(prepared);
    checkPinnedRun(flags.baseline, { goldenDigest: golden.digest, endpoints: settings.endpoints, runId });
  }
  const { baseline, history, vantage } = flags;
  return (finished, code) => {
    const night =
      history === undefined
        ? code
        : unlessRefused(code, io, () => addNightOf(finished, history, { vantage, goldenSet: golden.set }, code, io));
    return baseline === undefined
      ? night
      : unlessRefused(night, io, () => holdAgainst(baseline, finished, night, { ...flags, goldenSet: golden.set }, io));
  };
}

/** What cannot be done after a run is said, and never hides what the run itself earned. */
function unlessRefused(code: ExitCode, io: Io, action: () => ExitCode): ExitCode {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof TwintailError)) throw error;
    io.stderr.write(`${printable(error.message)}\n`);
    return code === ExitCode.pass ? error.exitCode : code;
  }
}

/**
 * A contract that broke since the pinned run fails the run, as a gate would: also a run whose machine was in doubt, since
 * that spoils no answer. What is inconclusive against one other night changes no exit code.
 */
function holdAgainst(
  pinned: string,
  run: FinishedRun,
  code: ExitCode,
  flags: Pick<AfterRunFlags, "json"> & { readonly goldenSet: GoldenSet },
  io: Io,
): ExitCode {
  if (run.interrupted) {
    io.stderr.write("note: an interrupted run is not held against the pinned one; twintail compare can do it\n");
    return code;
  }
  const comparison = compareRuns(pinned, run.folder, { goldenSet: flags.goldenSet });
  writeFiles([[join(run.folder, "compare.json"), renderRunComparisonJson(comparison)]]);
  if (!flags.json) io.stdout.write(`\nAgainst the pinned run\n${comparisonText(comparison, io)}`);
  return comparison.verdict === "fail" ? ExitCode.gateFailed : code;
}

function addNightOf(
  run: FinishedRun,
  folder: string,
  of: Pick<AddNightOptions, "vantage" | "goldenSet">,
  code: ExitCode,
  io: Io,
): ExitCode {
  if (run.interrupted) {
    io.stderr.write("note: an interrupted run is no night of the history; twintail trend --add can make it one\n");
  } else {
    io.stderr.write(addedLine(folder, addToHistory(folder, run.folder, { ...of, report: run.report })));
  }
  return code;
}
