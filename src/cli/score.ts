import type { Command } from "commander";
import { loadSettings } from "../config/load.js";
import type { GateText } from "../config/settings.js";
import { type ExitCode, TwintailError } from "../core/errors.js";
import { parseGates } from "../gate/parse.js";
import { secretsOfRecording } from "../scan-run.js";
import { score } from "../score.js";
import { addGateFlags, type GateFlags, gateTexts } from "./gate-flags.js";
import { GOLDENS_FLAG, goldenSetOf } from "./goldens-flag.js";
import { overwriteAndSay } from "./leaks.js";
import { exitCodeOf, showReport } from "./show-report.js";
import type { Io } from "./terminal-io.js";

interface ScoreFlags extends GateFlags {
  readonly out?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly goldens?: string;
}

export function addScore(program: Command, io: Io, done: (code: ExitCode) => void): void {
  const command = program
    .command("score")
    .summary("judge a stored recording again")
    .description(
      "Judges a stored recording again, by exactly the code that judged it after the run, with its own gates or with " +
        "others. Sends nothing.",
    )
    .argument("<recording>", "a folder under results/, or a recording.jsonl")
    .option("--out <folder>", "write the report's files there; without it nothing is written")
    .option("--json", "print report.json alone")
    .option(...GOLDENS_FLAG)
    .option("--config <file>", "judge by the gates of this configuration, and by nothing else of it");
  addGateFlags(command, "the recording's own")
    .addHelpText(
      "after",
      "\nExamples:\n  $ twintail score results/2026-01-31T09-00-00Z-migration-1a2b --json" +
        '\n  $ twintail score results/2026-01-31T09-00-00Z-migration-1a2b --gate "ttfa shift < 1.10" --inconclusive warn',
    )
    .action((recording: string, flags: ScoreFlags) => {
      const report = score(recording, { gates: gatesOf(flags), goldenSet: goldenSetOf(flags) });
      const { json, out, config } = flags;
      showReport(report, { json: json === true, config, ...(out === undefined ? {} : { folder: out }) }, io);
      if (out !== undefined) overwriteAndSay([out], secretsOfRecording(recording, io.environment), io);
      done(exitCodeOf(report, { inconclusive: flags.inconclusive }, io));
    });
}

/** Gates in place of the recording's own; undefined for those. */
function gatesOf(flags: ScoreFlags): readonly GateText[] | undefined {
  const given = gateTexts(flags);
  if (flags.config === undefined) return given;
  if (given !== undefined) {
    throw new TwintailError({
      cause: "gates come from --gate and from --config",
      place: "--gate",
      remedy: "give one of the two",
    });
  }
  const { gates } = loadSettings(flags.config).judge;
  // A mistake is told with its place in that file, which the recording does not know.
  parseGates(gates, flags.config);
  return gates;
}
