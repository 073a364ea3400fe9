/** A recording that is cut anywhere and completed as a resume would: the report is that of the recording that never was cut. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { comparable, pairsOf } from "../../src/compare/pairs.js";
import { halfPairs } from "../../src/plan/resume.js";
import { readExtendable } from "../../src/recording/extendable.js";
import { readRecording } from "../../src/recording/reader.js";
import type {
  Attempt,
  EndLine,
  Exchange,
  HeaderLine,
  MachineLine,
  RecordingLine,
} from "../../src/recording/recording.js";
import { readResumable } from "../../src/recording/resumable.js";
import { RecordingWriter } from "../../src/recording/writer.js";
import type { Report } from "../../src/report/report.js";
import { judgeExchanges, score } from "../../src/score.js";
import { attempt, exchange, headerLine } from "./exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-cut-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** 46 requests to two real servers. */
const RECORDED = fileURLToPath(new URL("../recordings/llama-cpp.jsonl", import.meta.url));
const WHOLE = readFileSync(RECORDED);
const TEXTS = WHOLE.toString("utf8").trimEnd().split("\n");
const LINES = TEXTS.map((line) => JSON.parse(line) as RecordingLine);
const HEADER = LINES[0] as HeaderLine;
const HEADER_BYTES = WHOLE.indexOf(0x0a) + 1;
const EXCHANGES = LINES.filter((line): line is Exchange => line.type === "exchange");
/** The pair of each whole line of an exchange. */
const PAIR_OF = new Map(
  LINES.flatMap((line, at) => (line.type === "exchange" ? [[TEXTS[at] as string, line.pairId] as const] : [])),
);
const MACHINE = LINES.filter((line): line is MachineLine => line.type === "machine");
const END = LINES.find((line): line is EndLine => line.type === "end") as EndLine;
const HOST = LINES.flatMap((line) => (line.type === "segment" ? [line.host] : []))[0] ?? "";
const UNCUT = score(RECORDED);

const STAMPS = [
  "dispatchedAtNs",
  "dnsEndAtNs",
  "tcpEndAtNs",
  "tlsEndAtNs",
  "sentAtNs",
  "headersAtNs",
  "endedAtNs",
] as const;

/** The same request, measured by a process whose clock began later. */
function rebased(given: Exchange, segment: number, byNs: number): Exchange {
  const attempts = given.attempts.map((each): Attempt => {
    const stamps = STAMPS.flatMap((name) => {
      const atNs = each[name];
      return atNs === undefined ? [] : [[name, atNs - byNs]];
    });
    return { ...each, ...Object.fromEntries(stamps), reads: each.reads.map(([atNs, bytes]) => [atNs - byNs, bytes]) };
  });
  return { ...given, segment, releasedAtNs: given.releasedAtNs - byNs, attempts };
}

/** Reads, mends and completes a recording, with what was recorded before in place of what an endpoint would say. */
function completed(file: string): { report: Report; broken: Set<number>; missing: ReadonlySet<number>; torn: number } {
  const { bytes, frame, missing } = readResumable(file, HOST);
  const torn = frame.tornBytes;
  const broken = halfPairs({ rows: HEADER.plan }, missing);
  const writer = RecordingWriter.repair(file, bytes, torn);
  if (missing.size > 0 || frame.end === null) {
    const versions = HEADER.versions;
    const createdAt = HEADER.createdAt;
    writer.append({
      type: "resume",
      segment: 1,
      createdAt,
      missing: missing.size,
      repairedBytes: torn,
      prelude: [],
      versions,
    });
    writer.append({
      type: "segment",
      id: 1,
      hrtimeOriginNs: "7",
      wallClockMs: 2e12,
      bootId: "b",
      host: HOST,
      shard: null,
    });
    for (const line of EXCHANGES.filter(({ id }) => missing.has(id))) {
      const again = rebased(line, 1, 77_000_000_007);
      writer.append(broken.has(line.id) ? { ...again, pairBroken: true } : again);
    }
    for (const line of MACHINE.slice(frame.machine.length)) writer.append({ ...line, segment: 1 });
    writer.append({ ...END, segment: 1 });
  }
  writer.close();
  return { report: score(file), broken, missing, torn };
}

/** Without what says that it was resumed, and what is told of each process by itself. */
function comparableSummary({ summary }: Report): unknown {
  const { run, validity: _, ...rest } = summary;
  const { resumed: __, durationMs: ___, ...about } = run;
  return { ...rest, run: about };
}

