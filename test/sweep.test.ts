/** Sweeps from end to end against simulated endpoints of known capacity, in processes of their own. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import {
  parseSettings,
  prepareSweep,
  type SimOptions,
  type SimProcess,
  type SweepSummary,
  scoreSweep,
  startSimProcess,
  sweep,
} from "../dist/index.js";
import { capacityRequestsPerS } from "../src/sim/batching.js";
import { engineParameters } from "../src/sim/tiers.js";

const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "twintail-sweep-"));
afterAll(() => rmSync(folder, { recursive: true }));
const sims: SimProcess[] = [];
afterEach(async () => {
  await Promise.all(sims.splice(0).map((sim) => sim.stop()));
});

const OUTPUT_TOKENS = 24;
writeFileSync(
  join(folder, "set.yaml"),
  `name: small
cases:
  - id: count
    category: chat
    detects: a wrong answer
    request: { max_tokens: ${OUTPUT_TOKENS}, messages: [{ role: user, content: "Count as far as you can." }] }
    expect: { min_output_tokens: 1 }
`,
);

/** Eight places of 60 to 50 tokens a second: few enough events that a small, busy machine keeps the pace. */
const ENGINE = {
  decodeTokensPerS: 60,
  batchSlowdown: 0.03,
  maxBatch: 8,
  prefillTokensPerS: 50_000,
  prefillChunkTokens: 512,
};

async function sim(options: Partial<SimOptions> = {}): Promise<SimProcess> {
  const started = await startSimProcess({ tier: "h100x2", engine: ENGINE, ...options });
  sims.push(started);
  return started;
}

const yaml = (
  candidate: string,
  load: string,
  { baseline, capture = "" }: { baseline?: string; capture?: string } = {},
): string =>
  `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${baseline ?? candidate}", models: { default: m }${baseline === undefined ? ", apiKeyEnv: NOT_SET" : ", owned: true"} }
  candidate: { baseUrl: "${candidate}", models: { default: m }, owned: true, tier: small }
capture: { seed: 3, warmup: 1${capture} }
load: { ${load} }
`;

const swept = async (text: string): Promise<{ readonly summary: SweepSummary; readonly recording: string }> => {
  const prepared = prepareSweep(parseSettings(text, folder));
  return sweep(prepared, { resultsFolder: join(folder, "results"), environment: {} });
};

/** A machine that is busy with other things measures itself: whole sweeps in virtual time stand in test/capacity. */
function skipWhereBusy({ verdict, reason }: SweepSummary, skip: (note: string) => void): void {
  if (verdict === "invalid") skip(`this machine could not be trusted: ${reason}`);
}

const known = capacityRequestsPerS(engineParameters("h100x2", ENGINE), {
  promptTokens: 20,
  outputTokens: OUTPUT_TOKENS,
});

