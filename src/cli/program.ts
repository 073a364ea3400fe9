/** Arguments to commands, errors to exit codes. */
import { Command, CommanderError } from "commander";
import { ExitCode, TwintailError } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { VERSION } from "../core/version.js";
import type { Io } from "./terminal-io.js";

type AddCommand = (program: Command, io: Io, done: (code: ExitCode) => void) => void;

/** In the order of the help. Each is loaded only where it is named: what all of them need takes long to load. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  demo: async () => (await import("./demo.js")).addDemo,
  init: async () => (await import("./init.js")).addInit,
  check: async () => (await import("./check.js")).addCheck,
  run: async () => (await import("./run.js")).addRun,
  probe: async () => (await import("./probe.js")).addProbe,
  wake: async () => (await import("./wake.js")).addWake,
  sweep: async () => (await import("./sweep.js")).addSweep,
  score: async () => (await import("./score.js")).addScore,
  merge: async () => (await import("./merge.js")).addMerge,
  compare: async () => (await import("./compare.js")).addCompare,
  trend: async () => (await import("./trend.js")).addTrend,
  capacity: async () => (await import("./capacity.js")).addCapacity,
  clients: async () => (await import("./clients.js")).addClients,
  replay: async () => (await import("./replay.js")).addReplay,
  sim: async () => (await import("./sim.js")).addSim,
};

/** What the arguments may be about: the command that they begin with, or any. */
function commandsOf([first = ""]: readonly string[]): string[] {
  if (Object.hasOwn(COMMANDS, first)) return [first];
  return first === "--version" || first === "-V" ? [] : Object.keys(COMMANDS);
}

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
  try {
    for (const name of commandsOf(args)) (await COMMANDS[name]?.())?.(program, io, done);
    for (const command of program.commands) command.exitOverride().configureOutput(program.configureOutput());
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
