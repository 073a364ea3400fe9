/** The nightly commands as they are typed. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadGoldenSet } from "../../src/golden/load.js";
import { addNight } from "../../src/history/nights-file.js";
import type { RunComparison } from "../../src/report/run-comparison.js";
import type { TrendSummary } from "../../src/report/trend-summary.js";
import { rawServer } from "../capture/harness.js";
import { night } from "../history/nights.js";
import { failed, usual, writeRun } from "../history/recordings.js";
import { typedIn } from "../typed.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-nights-"));
afterAll(() => rmSync(folder, { recursive: true }));

const twintail = (...args: readonly string[]) => typedIn(folder, args);

const SET = `name: small
defaults: { temperature: 0, max_tokens: 20, stream: true }
cases:
  - id: one
    category: chat
    detects: nothing
    request: { messages: [{ role: user, content: hello }] }
    expect: { contains: hello }
    reference: hello
`;
writeFileSync(join(folder, "set.yaml"), SET);
const NOWHERE = "http://127.0.0.1:1/v1";
const config = (name: string, baseline: string, candidate: string, capture = "", price = ""): string => {
  const endpoint = (baseUrl: string) => `{ baseUrl: "${baseUrl}", models: { default: m }${price} }`;
  writeFileSync(
    join(folder, name),
    `goldens: set.yaml
endpoints: { baseline: ${endpoint(baseline)}, candidate: ${endpoint(candidate)} }
capture: { rounds: 6, concurrency: 1, warmup: 0, solo: { requests: 0 }, retry: { attempts: 1 }${capture} }
`,
  );
  return name;
};
const PRICE = ", price: { inputPerMTok: 1, outputPerMTok: 2 }";

describe("compare", () => {
  const older = writeRun(folder, "older", usual());
  const slower = writeRun(folder, "slower", (place) => usual(place.role === "candidate" ? 1 : 0)(place));
  const broken = writeRun(folder, "broken", (place) => (place.caseId === "two" ? failed() : usual(1)(place)));

  it("exits 0 when nothing is worse, 1 when a contract broke, 2 when it cannot compare", async () => {
    expect(await twintail("compare", older, slower)).toMatchObject({ code: 0, out: expect.stringMatching(/^Pass: /) });
    expect(await twintail("compare", older, broken)).toMatchObject({ code: 1, out: expect.stringMatching(/^Fail: /) });
    expect(await twintail("compare", older, older)).toMatchObject({ code: 2, out: "" });
    const { code, err } = await twintail("compare", older, "nowhere");
    expect([code, err.split("\n")]).toEqual([2, [expect.stringMatching(/^nowhere: /), ""]]);
  });

  it("exits 3 when three rounds leave it to chance, and prints JSON alone", async () => {
    const short = writeRun(folder, "short", usual(), { rounds: 3 });
    const worse = (place: { caseId: string; round: number; role: "baseline" | "candidate" }) =>
      place.caseId === "two" && place.role === "candidate" ? failed() : usual(1)(place);
    const { code, out } = await twintail("compare", short, writeRun(folder, "worse", worse, { rounds: 3 }), "--json");
    const comparison = JSON.parse(out) as RunComparison;
    expect([code, comparison.verdict, comparison.changes[0]?.about]).toEqual([3, "inconclusive", "two"]);
    const other = await twintail("compare", short, join(folder, "worse.jsonl"), "--endpoint", "baseline", "--json");
    expect([other.code, (JSON.parse(other.out) as RunComparison).endpoints.candidate]).toEqual([0, null]);
    expect((await twintail("compare", short, older, "--endpoint", "both")).code).toBe(2);
  });
});

describe("trend", () => {
  const add = (history: string, indices: number, ratio: (index: number) => number) => {
    for (let index = 0; index < indices; index++) {
      addNight(join(folder, history), night(index, { ratios: { ttfa: ratio(index) } }));
    }
  };

  it("exits 0 and warns on watch, 1 on the second night, 2 without a history", async () => {
    add("watch", 16, (index) => (index === 15 ? 2 : 1 + (index % 3) / 50));
    add("fail", 17, (index) => (index >= 15 ? 2 : 1 + (index % 3) / 50));
    expect(await twintail("trend", "watch")).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^warning: beyond the bound/),
    });
    expect(await twintail("trend", "fail")).toMatchObject({ code: 1, out: expect.stringMatching(/^Fail: .*ttfa\./) });
    expect(await twintail("trend", "no-such")).toMatchObject({ code: 2, out: "" });
    // After a change that is there to stay.
    expect(await twintail("trend", "fail", "--since", "2026-01-16")).toMatchObject({ code: 0 });
    expect(await twintail("trend", "fail", "--since", "soon")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--since/),
    });
    expect(await twintail("trend", "fail", "--vantage", "moon")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/a --vantage that it has: bench-02/),
    });
  });

  it("prints JSON alone, and writes a page for its owner", async () => {
    const { code, out, err } = await twintail("trend", "fail", "--json", "--out", "page.html");
    const summary = JSON.parse(out) as TrendSummary;
    expect([code, summary.verdict, summary.current[0]?.nights.length]).toEqual([1, "fail", 17]);
    expect(err).toMatch(/Wrote page\.html\nOpen {2}file:\/\/\//);
    expect(statSync(join(folder, "page.html")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, "page.html"), "utf8")).toMatch(/^<!doctype html>/);
  });

  it("adds an existing run once, from the place that is named", async () => {
    const run = writeRun(folder, "added", usual());
    const first = await twintail("trend", "added-history", "--add", run, "--vantage", "ci");
    expect(first).toMatchObject({
      code: 0,
      err: "Added added to added-history; twintail trend added-history reads it\n",
    });
    expect(first.out).toMatch(/^From ci/m);
    const second = await twintail("trend", "added-history", "--add", run);
    expect(second.err).toBe("added is in added-history already: nothing was added\n");
    expect(readFileSync(join(folder, "added-history", "nights.jsonl"), "utf8").split("\n")).toHaveLength(2);
  });
});

describe("run, before any request", () => {
  it("refuses a month's money without a history, and a night that would break it", async () => {
    const file = config("month.yaml", NOWHERE, NOWHERE, ", maxCostPerMonth: 5", PRICE);
    const without = await twintail("run", file);
    expect([without.code, without.err]).toEqual([
      2,
      expect.stringMatching(/maxCostPerMonth: without a history .*give --history/),
    ]);
    const at = Date.now() - 3_600_000;
    addNight(join(folder, "dear"), night(0, { at, more: { cost: { baseline: 3, candidate: 2 } } }));
    const dear = await twintail("run", file, "--history", "dear");
    expect([dear.code, dear.err]).toEqual([2, expect.stringMatching(/1 night of the last 30 days cost \$5\.00/)]);
    // With room left it goes on to the endpoint, which is not there.
    expect((await twintail("run", file, "--history", "cheap")).err).toMatch(/cannot reach 127\.0\.0\.1:1/);
  });

  it("refuses a pinned run of another golden set or of other models", async () => {
    const file = config("pinned.yaml", NOWHERE, NOWHERE);
    const other = await twintail("run", file, "--baseline", writeRun(folder, "other-set", usual()));
    expect([other.code, other.err]).toEqual([2, expect.stringMatching(/replayed another golden set/)]);
    const goldenDigest = loadGoldenSet(join(folder, "set.yaml")).digest;
    const models = writeRun(folder, "other-models", usual(), { header: { goldenDigest } });
    const asked = await twintail("run", file, "--baseline", models);
    expect([asked.code, asked.err]).toEqual([2, expect.stringMatching(/asked other models of the baseline/)]);
    expect((await twintail("run", file, "--vantage", "ci")).err).toMatch(
      /--vantage names a place .*give --history too/,
    );
    expect(existsSync(join(folder, "results"))).toBe(false);
  });
});

describe("a night against simulated endpoints", () => {
  it("is added to the history, held against the pinned one, and fails where a contract broke", {
    timeout: 120_000,
  }, async () => {
    const { startSimProcess } = await import("../../dist/sim/process.js");
    const sim = await startSimProcess({ tier: "h100x2", goldens: join(folder, "set.yaml") });
    const broken = await rawServer((socket) => socket.write("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"));
    try {
      const good = config("good.yaml", sim.baseUrl, sim.baseUrl, ", maxCostPerMonth: 5", PRICE);
      const first = await twintail("run", good, "--history", "history", "--vantage", "here", "--json");
      expect([first.code, first.err]).toEqual([
        0,
        expect.stringMatching(/Added .* to history; twintail trend history/),
      ]);
      const { run } = JSON.parse(first.out) as { run: { runId: string } };
      const [line] = readFileSync(join(folder, "history", "nights.jsonl"), "utf8").split("\n");
      expect(JSON.parse(line as string)).toMatchObject({
        runId: run.runId,
        vantage: { name: "here" },
        cost: { baseline: expect.any(Number), candidate: expect.any(Number) },
        metrics: { ttft: { baseline: { n: 6 } } },
      });
      const bad = config("bad.yaml", sim.baseUrl, broken.baseUrl);
      const pinned = join("results", run.runId);
      const second = await twintail("run", bad, "--history", "history", "--vantage", "here", "--baseline", pinned);
      expect(second.out).toMatch(/Against the pinned run\nFail: candidate: errors 0 of 6 → 6 of 6/);
      expect(second.out).toMatch(/! the candidate has another address/);
      expect(second.code).toBe(1);
      const newest = readdirSync(join(folder, "results")).sort().at(-1) as string;
      const kept = JSON.parse(readFileSync(join(folder, "results", newest, "compare.json"), "utf8")) as RunComparison;
      expect([kept.verdict, kept.older.runId]).toEqual(["fail", run.runId]);
      const trend = JSON.parse((await twintail("trend", "history", "--json")).out) as TrendSummary;
      expect(trend).toMatchObject({ verdict: "short", runs: 2 });
    } finally {
      await broken.close();
      await sim.stop();
    }
  });
});