describe("a sweep", () => {
  it("finds what a simulated engine of known capacity bears, within 10 %, and where", async ({ skip }) => {
    const { baseUrl } = await sim();
    const { summary, recording } = await swept(
      yaml(baseUrl, "points: [2, 4, 8, 16, 32], settle: 700ms, window: 3s, slo: ttft p50 < 300ms"),
    );
    const own = summary.endpoints.candidate.sweep;
    skipWhereBusy(summary, skip);
    expect(summary.verdict).toBe("measured");
    expect(summary.endpoints.baseline.sweep).toBeNull();
    expect(own?.stopped.kind).toBe("listed");
    expect((own?.knee?.throughput.value ?? 0) / known).toBeGreaterThan(0.9);
    expect((own?.knee?.throughput.value ?? 0) / known).toBeLessThan(1.1);
    expect(own?.knee?.load.value).toBeGreaterThan(6);
    expect(own?.knee?.load.value).toBeLessThan(11);
    // A queue of one more wave lengthens the wait by a whole answer: beyond the knee the SLO breaks.
    expect(own?.goodput?.load.value).toBeGreaterThanOrEqual(4);
    expect(own?.goodput?.load.value).toBeLessThan(16);
    expect(own?.goodput?.limitedBy).toBe("ttft p50 < 300ms");
    expect(scoreSweep(recording)).toEqual(summary);
  }, 240_000);

  it("loads both endpoints with one schedule in an open loop, each to what it bears", async ({ skip }) => {
    const [slow, fast] = [await sim({ seed: 1 }), await sim({ seed: 2, replicas: 4 })];
    const { summary, recording } = await swept(
      yaml(fast.baseUrl, "shape: poisson, points: [6, 36], settle: 1s, window: 5s, maxInFlight: 200", {
        baseline: slow.baseUrl,
      }),
    );
    skipWhereBusy(summary, skip);
    const { baseline, candidate } = summary.endpoints;
    const at = (load: number) =>
      [baseline, candidate].map(({ sweep: own }) => own?.points.find((point) => point.load === load && point.trusted));
    const [lowSlow, lowFast] = at(6);
    expect(lowSlow?.offeredPerS).toBe(lowFast?.offeredPerS);
    expect(lowSlow?.state).toBe("steady");
    expect(lowFast?.state).toBe("steady");
    const [highSlow, highFast] = at(36);
    expect(highSlow?.state).toBe("saturated");
    expect(highFast?.state).not.toBe("saturated");
    expect(highSlow?.throughput.value).toBeLessThan(0.7 * 36);
    // Same prompts to both, each once.
    const bodies = readFileSync(recording, "utf8")
      .split("\n")
      .filter((line) => line.startsWith('{"type":"point"'))
      .flatMap((line) => (JSON.parse(line) as { plan: { endpoint: string; nonce: string }[] }).plan);
    const nonces = (role: string): string[] =>
      bodies.filter(({ endpoint }) => endpoint === role).map(({ nonce }) => nonce);
    expect([...nonces("baseline")].sort()).toEqual([...nonces("candidate")].sort());
    expect(new Set(nonces("baseline")).size).toBe(nonces("baseline").length);
  }, 120_000);

  it("ends at the first 429: rate-limited, not saturated", async ({ skip }) => {
    const { baseUrl } = await sim({ rpm: 40 });
    const { summary } = await swept(yaml(baseUrl, "from: 8, to: 64, settle: 500ms, window: 3s"));
    skipWhereBusy(summary, skip);
    const own = summary.endpoints.candidate.sweep;
    expect(own?.stopped.kind).toBe("rate-limited");
    expect(own?.knee).toBeNull();
    expect(own?.points.at(-1)?.state).toBe("rate-limited");
    const refused = own?.points.reduce((sum, { errors }) => sum + errors.http429, 0) ?? 0;
    expect(refused).toBeLessThanOrEqual(64);
  }, 120_000);

  it("that reaches the most requests it may send is partial, and says so", async ({ skip }) => {
    const { baseUrl } = await sim();
    const { summary } = await swept(
      yaml(baseUrl, "from: 2, to: 64, settle: 500ms, window: 2s", { capture: ", maxRequests: 40" }),
    );
    skipWhereBusy(summary, skip);
    expect(summary.verdict).toBe("partial");
    expect(summary.endpoints.candidate.sweep?.stopped.kind).toBe("limit");
  }, 60_000);
});

describe("a sweep that does not come to its end", () => {
  it("interrupted before its first load is partial, not broken", async () => {
    const { baseUrl } = await sim();
    const stop = new AbortController();
    const prepared = prepareSweep(parseSettings(yaml(baseUrl, "settle: 500ms, window: 2s"), folder));
    const { summary, interrupted } = await sweep(prepared, {
      resultsFolder: join(folder, "results"),
      environment: {},
      stop: stop.signal,
      onReleased: () => stop.abort(),
    });
    expect(interrupted).toBe(true);
    expect(summary.verdict).toBe("partial");
    expect(summary.reason).toBe("the sweep was interrupted");
    expect(summary.endpoints.candidate.sweep?.points).toEqual([]);
  }, 30_000);

  it("cut within a load says nothing of that load, and why it ended", async () => {
    const { baseUrl } = await sim();
    const stop = new AbortController();
    let loads = 0;
    const text = yaml(baseUrl, "points: [1, 2, 4], settle: 300ms, window: 1s").replace("seed: 3", "seed: 4");
    const { summary } = await sweep(prepareSweep(parseSettings(text, folder)), {
      resultsFolder: join(folder, "results"),
      environment: {},
      stop: stop.signal,
      onPoint: () => {
        if (++loads === 2) setTimeout(() => stop.abort(), 700);
      },
    });
    const own = summary.endpoints.candidate.sweep;
    expect(own?.points.map(({ load }) => load)).toEqual([1]);
    expect(own?.stopped).toEqual({ kind: "interrupted", text: "the sweep was interrupted" });
  }, 30_000);

  it("gives one endpoint up and goes on with the other", async () => {
    const [healthy, refusing] = [await sim(), await sim({ inject: [{ kind: "401" }] })];
    const { summary } = await swept(
      yaml(refusing.baseUrl, "points: [1, 2], settle: 300ms, window: 1s", { baseline: healthy.baseUrl }),
    );
    const { baseline, candidate } = summary.endpoints;
    expect(candidate.sweep?.stopped).toEqual({
      kind: "failing",
      text: "it was given up after 3 failures in a row, the last HTTP 401",
    });
    expect(baseline.sweep?.stopped.kind).toBe("listed");
    // A load that this machine was too busy for is sent again.
    expect([...new Set(baseline.sweep?.points.map(({ load }) => load))]).toEqual([1, 2]);
  }, 30_000);
});

