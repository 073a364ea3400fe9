/** The end of `run`, `demo` and `score`: the report on standard output, the files' names on standard error. */
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { ExitCode } from "../core/errors.js";
import { printable } from "../core/printable.js";
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
  if (options.json) io.stdout.write(renderJson(report.summary));
  else io.stdout.write(renderTerminal(report, { columns: reportColumns(io), color: wantsColor(io) }));
  ciOutputs(report, options, io);
  if (options.folder === undefined) return;
  // Last: a full disk must not keep from anybody what a run was paid for.
  const written = writeReport(report, options.folder);
  const shown = relative(process.cwd(), options.folder) || ".";
  const names = written.map((path) => relative(options.folder as string, path).replace(/^tails\b.*/, "tails/"));
  io.stderr.write(`\nWrote ${shown}/: ${[...new Set(names)].join(", ")}\n`);
  io.stderr.write(`Open  ${pathToFileURL(`${options.folder}/report.html`).href}\n`);
}

export const INCONCLUSIVE_POLICIES = ["pass", "warn", "fail"] as const;

/** What an inconclusive verdict means to whoever started the command. */
export type InconclusivePolicy = (typeof INCONCLUSIVE_POLICIES)[number];

export interface Ending {
  readonly interrupted?: boolean;
  /** Without it, inconclusive has an exit code of its own. */
  readonly inconclusive?: InconclusivePolicy | undefined;
}

/** The exit code of a report: its verdict's, and without gates whether anything was compared. */
export function exitCodeOf({ summary }: Report, ending: Ending, io: Io): ExitCode {
  if (ending.interrupted === true) return ExitCode.interrupted;
  if (summary.verdict === "fail") return ExitCode.gateFailed;
  const silent = silentSide(summary);
  if (silent !== null) {
    io.stderr.write(`invalid: no request of the ${silent} succeeded, so nothing was compared\n`);
    return ExitCode.invalid;
  }
  if (summary.verdict === "invalid") return ExitCode.invalid;
  return summary.verdict === "inconclusive" ? inconclusiveCode(summary.verdictReason, ending, io) : ExitCode.pass;
}

/** A comparison needs two sides: with no success on one of them nothing was compared. */
function silentSide(summary: Report["summary"]): "baseline" | "candidate" | null {
  const silent = (["baseline", "candidate"] as const).find((role) => {
    const errors = summary.rates.errors_final?.[role];
    return errors !== undefined && errors.of > 0 && errors.count === errors.of;
  });
  return silent ?? null;
}

function inconclusiveCode(reason: string, { inconclusive }: Ending, io: Io): ExitCode {
  switch (inconclusive) {
    case undefined:
      return ExitCode.inconclusive;
    case "fail":
      return ExitCode.gateFailed;
    case "warn":
      io.stderr.write(`warning: inconclusive: ${printable(reason)}\n`);
      return ExitCode.pass;
    case "pass":
      return ExitCode.pass;
  }
}
