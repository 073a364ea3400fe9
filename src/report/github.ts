/**
 * What GitHub's runner reads: workflow commands for annotations, the markdown of a step summary, outputs for later steps.
 * Texts only; `cli` writes them where the runner looks. Escapes as the runner's own parser undoes them: `%`, CR and LF
 * everywhere, `:` and `,` in properties as well.
 */
import { printable, printableLine } from "../core/printable.js";
import type { GateSummary } from "./decision.js";
import { gateEvidence } from "./gate-evidence.js";
import { VERDICT_WORDS } from "./headline.js";
import type { Summary } from "./summary.js";

/** The runner shows no more annotations of one level and step. */
const MAX_ANNOTATIONS = 10;
const MAX_TITLE = 200;
/** The runner cuts a message at 4,096 characters. */
const MAX_MESSAGE = 2_000;

/** The step summary of one step may have so many bytes; with one more the runner shows none of it. */
export const SUMMARY_LIMIT_BYTES = 1024 * 1024;

/**
 * One error for each failed gate, ten at most, and one warning where the run could not decide.
 * @param configuration path of the file that the gates stand in, relative to the repository; null where it is not in it
 * @returns workflow commands, each a line without its line feed
 */
export function annotations(summary: Summary, configuration: string | null): string[] {
  const failed = summary.gates.filter(({ result }) => result === "fail");
  const shown = failed.length > MAX_ANNOTATIONS ? failed.slice(0, MAX_ANNOTATIONS - 1) : failed;
  const rest = failed.slice(shown.length);
  const commands = shown.map((gate) =>
    workflowCommand(
      "error",
      { ...placeOf(gate, configuration), title: titleOf(`Gate failed: ${gate.text}`) },
      messageOf(gateEvidence(gate, summary.judgement)),
    ),
  );
  if (rest.length > 0) {
    const title = `${rest.length} more gates failed`;
    commands.push(workflowCommand("error", { title }, messageOf(rest.map(({ text, reason }) => `${text}: ${reason}`))));
  }
  if (summary.verdict === "inconclusive" || summary.verdict === "invalid") {
    const undecided = summary.gates.filter(({ result }) => result === "inconclusive" || result === "invalid");
    const lines = [summary.verdictReason, ...undecided.map(({ text, reason }) => `${text}: ${reason}`)];
    const title = `twintail: ${VERDICT_WORDS[summary.verdict]}`;
    commands.push(workflowCommand("warning", { title }, messageOf(lines)));
  }
  return commands;
}

function placeOf({ place }: GateSummary, configuration: string | null): Record<string, string> {
  if (place === null || configuration === null) return {};
  return { file: configuration, line: String(place.line), col: String(place.column) };
}

function titleOf(text: string): string {
  return printableLine(text, MAX_TITLE);
}

function messageOf(lines: readonly string[]): string {
  const text = lines.map((line) => printableLine(line, 600)).join("\n");
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE - 1)}…` : text;
}

/** `::name key=value,key=value::data`, as one line whatever the values hold. Empty properties are left out. */
export function workflowCommand(name: string, properties: Readonly<Record<string, string>>, data: string): string {
  const written = Object.entries(properties)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${name}${written.length === 0 ? "" : ` ${written.join(",")}`}::${escapeData(data)}`;
}

// `%` first: it is what the other escapes are made of.
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/**
 * The part of a report that fits below what a step summary holds already: the whole of it, or the sections that fit and
 * a line that says where the rest is.
 * @param markdown as `report.md` has it
 * @param bytesThere bytes of the file so far
 * @returns null where not even the first line fits
 */
export function stepSummary(markdown: string, bytesThere: number): string | null {
  const room = SUMMARY_LIMIT_BYTES - bytesThere - SEPARATOR.length;
  const fits = (text: string): boolean => Buffer.byteLength(text) <= room;
  if (fits(markdown)) return SEPARATOR + markdown;
  let kept: string | null = null;
  for (const start of sectionStarts(markdown)) {
    const text = closed(markdown.slice(0, start));
    if (!fits(text)) break;
    kept = text;
  }
  return kept === null ? null : SEPARATOR + kept;
}

/** Markdown needs an empty line after whatever another tool left there. */
const SEPARATOR = "\n\n";

/** Offsets at which a text may be cut: after its first line, and before each heading that stands outside a code fence. */
function sectionStarts(markdown: string): number[] {
  const starts: number[] = [];
  let fenced = false;
  let offset = 0;
  for (const line of markdown.split("\n")) {
    if (/^ {0,3}(```|~~~)/.test(line)) fenced = !fenced;
    if (!fenced && offset > 0 && /^#{1,6} /.test(line)) starts.push(offset);
    offset += line.length + 1;
    if (offset === line.length + 1 && line !== "") starts.push(offset);
  }
  return starts;
}

/** A cut text with its open `<details>` closed, and the line that says what is missing. */
function closed(text: string): string {
  const open = (text.match(/<details\b/g) ?? []).length - (text.match(/<\/details>/g) ?? []).length;
  const closing = "</details>\n".repeat(Math.max(0, open));
  return `${text.trimEnd()}\n${closing}\n_Too long for a step summary: the rest of this report is in report.md and report.html._\n`;
}

/**
 * Outputs of a step as `GITHUB_OUTPUT` takes them, safe for values of many lines.
 * @param delimiter a text that nobody can guess: a value with such a line would end itself and begin another output
 */
export function stepOutputs(outputs: Readonly<Record<string, string>>, delimiter: string): string {
  return Object.entries(outputs)
    .map(([name, value]) => `${name}<<${delimiter}\n${printable(value)}\n${delimiter}\n`)
    .join("");
}
