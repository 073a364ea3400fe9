/** What a sweep leaves on disk: JSON by its schema, markdown that stays text, CSV without formulas. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TwintailError } from "../../src/core/errors.js";
import { printable } from "../../src/core/printable.js";
import { renderSweepCsv } from "../../src/report/sweep-csv.js";
import { renderSweepJson } from "../../src/report/sweep-json.js";
import { renderSweepMarkdown } from "../../src/report/sweep-markdown.js";
import { sweepJsonSchema } from "../../src/report/sweep-summary.js";
import { writeSweep } from "../../src/report/sweep-write.js";
import { closedSweep, emptySweep, hostileSweep, limitedSweep, openSweep, SAMPLE_SWEEPS } from "./sample-sweep.js";

describe("sweep.json", () => {
  test("is what its published schema says", () => {
    const validate = new Ajv2020({ strict: false }).compile(sweepJsonSchema());
    for (const [name, make] of SAMPLE_SWEEPS) {
      validate(JSON.parse(renderSweepJson(make())));
      expect(validate.errors, name).toBeNull();
    }
    validate({ ...closedSweep(), verdict: "maybe" });
    expect(validate.errors).not.toBeNull();
  });

  test("gives back what it was made of, and ends in a line feed", () => {
    const text = renderSweepJson(hostileSweep());
    expect(JSON.parse(text)).toEqual(hostileSweep());
    expect(text.endsWith("}\n")).toBe(true);
    expect(printable(text)).toBe(text);
  });
});

describe("sweep.md", () => {
  test("the golden text", async () => {
    await expect(renderSweepMarkdown(openSweep())).toMatchFileSnapshot("golden/sweep-md.txt");
  });

  test("no value is NaN, undefined or null", () => {
    for (const [name, make] of SAMPLE_SWEEPS) {
      expect(renderSweepMarkdown(make()), name).not.toMatch(/NaN|undefined|\bnull\b|Infinity/);
    }
  });

  test("hostile text is neither markup nor a table's end", () => {
    const text = renderSweepMarkdown(hostileSweep());
    expect(printable(text)).toBe(text);
    expect(text.replace(/<\/?(?:br|sup|code)>/g, "")).not.toMatch(/[<>`]|\]\(|@everyone|http:\/\//);
    const rows = text.split("\n").filter((line) => line.startsWith("| **baseline**"));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.split(" | ")).toHaveLength(4);
    expect(text.match(/^#+ .*/gm)).toHaveLength(3);
  });

  test("stays under 60 KB and names what it left out", () => {
    const summary = hostileSweep("x|`<".repeat(500));
    for (const side of ["baseline", "candidate"] as const) {
      const sweep = summary.endpoints[side].sweep;
      const [point] = sweep?.points ?? [];
      if (sweep && point) {
        sweep.points = Array.from({ length: 200 }, (_, index) => ({
          ...point,
          index,
          notes: [`${index}${"|".repeat(600)}`],
        }));
      }
    }
    const text = renderSweepMarkdown(summary);
    expect(Buffer.byteLength(text)).toBeLessThan(60_000);
    expect(text).toContain("in sweep.html: loads.");
  });

  test("an invalid sweep names the figures over their limit", () => {
    const text = renderSweepMarkdown(emptySweep());
    expect(text).toContain("# Invalid sweep: p99 send lag of 48 ms is over its limit of 20 ms.");
    expect(text).toContain("| send lag p99 | 48 ms | 20 ms | fewer streams in flight |");
  });
});

describe("sweep.csv", () => {
  const parsed = (text: string): string[][] =>
    text
      .trimEnd()
      .split("\r\n")
      .map((line) => line.split(","));

  test("has one row a load and endpoint, and empty cells for what is not known", () => {
    const [head = [], ...rows] = parsed(renderSweepCsv(closedSweep()));
    expect(rows).toHaveLength(20);
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([head.length]));
    const last = Object.fromEntries(head.map((name, index) => [name, rows.at(-1)?.[index]]));
    expect(last).toMatchObject({
      endpoint: "candidate",
      tier: "h100x2",
      load: "64",
      requests: "728",
      errors: "1",
      slo: "missed",
      state: "saturated",
      trusted: "true",
      offered_per_s: "",
      ttft_intended_p99_ms: "",
    });
    expect(Number(last.throughput_per_s_lo)).toBeLessThan(Number(last.throughput_per_s));
    const first = Object.fromEntries(head.map((name, index) => [name, rows[0]?.[index]]));
    expect([first.ttft_n, first.ttft_p95_ms]).toEqual(["24", ""]);
  });

  test("an endpoint that was not swept has no row", () => {
    const rows = parsed(renderSweepCsv(limitedSweep()));
    expect(rows.slice(1).map(([endpoint]) => endpoint)).toEqual(Array(5).fill("candidate"));
    expect(rows.at(-1)).toContain("rate-limited");
  });

  test("no cell is a formula, nor holds a control character", () => {
    const text = renderSweepCsv(hostileSweep());
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(text.replaceAll("\r\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(text).toContain('"\'=HYPERLINK(""http://evil.example"")');
    expect(text).not.toMatch(/(?:^|,)"?[=+@]/m);
  });
});

describe("files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "twintail-sweep-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("are written for their owner alone, in a folder that is made", () => {
    const run = join(folder, "runs", "one");
    const paths = writeSweep(closedSweep(), run);
    expect(paths.map((path) => path.slice(run.length + 1))).toEqual([
      "sweep.json",
      "sweep.html",
      "sweep.md",
      "sweep.csv",
    ]);
    for (const path of paths) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(paths[0] ?? "", "utf8"))).toEqual(closedSweep());
  });

  test("a folder that cannot be made is an error with its place", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(() => writeSweep(closedSweep(), join(file, "run"))).toThrow(TwintailError);
  });
});
