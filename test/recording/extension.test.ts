import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { TwintailError } from "../../src/core/errors.js";
import { readHeader, readRecording } from "../../src/recording/reader.js";
import type { Exchange, ExtensionLine, HeaderLine, RecordingLine, SegmentLine } from "../../src/recording/recording.js";
import { renderJson } from "../../src/report/json.js";
import { score } from "../../src/score.js";
import { attempt, content, DONE, exchange, finish, headerLine, MS } from "./exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-extension-"));
afterAll(() => rmSync(folder, { recursive: true }));

const GOLDEN = {
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
} as const;

/** One case, `rounds` rounds; round r is sent by segment `segmentOf(r)`, whose clock begins anew. */
const SEGMENT_OF = [0, 0, 1, 1, 2] as const;
const EXCHANGES: readonly Exchange[] = SEGMENT_OF.flatMap((segment, round) =>
  (["baseline", "candidate"] as const).map((endpoint, side) =>
    exchange(
      [
        attempt({
          dispatchedMs: 100 * (round + 1),
          reads: [
            [40 + 10 * side + round, content("hello")],
            [60 + 10 * side + round, finish() + DONE],
          ],
        }),
      ],
      { id: 2 * round + side, pairId: round, round, endpoint, arm: endpoint, segment, requestId: `r${segment}` },
    ),
  ),
);
const rowOf = ({ type: _, segment: __, inFlight: ___, releasedAtNs: ____, attempts: _____, ...row }: Exchange) => row;
const rowsOf = (segment: number) => EXCHANGES.filter((each) => each.segment === segment).map(rowOf);
const requestOf = (segment: number) => ({
  [`r${segment}`]: { method: "POST" as const, path: `/${segment}`, headers: {}, body: {} },
});

const plain = headerLine([GOLDEN], EXCHANGES.slice(0, 4));
const HEADER: HeaderLine = {
  ...plain,
  requests: requestOf(0),
  capture: { ...plain.capture, rounds: 2, spreadMs: 4_000 },
};
const segment = (id: number): SegmentLine => ({
  type: "segment",
  id,
  hrtimeOriginNs: "1",
  wallClockMs: 1e12 + id * 3_600_000,
  bootId: "b",
  host: "h",
  shard: null,
});
const extension = (id: number, rounds: number): ExtensionLine => ({
  type: "extension",
  segment: id,
  createdAt: "2026-01-01T01:00:00.000Z",
  rounds,
  plan: rowsOf(id),
  planDigest: `sha256:${id}`,
  requests: requestOf(id),
  versions: { twintail: "0", node: "0", undici: "0" },
});
const machine = (id: number): RecordingLine => ({
  type: "machine",
  segment: id,
  fromNs: 0,
  toNs: 1_000 * MS,
  stalls: [],
  busyShare: 0.1 * (id + 1),
  reads: 10 + id,
  stalledReads: 0,
  maxReadsPerTurn: 1,
});
const end = (id: number, reason: "complete" | "interrupted" = "complete"): RecordingLine => ({
  type: "end",
  segment: id,
  atNs: 5_000 * MS,
  reason,
});
const sentBy = (id: number): RecordingLine[] => [
  segment(id),
  ...EXCHANGES.filter((each) => each.segment === id),
  machine(id),
  end(id),
];
const WHOLE: readonly RecordingLine[] = [
  HEADER,
  ...sentBy(0),
  extension(1, 4),
  ...sentBy(1),
  extension(2, 5),
  ...sentBy(2),
];

function fileOf(lines: readonly unknown[]): string {
  const file = join(folder, "recording.jsonl");
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return file;
}

