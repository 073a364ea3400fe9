/** How sweeps over sockets come to their end, what is refused before they begin, and the command: nothing here holds a time. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseSettings, prepareSweep, sweep } from "../dist/index.js";
import { skipWhereBusy, sweepHarness, sweepYaml } from "./sweep-harness.js";
import { typedIn } from "./typed.js";

const { folder, sim, swept } = sweepHarness();

describe("a sweep", () => {
  it("ends at the first 429: rate-limited, not saturated", async ({ skip }) => {
    const { baseUrl } = await sim({ rpm: 40 });
    const { summary } = await swept(sweepYaml(baseUrl, "from: 8, to: 64, settle: 500ms, window: 3s"));
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
      sweepYaml(baseUrl, "from: 2, to: 64, settle: 500ms, window: 2s", { capture: ", maxRequests: 40" }),
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
    const prepared = prepareSweep(parseSettings(sweepYaml(baseUrl, "settle: 500ms, window: 2s"), folder));
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
    const text = sweepYaml(baseUrl, "points: [1, 2, 4], settle: 300ms, window: 1s").replace("seed: 3", "seed: 4");
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
      sweepYaml(refusing.baseUrl, "points: [1, 2], settle: 300ms, window: 1s", { baseline: healthy.baseUrl }),
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
    const base = sweepYaml("http://127.0.0.1:1/v1", "");
    expect(refusal(base.replace("tier: small", "limits: { rpm: 60 }"))).toMatch(
      /^endpoints\.candidate\.limits: a sweep would find these limits of yours/,
    );
    expect(refusal(sweepYaml("http://127.0.0.1:1/v1", "shape: poisson, from: 0.1"))).toMatch(
      /at 0\.1 requests\/s a window of 30 s holds about 3 requests; raise it, or begin higher: 10 are the least/,
    );
    const both = sweepYaml("http://127.0.0.1:1/v1", "", {
      baseline: "http://127.0.0.1:2/v1",
      capture: ", order: serial",
    });
    expect(refusal(both.replace("tier: small", "wake: { idleAfter: 1m }"))).toMatch(
      /the candidate would be asleep again/,
    );
  });
});

describe("the command", () => {
  const command = async (args: readonly string[]) => {
    const { code, out, err } = await typedIn(folder, args);
    return { code, stdout: out, stderr: err };
  };

  it("refuses an endpoint that is not said to be its user's own", async () => {
    writeFileSync(join(folder, "foreign.yaml"), sweepYaml("http://127.0.0.1:1/v1", "").replaceAll(", owned: true", ""));
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
    writeFileSync(join(folder, "plan.yaml"), sweepYaml("http://127.0.0.1:1/v1", "slo: ttft p95 < 1s"));
    const { code, stdout } = await command(["sweep", "plan.yaml", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toContain("from 1 in flight, doubled until it saturates or reaches 256");
    expect(stdout).toContain("SLO       ttft p95 < 1s");
    expect(stdout).toContain("mix       chat 100 %");
    // Seventeen loads of ten seconds to a minute to settle, and half a minute each.
    expect(stdout).toContain("each      10 s to settle (up to 1 min where answers take long), 30 s measured");
    expect(stdout).toMatch(/at most {3}17 loads, 11 min 20 s to 25 min 30 s and what is still in flight/);
  });

  it("plans the example of the documentation", async () => {
    const example = fileURLToPath(new URL("../examples/sweep.yaml", import.meta.url));
    const { code, stdout } = await command(["sweep", example, "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Sweep of migration: closed loop/);
    expect(stdout).toContain("both endpoints are loaded at the same moments");
  });

  it("writes its files, shows the sweep, and judges it again without a request", async () => {
    const { baseUrl, stop } = await sim();
    writeFileSync(join(folder, "sweep.yaml"), sweepYaml(baseUrl, "points: [1, 4], settle: 500ms, window: 1s"));
    const first = await command(["sweep", "sweep.yaml", "--out", "runs"]);
    // 4 where this machine was too busy: its files are written all the same.
    expect([0, 4]).toContain(first.code);
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
    expect((await command(["sweep", "sweep.yaml", "--from", run])).stderr).toMatch(
      /^sweep\.yaml: a recorded sweep is judged as it was sent/,
    );
    const again = await command(["sweep", "--from", run, "--json"]);
    expect(again.code).toBe(first.code);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(readFileSync(join(folder, run, "sweep.json"), "utf8")));
    expect((await command(["score", run])).stderr).toMatch(
      /this is the recording of a sweep; judge it with twintail sweep --from/,
    );
    expect((await command(["run", "sweep.yaml", "--resume", run])).code).toBe(2);
  }, 60_000);
});
