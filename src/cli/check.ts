import type { Command } from "commander";
import { parseSlo } from "../capacity/slo.js";
import { resolveKeys } from "../config/keys.js";
import { loadSettings } from "../config/load.js";
import { ExitCode, errorMessage } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { weightedCases } from "../plan/load/mix.js";
import { type PreparedRun, prepareRun } from "../run.js";
import { planText } from "./plan-text.js";
import type { Io } from "./terminal-io.js";

export function addCheck(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("check")
    .summary("validate configuration and golden set, offline")
    .description(
      "Validates the configuration, its gates and its golden set without sending anything, and shows the plan. Gates that " +
        "this plan cannot decide are refused.",
    )
    .argument("[config]", "configuration file", "twintail.yaml")
    .addHelpText("after", "\nExample:\n  $ twintail check twintail.yaml")
    .action((config: string) => {
      const prepared = prepareRun(loadSettings(config));
      checkLoad(prepared);
      io.stdout.write(planText(prepared, false));
      for (const warning of prepared.golden.warnings)
        io.stdout.write(`warning: ${printable(`${warning.place}: ${warning.message}`)}\n`);
      for (const warning of prepared.gateWarnings) io.stdout.write(`warning: ${printable(warning)}\n`);
      try {
        resolveKeys(prepared.settings, io.environment);
      } catch (error) {
        io.stdout.write(`warning: ${printable(errorMessage(error))}\n`);
      }
      io.stdout.write("ok\n");
      done(ExitCode.pass);
    });
}

/** What a sweep reads of the configuration and a run does not. @throws TwintailError as a sweep would. */
function checkLoad({ settings: { load, file }, golden }: PreparedRun): void {
  if (load?.slo !== undefined) parseSlo(load.slo, { file, loop: load.loop.kind });
  if (load?.mix !== undefined) weightedCases(golden.set.cases, load.mix);
}
