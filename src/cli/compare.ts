import { type Command, Option } from "commander";
import { compareRuns } from "../compare-runs.js";
import { ExitCode } from "../core/errors.js";
import { printableJson } from "../core/printable.js";
import type { RunComparison } from "../report/run-comparison.js";
import { renderRunComparisonTerminal } from "../report/run-comparison-terminal.js";
import { GOLDENS_FLAG, goldenSetOf } from "./goldens-flag.js";
import { type Io, reportColumns, wantsColor } from "./terminal-io.js";

interface CompareFlags {
  readonly endpoint?: "baseline" | "candidate";
  readonly json?: boolean;
  readonly goldens?: string;
}

export function addCompare(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("compare")
    .summary("two runs of different days: did an endpoint get worse?")
    .description(
      "Holds each endpoint of a newer run against itself in an older one. Sends nothing. What a client is promised can " +
        "fail (exit code 1); on latency one night against one night is never more than inconclusive (3): trend decides.",
    )
    .argument("<older>", "a folder under results/, or a recording.jsonl")
    .argument("<newer>", "the same, of a later run of the same golden set")
    .addOption(new Option("--endpoint <which>", "one endpoint alone").choices(["baseline", "candidate"]))
    .option(...GOLDENS_FLAG)
    .option("--json", "print the comparison as JSON alone")
    .addHelpText(
      "after",
      "\nExample:\n  $ twintail compare results/2026-01-30T02-00-00Z-migration-1a2b results/2026-01-31T02-00-00Z-migration-3c4d",
    )
    .action((older: string, newer: string, flags: CompareFlags) => {
      const comparison = compareRuns(older, newer, { endpoint: flags.endpoint, goldenSet: goldenSetOf(flags) });
      io.stdout.write(flags.json ? renderRunComparisonJson(comparison) : comparisonText(comparison, io));
      done(CODES[comparison.verdict]);
    });
}

const CODES = { pass: ExitCode.pass, fail: ExitCode.gateFailed, inconclusive: ExitCode.inconclusive } as const;

export function comparisonText(comparison: RunComparison, io: Io): string {
  return renderRunComparisonTerminal(comparison, { columns: reportColumns(io), color: wantsColor(io) });
}

export function renderRunComparisonJson(comparison: RunComparison): string {
  return `${printableJson(comparison)}\n`;
}
