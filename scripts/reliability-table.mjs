/** Writes docs/reliability.md from the fault matrix. The introduction is written here by hand; a test holds the file to both. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const INTRODUCTION = `# Reliability

A run is paid for and measured once, often at night. Each line below is a scenario that the test suite plays: what happens, and what
twintail does. Every scenario goes through the real command line against servers on loopback, and besides its own outcome it is asserted
that nothing was lost: each line of the recording parses, each exchange that ended stands in it once, the other endpoint's exchanges are
whole, and \`score\` of the file gives the report of the run, byte for byte.

A failure of an endpoint is data: it is recorded with the bytes that came, and never stops a run by itself. What stops one is said in its
report with what can still be concluded.

This page is generated: \`npm run docs\`. The scenarios are in \`test/reliability/\`.
`;

/** A cell of a table: markdown stays, the column mark does not, and `<x>` is no HTML. */
const cell = (text) =>
  text
    .split("`")
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll("<", "&lt;")))
    .join("`")
    .replaceAll("|", "\\|");

const capital = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;

/** The whole page as text. `areas` maps names to titles, in order. */
export function reliabilityPage({ areas, scenarios }) {
  const tables = Object.entries(areas).flatMap(([area, title]) => {
    const rows = scenarios
      .filter((scenario) => scenario.area === area)
      .map(
        ({ fault, outcome, slow }) => `| ${cell(capital(fault))} | ${cell(capital(outcome))}${slow ? " (slow)" : ""} |`,
      );
    if (rows.length === 0) return [];
    return [[`## ${title}`, "", "| what happens | what twintail does |", "| --- | --- |", ...rows, ""].join("\n")];
  });
  const slow = scenarios.some((scenario) => scenario.slow)
    ? ["*slow*: played with `TWINTAIL_SLOW=1`, not on every change.\n"]
    : [];
  return [INTRODUCTION, ...tables, ...slow].join("\n");
}

// The scenarios are TypeScript, so the test that compares the page is what writes it.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { status } = spawnSync("npx", ["vitest", "run", "test/reliability/page.test.ts"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { ...process.env, TWINTAIL_DOCS: "write" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  process.exitCode = status ?? 1;
}
