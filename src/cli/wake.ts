import type { Command } from "commander";
import { loadSettings } from "../config/load.js";
import type { Settings } from "../config/settings.js";
import { ExitCode, TwintailError } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { type PreparedWake, prepareWake, wake } from "../wake.js";
import { refuseJsonBesideDryRun } from "./dry-run-flag.js";
import { addGateFlags, type GateFlags, gateTexts } from "./gate-flags.js";
import { whileSending } from "./sending.js";
import { exitCodeOf, showReport } from "./show-report.js";
import type { Io } from "./terminal-io.js";
import { wakePlanText } from "./wake-plan-text.js";

interface WakeFlags extends GateFlags {
  readonly trials: string;
  readonly references: string;
  readonly dryRun?: boolean;
  readonly out: string;
  readonly json?: boolean;
}

const MAX_TRIALS = 100;
const MAX_REFERENCES = 20;

export function addWake(program: Command, io: Io, done: (code: ExitCode) => void): void {
  const command = program
    .command("wake")
    .summary("cold trials: how long does an endpoint that scales to zero take to wake?")
    .description(
      "Wakes every endpoint that has wake with its first request, through refusals and waits, until a token comes or the " +
        "cap is reached; then asks the same again, warm. Nothing reaches such an endpoint before.",
    )
    .argument("[config]", "configuration file", "twintail.yaml")
    .option("--trials <n>", "cold trials; before each but the first the endpoint is put to sleep, or waited for", "1")
    .option("--references <n>", "warm requests to each endpoint after every trial", "3")
    .option("--dry-run", "print trials, requests, how long they take at most, and cost; send nothing")
    .option("--out <folder>", "where run folders are made", "results")
    .option("--json", "print report.json alone");
  addGateFlags(command, "those of the configuration that ask about wakes")
    .addHelpText(
      "after",
      "\nWithout a gate about wakes, each endpoint's own budget and cap decide: exit code 0 when every trial kept them, 1 when " +
        "one broke them, 3 when nothing was cold.\n\nExamples:\n  $ twintail wake twintail.yaml --dry-run\n  $ twintail wake twintail.yaml" +
        '\n  $ twintail wake twintail.yaml --trials 6 --gate "wake max < 8m"',
    )
    .action(async (config: string, flags: WakeFlags) => {
      refuseJsonBesideDryRun(flags);
      const prepared = prepareWake(asFlagged(loadSettings(config), flags), {
        trials: countOf("--trials", flags.trials, 1, MAX_TRIALS),
        references: countOf("--references", flags.references, 0, MAX_REFERENCES),
      });
      for (const { place, message } of prepared.golden.warnings)
        io.stderr.write(`warning: ${printable(`${place}: ${message}`)}\n`);
      for (const warning of prepared.gateWarnings) io.stderr.write(`warning: ${printable(warning)}\n`);
      if (flags.dryRun) {
        io.stdout.write(wakePlanText(prepared));
        done(ExitCode.pass);
        return;
      }
      done(await wakeAndShow(prepared, config, flags, io));
    });
}

function asFlagged(settings: Settings, flags: WakeFlags): Settings {
  const gates = gateTexts(flags);
  return gates === undefined ? settings : { ...settings, judge: { ...settings.judge, gates } };
}

function wakeAndShow(prepared: PreparedWake, config: string, flags: WakeFlags, io: Io): Promise<ExitCode> {
  const { out, json, inconclusive } = flags;
  return whileSending(
    prepared,
    {
      announcement: () => `${wakePlanText(prepared)}\n`,
      send: (sending) => wake(prepared, { ...sending, resultsFolder: out }),
      show({ report, folder, interrupted }) {
        showReport(report, { json: json === true, folder, config }, io);
        return exitCodeOf(report, { interrupted, inconclusive }, io);
      },
    },
    io,
  );
}

function countOf(place: string, text: string, least: number, most: number): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= least && count <= most) return count;
  throw new TwintailError({
    cause: `${JSON.stringify(text)} is no count`,
    place,
    remedy: `give a whole number from ${least} to ${most}`,
  });
}
