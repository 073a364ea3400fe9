import type { Command } from "commander";
import { loadSettings } from "../config/load.js";
import type { Settings } from "../config/settings.js";
import { ExitCode, TwintailError } from "../core/errors.js";
import { printable } from "../core/printable.js";
import type { PreparedRun } from "../run.js";
import { type AfterRun, type AfterRunFlags, planAfterRun } from "./after-run.js";
import { refuseJsonBesideDryRun } from "./dry-run-flag.js";
import { EXTEND_FLAGS, type ExtendFlags, prepareFrom, send } from "./extend-flags.js";
import { addGateFlags, type GateFlags, gateTexts } from "./gate-flags.js";
import { maxRequestsOf } from "./max-requests-flag.js";
import { planText } from "./plan-text.js";
import { RESUME_FLAG } from "./resume-flags.js";
import { whileSending } from "./sending.js";
import { SHARD_FLAGS, type ShardFlags, seedOf, shardOf } from "./shard-flags.js";
import { exitCodeOf, type InconclusivePolicy, showReport } from "./show-report.js";
import type { Io } from "./terminal-io.js";

interface RunFlags extends GateFlags, ExtendFlags, AfterRunFlags, ShardFlags {
  readonly quick?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly maxRequests?: string;
}

export function addRun(program: Command, io: Io, done: (code: ExitCode) => void): void {
  const command = program
    .command("run")
    .summary("replay the golden set against both endpoints, then report")
    .description(
      "Replays the golden set against both endpoints, records everything, and reports the tails side by side.",
    )
    .argument("[config]", "configuration file", "twintail.yaml")
    .option("--dry-run", "print the plan with its requests, tokens, minutes and cost; send nothing")
    .option("--verbose", "with --dry-run: every release in order")
    .option("--out <folder>", "where run folders are made", "results")
    .option("--json", "print report.json alone");
  addGateFlags(command, "the configuration's")
    .option("--quick", "three rounds (or --rounds), and contract gates alone: no gate asks about latency")
    .option("--max-requests <number>", "in place of capture.maxRequests: attempts at both endpoints together")
    .option(...EXTEND_FLAGS.rounds)
    .option(...EXTEND_FLAGS.extend)
    .option(...EXTEND_FLAGS.of)
    .option(...RESUME_FLAG)
    .option(...SHARD_FLAGS.shard)
    .option(...SHARD_FLAGS.startAt)
    .option(...SHARD_FLAGS.seed)
    .option("--history <folder>", "add the run to a nightly history, which twintail trend reads")
    .option("--vantage <name>", "with --history: names this place, where host names change")
    .option("--baseline <run>", "hold both endpoints against a pinned run; a contract that broke since exits 1")
    .addHelpText(
      "after",
      "\nExamples:\n  $ twintail run twintail.yaml --dry-run\n  $ twintail run twintail.yaml" +
        '\n  $ twintail run twintail.yaml --gate "ttfa shift < 1.10" --gate "flips regressed == 0"' +
        "\n  $ twintail run twintail.yaml --extend 12" +
        "\n  $ twintail run twintail.yaml --shard 2/8 --seed 7 --start-at 2026-01-31T09:00:00Z" +
        "\n  $ twintail run twintail.yaml --resume results/2026-01-31T09-00-00Z-migration-1a2b",
    )
    .action(async (config: string, flags: RunFlags) => {
      refuseJsonBesideDryRun(flags);
      const shard = shardOf(flags, io.environment, Date.now());
      const prepared = prepareFrom(asFlagged(loadSettings(config), flags), flags, io, shard);
      for (const warning of prepared.golden.warnings)
        io.stderr.write(`warning: ${printable(`${warning.place}: ${warning.message}`)}\n`);
      for (const warning of prepared.gateWarnings) io.stderr.write(`warning: ${printable(warning)}\n`);
      const after = planAfterRun(prepared, flags, io);
      if (flags.dryRun) {
        io.stdout.write(planText(prepared, flags.verbose === true));
        done(ExitCode.pass);
        return;
      }
      const { out, json, inconclusive } = flags;
      const written = flags.history === undefined ? [] : [flags.history];
      done(
        await runAndShow(prepared, { out, kind: "run", json: json === true, inconclusive, config, after, written }, io),
      );
    });
}

const QUICK_ROUNDS = 3;

/** The settings as the command line changes them. */
function asFlagged(settings: Settings, flags: RunFlags): Settings {
  const gates = gateTexts(flags) ?? settings.judge.gates;
  const capture = { ...settings.capture, ...maxRequestsOf(flags), ...seedOf(flags) };
  const flagged = { ...settings, capture, judge: { ...settings.judge, gates } };
  if (flags.quick !== true || flags.resume !== undefined) return flagged;
  if (flags.extend !== undefined) {
    throw new TwintailError({ cause: "--quick and --extend contradict each other", remedy: "leave one of them out" });
  }
  return {
    ...flagged,
    capture: { ...capture, rounds: QUICK_ROUNDS, spreadMs: 0 },
    judge: { ...flagged.judge, quick: true },
  };
}

export interface RunAndShowOptions {
  readonly out: string;
  readonly kind: "run" | "demo";
  readonly json: boolean;
  readonly inconclusive?: InconclusivePolicy | undefined;
  /** The configuration's file. */
  readonly config?: string;
  readonly after?: AfterRun;
  /** What else is written to, beside the run's own folder. */
  readonly written?: readonly string[];
}

/** Runs, prints the report, and gives the exit code. */
export function runAndShow(prepared: PreparedRun, options: RunAndShowOptions, io: Io): Promise<ExitCode> {
  const { out, kind, json, inconclusive, config, after, written } = options;
  return whileSending(
    prepared,
    {
      announcement: () => `${planText(prepared, false)}\n`,
      send: (sending) => send(prepared, { ...sending, resultsFolder: out, kind }),
      show(finished) {
        showReport(finished.report, { json, folder: finished.folder, config }, io);
        const code = exitCodeOf(finished.report, { interrupted: finished.interrupted, inconclusive }, io);
        return after?.(finished, code) ?? code;
      },
      written,
    },
    io,
  );
}
