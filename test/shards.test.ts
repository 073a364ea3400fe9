/** One run sent by eight processes of the real command line, merged, with one of them killed, and mended. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readRecording, type SimProcess, score, startSimProcess } from "../dist/index.js";
import type { Exchange } from "../src/recording/recording.js";
import { CAPITALS } from "./golden/sets.js";
import { configure, PAIRS, recorded, shardArgs, shardFolder, soon, summaryIn } from "./shard-processes.js";
import { type Ended, startTyped, typedIn } from "./typed.js";

const SHARDS = 8;
const KILLED = 3;
const folder = mkdtempSync(join(tmpdir(), "twintail-eight-"));
const goldens = join(folder, "set.yaml");
writeFileSync(goldens, CAPITALS);

let sims: SimProcess[] = [];
let ended: Ended[] = [];
const run = (args: readonly string[]): Promise<Ended> => typedIn(folder, args);

beforeAll(async () => {
  sims = await Promise.all([1, 2].map((seed) => startSimProcess({ tier: "h100x2", goldens, seed })));
  configure(folder, sims[0]?.baseUrl as string, sims[1]?.baseUrl as string);
  const startAt = soon(20_000);
  const shards = Array.from({ length: SHARDS }, (_, place) =>
    startTyped(folder, shardArgs(place + 1, SHARDS, startAt)),
  );
  await recorded(folder, KILLED, SHARDS, 3);
  shards[KILLED - 1]?.child.kill("SIGKILL");
  ended = await Promise.all(shards.map(({ ended: each }) => each));
}, 180_000);
afterAll(async () => {
  await Promise.all(sims.map((sim) => sim.stop()));
  rmSync(folder, { recursive: true });
});

const folders = (): string[] => Array.from({ length: SHARDS }, (_, place) => shardFolder(folder, place + 1, SHARDS));
const exchangesOf = (of: string): Exchange[] => {
  const seen: Exchange[] = [];
  readRecording(of, (exchange) => seen.push(exchange));
  return seen;
};

it("each shard that recorded well ends with 0, says which it is, and judges no gate", () => {
  const codes = ended.map(({ code, err }, place) => [place + 1, code, code === 0 ? "" : err]);
  expect(codes).toEqual(
    Array.from({ length: SHARDS }, (_, place) => [
      place + 1,
      place + 1 === KILLED ? null : 0,
      place + 1 === KILLED ? expect.anything() : "",
    ]),
  );
  expect(ended[0]?.out).toMatch(
    /^Shard 1 of 8: its gates are judged when all shards were merged \(twintail merge\)\.$/m,
  );
  const { verdict, gates, run: own } = summaryIn(shardFolder(folder, 1, SHARDS));
  expect([verdict, gates, own.shard?.index, own.partial, own.planned]).toEqual([
    null,
    [],
    1,
    false,
    2 + 2 * (PAIRS / SHARDS),
  ]);
});

it("sends no round before its time from the common start, and its first pair as soon as it is warm and that is due", () => {
  for (const of of folders()) {
    const { header, segments } = readRecording(of, () => {});
    const sinceStart = (ns: number): number =>
      (segments[0]?.wallClockMs ?? 0) + ns / 1e6 - (header.shard?.startAtMs ?? Number.NaN);
    const byRelease = exchangesOf(of).sort((a, b) => a.releasedAtNs - b.releasedAtNs);
    const warm = byRelease.filter(({ phase }) => phase === "warm");
    for (const { round, releasedAtNs } of warm) expect(sinceStart(releasedAtNs)).toBeGreaterThan(1_000 * round - 50);
    const [first] = warm as [Exchange];
    const readyMs = Math.max(
      ...byRelease.flatMap(({ phase, attempts }) =>
        phase === "warmup" ? sinceStart(attempts.at(-1)?.endedAtNs ?? Number.NaN) : [],
      ),
    );
    expect(sinceStart(first.releasedAtNs) - Math.max(readyMs, 1_000 * first.round)).toBeLessThan(5_000);
  }
});

it("and without the one that was killed is a partial run that names it", async () => {
  const { code, out, err } = await run(["merge", ...folders(), "--out", "partial"]);
  expect([code, err]).toEqual([3, expect.stringContaining(`note: shard ${KILLED} of ${SHARDS} was killed`)]);
  expect(out).toMatch(/^Inconclusive: .*partial run can fail but not pass: shard 3 of\s+8 was killed/m);
  const left = folders().filter((_, place) => place + 1 !== KILLED);
  const missing = await run(["merge", ...left, "--out", "missing"]);
  expect([missing.code, missing.err]).toEqual([
    3,
    expect.stringContaining(`note: shard ${KILLED} of ${SHARDS} is missing`),
  ]);
  expect(summaryIn(join(folder, "missing")).verdictReason).toContain(
    "shard 3 of 8 is missing: 3 of 24 pairs were not recorded",
  );
}, 60_000);

it("resumed, and merged again, is whole: every pair once, and the gates are judged", async () => {
  const resumed = await run(["run", "--resume", shardFolder(folder, KILLED, SHARDS)]);
  expect([resumed.code, resumed.err]).toEqual([
    0,
    expect.stringMatching(/[1-5] of 8 requests of shard 3 of 8 are missing/),
  ]);
  const { code, err } = await run(["merge", "results", "--out", "whole"]);
  expect([code, err]).toEqual([0, expect.stringContaining("merged 8 of 8 shards")]);
  const { verdict, run: whole } = summaryIn(join(folder, "whole"));
  expect([verdict, whole.partial, whole.recorded, whole.planned]).toEqual([
    "pass",
    false,
    2 * (PAIRS + SHARDS),
    2 * (PAIRS + SHARDS),
  ]);
  const ids = exchangesOf(join(folder, "whole")).map(({ id }) => id);
  expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 2 * (PAIRS + SHARDS) }, (_, id) => id));
  expect(score(join(folder, "whole")).summary).toEqual(summaryIn(join(folder, "whole")));
}, 60_000);
