/** A report as GitHub's markdown: what a pull request or a job summary shows. */
import { courseLines, MAX_COURSE_LINE } from "./course.js";
import { modelsLine, partialLine, recentLine, runLine, SIDES, whenLine } from "./facts.js";
import { headline } from "./headline.js";
import { controlSection, outputsSection, ratioSection, slowShareSection } from "./markdown/comparisons.js";
import { checklistSection, costSection, gatesSection, timeoutsSection } from "./markdown/decision.js";
import { code, escapeMarkdown, table } from "./markdown/escape.js";
import { failuresSection } from "./markdown/failures.js";
import {
  coldSection,
  findingsSection,
  flipsSection,
  notTestedSection,
  ratesSection,
  tailsSection,
  tokensSection,
  validitySection,
} from "./markdown/sections.js";
import type { Report } from "./report.js";
import type { Summary } from "./summary.js";

/** A comment on GitHub holds 65,536 characters. */
const MAX_BYTES = 60_000;

/** Under 60 KB: sections that would not fit are named instead. Text from an endpoint stays text. */
export function renderMarkdown({ summary }: Report): string {
  const cold: [name: string, lines: string[]] = ["cold wake", coldSection(summary)];
  const isWake = summary.run.kind === "wake";
  const sections: [name: string, lines: string[]][] = [
    ["gates", gatesSection(summary)],
    ...(isWake ? [cold] : []),
    ["checklist", checklistSection(summary)],
    ["timeouts", timeoutsSection(summary)],
    ["cost", costSection(summary)],
    ["flips", flipsSection(summary)],
    ["on the wire", findingsSection(summary)],
    ["outputs", outputsSection(summary)],
    ["tails", tailsSection(summary, "warm", "Tails, phase warm")],
    ["slow requests", slowShareSection(summary)],
    ["tail ratios", ratioSection(summary)],
    ["control", controlSection(summary)],
    ["rates", isWake ? [] : ratesSection(summary)],
    ["failures", failuresSection(summary)],
    ...(isWake ? [] : [cold]),
    ["tokens", tokensSection(summary)],
    ["solo tails", tailsSection(summary, "solo", "Alone on the endpoint, phase solo")],
    ["not tested", notTestedSection(summary)],
  ];
  const foot = [
    "---",
    `run ${code(summary.run.runId, 80)}, seed ${summary.run.seed}, golden set ${code(summary.run.goldenSet.digest, 80)}, twintail ${escapeMarkdown(summary.run.versions.twintail)}`,
  ];
  let text = `${[...heading(summary), "", ...validitySection(summary)].join("\n").trimEnd()}\n`;
  const left: string[] = [];
  for (const [name, lines] of sections) {
    if (lines.length === 0) continue;
    const next = `${text}\n${lines.join("\n").trimEnd()}\n`;
    if (Buffer.byteLength(next) > MAX_BYTES - 1_000) left.push(name);
    else text = next;
  }
  const cut = left.length === 0 ? [] : [`Too long for this place, in report.html: ${left.join(", ")}.`, ""];
  return `${text}\n${[...cut, ...foot].join("\n")}\n`;
}

function heading(summary: Summary): string[] {
  const { run } = summary;
  const [verdict = "", ...seen] = headline(summary);
  const partial = partialLine(run);
  const recent = recentLine(run);
  const course = courseLines(summary);
  return [
    ...run.labels.map((label) => `**${escapeMarkdown(label)}**<br>`),
    `# ${escapeMarkdown(verdict, 400)}`,
    "",
    escapeMarkdown(seen.join(" "), 1_200),
    "",
    `${escapeMarkdown(runLine(run))}; ${escapeMarkdown(whenLine(run))}`,
    ...(partial === null ? [] : ["", `**${partial}**`]),
    ...(course.length === 0 ? [] : ["", ...course.map((line) => `- ${escapeMarkdown(line, MAX_COURSE_LINE)}`)]),
    ...(recent === null ? [] : ["", `${escapeMarkdown(recent, 2_000)}.`]),
    "",
    ...table(
      ["", "models", "address", "tier"],
      "llll",
      SIDES.map((side) => {
        const endpoint = summary.endpoints[side];
        return [`**${side}**`, code(modelsLine(endpoint)), code(endpoint.baseUrl), escapeMarkdown(endpoint.tier ?? "")];
      }),
    ),
  ];
}
