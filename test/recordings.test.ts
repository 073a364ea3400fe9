/**
 * Recordings of real servers, scored again: what the code says of bytes that we did not write. A changed report is a
 * change of meaning; look at it, then update with `vitest -u`.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { renderJson } from "../src/report/json.js";
import { renderTerminal } from "../src/report/terminal.js";
import { score } from "../src/score.js";

const FOLDER = fileURLToPath(new URL("./recordings/", import.meta.url));

describe.each(readdirSync(FOLDER).filter((name) => name.endsWith(".jsonl")))("%s", (name) => {
  const report = score(`${FOLDER}${name}`);

  it("scores as it did", async () => {
    await expect(renderJson(report.summary)).toMatchFileSnapshot(`${FOLDER}${name.replace(".jsonl", ".report.json")}`);
  });

  it("reads as it did", async () => {
    const text = renderTerminal(report, { columns: 100, color: false });
    await expect(text).toMatchFileSnapshot(`${FOLDER}${name.replace(".jsonl", ".report.txt")}`);
  });
});
