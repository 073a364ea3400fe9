/** Arguments to commands, errors to exit codes. */
import { Command, CommanderError } from "commander";
import { ExitCode, TwintailError } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { VERSION } from "../core/version.js";
import { addCapacity } from "./capacity.js";
import { addCheck } from "./check.js";
import { addClients } from "./clients.js";
import { addCompare } from "./compare.js";
import { addDemo } from "./demo.js";
import { addInit } from "./init.js";
import { addMerge } from "./merge.js";
import { addProbe } from "./probe.js";
import { addReplay } from "./replay.js";
import { addRun } from "./run.js";
import { addScore } from "./score.js";
import { addSim } from "./sim.js";
import { addSweep } from "./sweep.js";
import type { Io } from "./terminal-io.js";
import { addTrend } from "./trend.js";
import { addWake } from "./wake.js";

/** Runs one command line and gives its exit code; never throws. */
export async function main(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = ExitCode.pass;
  const done = (given: ExitCode): void => {
    code = given;
  };
  const program = new Command("twintail")
    .description("One golden set, two OpenAI-compatible endpoints, compare the tails.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      "\nExit codes: 0 pass, or done, 1 a gate failed, a required feature is missing, a client newly fails, a contract broke since another run, a trend got worse or no tier bears a demand, 2 bad arguments or configuration, 3 inconclusive, 4 invalid run, 70 internal error, 130 interrupted.",
    );
  const commands = [
    addDemo,
    addInit,
    addCheck,
    addRun,
    addProbe,
    addWake,
    addSweep,
    addScore,
    addMerge,
    addCompare,
    addTrend,
    addCapacity,
    addClients,
    addReplay,
    addSim,
  ];
  for (const add of commands) add(program, io, done);
  for (const command of program.commands) command.exitOverride().configureOutput(program.configureOutput());
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.pass : ExitCode.usage;
    if (error instanceof TwintailError) {
      io.stderr.write(`${printable(error.message)}\n`);
      return error.exitCode;
    }
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // A parser's message quotes what it could not read.
    io.stderr.write(`internal error: ${printable(told)}\n`);
    return ExitCode.internal;
  }
}
