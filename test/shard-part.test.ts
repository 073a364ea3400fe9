/** A shard that does not send: its endpoints keep it waiting until the others have gone on, or it is told to stop. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { parseSettings, prepareRun, run } from "../dist/index.js";
import { readRecording } from "../src/recording/reader.js";
import { CHAT_BODY, plainAnswer, rawServer } from "./capture/harness.js";
import { CAPITALS } from "./golden/sets.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-late-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "set.yaml"), CAPITALS);

const settingsFor = (baseUrl: string) =>
  parseSettings(
    `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${baseUrl}", models: { default: m } }
  candidate: { baseUrl: "${baseUrl}", models: { default: m } }
capture: { rounds: 2, warmup: 0, seed: 4, solo: { requests: 0 } }
`,
    folder,
  );

it("a shard that is interrupted while it waits for the start says so in its recording", async () => {
  const server = await rawServer((socket) => socket.write(plainAnswer(CHAT_BODY)));
  const stop = new AbortController();
  const shard = { index: 1, count: 2, startAtMs: Date.now() + 600_000 };
  const sent = run(prepareRun(settingsFor(server.baseUrl), shard), {
    resultsFolder: join(folder, "interrupted"),
    environment: {},
    stop: stop.signal,
    onStart: () => stop.abort(),
  });
  await expect(sent).rejects.toMatchObject({ exitCode: 130 });
  const [name = ""] = readdirSync(join(folder, "interrupted"));
  let exchanges = 0;
  const frame = readRecording(join(folder, "interrupted", name), () => exchanges++);
  expect([frame.segments.length, frame.end?.reason, exchanges]).toEqual([1, "interrupted", 0]);
  await server.close();
});

it("a shard whose threads would have no place each to wait for is refused", () => {
  const settings = settingsFor("http://127.0.0.1:1/v1");
  const arrivals = { shape: { kind: "constant" }, rate: 4, maxInFlight: 3, whenFull: "wait" } as const;
  const capture = { ...settings.capture, workers: 2, arrivals };
  expect(() => prepareRun({ ...settings, capture }, { index: 1, count: 2 })).toThrow(
    /^capture\.arrivals\.maxInFlight: 4 threads of all shards have no place each among 3 in flight/,
  );
});

it("a shard that its preflight makes too late sends nothing of the plan, and leaves no recording", async () => {
  const server = await rawServer((socket) => {
    setTimeout(() => socket.write(plainAnswer(CHAT_BODY)), 3_000);
  });
  // A minute late is late enough: two seconds before that it may still begin.
  const shard = { index: 1, count: 2, startAtMs: Date.now() - 58_000 };
  const sent = run(prepareRun(settingsFor(server.baseUrl), shard), {
    resultsFolder: join(folder, "results"),
    environment: {},
  });
  await expect(sent).rejects.toThrow(/^--start-at: the common start was 1 min .* ago: the other shards went on/);
  expect(server.requests.length).toBeLessThanOrEqual(4);
  expect(existsSync(join(folder, "results"))).toBe(false);
  await server.close();
}, 30_000);
