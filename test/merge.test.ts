/** What shards recorded, merged, is what one process would have recorded: the same report, byte for byte. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../src/core/random.js";
import type { Exchange, HeaderLine, RecordingLine, SegmentLine } from "../src/recording/recording.js";
import type { Report } from "../src/report/report.js";
import { score } from "../src/score.js";
import { answer, golden } from "./assemble/recorded.js";
import { attempt, exchange, headerLine, MS } from "./recording/exchange-builder.js";
import { fresh, linesOf, merged, shardsOf, written } from "./recording/shard-files.js";
import { inFlightOf, splitIntoShards, withoutShards } from "./recording/split-shards.js";
import { MAIN } from "./typed.js";

const bytesOf = ({ summary }: Report): string => JSON.stringify(withoutShards(summary), null, 2);

const shuffledLines = (lines: readonly RecordingLine[], seed: number): RecordingLine[] => [
  lines[0] as RecordingLine,
  ...seededRandom(seed, "lines").shuffle(lines.slice(1)),
];

describe.each([
  ["llama-cpp.jsonl", 8],
  ["llama-cpp-apis.jsonl", 5],
])("a recording of real servers, %s, cut into %i shards and merged", (name, count) => {
  const lines = linesOf(new URL(`./recordings/${name}`, import.meta.url).pathname);
  const whole = score(written(lines));

  it("gives the report of the one process that recorded it, and every detail of its page", () => {
    const { report, header } = merged(shardsOf(lines, count));
    expect(header.shards?.merged.map(({ index, end }) => [index, end])).toEqual(
      Array.from({ length: count }, (_, place) => [place + 1, "complete"]),
    );
    expect(bytesOf(report)).toBe(bytesOf(whole));
    expect(report.details).toEqual(whole.details);
  });

  it("does so whatever order shards and lines are in", () => {
    const shards = splitIntoShards(lines, count).map((own, index) => written(shuffledLines(own, index)));
    const { report, recording } = merged([...shards].reverse());
    expect(bytesOf(report)).toBe(bytesOf(whole));
    expect(bytesOf(score(written(shuffledLines(linesOf(recording), 5))))).toBe(bytesOf(whole));
  });

  it("keeps every line but the headers", () => {
    const { recording } = merged(shardsOf(lines, count));
    const kept = linesOf(recording).filter(({ type }) => type === "exchange" || type === "machine");
    const without = (all: readonly RecordingLine[]): string[] =>
      all.map((line) => JSON.stringify({ ...line, segment: 0 })).sort();
    expect(without(kept)).toEqual(without(lines.filter(({ type }) => type === "exchange" || type === "machine")));
  });
});

/** What becomes of a request. */
type Fate = "answered" | "502" | "asked again" | "timeout" | "cut";
const FATES: readonly Fate[] = ["answered", "answered", "answered", "answered", "502", "asked again", "timeout", "cut"];

interface Drawn {
  readonly cases: number;
  readonly rounds: number;
  readonly seed: number;
  readonly gapMs: number;
  readonly control: boolean;
  readonly gate: string;
  readonly ended: "complete" | "interrupted" | "stopped" | "killed";
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  cases: fc.integer({ min: 2, max: 4 }),
  rounds: fc.integer({ min: 3, max: 7 }),
  seed: fc.integer({ min: 0, max: 10_000 }),
  gapMs: fc.integer({ min: 3, max: 90 }),
  control: fc.boolean(),
  gate: fc.constantFrom("ttfa shift < 1.20", "errors rate < 0.9", "e2e p50 < 10s", "flips regressed == 0"),
  ended: fc.constantFrom("complete", "complete", "interrupted", "stopped", "killed"),
});

/** A recording of one process with several pairs in flight: some fail, some are asked again, one case may never be answered. */
function recordingOf({ cases, rounds, seed, gapMs, control, gate, ended }: Drawn): RecordingLine[] {
  const random = seededRandom(seed, "a recording");
  const broken = random.int(4) === 0 ? "c0" : null;
  const exchanges: Exchange[] = [];
  const arms = control
    ? ([
        ["baseline", "candidate"],
        ["control", "candidate2"],
      ] as const)
    : ([["baseline", "candidate"]] as const);
  let pairId = 0;
  for (let round = 0; round < rounds; round++) {
    for (const caseId of random.shuffle(Array.from({ length: cases }, (_, index) => `c${index}`))) {
      for (const own of arms) {
        const dispatchedMs = 1_000 + gapMs * pairId;
        for (const arm of own) {
          const endpoint = arm === "baseline" || arm === "control" ? "baseline" : "candidate";
          const fate =
            caseId === broken && endpoint === "candidate" ? "502" : (FATES[random.int(FATES.length)] as Fate);
          const row = { id: exchanges.length, pairId, endpoint, arm, caseId, round } as const;
          exchanges.push(exchange(attemptsOf(fate, dispatchedMs, 10 + random.int(200)), row));
        }
        pairId++;
      }
    }
  }
  const sent = exchanges.filter(() => ended === "complete" || random.int(10) > 0);
  const header: HeaderLine = {
    ...headerLine(
      Array.from({ length: cases }, (_, index) => golden(`c${index}`)),
      exchanges,
    ),
    judge: { gates: [{ text: gate, line: 1, column: 1 }] },
  };
  const counted = sent.map((each) => ({ ...each, inFlight: inFlightOf(each, sent) }));
  const segment: SegmentLine = {
    type: "segment",
    id: 0,
    hrtimeOriginNs: "0",
    wallClockMs: 1_767_225_600_123,
    bootId: "b",
    host: "h",
    shard: null,
  };
  const machine = Array.from({ length: 16 }, (_, second) => ({
    type: "machine" as const,
    segment: 0,
    fromNs: second * 1e9,
    toNs: (second + 1) * 1e9,
    stalls: [],
    busyShare: random.int(60) / 100,
    reads: random.int(500),
    stalledReads: 0,
    maxReadsPerTurn: 1,
  }));
  const pauses = Array.from({ length: 3 }, (_, index) => ({
    type: "pause" as const,
    segment: 0,
    endpoint: "candidate" as const,
    fromNs: index * 500 * MS,
    toNs: (index * 500 + random.int(400)) * MS,
    why: "rpm" as const,
  }));
  const stopped =
    ended === "stopped"
      ? [
          {
            type: "stopped" as const,
            segment: 0,
            endpoint: "candidate" as const,
            atNs: 5e9,
            kind: "failures" as const,
            after: 30,
            last: "HTTP 502",
          },
        ]
      : [];
  const end = ended === "killed" ? [] : [{ type: "end" as const, segment: 0, atNs: 9e9, reason: ended }];
  return [header, segment, ...counted, ...machine, ...pauses, ...stopped, ...end];
}