describe("what is refused before the first request", () => {
  const refusal = (text: string): string => {
    try {
      prepareSweep(parseSettings(text, folder));
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };

  it("is a limit of the user's own, a window without arrivals, and a sleeper that would wait its turn", () => {
    const base = yaml("http://127.0.0.1:1/v1", "");
    expect(refusal(base.replace("tier: small", "limits: { rpm: 60 }"))).toMatch(
      /^endpoints\.candidate\.limits: a sweep would find these limits of yours/,
    );
    expect(refusal(yaml("http://127.0.0.1:1/v1", "shape: poisson, from: 0.1"))).toMatch(
      /at 0\.1 requests\/s a window of 30 s holds about 3 requests; raise it, or begin higher: 10 are the least/,
    );
    const both = yaml("http://127.0.0.1:1/v1", "", { baseline: "http://127.0.0.1:2/v1", capture: ", order: serial" });
    expect(refusal(both.replace("tier: small", "wake: { idleAfter: 1m }"))).toMatch(
      /the candidate would be asleep again/,
    );
  });
});

/** Exact percentiles of what arrived, whatever the report says. */
describe("an open loop against a server that stalls for 2 s", () => {
  it("shows the stall from the intended time, and not from the send, where connections are few", async () => {
    // 100 arrivals a second for 12 s, 8 connections: in the stall 8 wait at the server and about 200 before it.
    const { baseUrl } = await sim({
      engine: { ...ENGINE, decodeTokensPerS: 2_000, maxBatch: 64 },
      inject: [{ kind: "stall", afterMs: 6_000, forMs: 2_000 }],
    });
    const { summary } = await swept(
      yaml(baseUrl, "shape: constant, points: [100], settle: 1s, window: 12s, maxInFlight: 8, whenFull: wait"),
    );
    const point = summary.endpoints.candidate.sweep?.points[0];
    expect(point?.ttft_intended?.p99).toBeGreaterThan(1_000);
    expect(point?.ttft?.p99).toBeLessThan(500);
    expect(point?.ttft?.max).toBeGreaterThan(1_500);
    expect(point?.dropped).toBe(0);
    // It waited for the server, and no machine was late.
    expect(point?.send_lag?.p50).toBeLessThan(20);
  }, 60_000);
});

describe("the command", () => {
  const command = (args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [MAIN, ...args],
        { cwd: folder, env: { ...process.env, CI: "" } },
        (error, stdout, stderr) => resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
      );
    });

  it("refuses an endpoint that is not said to be its user's own", async () => {
    writeFileSync(join(folder, "foreign.yaml"), yaml("http://127.0.0.1:1/v1", "").replaceAll(", owned: true", ""));
    expect(await command(["sweep", "foreign.yaml"])).toMatchObject({
      code: 2,
      stderr:
        "endpoints.*.owned: a sweep loads an endpoint until it gives way, and neither is said to be yours; set owned: true on an endpoint that you may load\n",
    });
    expect((await command(["sweep", "foreign.yaml", "--only", "baseline"])).stderr).toMatch(
      /and the baseline is not said to be yours/,
    );
  });

  it("prints its plan and sends nothing", async () => {
    writeFileSync(join(folder, "plan.yaml"), yaml("http://127.0.0.1:1/v1", "slo: ttft p95 < 1s"));
    const { code, stdout } = await command(["sweep", "plan.yaml", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toContain("from 1 in flight, doubled until it saturates or reaches 256");
    expect(stdout).toContain("SLO       ttft p95 < 1s");
    expect(stdout).toContain("mix       chat 100 %");
  });

  it("writes its files, shows the sweep, and judges it again without a request", async () => {
    const { baseUrl, stop } = await sim();
    writeFileSync(join(folder, "sweep.yaml"), yaml(baseUrl, "points: [1, 4], settle: 500ms, window: 1s"));
    const first = await command(["sweep", "sweep.yaml", "--out", "runs"]);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/answers\/s|requests\/s/);
    const run = join("runs", readdirSync(join(folder, "runs"))[0] ?? "");
    expect(readdirSync(join(folder, run)).sort()).toEqual([
      "recording.jsonl",
      "sweep.csv",
      "sweep.html",
      "sweep.json",
      "sweep.md",
    ]);
    await stop();
    expect((await command(["sweep", "--from", run, "--slo", "errors < 1%"])).stderr).toMatch(
      /^--slo: a recorded sweep is judged as it was sent/,
    );
    const again = await command(["sweep", "--from", run, "--json"]);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(readFileSync(join(folder, run, "sweep.json"), "utf8")));
    expect((await command(["score", run])).stderr).toMatch(
      /this is the recording of a sweep; judge it with twintail sweep --from/,
    );
    expect((await command(["run", "sweep.yaml", "--resume", run])).code).toBe(2);
  }, 60_000);
});
