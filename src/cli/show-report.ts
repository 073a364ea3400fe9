/** The end of `run`, `demo` and `score`: the report on standard output, the files' names on standard error. */
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { ExitCode } from "../core/errors.js";
import { renderJson } from "../report/json.js";
import type { Report } from "../report/report.js";
import { renderTerminal } from "../report/terminal.js";
import { writeReport } from "../report/write.js";
import { ciOutputs } from "./ci-outputs.js";
import { type Io, reportColumns, wantsColor } from "./terminal-io.js";

export interface ShowOptions {
  readonly json?: boolean;
  /** Folder to write the report's files to; nothing is written without it. */
  readonly folder?: string;
  /** The file that the gates stand in. */
  readonly config?: string | undefined;
}

export function showReport(report: Report, options: ShowOptions, io: Io): void {
  const written = options.folder === undefined ? [] : writeReport(report, options.folder);
  if (options.json) io.stdout.write(renderJson(report.summary));
  else io.stdout.write(renderTerminal(report, { columns: reportColumns(io), color: wantsColor(io) }));
  ciOutputs(report, options, io);
  if (options.folder === undefined) return;
  const shown = relative(process.cwd(), options.folder) || ".";
  const names = written
    .map((path) => relative(options.folder as string, path))
    .filter((name) => !name.includes("tails"));
  io.stderr.write(`\nWrote ${shown}/: ${names.join(", ")}, tails/\n`);
  io.stderr.write(`Open  ${pathToFileURL(`${options.folder}/report.html`).href}\n`);
}

/** A comparison needs two sides: with no success on one of them nothing was compared. */
export function exitCodeOf({ summary }: Report, interrupted: boolean, io: Io): ExitCode {
  if (interrupted) return ExitCode.interrupted;
  for (const role of ["baseline", "candidate"] as const) {
    const errors = summary.rates.errors_final?.[role];
    if (errors !== undefined && errors.of > 0 && errors.count === errors.of) {
      io.stderr.write(`invalid: no request of the ${role} succeeded, so nothing was compared\n`);
      return ExitCode.invalid;
    }
  }
  return ExitCode.pass;
}
