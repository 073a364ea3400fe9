import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { type Command, Option } from "commander";
import { loadSettings } from "../config/load.js";
import type { EndpointRole, LoadSettings, Settings } from "../config/settings.js";
import { parseDurationMs } from "../core/duration.js";
import { ExitCode, TwintailError } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { renderSweepJson } from "../report/sweep-json.js";
import type { SweepSummary } from "../report/sweep-summary.js";
import { renderSweepTerminal } from "../report/sweep-terminal.js";
import { writeSweep } from "../report/sweep-write.js";
import { secretsOfRecording } from "../scan-run.js";
import { scoreSweep } from "../score-sweep.js";
import { type PreparedSweep, prepareSweep, sweep } from "../sweep.js";
import { refuseJsonBesideDryRun } from "./dry-run-flag.js";
import { overwriteAndSay } from "./leaks.js";
import { maxRequestsOf } from "./max-requests-flag.js";
import { whileSending } from "./sending.js";
import { sweepPlanText } from "./sweep-plan-text.js";
import { type SweepProgress, startSweepProgress } from "./sweep-progress.js";
import { type Io, reportColumns, wantsColor } from "./terminal-io.js";

interface SweepFlags {
  readonly only?: EndpointRole;
  readonly shape?: "closed" | "constant" | "poisson";
  readonly points?: string;
  readonly settle?: string;
  readonly window?: string;
  readonly slo?: string;
  readonly maxRequests?: string;
  readonly from?: string;
  readonly dryRun?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

export function addSweep(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("sweep")
    .summary("rising load until it saturates: what does an endpoint bear?")
    .description(
      "Loads every endpoint that is owned, step by step, with requests of the golden set's mix that never repeat a prompt, until its " +
        "throughput no longer grows; then finds the knee, and the highest load that keeps the SLO.",
    )
    .argument("[config]", "configuration file", "twintail.yaml")
    .addOption(new Option("--only <endpoint>", "sweep this one alone").choices(["baseline", "candidate"]))
    .addOption(
      new Option("--shape <shape>", "in place of load.shape: so many in flight, or so many a second").choices([
        "closed",
        "constant",
        "poisson",
      ]),
    )
    .option("--points <loads>", "exactly these loads, such as 1,2,4,8, in place of load.points")
    .option("--settle <duration>", "in place of load.settle: left out of each load")
    .option("--window <duration>", "in place of load.window: measured of each load")
    .option("--slo <expression>", "in place of load.slo, such as 'ttft p95 < 1s and errors < 1%'")
    .option("--max-requests <number>", "in place of capture.maxRequests: the sweep ends there")
    .option("--from <recording>", "judge a recorded sweep again; sends nothing")
    .option("--dry-run", "print the loads and how long they take; send nothing")
    .option("--out <folder>", "where run folders are made (default: results); with --from, where the report is written")
    .option("--json", "print sweep.json alone")
    .addHelpText(
      "after",
      "\nExit codes: 0 measured, 3 cut before its own end, 4 this machine was the bottleneck, 130 interrupted." +
        "\n\nExamples:\n  $ twintail sweep twintail.yaml --dry-run\n  $ twintail sweep twintail.yaml --only candidate" +
        '\n  $ twintail sweep twintail.yaml --shape poisson --points 2,4,8 --slo "ttft p95 < 1s and errors < 1%"' +
        "\n  $ twintail sweep --from results/2026-01-31T09-00-00Z-migration-sweep-1a2b",
    )
    .action(async (config: string, flags: SweepFlags, command: Command) => {
      refuseJsonBesideDryRun(flags);
      if (flags.from !== undefined) {
        refuseBesideFrom(flags, command.args);
        const summary = scoreSweep(flags.from);
        show(summary, flags, flags.out, io);
        if (flags.out !== undefined) overwriteAndSay([flags.out], secretsOfRecording(flags.from, io.environment), io);
        done(exitCodeOf(summary, false, io));
        return;
      }
      const prepared = prepareSweep(asFlagged(loadSettings(config), flags), { only: flags.only });
      for (const { place, message } of prepared.golden.warnings)
        io.stderr.write(`warning: ${printable(`${place}: ${message}`)}\n`);
      if (flags.dryRun) {
        io.stdout.write(sweepPlanText(prepared));
        done(ExitCode.pass);
        return;
      }
      done(await sweepAndShow(prepared, flags, io));
    });
}

const OF_SENDING = ["only", "shape", "points", "settle", "window", "slo", "maxRequests", "dryRun"] as const;

function refuseBesideFrom(flags: SweepFlags, [config]: readonly string[]): void {
  const given = OF_SENDING.find((name) => flags[name] !== undefined);
  if (given === undefined && config === undefined) return;
  throw new TwintailError({
    cause: "a recorded sweep is judged as it was sent",
    place:
      given === undefined ? (config ?? "") : `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    remedy: "leave it out beside --from",
  });
}

function sweepAndShow(prepared: PreparedSweep, flags: SweepFlags, io: Io): Promise<ExitCode> {
  const unit = prepared.facts.load.loop.kind === "closed" ? "in flight" : "requests/s";
  let progress: SweepProgress | undefined;
  return whileSending(
    prepared,
    {
      announcement: () => `${sweepPlanText(prepared)}\n`,
      progress: (to) => {
        progress = startSweepProgress(to);
        return progress;
      },
      send: (sending) =>
        sweep(prepared, {
          ...sending,
          resultsFolder: flags.out ?? "results",
          onPoint: (point) => progress?.point(point, unit),
          onMeasured: (measured) => progress?.measured(measured),
        }),
      show({ summary, folder, interrupted }) {
        show(summary, flags, folder, io);
        return exitCodeOf(summary, interrupted, io);
      },
    },
    io,
  );
}

function show(summary: SweepSummary, { json }: SweepFlags, folder: string | undefined, io: Io): void {
  if (folder !== undefined) writeSweep(summary, folder);
  if (json) io.stdout.write(renderSweepJson(summary));
  else io.stdout.write(renderSweepTerminal(summary, { columns: reportColumns(io), color: wantsColor(io) }));
  if (folder === undefined) return;
  const page = join(folder, "sweep.html");
  io.stderr.write(`\nWrote ${printable(relative(process.cwd(), folder) || folder)}\n`);
  io.stderr.write(`Open  ${pathToFileURL(page).href}\n`);
}

function exitCodeOf({ verdict, reason }: SweepSummary, interrupted: boolean, io: Io): ExitCode {
  if (interrupted) return ExitCode.interrupted;
  if (verdict === "measured") return ExitCode.pass;
  io.stderr.write(`${verdict}: ${printable(reason)}\n`);
  return verdict === "invalid" ? ExitCode.invalid : ExitCode.inconclusive;
}

/** The settings as the command line changes them. */
function asFlagged(settings: Settings, flags: SweepFlags): Settings {
  const { load } = settings;
  if (load === undefined) return settings;
  const changed: LoadSettings = {
    ...load,
    ...(flags.shape === undefined
      ? {}
      : { loop: flags.shape === "closed" ? { kind: "closed" } : { kind: "open", shape: { kind: flags.shape } } }),
    ...(flags.points === undefined ? {} : { points: loadsOf(flags.points) }),
    ...(flags.settle === undefined ? {} : { settleMs: parseDurationMs(flags.settle, "--settle") }),
    ...(flags.window === undefined ? {} : { windowMs: windowOf(flags.window) }),
    ...(flags.slo === undefined ? {} : { slo: { text: flags.slo, line: 0, column: 0 } }),
  };
  refuseFractions(changed);
  return { ...settings, load: changed, capture: { ...settings.capture, ...maxRequestsOf(flags) } };
}

function loadsOf(text: string): number[] {
  const loads = text.split(",").map((each) => Number(each.trim()));
  if (loads.length <= 100 && loads.every((load) => load > 0 && load <= 100_000)) return loads;
  throw new TwintailError({
    cause: `${JSON.stringify(text)} is no list of up to 100 loads`,
    place: "--points",
    remedy: "write it as 1,2,4,8, each above 0 and at most 100000",
  });
}

function refuseFractions({ loop, points, from, to }: LoadSettings): void {
  const loads = points === "auto" ? [from, to] : points;
  const part = loop.kind === "closed" ? loads.find((load) => !Number.isInteger(load)) : undefined;
  if (part === undefined) return;
  throw new TwintailError({
    cause: `${part} cannot be in flight`,
    place: "--points",
    remedy: "give whole numbers, or --shape poisson for requests a second",
  });
}

function windowOf(text: string): number {
  const ms = parseDurationMs(text, "--window");
  if (ms >= 1_000) return ms;
  throw new TwintailError({
    cause: "a window of less than a second measures nothing",
    place: "--window",
    remedy: "give 30s, or as long as twenty answers take",
  });
}