function attemptsOf(fate: Fate, dispatchedMs: number, firstMs: number) {
  switch (fate) {
    case "answered":
      return [answer(firstMs, dispatchedMs)];
    case "502":
      return [
        attempt({
          dispatchedMs,
          reused: true,
          status: 502,
          reads: [[firstMs, '{"error":{"message":"bad gateway"}}']],
          headers: [["content-type", "application/json"]],
        }),
      ];
    case "asked again":
      return [
        {
          ...attempt({ dispatchedMs, reused: true, status: 503, reads: [[5, "busy"]], headers: [] }),
          backoff: { ms: 20, from: "exponential" as const },
        },
        answer(firstMs, dispatchedMs + 40),
      ];
    case "timeout":
      return [
        attempt({
          dispatchedMs,
          reused: true,
          reads: [],
          endedMs: 400,
          outcome: { kind: "timeout", phase: "firstByte", afterMs: 400 },
        }),
      ];
    case "cut":
      return [
        attempt({
          dispatchedMs,
          reused: true,
          reads: [],
          endedMs: firstMs,
          outcome: { kind: "cancelled", by: "user" },
        }),
      ];
  }
}

/** Sentences that name shards stand beside what one process says of the same: they are left out, with the sums beside them. */
const SHARD_WORDS = /(?:shard \d+ of \d+ [^;]*; )+/g;

describe("any recording that is cut into shards and merged", () => {
  it("gives the report of one process, but for what names shards", () => {
    fc.assert(
      fc.property(drawn, fc.integer({ min: 1, max: 6 }), (input, count) => {
        const lines = recordingOf(input);
        const one = bytesOf(score(written(lines)));
        const { report } = merged(
          splitIntoShards(lines, count).map((own, index) => written(shuffledLines(own, index))),
        );
        expect(bytesOf(report).replaceAll(SHARD_WORDS, "")).toBe(one);
      }),
      { numRuns: 25, seed: 6 },
    );
  }, 120_000);
});

describe("recordings that are larger than the memory of who merges them", () => {
  const PART_BYTES = 96 * 1024;
  const PER_SHARD = 200;
  const SHARDS = 4;

  it("are merged and judged, and nothing is lost", () => {
    const text = "x".repeat(PART_BYTES);
    const pairs = (PER_SHARD * SHARDS) / 2;
    const plan = Array.from({ length: pairs }, (_, pairId) =>
      (["baseline", "candidate"] as const).map((endpoint, side) =>
        exchange([answer(50, 1_000 * pairId + 100)], {
          ...{ id: 2 * pairId + side, pairId, caseId: "c0", round: pairId, endpoint, arm: endpoint },
        }),
      ),
    ).flat();
    const segment = {
      type: "segment" as const,
      id: 0,
      hrtimeOriginNs: "0",
      wallClockMs: 1_000_000,
      bootId: "b",
      host: "h",
      shard: null,
    };
    const end: RecordingLine = { type: "end", segment: 0, atNs: 9e9, reason: "complete" };
    const paths = shardsOf([headerLine([golden("c0")], plan), segment, ...plan, end], SHARDS);
    for (const path of paths) {
      const file = join(path, "recording.jsonl");
      const [header, own, ...rest] = linesOf(file);
      const large = rest.map((line) =>
        line.type === "exchange"
          ? { ...line, attempts: line.attempts.map((each) => ({ ...each, headers: [["x-filler", text] as const] })) }
          : line,
      );
      written([header, own, ...large], path);
    }
    const args = ["--max-old-space-size=48", MAIN, "merge", ...paths, "--out", fresh(), "--json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 28 });
    expect([status, stderr]).toEqual([0, expect.stringContaining("merged 4 of 4 shards, 800 exchanges")]);
    expect(JSON.parse(stdout).run).toMatchObject({ recorded: PER_SHARD * SHARDS, partial: false });
  }, 120_000);
});
