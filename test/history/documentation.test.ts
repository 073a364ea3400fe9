import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareRuns } from "../../src/compare-runs.js";
import { parseSettings } from "../../src/config/load.js";
import { NEEDED_NIGHTS } from "../../src/history/prediction.js";
import { renderRunComparisonTerminal } from "../../src/report/run-comparison-terminal.js";
import { exampleTrend } from "./example.js";
import { answer, usual, wobble, writeRun } from "./recordings.js";

const page = new URL("../../docs/nights.md", import.meta.url);
const text = readFileSync(page, "utf8");

/** The block after a command has to be what it prints; `TWINTAIL_UPDATE_DOCS=1` writes it there. */
function expectShown(command: string, printed: string): void {
  const from = text.indexOf("\n", text.indexOf(`$ ${command}`)) + 1;
  const to = text.indexOf("```", from);
  if (process.env.TWINTAIL_UPDATE_DOCS === "1") {
    const now = readFileSync(page, "utf8");
    writeFileSync(
      page,
      now.replace(text.slice(from, to), () => printed),
    );
  } else expect(text.slice(from, to)).toBe(printed);
}

test("docs/nights.md shows what trend prints", () => {
  expectShown("twintail trend history", exampleTrend());
});

test("docs/nights.md shows what compare prints", () => {
  const folder = mkdtempSync(join(tmpdir(), "twintail-docs-"));
  try {
    const older = writeRun(folder, "2026-01-16T02-00-00Z-migration-1a2b", usual(), {
      header: { createdAt: "2026-01-16T02:00:00.000Z" },
    });
    const newer = writeRun(
      folder,
      "2026-01-17T02-00-00Z-migration-3c4d",
      ({ role, caseId, round }) =>
        answer({
          ttftMs: 1_000 * wobble(caseId, round + 31) * (role === "candidate" ? 1.08 : 1),
          text: role === "candidate" && caseId === "three" ? "efgh" : "abcd",
        }),
      { header: { createdAt: "2026-01-17T02:00:00.000Z" } },
    );
    const printed = renderRunComparisonTerminal(compareRuns(older, newer), { columns: 100, color: false });
    expectShown("twintail compare", printed);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("docs/nights.md says how many nights are needed, and its settings are settings", () => {
  expect(text).toContain(`${NEEDED_NIGHTS} earlier nights`);
  const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
  const price = "price: { inputPerMTok: 1, outputPerMTok: 2 }";
  const endpoint = `{ baseUrl: "https://a.example/v1", models: { default: m }, ${price} }`;
  const settings = parseSettings(
    `goldens: set.yaml\nendpoints: { baseline: ${endpoint}, candidate: ${endpoint} }\n${yaml}`,
    "/nowhere",
  );
  expect(settings.capture.maxCostPerMonth).toBe(60);
});
