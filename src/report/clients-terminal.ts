/** What client libraries made of a recording, for a terminal: counts first, then what is new on the candidate. */
import { printableLine } from "../core/printable.js";
import { CLIENT_VERDICTS, type ClientResult, type ClientRow, type ClientsReport } from "./clients.js";
import { type ClientGroup, clientGroups } from "./clients-groups.js";
import { plural } from "./numbers.js";
import { gridLines } from "./terminal/grid.js";
import { finished, makeScreen, paragraph, type Screen, title } from "./terminal/screen.js";
import { displayWidth } from "./text-width.js";

const INDENT = "          ";
const SHOWN_GROUPS = 20;
const SHOWN_CASES = 6;

export function renderClientsTerminal(
  report: ClientsReport,
  options: { readonly columns: number; readonly color: boolean },
): string {
  const screen = makeScreen(options);
  const { paint, lines } = screen;
  lines.push(paint.bold(`Clients of ${printableLine(report.run.id, 80)}`));
  paragraph(screen, "Recorded answers replayed through client libraries; nothing was sent.", { paint: paint.dim });
  for (const client of report.clients) {
    lines.push("");
    const packages = Object.entries(client.packages).map(([name, version]) => `${name} ${version}`);
    paragraph(screen, packages.join(", "), { paint: paint.bold });
    if (client.unusable !== null) {
      paragraph(screen, `not run: ${printableLine(client.unusable, 200)}`, { first: "  ", paint: paint.worse });
    }
    countLines(
      screen,
      report.table.filter((row) => row.client === client.id),
    );
  }
  groupSection(screen, report);
  lines.push("");
  legend(screen, report);
  return finished(screen);
}

function countLines(screen: Screen, rows: readonly ClientRow[]): void {
  if (rows.length === 0) return;
  const { paint, columns } = screen;
  const shown = CLIENT_VERDICTS.filter(
    (verdict) => verdict !== "not tested" || rows.some(({ verdicts }) => verdicts[verdict] > 0),
  );
  const unguarded = rows.some((row) => row.unguarded > 0);
  const cells = rows.map((row) => [
    row.call,
    paint[row.endpoint](row.endpoint),
    ...shown.map((verdict) => cell(screen, verdict, row.verdicts[verdict])),
    ...(unguarded ? [row.unguarded === 0 ? "·" : String(row.unguarded)] : []),
  ]);
  const head = ["", "", ...shown, ...(unguarded ? ["unguarded"] : [])].map(paint.dim);
  const align = ["left", "left", ...head.slice(2).map(() => "right" as const)] as ("left" | "right")[];
  const wide = gridLines([head, ...cells], align, { indent: 2 });
  if (wide.every((line) => displayWidth(line) <= columns)) {
    screen.lines.push(...wide);
    return;
  }
  for (const row of rows) {
    const counts = shown.filter((verdict) => row.verdicts[verdict] > 0).map((name) => `${name} ${row.verdicts[name]}`);
    paragraph(screen, `${row.call}, ${row.endpoint}: ${counts.join(", ")}`, { first: "  ", rest: "    " });
  }
}

function cell(
  { paint }: Screen,
  verdict: ClientRow["verdicts"] extends Record<infer Name, number> ? Name : never,
  count: number,
): string {
  if (count === 0) return paint.dim("·");
  return verdict === "lost" || verdict === "thrown" || verdict === "swallowed"
    ? paint.worse(String(count))
    : String(count);
}

function groupSection(screen: Screen, report: ClientsReport): void {
  const groups = clientGroups(report.results);
  const fresh = groups.filter((group) => group.new);
  const endpoints = new Set(report.results.map(({ endpoint }) => endpoint));
  if (endpoints.size === 2) {
    title(screen, "New on the candidate", "the baseline's answer to the same case was parsed");
    if (fresh.length === 0) paragraph(screen, "Nothing.");
    list(screen, fresh);
  }
  const others = groups.filter((group) => !group.new);
  if (others.length === 0) return;
  title(
    screen,
    "Also seen",
    endpoints.size === 2 ? "on both endpoints, or without a parsed baseline to hold it against" : "",
  );
  list(screen, others);
}

function list(screen: Screen, groups: readonly ClientGroup[]): void {
  const { paint, lines } = screen;
  for (const group of groups.slice(0, SHOWN_GROUPS)) {
    const tone = group.verdict === "error" ? paint.dim : paint.worse;
    lines.push(
      `${tone(group.verdict.padEnd(INDENT.length - 1))} ${paint.bold(printableLine(group.what, screen.columns - 12))}`,
    );
    const clients = [...group.clients].map(([client, calls]) => `${client} ${[...calls].join(", ")}`);
    paragraph(screen, clients.join("; "), { first: INDENT });
    const cases = [...group.cases].map((name) => printableLine(name, 60));
    const more = cases.length > SHOWN_CASES ? ` and ${cases.length - SHOWN_CASES} more` : "";
    const where = group.endpoints.size === 2 ? "both endpoints" : [...group.endpoints].join();
    const text = `${plural(cases.length, "case")} on ${where}: ${cases.slice(0, SHOWN_CASES).join(", ")}${more}`;
    paragraph(screen, text, { first: INDENT });
    for (const line of evidence(group.example)) {
      paragraph(screen, printableLine(line, 240), { first: INDENT, paint: paint.dim });
    }
  }
  if (groups.length > SHOWN_GROUPS)
    lines.push(paint.dim(`${INDENT}and ${groups.length - SHOWN_GROUPS} more with --json`));
}

/** What one result shows: what was sent against what the client gave, or what it threw and where. */
function evidence({ verdict, lost, thrown, failure }: ClientResult): string[] {
  if (verdict === "swallowed") return ["the client ended as if the answer were whole"];
  const lines = lost.slice(0, 3).map(({ what, sent, got }) => `${what}: ${sent} was sent, the client gave ${got}`);
  if (verdict === "thrown" && thrown !== null) lines.push(`at ${thrown.where}: ${thrown.message}`);
  if (failure !== null) lines.push(`the exchange itself failed: ${failure}`);
  return lines;
}

function legend(screen: Screen, report: ClientsReport): void {
  const { paint } = screen;
  const notes = [
    "error: the endpoint answered an error, and the client threw its own error with it, as it should. swallowed: the exchange " +
      "failed, and the client said nothing.",
    ...(report.table.some(({ unguarded }) => unguarded > 0)
      ? ["unguarded: answers at which code that reads choices[0].delta.content without a question mark throws."]
      : []),
    ...[
      ...new Set(
        report.results.flatMap(({ verdict, call, client, note }) =>
          verdict === "not tested" ? [`${client} ${call}: ${note}`] : [],
        ),
      ),
    ].map((text) => `not tested: ${text}.`),
    ...report.notReplayed.map(
      ({ endpoint, caseId, variant, reason }) => `not replayed: ${endpoint} ${caseId} (${variant}): ${reason}.`,
    ),
  ];
  for (const note of notes.slice(0, SHOWN_GROUPS)) paragraph(screen, printableLine(note, 300), { paint: paint.dim });
}
