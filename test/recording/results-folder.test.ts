import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { HeaderLine } from "../../src/recording/recording.js";
import { newestRun, recentRuns } from "../../src/recording/results-folder.js";
import { headerLine } from "./exchange-builder.js";

const results = mkdtempSync(join(tmpdir(), "twintail-results-"));
afterAll(() => rmSync(results, { recursive: true }));

const NOW = Date.parse("2026-03-10T12:00:00.000Z");
const HEADER = headerLine();

function put(name: string, hoursAgo: number, change: Partial<HeaderLine> = {}, text?: string): void {
  mkdirSync(join(results, name));
  const createdAt = new Date(NOW - hoursAgo * 3_600_000).toISOString();
  const header = { ...HEADER, runId: name, createdAt, ...change };
  writeFileSync(join(results, name, "recording.jsonl"), text ?? `${JSON.stringify(header)}\n{"torn`);
}

const otherAddress = { ...HEADER.endpoints, candidate: { ...HEADER.endpoints.candidate, baseUrl: "http://other/v1" } };
const otherModel = { ...HEADER.endpoints, baseline: { ...HEADER.endpoints.baseline, models: { default: "other" } } };

put("yesterday", 23);
put("renamed-but-newest", 1);
put("2026-03-10T10", 2);
put("too-old", 25);
put("of-the-future", -1);
put("other-set", 3, { goldenDigest: "sha256:1" });
put("other-address", 3, { endpoints: otherAddress });
put("other-model", 3, { endpoints: otherModel });
put("a-probe", 3, { kind: "probe" });
put("empty", 3, {}, "");
put("no-recording", 3, {}, "hello\n");
put("cut-header", 3, {}, JSON.stringify({ ...HEADER, createdAt: new Date(NOW).toISOString() }));
put("half-a-header", 3, {}, `${JSON.stringify({ ...HEADER, createdAt: new Date(NOW).toISOString() }).slice(0, 300)}\n`);
mkdirSync(join(results, "an-empty-folder"));
writeFileSync(join(results, "a-file"), "");
symlinkSync("/nowhere", join(results, "a-dangling-link"));

const subject = { goldenDigest: HEADER.goldenDigest, endpoints: HEADER.endpoints };

describe("runs in a results folder", () => {
  it("of the last 24 hours are those of the same golden set, addresses and models, newest first", () => {
    expect(recentRuns(results, subject, NOW)).toEqual([
      { runId: "renamed-but-newest", createdAt: "2026-03-10T11:00:00.000Z" },
      { runId: "2026-03-10T10", createdAt: "2026-03-10T10:00:00.000Z" },
      { runId: "yesterday", createdAt: "2026-03-09T13:00:00.000Z" },
    ]);
    expect(recentRuns(join(results, "nowhere"), subject, NOW)).toEqual([]);
  });

  it("give the newest, however old", () => {
    expect(newestRun(results, subject)).toBe(join(results, "of-the-future"));
    expect(newestRun(results, { ...subject, goldenDigest: "sha256:1" })).toBe(join(results, "other-set"));
    expect(() => newestRun(results, { ...subject, goldenDigest: "sha256:2" })).toThrow(
      `${results}: no run of this golden set against these endpoints is here; name the folder of a run with --of, or run without --extend`,
    );
  });
});
