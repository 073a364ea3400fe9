/** What merging refuses, and what it says of shards that are not whole. Twelve pairs, three shards of four. */
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockRecording } from "../../src/recording/lock.js";
import { lateShards } from "../../src/recording/merge.js";
import type { Exchange, HeaderLine, RecordingLine } from "../../src/recording/recording.js";
import { shardRecordingsIn } from "../../src/recording/results-folder.js";
import { readResumable } from "../../src/recording/resumable.js";
import { score } from "../../src/score.js";
import { answer, golden } from "../assemble/recorded.js";
import { exchange, headerLine } from "./exchange-builder.js";
import { fresh, linesOf, merged, shardsOf, written } from "./shard-files.js";
import { splitIntoShards } from "./split-shards.js";

const PAIRS = 12;
const exchanges: readonly Exchange[] = Array.from({ length: PAIRS }, (_, pairId) =>
  (["baseline", "candidate"] as const).map((endpoint, side) =>
    exchange([answer(50, 1_000 * pairId + 100)], {
      id: 2 * pairId + side,
      pairId,
      caseId: `c${pairId % 2}`,
      round: Math.floor(pairId / 2),
      endpoint,
      arm: endpoint,
      requestId: `r${pairId}${endpoint}`,
    }),
  ),
).flat();
const template = { method: "POST" as const, path: "/", headers: {}, body: {} };
const header: HeaderLine = {
  ...headerLine([golden("c0"), golden("c1")], exchanges),
  requests: Object.fromEntries(exchanges.map(({ requestId }) => [requestId, template])),
  judge: { gates: [{ text: "errors rate < 0.9", line: 1, column: 1 }] },
};
const segment = {
  type: "segment" as const,
  id: 0,
  hrtimeOriginNs: "0",
  wallClockMs: 1_000_000,
  bootId: "b",
  host: "h",
  shard: null,
};
const window = (fromS: number): RecordingLine => ({
  type: "machine",
  segment: 0,
  fromNs: fromS * 1e9,
  toNs: (fromS + 1) * 1e9,
  stalls: [],
  busyShare: 0.1,
  reads: 100,
  stalledReads: 0,
  maxReadsPerTurn: 1,
});
const end: RecordingLine = { type: "end", segment: 0, atNs: 20e9, reason: "complete" };
const whole: readonly RecordingLine[] = [header, segment, ...exchanges, window(0), window(1), window(2), end];

const three = (): RecordingLine[][] => splitIntoShards(whole, 3);
/** The shards with the lines of one of them changed. */
const withShard = (index: number, change: (lines: RecordingLine[]) => RecordingLine[]): string[] =>
  three().map((lines, place) => written(place + 1 === index ? change(lines) : lines));
const changedHeader = (change: (header: HeaderLine) => object) => (lines: RecordingLine[]) =>
  lines.map((line) => (line.type === "header" ? ({ ...line, ...change(line) } as HeaderLine) : line));

