/** A shard whose endpoints keep it waiting until the others have gone on. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { parseSettings, prepareRun, run } from "../dist/index.js";
import { CHAT_BODY, plainAnswer, rawServer } from "./capture/harness.js";
import { CAPITALS } from "./golden/sets.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-late-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "set.yaml"), CAPITALS);

it("a shard that its preflight makes too late sends nothing of the plan, and leaves no recording", async () => {
  const server = await rawServer((socket) => {
    setTimeout(() => socket.write(plainAnswer(CHAT_BODY)), 3_000);
  });
  const settings = parseSettings(
    `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${server.baseUrl}", models: { default: m } }
  candidate: { baseUrl: "${server.baseUrl}", models: { default: m } }
capture: { rounds: 2, warmup: 0, seed: 4, solo: { requests: 0 } }
`,
    folder,
  );
  // A minute late is late enough: two seconds before that it may still begin.
  const shard = { index: 1, count: 2, startAtMs: Date.now() - 58_000 };
  const sent = run(prepareRun(settings, shard), { resultsFolder: join(folder, "results"), environment: {} });
  await expect(sent).rejects.toThrow(/^--start-at: the common start was 1 min .* ago: the other shards went on/);
  expect(server.requests.length).toBeLessThanOrEqual(4);
  expect(readdirSync(folder)).toEqual(["set.yaml"]);
  await server.close();
}, 30_000);
