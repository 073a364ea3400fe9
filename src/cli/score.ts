import type { Command } from "commander";
import type { ExitCode } from "../core/errors.js";
import { score } from "../score.js";
import { exitCodeOf, showReport } from "./show-report.js";
import type { Io } from "./terminal-io.js";

interface ScoreFlags {
  readonly out?: string;
  readonly json?: boolean;
}

export function addScore(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("score")
    .summary("judge a stored recording again")
    .description("Judges a stored recording again, by exactly the code that judged it after the run. Sends nothing.")
    .argument("<recording>", "a folder under results/, or a recording.jsonl")
    .option("--out <folder>", "write the report's files there; without it nothing is written")
    .option("--json", "print report.json alone")
    .addHelpText("after", "\nExample:\n  $ twintail score results/2026-01-31T09-00-00Z-migration-1a2b --json")
    .action((recording: string, flags: ScoreFlags) => {
      const report = score(recording);
      showReport(report, { json: flags.json === true, ...(flags.out === undefined ? {} : { folder: flags.out }) }, io);
      done(exitCodeOf(report, false, io));
    });
}
