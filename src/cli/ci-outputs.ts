/** What a run or a score leaves for the machine that ran it in CI: GitHub's step summary, annotations and outputs. */
import { randomUUID } from "node:crypto";
import { appendFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import type { ExitCode } from "../core/errors.js";
import { errorCode } from "../core/errors.js";
import { annotations, stepOutputs, stepSummary } from "../report/github.js";
import { renderMarkdown } from "../report/markdown.js";
import type { Report } from "../report/report.js";
import type { Io } from "./terminal-io.js";

/** Commands that judge a recording. */
const JUDGING = ["run", "score", "demo"];

interface Shown {
  /** Where the report's files are. */
  readonly folder?: string;
  /** The file that the gates stand in. */
  readonly config?: string | undefined;
}

/** Writes nothing outside GitHub Actions. What cannot be written is said, and changes no verdict. */
export function ciOutputs(report: Report, { folder, config }: Shown, io: Io): void {
  if (!onGitHub(io)) return;
  const { summary } = report;
  for (const command of annotations(summary, config === undefined ? null : inWorkspace(config, io))) {
    io.command?.(command);
  }
  append(io, "GITHUB_STEP_SUMMARY", (bytesThere) => stepSummary(renderMarkdown(report), bytesThere));
  const outputs = { verdict: summary.verdict ?? "none", ...(folder === undefined ? {} : { report: resolve(folder) }) };
  append(io, "GITHUB_OUTPUT", () => stepOutputs(outputs, delimiter()));
}

/** The exit code as an output, also where a mistake ended the command before there was a report. */
export function ciExit(args: readonly string[], code: ExitCode, io: Io): ExitCode {
  if (onGitHub(io) && JUDGING.includes(args[0] ?? "")) {
    append(io, "GITHUB_OUTPUT", () => stepOutputs({ "exit-code": String(code) }, delimiter()));
  }
  return code;
}

function onGitHub(io: Io): boolean {
  return io.environment.GITHUB_ACTIONS === "true";
}

function delimiter(): string {
  return `twintail-${randomUUID()}`;
}

/** Appends to the file that a variable names; null from `text` is what does not fit. */
function append(io: Io, variable: string, text: (bytesThere: number) => string | null): void {
  const path = io.environment[variable];
  if (path === undefined || path === "") return;
  try {
    const added = text(sizeOf(path));
    if (added === null) io.stderr.write(`${variable}: full, nothing was added; the report is in report.md\n`);
    else appendFileSync(path, added, "utf8");
  } catch (error) {
    io.stderr.write(`${variable}: cannot be written (${errorCode(error) ?? String(error)})\n`);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The path as annotations name files, with `/`; null for a file outside the repository. */
function inWorkspace(path: string, { environment }: Io): string | null {
  const workspace = environment.GITHUB_WORKSPACE;
  if (workspace === undefined || workspace === "") return null;
  const inside = relative(real(workspace), real(path));
  return inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)
    ? null
    : inside.split(sep).join("/");
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
