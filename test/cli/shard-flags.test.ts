/** Which shard a command line and its CI name, and when all of them begin. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { planText } from "../../src/cli/plan-text.js";
import { type ShardFlags, seedOf, shardOf, startLine } from "../../src/cli/shard-flags.js";
import { parseSettings } from "../../src/config/load.js";
import { prepareRun } from "../../src/run.js";
import { CAPITALS } from "../golden/sets.js";

const NOW = Date.parse("2026-01-31T09:00:00Z");
const of = (flags: ShardFlags, environment = {}) => shardOf(flags, environment, NOW);

describe("--shard", () => {
  it("names an index and a count", () => {
    expect(of({ shard: "2/8" })).toEqual({ index: 2, count: 8 });
    expect(of({})).toBeUndefined();
  });

  it.each([
    ["auto/8", { JOB_COMPLETION_INDEX: "0" }, { index: 1, count: 8 }],
    ["auto/8", { JOB_COMPLETION_INDEX: "7" }, { index: 8, count: 8 }],
    ["auto", { CI_NODE_INDEX: "2", CI_NODE_TOTAL: "3" }, { index: 2, count: 3 }],
    ["auto", { JOB_COMPLETION_INDEX: "2", TWINTAIL_SHARDS: "4", CI_NODE_TOTAL: "9" }, { index: 3, count: 4 }],
  ])("%s reads %j", (shard, environment, expected) => {
    expect(of({ shard }, environment)).toEqual(expected);
  });

  it.each([
    ["9/8", {}, /"9\/8" is no shard; give an index from 1 to 8/],
    ["0/8", {}, /"0\/8" is no shard/],
    ["2", {}, /"2" is no shard; write it as 2\/8, auto\/8 or auto/],
    ["x/y", {}, /is no shard/],
    ["1/9999", {}, /use 1 to 1000 shards/],
    ["auto/8", {}, /neither JOB_COMPLETION_INDEX nor CI_NODE_INDEX/],
    ["auto", { CI_NODE_INDEX: "1" }, /neither TWINTAIL_SHARDS nor CI_NODE_TOTAL/],
    ["auto/2", { JOB_COMPLETION_INDEX: "2" }, /"3\/2" is no shard; give an index from 1 to 2/],
    ["auto/2", { CI_NODE_INDEX: "one" }, /^CI_NODE_INDEX: "one" is no number/],
  ])("%s with %j is refused in a line", (shard, environment, words) => {
    expect(() => of({ shard }, environment)).toThrow(words);
  });

  it.each(["extend", "resume", "history", "baseline"] as const)("contradicts --%s", (name) => {
    expect(() => of({ shard: "1/2", [name]: "x" })).toThrow(new RegExp(`^--${name} and --shard contradict each other`));
  });
});

describe("--start-at", () => {
  it("is a moment with its zone, or so long from now", () => {
    expect(of({ shard: "1/2", startAt: "2026-01-31T10:00:00+01:00" })?.startAtMs).toBe(NOW);
    expect(of({ shard: "1/2", startAt: "2026-01-31T09:00:30.500Z" })?.startAtMs).toBe(NOW + 30_500);
    expect(of({ shard: "1/2", startAt: "+30s" })?.startAtMs).toBe(NOW + 30_000);
  });

  it.each(["2026-01-31T09:00:00", "tomorrow", "+soon", "2026-13-01T00:00:00Z", "2026-11-31T09:00:00Z"])(
    "is not %s",
    (startAt) => {
      expect(() => of({ shard: "1/2", startAt })).toThrow(/^--start-at: .* is no moment; write it with its zone/);
    },
  );

  it("may be a minute ago, and says so; longer ago is refused, and so is one without a shard", () => {
    const late = of({ shard: "1/2", startAt: "2026-01-31T08:59:05Z" });
    expect(late && startLine(late, NOW)).toMatch(/this shard is 55.* s late, and begins at once$/);
    expect(() => of({ shard: "1/2", startAt: "2026-01-31T08:58:59Z" })).toThrow(/the common start was .* ago/);
    expect(() => of({ startAt: "+30s" })).toThrow(/is for shards/);
  });
});

describe("the plan of a shard", () => {
  it("is refused where a shard's part of tpm is less than a request may take", () => {
    const folder = mkdtempSync(join(tmpdir(), "twintail-shard-tpm-"));
    writeFileSync(join(folder, "set.yaml"), CAPITALS);
    const settings = parseSettings(
      `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "http://a.example/v1", models: { default: m }, limits: { tpm: 120 } }
  candidate: { baseUrl: "http://b.example/v1", models: { default: m } }
capture: { rounds: 8, concurrency: 8, seed: 1, solo: { requests: 0 } }
`,
      folder,
    );
    expect(() => prepareRun(settings, { index: 2, count: 4 })).toThrow(/^endpoints\.baseline\.limits\.tpm: .* has 30/);
    expect(() => prepareRun(settings)).not.toThrow();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ["", /^shard 2 of 4: 2 pairs in flight of 8; what follows is of this shard alone$/m],
    [
      ", arrivals: { shape: constant, rate: 5, maxInFlight: 32 }",
      /^shard 2 of 4: at most 8 in flight at each endpoint, of 32; what follows is of this shard alone$/m,
    ],
  ])("says how many it has in flight of the whole%s", (arrivals, line) => {
    const folder = mkdtempSync(join(tmpdir(), "twintail-shard-plan-"));
    writeFileSync(join(folder, "set.yaml"), CAPITALS);
    const settings = parseSettings(
      `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "http://a.example/v1", models: { default: m } }
  candidate: { baseUrl: "http://b.example/v1", models: { default: m } }
capture: { rounds: 8, ${arrivals === "" ? "concurrency: 8, " : ""}seed: 1, solo: { requests: 0 }${arrivals} }
`,
      folder,
    );
    expect(planText(prepareRun(settings, { index: 2, count: 4 }), false)).toMatch(line);
    rmSync(folder, { recursive: true });
  });
});

describe("--seed", () => {
  it("is a whole number, of a run that is planned now", () => {
    expect([seedOf({ seed: "7" }), seedOf({})]).toEqual([{ seed: 7 }, {}]);
    expect(() => seedOf({ seed: "-1" })).toThrow(/"-1" is no seed/);
    expect(() => seedOf({ seed: "7", resume: "x" })).toThrow(/^--seed and --resume contradict each other/);
  });
});