describe("three shards that are whole", () => {
  it("are one run that passes, and names them", () => {
    const { summary } = merged(shardsOf(whole, 3)).report;
    expect(summary).toMatchObject({
      verdict: "pass",
      run: { planned: 24, recorded: 24, partial: false, ended: "complete" },
    });
    expect(summary.run.shards).toMatchObject({
      count: 3,
      pairs: 12,
      parts: [1, 2, 3].map((index) => ({
        index,
        runId: `r-shard-${index}-of-3`,
        ended: "complete",
        pairs: 4,
        lacking: 0,
      })),
    });
  });

  it("are each reported alone with no gate asked, and can be asked by name", () => {
    const [, second] = shardsOf(whole, 3) as [string, string, string];
    const { summary } = score(second);
    expect(summary).toMatchObject({
      verdict: null,
      verdictReason: "shard 2 of 3: its gates are judged when all shards were merged (twintail merge)",
      gates: [],
      run: { shard: { index: 2, count: 3 }, planned: 8, recorded: 8, partial: false },
    });
    expect(score(second, { gates: [{ text: "errors rate < 0.9", line: 0, column: 0 }] }).summary.verdict).toBe("pass");
  });

  it("have segments of their own, in the order of the shards", () => {
    const { recording } = merged(shardsOf(whole, 3).reverse());
    const segments = linesOf(recording).filter(({ type }) => type === "segment");
    expect(segments.map((line) => line.type === "segment" && [line.id, line.shard])).toEqual(
      expect.arrayContaining([0, 1, 2].map((id) => [id, `${id + 1}/3`])),
    );
  });

  it("are found in a folder however long their headers are", () => {
    const at = fresh();
    const long = changedHeader(({ requests }) => ({
      requests: { ...requests, long: { ...template, body: { prompt: "a".repeat(65 * 1024 * 1024) } } },
    }));
    for (const [index, lines] of three().entries()) {
      written(index === 1 ? long(lines) : lines, join(at, String(index)));
    }
    expect(shardRecordingsIn(at)).toEqual([0, 1, 2].map((index) => join(at, String(index))));
  });

  it("are found in a folder of artifacts, in which a merged run is none of them", () => {
    const at = fresh();
    for (const [index, lines] of three().entries()) written(lines, join(at, `shard-${index}`, "results", "run"));
    const first = merged([at], { folder: join(at, "merged") });
    expect(merged([at]).report.summary).toEqual(first.report.summary);
  });
});

describe("a shard that is not whole", () => {
  it("and missing is named, with the pairs that were not recorded", () => {
    const [one, , third] = shardsOf(whole, 3) as [string, string, string];
    const { summary } = merged([one, third]).report;
    expect(summary.run).toMatchObject({ partial: true, recorded: 16, planned: 24 });
    expect([summary.verdict, summary.verdictReason]).toEqual([
      "inconclusive",
      "a partial run can fail but not pass: shard 2 of 3 is missing: 4 of 12 pairs were not recorded; 16 of 24 planned requests ran to their end",
    ]);
  });

  it("and merged later makes the run whole", () => {
    const [one, two, third] = shardsOf(whole, 3) as [string, string, string];
    const before = merged([one, third]);
    const after = merged([two, before.folder]);
    const { runId: _, ...run } = after.report.summary.run;
    const { runId: __, ...atOnce } = merged([one, two, third]).report.summary.run;
    expect(run).toEqual(atOnce);
    expect(after.report.summary.verdict).toBe("pass");
  });

  it("and killed is named, though the others came to their end", () => {
    const paths = withShard(2, (lines) => lines.filter(({ type }) => type !== "end").slice(0, -3));
    const { summary } = merged(paths).report;
    expect(summary.run.ended).toBe("killed");
    expect(summary.run.shards?.parts[1]).toMatchObject({ ended: "killed" });
    expect(summary.verdictReason).toMatch(/: shard 2 of 3 was killed: 1 of 12 pairs was not recorded; 22 of 24 /);
  });

  it("and killed before it sent anything has no process, and is named all the same", () => {
    const { summary } = merged(withShard(3, (lines) => lines.slice(0, 1))).report;
    expect(summary.run.shards?.parts[2]).toMatchObject({ ended: "killed", lacking: 4 });
  });

  it("gives the run its end: the worst of all", () => {
    const ending = (reason: "limit" | "failed") => (lines: RecordingLine[]) =>
      lines.map((line) => (line.type === "end" ? { ...line, reason, message: `a ${reason}` } : line));
    const [one, two, third] = three() as [RecordingLine[], RecordingLine[], RecordingLine[]];
    const { run } = merged([written(ending("limit")(one)), written(ending("failed")(two)), written(third)]).report
      .summary;
    expect([run.ended, run.endedMessage]).toEqual(["failed", "in one shard: a failed"]);
  });

  it("is a recording that resuming and extending refuse", () => {
    const { recording } = merged(shardsOf(whole, 3));
    expect(() => readResumable(recording, "h")).toThrow(/merged from shards; resume the shard that is not whole/);
  });
});

