import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { TwintailError } from "../../src/core/errors.js";
import { readRecording } from "../../src/recording/reader.js";
import { decodeBytes, encodeBytes } from "../../src/recording/reads.js";
import type { Exchange } from "../../src/recording/recording.js";
import { RecordingWriter } from "../../src/recording/writer.js";
import { renderHtml } from "../../src/report/html.js";
import { renderMarkdown } from "../../src/report/markdown.js";
import { renderTerminal } from "../../src/report/terminal.js";
import { score } from "../../src/score.js";
import { attempt, exchange, headerLine } from "./exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-recording-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (): string => join(folder, `run-${files++}`, "recording.jsonl");

const HEADER = headerLine();

function idsOf(path: string): { ids: number[]; torn: number; end: string | null } {
  const ids: number[] = [];
  const frame = readRecording(path, ({ id }) => ids.push(id));
  return { ids, torn: frame.tornBytes, end: frame.end?.reason ?? null };
}

describe("bytes", () => {
  it("come back exactly, as text where they are UTF-8", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect([...decodeBytes(encodeBytes(bytes))]).toEqual([...bytes]);
      }),
    );
    expect(encodeBytes(Buffer.from("\ufeffé"))).toBe("\ufeffé");
    expect(encodeBytes(Buffer.from([0xc3]))).toEqual({ b64: "ww==" });
  });
});