const anyByte = fc.integer({ min: HEADER_BYTES, max: WHOLE.length });
const lineEnds = [...WHOLE].flatMap((byte, at) => (byte === 0x0a && at >= HEADER_BYTES ? [at, at + 1] : []));
const innerBraces = [...WHOLE].flatMap((byte, at) => (byte === 0x7d && at >= HEADER_BYTES ? [at + 1] : []));
const anyCut = fc.oneof(anyByte, fc.constantFrom(...lineEnds), fc.constantFrom(...innerBraces));

describe("a recording that was cut and completed", () => {
  it("is the uncut one where no pair was parted, wherever the kill fell", () => {
    let resumed = 0;
    fc.assert(
      fc.property(anyCut, (at) => {
        const file = join(folder, "between.jsonl");
        writeFileSync(file, WHOLE.subarray(0, at));
        const { missing } = readResumable(file, HOST);
        const parted = new Set(HEADER.plan.flatMap(({ id, pairId }) => (missing.has(id) ? [pairId] : [])));
        // As if the kill had come before either half ended. A torn line stands: a brace may end it too.
        const kept = WHOLE.subarray(0, at)
          .toString("utf8")
          .split("\n")
          .filter((line) => !parted.has(PAIR_OF.get(line) ?? Number.NaN));
        writeFileSync(file, kept.join("\n"));
        const { report, broken } = completed(file);
        expect(broken.size).toBe(0);
        expect(comparableSummary(report)).toEqual(comparableSummary(UNCUT));
        expect(report.summary.run.resumed).toMatchObject({ brokenPairs: 0 });
        expect(report.details.cases).toEqual(UNCUT.details.cases);
        expect(report.details.curves).toEqual(UNCUT.details.curves);
        resumed += report.summary.run.resumed.times;
      }),
      { numRuns: 12 },
    );
    expect(resumed).toBeGreaterThan(5);
  });

  it("keeps tails and checks, and loses exactly the pairs that were parted, wherever the kill fell", () => {
    const judged = pairsOf(judgeExchanges(RECORDED).exchanges).filter(({ baseline }) => baseline?.phase === "warm");
    let parted = 0;
    fc.assert(
      fc.property(anyCut, (at) => {
        const file = join(folder, "anywhere.jsonl");
        writeFileSync(file, WHOLE.subarray(0, at));
        const { report, broken, missing, torn } = completed(file);
        const { summary } = report;
        const pairs = new Set(HEADER.plan.flatMap(({ id, pairId }) => (broken.has(id) ? [pairId] : [])));
        parted += pairs.size;
        const resumedAtAll = missing.size > 0 || at < WHOLE.length - 1;
        expect(summary.run.resumed).toEqual({
          times: resumedAtAll ? 1 : 0,
          brokenPairs: pairs.size,
          repairedBytes: resumedAtAll ? torn : 0,
        });
        expect(summary.run).toMatchObject({ recorded: 46, partial: false, ended: "complete" });
        for (const name of ["checks", "parity", "failures", "retries", "findings", "cost", "endpoints"] as const) {
          expect(summary[name]).toEqual(UNCUT.summary[name]);
        }
        for (const [name, metric] of Object.entries(summary.metrics)) {
          for (const phase of ["warm", "solo"] as const) {
            const [now, before] = [metric[phase], UNCUT.summary.metrics[name]?.[phase]];
            expect([now?.baseline, now?.candidate]).toEqual([before?.baseline, before?.candidate]);
          }
        }
        const comparables = (those: typeof judged): number =>
          those.filter(
            ({ baseline, candidate }) =>
              baseline !== null &&
              candidate !== null &&
              comparable(baseline, "e2e") !== null &&
              comparable(candidate, "e2e") !== null,
          ).length;
        const shift = (of: Report) => of.summary.metrics.e2e?.warm?.shift?.pairs ?? 0;
        const lost = comparables(judged.filter(({ pairId }) => pairs.has(pairId)));
        const left = comparables(judged) - lost;
        // Without a pair there is no shift to say how many it has.
        expect(shift(report)).toBe(left === 0 ? 0 : shift(UNCUT) - lost);
      }),
      { numRuns: 12 },
    );
    expect(parted).toBeGreaterThan(0);
  });

  it("has nothing to go on with where its header was cut", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: HEADER_BYTES - 1 }), (at) => {
        const file = join(folder, "header.jsonl");
        writeFileSync(file, WHOLE.subarray(0, at));
        expect(() => readResumable(file, HOST)).toThrow(/: nothing was recorded: .*; run anew$/);
      }),
      { numRuns: 10 },
    );
  });
});