describe("a shard that dropped arrivals of an open loop", () => {
  const without = (lines: RecordingLine[]): RecordingLine[] => {
    const last = lines.findLast((line): line is Exchange => line.type === "exchange");
    const kept = lines.filter((line) => line !== last);
    return [...kept, { type: "dropped", segment: 0, atNs: 15e9, ids: [last?.id ?? -1] }];
  };

  it("is not to blame for them, and the run is whole", () => {
    const { summary } = merged(withShard(2, without)).report;
    expect(summary.run).toMatchObject({ partial: false, planned: 24, recorded: 23 });
    expect(summary.run.shards?.parts.map(({ lacking }) => lacking)).toEqual([0, 0, 0]);
    expect(summary.verdict).toBe("pass");
  });
});

describe("clocks of shards", () => {
  it("that paused at one time held the run back once", () => {
    const pause = {
      type: "pause" as const,
      segment: 0,
      endpoint: "candidate" as const,
      fromNs: 1e9,
      toNs: 3e9,
      why: "rpm" as const,
    };
    const paths = three().map((lines) => written([...lines, pause]));
    expect(merged(paths).report.summary.run.limitPausesMs).toEqual({ baseline: 0, candidate: 2_000 });
  });

  it("are told apart by the wall: a shard whose process began a second later was sent a second later", () => {
    const later = withShard(3, (lines) =>
      lines.map((line) => (line.type === "segment" ? { ...line, wallClockMs: line.wallClockMs + 60_000 } : line)),
    );
    const [at, before] = [merged(later), merged(shardsOf(whole, 3))].map(({ report }) => report);
    const shift = at?.details.timeline.map(
      (bar, index) => bar.releasedMs - (before?.details.timeline[index]?.releasedMs ?? 0),
    );
    expect(new Set(shift)).toEqual(new Set([0, 60_000]));
    expect(at?.summary.metrics).toEqual(before?.summary.metrics);
  });

  it("tell of a shard that sent its first round late, whatever start it was given", () => {
    const later = (byMs: number) => (lines: RecordingLine[]) =>
      lines.map((line) => (line.type === "segment" ? { ...line, wallClockMs: line.wallClockMs + byMs } : line));
    // Shard 3 has no pair of round 0, and says nothing of when it began.
    const said = "shard 2 sent its first round 1 min 1 s after shard 1: a round of the two is no one moment";
    const late = merged(withShard(2, later(60_000)));
    expect(lateShards(late.parts)).toEqual([said]);
    expect(late.report.summary.validity.notes).toContain(said);
    const near = merged(withShard(2, later(3_000)));
    expect([lateShards(near.parts), near.report.summary.validity.notes]).toEqual([[], []]);
    expect(lateShards(merged(withShard(3, later(60_000))).parts)).toEqual([]);
  });

  it("tell of it in an open loop by its clock: a first arrival may be due late", () => {
    const open = (lines: RecordingLine[], dueMs: number, lateMs: number): RecordingLine[] => [
      ...lines.map((line) => {
        if (line.type !== "exchange") return line;
        const intendedAtNs = dueMs * 1e6;
        return { ...line, intendedAtNs, releasedAtNs: intendedAtNs + lateMs * 1e6 };
      }),
      { type: "begun", segment: 0, phase: "warm", atNs: 0 },
    ];
    const parts = (lateMs: number) =>
      merged(three().map((lines, place) => written(place === 1 ? open(lines, 90_000, lateMs) : open(lines, 0, 0))))
        .parts;
    expect(lateShards(parts(0))).toEqual([]);
    expect(lateShards(parts(30_000))).toEqual([expect.stringMatching(/^shard 2 sent its first round 30 s after/)]);
  });

  it("of a machine in trouble are named, though the others outweigh it", () => {
    const stalled = withShard(2, (lines) =>
      lines.map((line) =>
        line.type === "machine" ? { ...line, reads: 10, stalledReads: 1, wallStepMs: 5_000 } : line,
      ),
    );
    const { validity } = merged(stalled).report.summary;
    expect(validity.ok).toBe(true);
    expect(validity.notes).toEqual([
      expect.stringMatching(/^the wall clock of shard 2 was set forward by 5/),
      "10 % of the reads of shard 2 fell into event-loop stalls, above the limit of 1 %: its latencies are late",
    ]);
  });

  it("of a machine that nothing is known of make the run's latencies untrusted", () => {
    const unseen = withShard(2, (lines) => lines.filter(({ type }) => type !== "machine"));
    const gates = [{ text: "e2e p50 < 10s", line: 0, column: 0 }];
    expect(merged(unseen, { gates }).report.summary).toMatchObject({
      verdict: "invalid",
      verdictReason: expect.stringContaining("shard 2 recorded nothing by which its machine could be judged"),
    });
  });
});

