import type { Command } from "commander";
import { loadSettings } from "../config/load.js";
import { ExitCode } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { type PreparedRun, prepareRun, run } from "../run.js";
import { planText } from "./plan-text.js";
import { type Progress, startProgress } from "./progress.js";
import { exitCodeOf, showReport } from "./show-report.js";
import type { Io } from "./terminal-io.js";

interface RunFlags {
  readonly out: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export function addRun(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("run")
    .summary("replay the golden set against both endpoints, then report")
    .description(
      "Replays the golden set against both endpoints, records everything, and reports the tails side by side.",
    )
    .argument("[config]", "configuration file", "twintail.yaml")
    .option("--dry-run", "print the plan with its requests, tokens, minutes and cost; send nothing")
    .option("--verbose", "with --dry-run: every release in order")
    .option("--out <folder>", "where run folders are made", "results")
    .option("--json", "print report.json alone")
    .addHelpText("after", "\nExample:\n  $ twintail run twintail.yaml --dry-run\n  $ twintail run twintail.yaml")
    .action(async (config: string, flags: RunFlags) => {
      const prepared = prepareRun(loadSettings(config));
      for (const warning of prepared.golden.warnings)
        io.stderr.write(`warning: ${printable(`${warning.place}: ${warning.message}`)}\n`);
      if (flags.dryRun) {
        io.stdout.write(planText(prepared, flags.verbose === true));
        done(ExitCode.pass);
        return;
      }
      if (prepared.settings.judge.gates.length > 0) {
        io.stderr.write("note: gates are recorded with the run, but this version does not evaluate them\n");
      }
      done(await runAndShow(prepared, { out: flags.out, kind: "run", json: flags.json === true, config }, io));
    });
}

export interface RunAndShowOptions {
  readonly out: string;
  readonly kind: "run" | "demo";
  readonly json: boolean;
  /** The configuration's file. */
  readonly config?: string;
}

/** Runs with progress and an interrupt handler, prints the report, and gives the exit code. */
export async function runAndShow(prepared: PreparedRun, options: RunAndShowOptions, io: Io): Promise<ExitCode> {
  const stop = new AbortController();
  const release = io.onInterrupt(() => {
    io.stderr.write("\ninterrupted: ending cleanly, what was recorded is kept\n");
    stop.abort();
  });
  let progress: Progress | null = null;
  try {
    const finished = await run(prepared, {
      resultsFolder: options.out,
      environment: io.environment,
      kind: options.kind,
      stop: stop.signal,
      onStart: () => {
        io.stderr.write(`${planText(prepared, false)}\n`);
        progress = startProgress(prepared.plan, io);
      },
      onReleased: (ids) => progress?.released(ids),
      onExchange: (exchange) => progress?.exchange(exchange),
    });
    endProgress(progress);
    showReport(finished.report, { json: options.json, folder: finished.folder, config: options.config }, io);
    return exitCodeOf(finished.report, finished.interrupted, io);
  } catch (error) {
    endProgress(progress);
    throw error;
  } finally {
    release();
  }
}

/** Takes what a callback assigned, which the compiler cannot follow. */
function endProgress(progress: Progress | null): void {
  progress?.stop();
}