describe("arrivals that an open loop dropped", () => {
  const two = ([0, 1] as const).map((id) => exchange([attempt()], { id, pairId: id }));
  const [first] = two as [Exchange, Exchange];
  const write = (name: string, lines: readonly object[]): string => {
    const file = join(folder, name);
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return file;
  };
  const segment = { type: "segment", id: 0, hrtimeOriginNs: "0", wallClockMs: 0, bootId: "b", host: "h", shard: null };
  const lines = [headerLine([], two), segment, first, { type: "dropped", segment: 0, atNs: 1, ids: [1] }];

  it("are not missing: a resume sends none of them later", () => {
    expect([...readResumable(write("dropped.jsonl", lines), "h").missing]).toEqual([]);
    expect([...readResumable(write("lacking.jsonl", lines.slice(0, 3)), "h").missing]).toEqual([1]);
  });

  it("do not keep a run from being extended", () => {
    const end = { type: "end", segment: 0, atNs: 2, reason: "complete" };
    expect(readExtendable(write("whole.jsonl", [...lines, end]), 3, "h").dropped).toHaveLength(1);
    expect(() => readExtendable(write("part.jsonl", [...lines.slice(0, 3), end]), 3, "h")).toThrow(
      /: only 1 of 2 planned requests are in it;/,
    );
  });
});

it("a sweep is neither resumed nor extended, and is called one", () => {
  const file = join(folder, "sweep.jsonl");
  writeFileSync(file, `${JSON.stringify({ ...headerLine(), kind: "sweep" })}\n`);
  expect(() => readResumable(file, "h")).toThrow(/sweep\.jsonl: this is the recording of a sweep, .*; .*sweep anew$/);
  expect(() => readExtendable(file, 3, "h")).toThrow(
    /sweep\.jsonl: this is the recording of a sweep; name the folder of a run$/,
  );
});

describe("an exchange that stands in a recording twice", () => {
  const row = { caseId: "case", endpoint: "baseline", arm: "baseline" } as const;
  const whole = (segment: number): Exchange => exchange([attempt()], { ...row, id: 0, segment });
  const cut = (segment: number): Exchange =>
    exchange([attempt({ outcome: { kind: "cancelled", by: "user" } })], { ...row, id: 0, segment });
  const waiting = (segment: number): Exchange =>
    exchange([{ ...attempt({ status: 503 }), backoff: { ms: 5, from: "retry-after" } }], { ...row, id: 0, segment });
  const read = (...exchanges: Exchange[]): Exchange[] => {
    const file = join(folder, "twice.jsonl");
    const lines: RecordingLine[] = [headerLine([], [whole(0)]), ...exchanges];
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const seen: Exchange[] = [];
    readRecording(file, (each) => seen.push(each));
    return seen;
  };

  it.each<[string, Exchange[], Exchange]>([
    ["cut by a stop", [cut(0), whole(1)], whole(1)],
    ["stopped before its next attempt", [waiting(0), whole(1)], whole(1)],
    ["cut twice", [cut(0), cut(1), whole(2)], whole(2)],
    ["cut each time", [cut(0), waiting(1)], waiting(1)],
  ])("counts once, and as it was later: %s, whatever the order of lines", (_name, exchanges, expected) => {
    expect(read(...exchanges)).toEqual([expected]);
    expect(read(...[...exchanges].reverse())).toEqual([expected]);
  });

  it.each<[string, Exchange[], number]>([
    ["whole twice", [whole(0), whole(1)], 3],
    ["whole twice in one segment", [whole(0), whole(0)], 3],
    ["whole, and cut later", [whole(0), cut(1)], 3],
    ["cut twice in one segment", [cut(0), cut(0)], 3],
    ["cut later, and whole before", [cut(1), whole(0)], 2],
  ])("is refused with its place when it is %s", (_name, exchanges, line) => {
    expect(() => read(...exchanges)).toThrow(
      `twice.jsonl:${line}: exchange 0 is in the recording twice; the file was changed: remove one of the two lines`,
    );
  });
});