describe("a recording that was extended", () => {
  it("has one header with all rows, requests and rounds, and its first line as it was planned", () => {
    const file = fileOf(WHOLE);
    const seen: [number, number][] = [];
    const frame = readRecording(file, ({ id }, header) => seen.push([id, header.plan.length]));
    expect(frame.header).toEqual({
      ...HEADER,
      plan: EXCHANGES.map(rowOf),
      requests: { ...requestOf(0), ...requestOf(1), ...requestOf(2) },
      planDigest: "sha256:2",
      capture: { ...HEADER.capture, rounds: 5, spreadMs: 10_000 },
    });
    expect(frame.extensions).toEqual([extension(1, 4), extension(2, 5)]);
    expect(frame.end).toEqual(end(2));
    expect(seen.map(([id]) => id)).toEqual(EXCHANGES.map(({ id }) => id));
    for (const [id, planned] of seen) expect(id).toBeLessThan(planned);
    expect(readHeader(file, 1e6)).toEqual(HEADER);
  });

  it("is one run of all its rounds, at its third look", () => {
    const { summary } = score(fileOf(WHOLE));
    expect(summary.run).toMatchObject({ planned: 10, recorded: 10, rounds: 5, partial: false, ended: "complete" });
    expect(summary.judgement).toMatchObject({ look: 3, looks: 3 });
    expect(summary.metrics.ttft?.warm?.baseline?.n).toBe(5);
    expect(score(fileOf(WHOLE.slice(0, 8))).summary.judgement.look).toBe(1);
  });

  it("is the same whatever order its lines are in", () => {
    const [header, ...rest] = WHOLE;
    const { summary, details } = score(fileOf(WHOLE));
    const { header: merged, ...frame } = readRecording(fileOf(WHOLE), () => {});
    fc.assert(
      fc.property(fc.shuffledSubarray(rest, { minLength: rest.length }), (lines) => {
        const file = fileOf([header, ...lines]);
        const report = score(file);
        expect(renderJson(report.summary)).toBe(renderJson(summary));
        expect(report.details).toEqual(details);
        expect(readRecording(file, () => {})).toEqual({ header: merged, ...frame });
      }),
      { numRuns: 30 },
    );
  });

  it("and then killed has no end, however the run before it ended", () => {
    for (const kept of [9, 10, 12]) {
      const frame = readRecording(fileOf(WHOLE.slice(0, kept)), () => {});
      expect([kept, frame.end, frame.extensions.length]).toEqual([kept, null, 1]);
    }
    const { run, judgement } = score(fileOf(WHOLE.slice(0, 12))).summary;
    expect(run).toMatchObject({ ended: "killed", partial: true, planned: 8, recorded: 6 });
    expect(judgement.look).toBe(2);
  });

  it("and then interrupted says so", () => {
    const lines = WHOLE.slice(0, 16).map((line) =>
      line.type === "end" && line.segment === 1 ? end(1, "interrupted") : line,
    );
    expect(readRecording(fileOf(lines), () => {}).end).toMatchObject({ segment: 1, reason: "interrupted" });
  });

  it.each<[string, Partial<ExtensionLine>]>([
    ["leaves rows out", { plan: rowsOf(2) }],
    ["has rows that are there already", { plan: rowsOf(0) }],
    ["has rows that are no sequence", { plan: [...rowsOf(1)].reverse() }],
    ["has no row", { plan: [] }],
    ["adds no round", { rounds: 2 }],
  ])("by a line that %s is refused at that line", (_name, change) => {
    const lines = [HEADER, ...sentBy(0), { ...extension(1, 4), ...change }];
    expect(() => readRecording(fileOf(lines), () => {})).toThrow(
      /recording\.jsonl:9: the extension does not go on where the plan before it ends; the file was changed or damaged$/,
    );
  });

  it("is judged or refused in one line, whatever one field of the extension was turned into", () => {
    const faults: string[] = [];
    for (const path of paths(extension(1, 4))) {
      for (const junk of [null, 1e308, "\u001b[31m", [], {}, true, -1]) {
        const line = structuredClone(extension(1, 4)) as unknown as Record<string, unknown>;
        const parent = path.slice(0, -1).reduce((inner, key) => inner[key] as Record<string, unknown>, line);
        parent[path.at(-1) as string] = junk;
        try {
          score(fileOf([HEADER, ...sentBy(0), line, ...sentBy(1)]));
        } catch (error) {
          if (!(error instanceof TwintailError)) faults.push(`${path.join(".")} = ${JSON.stringify(junk)}: ${error}`);
        }
      }
    }
    expect(faults).toEqual([]);
  });
});

/** Every path into a value, as lists of keys. */
function paths(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...paths(inner, [...at, key])]);
}
