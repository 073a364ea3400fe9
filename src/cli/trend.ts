import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { ExitCode } from "../core/errors.js";
import { printable, printableJson } from "../core/printable.js";
import { plural } from "../report/numbers.js";
import { renderTrendHtml } from "../report/trend-html.js";
import { renderTrendTerminal } from "../report/trend-terminal.js";
import { refuseUnlessPage, writeFiles } from "../report/write.js";
import { type AddedNight, addToHistory, trend } from "../trend.js";
import { GOLDENS_FLAG, goldenSetOf } from "./goldens-flag.js";
import { type Io, reportColumns, wantsColor } from "./terminal-io.js";

interface TrendFlags {
  readonly add?: string;
  readonly vantage?: string;
  readonly since?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly goldens?: string;
}

export function addTrend(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("trend")
    .summary("the nightly history: is tonight like the nights before it?")
    .description(
      "Reads the history that `run --history` writes and holds the last night against the nights before it. Sends " +
        "nothing. Exit code 1 when a series is worse than they allow on the second night in a row.",
    )
    .argument("<folder>", "the history's folder")
    .option("--add <run>", "first add a run: its folder, or its recording.jsonl")
    .option("--vantage <name>", "with --add the name of the place it was measured from; alone, only nights from there")
    .option(
      "--since <date>",
      "leave out what came before a date, or before a run: after a change that is there to stay",
    )
    .option("--out <file>", "also write the series as one self-contained HTML page")
    .option(...GOLDENS_FLAG)
    .option("--json", "print the trend as JSON alone")
    .addHelpText(
      "after",
      "\nExamples:\n  $ twintail trend history --out trend.html\n  $ twintail trend history --add results/2026-01-31T02-00-00Z-migration-1a2b",
    )
    .action((folder: string, flags: TrendFlags) => {
      const { add, vantage } = flags;
      if (flags.out !== undefined) refuseUnlessPage(flags.out);
      if (add !== undefined)
        io.stderr.write(addedLine(folder, addToHistory(folder, add, { vantage, goldenSet: goldenSetOf(flags) })));
      const summary = trend(folder, { since: flags.since, ...(add === undefined ? { vantage } : {}) });
      if (flags.json) io.stdout.write(`${printableJson(summary)}\n`);
      else io.stdout.write(renderTrendTerminal(summary, { columns: reportColumns(io), color: wantsColor(io) }));
      if (flags.out !== undefined) {
        writeFiles([[flags.out, renderTrendHtml(summary)]]);
        io.stderr.write(`\nWrote ${printable(relative(process.cwd(), flags.out) || flags.out)}\n`);
        io.stderr.write(`Open  ${pathToFileURL(flags.out).href}\n`);
      }
      if (summary.verdict === "watch") io.stderr.write(`warning: ${printable(summary.reason)}\n`);
      done(summary.verdict === "fail" ? ExitCode.gateFailed : ExitCode.pass);
    });
}

/** Said of every run that was meant to be added. */
export function addedLine(folder: string, { runId, added, later }: AddedNight): string {
  const shown = printable(relative(process.cwd(), folder) || folder);
  const notLast =
    later === 0
      ? ""
      : `note: ${plural(later, "run")} of it began later, so that trend does not judge this one as the last\n`;
  return added
    ? `Added ${printable(runId)} to ${shown}; twintail trend ${shown} reads it\n${notLast}`
    : `${printable(runId)} is in ${shown} already: nothing was added\n`;
}
