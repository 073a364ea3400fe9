/** A run whose pairs have times of their own: what it says of an endpoint that cannot keep up. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { parseSettings, prepareResume, prepareRun, renderTerminal, run, score } from "../dist/index.js";
import { planText } from "../src/cli/plan-text.js";
import { parseTrace } from "../src/config/trace.js";
import { CHAT_BODY, plainAnswer, type RawServer, rawServer } from "./capture/harness.js";
import { ONE_CASE } from "./golden/sets.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-open-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "set.yaml"), ONE_CASE);
const servers: RawServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function answering(afterMs: number): Promise<RawServer> {
  const server = await rawServer((socket) => {
    setTimeout(() => socket.write(plainAnswer(CHAT_BODY)), afterMs);
  });
  servers.push(server);
  return server;
}

async function openRun(candidateMs: number, arrivals: string) {
  const [fast, other] = [await answering(5), await answering(candidateMs)];
  const settings = parseSettings(
    `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${fast.baseUrl}", models: { default: m }, streamUsage: false }
  candidate: { baseUrl: "${other.baseUrl}", models: { default: m }, streamUsage: false }
capture: { rounds: 40, warmup: 1, seed: 4, solo: { requests: 0 }, arrivals: { ${arrivals} } }
gates: [e2e shift < 5]
`,
    folder,
  );
  const finished = await run(prepareRun(settings), { resultsFolder: join(folder, "results"), environment: {} });
  return { summary: finished.report.summary, report: finished.report, recording: finished.recording, settings };
}

describe("a run in an open loop", () => {
  it("keeps its rate whatever the answers take, and has latencies from the intended time", async () => {
    const { summary, report, recording, settings } = await openRun(300, "shape: constant, rate: 20");
    expect(summary.run.stopped).toEqual([]);
    const { candidate } = summary.metrics.e2e_intended?.warm ?? {};
    expect(candidate?.n).toBe(40);
    expect(candidate?.p50).toBeGreaterThanOrEqual(
      summary.metrics.e2e?.warm?.candidate?.p50 ?? Number.POSITIVE_INFINITY,
    );
    // 20 a second at 300 ms each: six in flight, and nobody waits for them.
    expect(summary.endpoints.candidate.meanInFlight).toBeGreaterThan(4);
    expect(summary.endpoints.candidate.meanInFlight).toBeLessThan(9);
    expect(summary.validity.figures.find(({ name }) => name === "arrivals dropped")).toMatchObject({
      value: 0,
      ok: true,
    });
    const shown = renderTerminal(report, { columns: 100, color: false }).replaceAll(/\s+/g, " ");
    expect(shown).toContain("e2e_intended");
    expect(summary.run.arrivals).toBe("open loop, arrivals at even gaps, 20 pairs a second");
    expect(shown).toContain(`, ${summary.run.arrivals};`);
    expect(planText(prepareRun(settings), false)).toMatch(
      /40 rounds, open loop, arrivals at even gaps, 20 pairs a second, order/,
    );
    expect(score(recording).summary).toEqual(summary);
  }, 30_000);

  it("that dropped more than 1 % of its arrivals is invalid, and says by how much", async () => {
    const { summary, recording, settings } = await openRun(400, "shape: constant, rate: 20, maxInFlight: 2");
    const figure = summary.validity.figures.find(({ name }) => name === "arrivals dropped");
    expect(figure).toMatchObject({ ok: false, limit: 0.01 });
    expect(figure?.value).toBeGreaterThan(0.2);
    expect(summary.verdict).toBe("invalid");
    expect(summary.verdictReason).toMatch(
      /arrivals dropped \d+ %, above the limit of 1 %: the candidate answers fewer/,
    );
    expect(summary.run).toMatchObject({ ended: "complete", partial: false });
    // Killed before its last answers came, it lacks those and none that was dropped.
    const lines = readFileSync(recording, "utf8").trimEnd().split("\n");
    const exchanges = lines.filter((line) => line.startsWith('{"type":"exchange"'));
    const cut = new Set([...exchanges.slice(-3), lines.at(-1)]);
    writeFileSync(recording, `${lines.filter((line) => !cut.has(line)).join("\n")}\n`);
    const resumed = prepareResume(settings, recording);
    expect(resumed.missing).toBe(3);
    expect(resumed.notes).toEqual([expect.stringMatching(/^capture\.arrivals: .* another load than was asked for/)]);
  }, 30_000);

  it("of a trace is gone on with by that trace alone, at its speed", async () => {
    writeFileSync(join(folder, "trace.csv"), "timestamp_ms\n0\n10\n30\n");
    const { recording, settings } = await openRun(5, "shape: trace, trace: trace.csv");
    const lines = readFileSync(recording, "utf8").trimEnd().split("\n");
    writeFileSync(recording, `${lines.slice(0, -4).join("\n")}\n`);
    const faster = parseTrace("timestamp_ms\n0\n10\n30\n", "trace.csv", 2);
    const capture = {
      ...settings.capture,
      arrivals: { shape: { kind: "trace", arrivals: faster }, maxInFlight: 512, whenFull: "drop" },
    } as const;
    expect(() => prepareResume({ ...settings, capture }, recording)).toThrow(/^capture\.arrivals: was .* now; use the/);
    expect(prepareResume(settings, recording).missing).toBeGreaterThan(0);
  }, 30_000);
});
