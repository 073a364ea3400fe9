import type { Command } from "commander";
import { ExitCode } from "../core/errors.js";
import type { SimOptions } from "../sim/options.js";
import { startSimProcess } from "../sim/process.js";
import type { Io } from "./terminal-io.js";

interface SimFlags {
  readonly tier: SimOptions["tier"];
  readonly port: string;
  readonly goldens?: string;
  readonly seed: string;
  readonly wake?: string;
  readonly idleAfter?: string;
  readonly log?: string;
}

export function addSim(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("sim")
    .summary("a simulated endpoint")
    .description("Serves a simulated OpenAI-compatible endpoint on loopback until it is interrupted.")
    .option("--tier <name>", "h100x2 or a100x2", "h100x2")
    .option("--port <number>", "0 takes a free port", "8080")
    .option("--goldens <file>", "golden set whose references are the answers")
    .option("--seed <number>", "seeds jitter and faults", "1")
    .option("--wake <ms>", "start cold, and take so long to wake")
    .option("--idle-after <ms>", "go cold again after so long with nothing in flight")
    .option("--log <file>", "append every actual send time there")
    .addHelpText("after", "\nExample:\n  $ twintail sim --tier a100x2 --port 8080 --goldens goldens/migration.yaml")
    .action(async (flags: SimFlags) => {
      const sim = await startSimProcess({
        tier: flags.tier,
        port: Number(flags.port),
        seed: Number(flags.seed),
        ...(flags.goldens === undefined ? {} : { goldens: flags.goldens }),
        ...(flags.wake === undefined ? {} : { wakeMs: Number(flags.wake), startCold: true }),
        ...(flags.idleAfter === undefined ? {} : { idleAfterMs: Number(flags.idleAfter) }),
        ...(flags.log === undefined ? {} : { logFile: flags.log }),
      });
      io.stdout.write(`${sim.baseUrl}\n`);
      io.stderr.write(`${sim.label}; interrupt to stop\n`);
      await new Promise<void>((resolve) => {
        // The child does not keep this process alive: a timer does until the interrupt.
        const alive = setInterval(() => {}, 60_000);
        const release = io.onInterrupt(() => {
          clearInterval(alive);
          release();
          resolve();
        });
      });
      await sim.stop();
      done(ExitCode.pass);
    });
}
