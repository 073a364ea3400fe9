import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { sleepFigures } from "../../../src/capacity/plan/scale-to-zero.js";
import { parseCapacity } from "../../../src/config/capacity-file.js";
import { capacitySchema } from "../../../src/config/capacity-schema.js";
import { renderCapacityTerminal } from "../../../src/report/capacity-terminal.js";
import { formatShare } from "../../../src/report/numbers.js";
import { examplePlan } from "./example.js";

const page = new URL("../../../docs/capacity.md", import.meta.url);
const text = readFileSync(page, "utf8");
const folder = mkdtempSync(join(tmpdir(), "twintail-docs-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What stands between two marks has to be this; `TWINTAIL_UPDATE_DOCS=1` writes it there. */
function expectShown(after: string, before: string, printed: string): void {
  const from = text.indexOf("\n", text.indexOf(after)) + 1;
  const to = text.indexOf(before, from);
  if (process.env.TWINTAIL_UPDATE_DOCS === "1") {
    const now = readFileSync(page, "utf8");
    const start = now.indexOf("\n", now.indexOf(after)) + 1;
    writeFileSync(page, `${now.slice(0, start)}${printed}${now.slice(now.indexOf(before, start))}`);
  } else expect(text.slice(from, to)).toBe(printed);
}

test("docs/capacity.md shows what the example prints", () => {
  const printed = renderCapacityTerminal(examplePlan(folder), { columns: 100, color: false });
  expectShown("$ twintail capacity examples/capacity.yaml", "```", printed);
});

test("docs/capacity.md works its numbers out as the plan does", () => {
  const [h100, a100] = examplePlan(folder).tiers;
  expect(text).toContain("7 × $6.50 × 730 h are $33,215 a month");
  expect([h100?.replicas, h100?.modes[0]?.perMonth.value]).toEqual([{ value: 7, lo: 6, hi: 7 }, 33_215]);
  expect(h100?.byHour?.weekday.slice(0, 3)).toEqual([2, 2, 2]);
  expect(a100?.replicas?.value).toBe(10);
});

test("docs/capacity.md tabulates scale to zero as it is computed", () => {
  const rows = [0.1, 1, 2, 4, 8, 20].map((perHour) => {
    const figures = sleepFigures({ ratesPerS: Array(24).fill(perHour / 3_600), wakeS: 480, tailS: 900 });
    const up = 24 * (figures.upByHour[0] ?? 0);
    return `| ${perHour} | ${figures.wakesPerDay.toFixed(1)} | ${up.toFixed(1)} h | ${formatShare(figures.delayedShare)} |\n`;
  });
  expectShown("| --- | --- | --- | --- |", "\nW = 8 min", rows.join(""));
});

type Schema = { properties?: Record<string, Schema>; anyOf?: Schema[]; items?: Schema };

function keysOf(schema: Schema): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
  return [...own, ...(schema.anyOf ?? []).flatMap(keysOf), ...(schema.items === undefined ? [] : keysOf(schema.items))];
}

test("docs/capacity.md names every setting there is, and its file is one", () => {
  const keys = new Set(keysOf(z.toJSONSchema(capacitySchema, { io: "input", unrepresentable: "any" }) as Schema));
  expect(keys.size).toBeGreaterThan(25);
  expect([...keys].filter((key) => !new RegExp(`\\b${key}\\b`).test(text))).toEqual([]);
  const [, yaml = ""] = /```yaml\n(tiers:[\s\S]*?)```/.exec(text) ?? [];
  expect(parseCapacity(yaml, "/").tiers[0]?.name).toBe("dual H100");
});