describe("a recording", () => {
  it("is read back as it was written, readable by its owner alone", () => {
    const path = fresh();
    const writer = RecordingWriter.create(path, HEADER);
    const written = exchange(
      [
        attempt({
          reads: [
            [1, "a\u2028b"],
            [2, { b64: "ww==" }],
          ],
        }),
      ],
      { id: 3 },
    );
    writer.append(written);
    writer.append({ type: "end", segment: 0, atNs: 5, reason: "complete" });
    writer.close();
    const read: Exchange[] = [];
    const frame = readRecording(join(path, ".."), (each) => read.push(each));
    expect(read).toEqual([written]);
    expect(frame).toMatchObject({ header: HEADER, end: { reason: "complete" }, tornBytes: 0 });
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it("is never written over", () => {
    const path = fresh();
    RecordingWriter.create(path, HEADER).close();
    expect(() => RecordingWriter.create(path, HEADER)).toThrow(/a recording is there already; choose another folder/);
  });

  it.each([[""], ["run"], ["nights/run"]])("is not written where a file is in place of its folder (%j)", (below) => {
    const file = fresh();
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "mine");
    expect(() => RecordingWriter.create(join(file, below, "recording.jsonl"), HEADER)).toThrow(
      `${file}: this is a file, where a folder is to be; choose another folder with --out`,
    );
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  it("that was killed in the middle of a line loses that line alone", () => {
    const path = fresh();
    const writer = RecordingWriter.create(path, HEADER);
    for (const id of [0, 1, 2]) writer.append(exchange([attempt()], { id }));
    writer.close();
    const whole = readFileSync(path, "utf8");
    writeFileSync(path, whole.slice(0, -20));
    const found = idsOf(path);
    expect(found.ids).toEqual([0, 1]);
    expect(found.torn).toBeGreaterThan(0);
    expect(found.end).toBeNull();
  });

  it("with a damaged line in the middle is refused at that line", () => {
    const path = fresh();
    const writer = RecordingWriter.create(path, HEADER);
    writer.close();
    appendFileSync(path, `{"type":"exchange"\n${JSON.stringify(exchange([attempt()]))}\n`);
    expect(() => idsOf(path)).toThrow(`${path}:2: not a line of JSON; the file was changed or damaged`);
  });

  it.each([
    ["no recording", `{"a":1}\n`, /:1: not a twintail recording/],
    ["another schema", `{"type":"header","schemaVersion":9}\n`, /:1: recording schema 9, this twintail reads 1/],
    ["an incomplete header", `{"type":"header","schemaVersion":1}\n`, /:1: the header is incomplete at runId/],
    [
      "an unknown line",
      `${JSON.stringify(HEADER)}\n{"type":"new"}\n`,
      /:2: unknown line type "new"; the file was damaged, or made by a newer twintail/,
    ],
    [
      "an exchange without attempts",
      `${JSON.stringify(HEADER)}\n${JSON.stringify({ ...exchange([]), attempts: [] })}\n`,
      /:2: not an exchange of schema 1/,
    ],
    [
      "a read that is no read",
      `${JSON.stringify(HEADER)}\n${JSON.stringify(exchange([{ ...attempt(), reads: [["x", 1]] as never }]))}\n`,
      /:2: not an exchange of schema 1/,
    ],
    ["null", `${JSON.stringify(HEADER)}\nnull\n`, /:2: unknown line type/],
    ["nothing", "", /the recording is empty/],
  ])("that holds %s says so in one line", (_name, text, message) => {
    const path = join(folder, `bad-${files++}.jsonl`);
    writeFileSync(path, text);
    expect(() => idsOf(path)).toThrow(message);
  });

  it("that is not there says so", () => {
    expect(() => idsOf(join(folder, "nowhere"))).toThrow(/no such recording; give a folder under results/);
  });
});

describe("a damaged recording", () => {
  const cases = [
    {
      id: "case",
      category: "c",
      tags: [],
      detects: "",
      api: "chat",
      variants: ["stream"],
      repeat: 1,
      prefix: "unique",
      request: {},
      expect: {},
    },
  ] as const;
  const made = exchange([
    attempt({
      reads: [[1, 'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n']],
      headers: [["a", "b"]],
    }),
  ]);
  const lines = [headerLine(cases, [made]), made] as const;
  const JUNK = [null, 1e308, "\u001b[31m", [], {}, true, -1, [null], { a: [1] }] as const;

  /** Every path into a value, as lists of keys. */
  function paths(value: unknown, at: readonly string[] = []): string[][] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...paths(inner, [...at, key])]);
  }

  it("is judged or refused in one line, whatever one field was turned into", () => {
    const file = join(folder, "mutated.jsonl");
    const faults: string[] = [];
    for (const [line, whole] of lines.entries()) {
      for (const path of paths(whole)) {
        for (const junk of JUNK) {
          const copies = lines.map((each) => structuredClone(each)) as unknown[];
          const parent = path
            .slice(0, -1)
            .reduce((inner, key) => (inner as Record<string, unknown>)[key], copies[line]);
          (parent as Record<string, unknown>)[path.at(-1) as string] = junk;
          writeFileSync(file, copies.map((each) => `${JSON.stringify(each)}\n`).join(""));
          try {
            const report = score(file);
            renderTerminal(report, { columns: 80, color: false });
            renderMarkdown(report);
            renderHtml(report);
          } catch (error) {
            if (!(error instanceof TwintailError))
              faults.push(`${line}:${path.join(".")} = ${JSON.stringify(junk)}: ${String(error)}`);
          }
        }
      }
    }
    expect(faults).toEqual([]);
  }, 120_000);
});

describe("a full disk", () => {
  it.skipIf(!existsSync("/dev/full"))("is a clear error when the recording is made", () => {
    // /dev/full is there already, so the exclusive open of a new file cannot reach it: a link to it can be appended to.
    expect(() => RecordingWriter.create("/dev/full", HEADER)).toThrow(/a recording is there already|the disk is full/);
  });

  it("leaves the lines before it whole", () => {
    const path = fresh();
    const writer = RecordingWriter.create(path, HEADER);
    writer.append(exchange([attempt()], { id: 0 }));
    // A line that cannot be serialised fails before a byte is written, as a refusing disk does.
    const circular: Record<string, unknown> = { type: "exchange" };
    circular.self = circular;
    expect(() => writer.append(circular as never)).toThrow();
    writer.append(exchange([attempt()], { id: 1 }));
    writer.close();
    expect(idsOf(path).ids).toEqual([0, 1]);
  });
});