describe("what is no set of shards is refused in a line", () => {
  const refused = (paths: readonly string[], words: RegExp): void => {
    expect(() => merged(paths)).toThrow(words);
    expect(() => merged([...paths].reverse())).toThrow();
  };

  it.each([
    [
      "another seed",
      { seed: 9 },
      /another run than r-shard-1-of-3: they differ in seed; merge shards of one run alone/,
    ],
    [
      "another setting, which the plan shows too",
      { capture: { ...header.capture, rounds: 9 }, planDigest: "sha256:9" },
      /they differ in capture.rounds/,
    ],
    ["another golden set", { goldenDigest: "sha256:9" }, /they differ in goldenDigest/],
    ["another plan", { planDigest: "sha256:9" }, /they differ in planDigest/],
    ["another count", { shard: { index: 2, count: 4, startAtMs: 0 } }, /it is of 4 shards, that of 3/],
    ["another twintail", { versions: { twintail: "9", node: "0", undici: "0" } }, /made by twintail 9, that by 0/],
    ["another setting", { capture: { ...header.capture, concurrency: 9 } }, /they differ in capture.concurrency/],
  ])("%s", (_, change, words) =>
    refused(
      withShard(
        2,
        changedHeader(() => change),
      ),
      words,
    ),
  );

  it("rows that were changed, though the digest was not", () => {
    const change = changedHeader(({ plan }) => ({
      plan: plan.map((row) => (row.id === 0 ? { ...row, caseId: "c1" } : row)),
    }));
    refused(withShard(2, change), /their plans have other rows/);
  });

  it("a whole run, and a sweep", () => {
    refused([written(whole)], /the recording of a whole run, no shard of one; give recordings that/);
    refused(
      withShard(
        1,
        changedHeader(() => ({ kind: "sweep", sweep: undefined })),
      ),
      /the recording of a sweep/,
    );
  });

  it("one shard twice", () => {
    const [one, two] = shardsOf(whole, 3) as [string, string, string];
    refused([one, two, one], /shard 1 is there twice: .* has it too; leave one of them out/);
    refused([merged([one, two]).folder, two], /shard 2 is there twice/);
  });

  it("an exchange of another shard", () => {
    const [, two = []] = three();
    const stray = two.find(({ type }) => type === "exchange") as Exchange;
    refused(
      withShard(1, (lines) => [...lines, stray]),
      /exchange 2 is of shard 2, and stands in the recording of shard 1/,
    );
  });

  it("shards that began apart, unless that is wanted", () => {
    const change = changedHeader(({ shard }) => ({ shard: { ...shard, startAtMs: (shard?.startAtMs ?? 0) + 42_000 } }));
    const paths = withShard(3, change);
    expect(() => merged(paths)).toThrow(/shard 3 began 42 s after shard 1: .*; .*merge all the same with --any-start/);
    expect(merged(paths, { anyStart: true }).report.summary.verdict).toBe("pass");
  });

  it("a folder without a shard, and a place that is taken", () => {
    const empty = fresh();
    mkdirSync(empty);
    expect(() => merged([empty])).toThrow(/no recording of a shard is in it; give the run folders/);
    const folder = merged(shardsOf(whole, 3)).folder;
    expect(() => merged(shardsOf(whole, 3), { folder })).toThrow(
      /a recording is there already; choose another folder with --out/,
    );
  });

  it("shards that were all killed before their first exchange: said of them, and nothing is made", () => {
    const only = (lines: readonly RecordingLine[]): RecordingLine[] =>
      lines.filter(({ type }) => type === "header" || type === "segment");
    const paths = three().map((lines) => written(only(lines)));
    const folder = fresh();
    expect(() => merged(paths, { folder })).toThrow(
      `${paths[0]}/recording.jsonl: none of the 3 shards holds an exchange; take the shards up again with run --resume`,
    );
    expect(() => merged(paths.slice(1, 2), { folder })).toThrow(/the shard holds no exchange/);
    expect(existsSync(folder)).toBe(false);
  });

  it("a recording that cannot be read in a folder of shards: none is left out in silence", () => {
    const at = fresh();
    for (const [index, lines] of three().entries()) written(lines, join(at, String(index)));
    writeFileSync(join(at, "1", "recording.jsonl"), "{}\n");
    expect(() => merged([at])).toThrow(/1\/recording\.jsonl:1: not a twintail recording; give a recording\.jsonl$/);
  });

  it("a folder that cannot be looked into", () => {
    const at = fresh();
    for (const [index, lines] of three().entries()) written(lines, join(at, String(index)));
    mkdirSync(join(at, "loop"));
    symlinkSync("recording.jsonl", join(at, "loop", "recording.jsonl"));
    expect(() => merged([at])).toThrow(
      /loop\/recording\.jsonl: it cannot be looked into for shards \(ELOOP\); make it readable, or name the run folders/,
    );
    rmSync(join(at, "loop"), { recursive: true });
    // Root may read everything.
    if (process.getuid?.() === 0) return;
    mkdirSync(join(at, "locked"), { mode: 0 });
    expect(() => merged([at])).toThrow(/locked\S*: it cannot be looked into for shards \(EACCES\)/);
  });

  it("another golden set, or a gate that cannot be asked, and nothing is in the way of the command that is mended", () => {
    const folder = fresh();
    const goldenSet = { ...header.goldenSet, name: "another" };
    expect(() => merged(shardsOf(whole, 3), { folder, goldenSet })).toThrow(
      /^the golden set is not the one that was recorded \(sha256:0, given sha256:\w+\); give the golden set as it was/,
    );
    expect(existsSync(folder)).toBe(false);
    const gates = [{ text: "errors rote < 0.9", line: 0, column: 0 }];
    expect(() => merged(shardsOf(whole, 3), { folder, gates })).toThrow(/rote/);
    expect(merged(shardsOf(whole, 3), { folder }).report.summary.verdict).toBe("pass");
  });

  it("a shard that a process of this machine still writes; a lock of another machine may be a dead one's", () => {
    const paths = shardsOf(whole, 3);
    const file = join(paths[0] as string, "recording.jsonl");
    const holder = { pid: process.pid, bootId: "x", host: "elsewhere", token: "t" };
    writeFileSync(`${file}.lock`, JSON.stringify(holder));
    expect(merged(paths).report.summary.verdict).toBe("pass");
    rmSync(`${file}.lock`);
    const held = lockRecording(file);
    expect(() => merged(paths)).toThrow(/recording/);
    held.release();
    expect(merged(paths).report.summary.verdict).toBe("pass");
  });
});
