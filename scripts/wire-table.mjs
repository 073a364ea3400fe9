/** Writes docs/wire.md from the rules. The introduction is written here by hand; a test holds the file to both. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const INTRODUCTION = `# Findings on the wire

Every exchange of a run is held against the rules below. A finding is \`{rule, severity, message, clients, evidence, endpoint,
caseId, exchanges, sides}\` in \`report.json\`: the evidence is what was sent, never more than 200 characters of it.

**Severity** says who fails. \`breaks\`: a common client fails, throws, or silently does the wrong thing. \`differs\`: a client
that depends on it fails. \`note\`: worth knowing, and no client that follows the standards fails. What OpenAI itself sends is a
note at most, so a clean endpoint has no finding above one. An answer that is wrong is no finding: that is what expectations are for.

**Side** says whether it matters for a move. What only the candidate shows comes first, then differences between the two
(\`pair\`), then what only the baseline shows. A rule that both show alike is what your clients live with already: it is listed apart,
and is no reason against a cutover. One that both show, but the candidate far more often, stands with what is new.

**Counts** are exchanges that showed it, of those of the endpoint that were looked at; cancelled ones are not. The evidence is that of
the first one, by its place in the plan, so the same recording always gives the same findings, whatever the order of its lines. Only findings under *delivery* depend on how bytes
were cut into reads, since that is what they are about; all others are the same however the network cut the stream.

**Clients** are named where their sources were read: openai-node 6.49, openai-python 3.52 with httpx2 2.16, @ai-sdk/openai 3.0 and
@ai-sdk/openai-compatible 2.0 (the Vercel AI SDK), langchain-openai 1.7, @microsoft/fetch-event-source 2.0. Other versions may
have learned to live with more.

This page is generated: \`npm run docs\`.
`;

/** `framing` → `Framing`. */
const heading = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;

/** A cell of a table: markdown stays, the column mark does not, and `<think>` is no HTML. */
const cell = (text) =>
  text
    .split("`")
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll("<", "&lt;")))
    .join("`")
    .replaceAll("|", "\\|");

/** The whole page as text. */
export function wirePage({ rules, subjects, noFinding, anomalies }) {
  const rank = { breaks: 0, differs: 1, note: 2 };
  const tables = subjects.map((subject) => {
    const rows = rules
      .filter((rule) => rule.subject === subject)
      .sort((a, b) => rank[a.severity] - rank[b.severity])
      .map(({ id, severity, message, clients, setting }) => {
        const cells = [`\`${id}\``, severity, cell(message), cell(clients), cell(setting ?? "")];
        return `| ${cells.join(" | ")} |`;
      });
    return [
      `## ${heading(subject)}`,
      "",
      "| rule | severity | what is seen, and what it does | who fails | setting in `twintail.yaml` |",
      "| --- | --- | --- | --- | --- |",
      ...rows,
      "",
    ].join("\n");
  });
  const quiet = Object.entries(noFinding).map(
    ([kind, reason]) => `- \`${kind}\` (${cell(anomalies[kind])}): ${cell(reason)}.`,
  );
  return [INTRODUCTION, ...tables, "## Seen, and no finding\n", ...quiet].join("\n").concat("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [{ NAMED_RULES }, { SUBJECTS }, { NO_FINDING }, { ANOMALIES }] = await Promise.all([
    import("../dist/check/conformance/rules.js"),
    import("../dist/check/conformance/rule.js"),
    import("../dist/check/conformance/no-finding.js"),
    import("../dist/decode/anomaly.js"),
  ]);
  const page = wirePage({ rules: NAMED_RULES, subjects: SUBJECTS, noFinding: NO_FINDING, anomalies: ANOMALIES });
  writeFileSync(new URL("../docs/wire.md", import.meta.url), page);
}
