/** A run against replays: what the recording's own run saw of two endpoints, seen again. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { type FinishedRun, parseSettings, prepareRun, run, score, startReplayProcess } from "../../../dist/index.js";
import { readRecording } from "../../../src/recording/reader.js";

const RECORDING = fileURLToPath(new URL("../../recordings/llama-cpp-apis.jsonl", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "twintail-replay-run-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The golden set of the recording; JSON is YAML. */
function goldens(): string {
  const { header } = readRecording(RECORDING, () => {});
  const cases = header.goldenSet.cases.map(({ id, category, detects, api, request, expect: due }) => {
    return { id, category, detects, api, stream: "both", request, expect: due };
  });
  const file = join(folder, "set.yaml");
  writeFileSync(file, JSON.stringify({ name: "apis", cases }));
  return file;
}

type Role = "baseline" | "candidate";

/** The recorded run again, against replays of the given endpoints. */
async function runAgainst(baseline: Role, candidate: Role): Promise<FinishedRun> {
  const replayed = await Promise.all(
    [baseline, candidate].map((endpoint) => startReplayProcess({ recording: RECORDING, endpoint, speed: 20 })),
  );
  onTestFinished(async () => {
    await Promise.all(replayed.map((one) => one.stop()));
  });
  const [first, second] = replayed.map(({ baseUrl }) => `{ baseUrl: "${baseUrl}", models: { default: m } }`);
  const settings = parseSettings(
    `goldens: ${goldens()}
endpoints:
  baseline: ${first}
  candidate: ${second}
capture: { rounds: 2, concurrency: 1, warmup: 1, seed: 1, solo: { requests: 0 }, once: [], control: false }
`,
    folder,
  );
  return run(prepareRun(settings), { resultsFolder: join(folder, `${baseline}-${candidate}`) });
}

describe("a run against replays of /completions and /responses, streamed and not", () => {
  it("finds the parity that was recorded", async () => {
    const recorded = score(RECORDING).summary;
    expect(recorded.parity).toMatchObject({ pairs: 12 });
    const { summary } = (await runAgainst("baseline", "candidate")).report;
    expect(summary.run).toMatchObject({ recorded: 26, partial: false, ended: "complete" });
    expect(summary.failures).toEqual({ baseline: [], candidate: [] });
    expect(summary.parity).toEqual(recorded.parity);
    expect(summary.checks).toEqual(recorded.checks);
  }, 60_000);

  it("finds one endpoint beside itself the same to the byte", async () => {
    const { summary } = (await runAgainst("candidate", "candidate")).report;
    expect(summary.failures).toEqual({ baseline: [], candidate: [] });
    expect(summary.parity).toMatchObject({ pairs: 12, rungs: { bytes: 12, none: 0 }, flips: [] });
  }, 60_000);
});
