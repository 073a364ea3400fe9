/** The simulator as it is really used: a process of its own, held against its own log of actual send times. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BUNDLED_GOLDEN_SET, loadGoldenSet } from "../../src/golden/load.js";
import { withNonce } from "../../src/golden/nonce.js";
import type { SimOptions } from "../../src/sim/options.js";
import { type SimProcess, startSimProcess } from "../../src/sim/process.js";
import type { SendLogLine } from "../../src/sim/send-log.js";
import { chat, contentOf, eventsOf } from "./endpoint.js";

async function simProcess(options: SimOptions): Promise<SimProcess> {
  const sim = await startSimProcess(options);
  onTestFinished(() => sim.stop());
  return sim;
}

function logFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "twintail-sim-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "sent.jsonl");
}

const post = (sim: SimProcess, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${sim.baseUrl}/chat/completions`, { method: "POST", headers, body: JSON.stringify(body) });

const linesOf = (file: string): SendLogLine[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as SendLogLine);

/** Tokens per second between the first and the last token of one request. */
function sentRate(lines: readonly SendLogLine[]): number {
  const tokens = lines.filter((line) => line.kind === "token");
  const spanNs = BigInt(tokens.at(-1)?.atNs ?? 0) - BigInt(tokens[0]?.atNs ?? 0);
  return (tokens.length - 1) / (Number(spanNs) / 1e9);
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.each([
  ["h100x2", 118.9],
  ["a100x2", 106.6],
] as const)("%s decodes one stream at %d tokens/s, within one percent", async (tier, rate) => {
  const file = logFile();
  const sim = await simProcess({ tier, logFile: file, goldens: BUNDLED_GOLDEN_SET });
  const long = loadGoldenSet(BUNDLED_GOLDEN_SET).set.cases.find((one) => one.id === "long-answer");
  const request = { ...long?.request, model: "m", stream: true, max_tokens: 250 };
  const { chunks } = eventsOf(await (await post(sim, request)).text());
  const lines = linesOf(file); // complete as soon as the answer is
  expect(lines.filter((line) => line.kind === "token")).toHaveLength(250);
  expect(lines.map((line) => line.event)).toEqual(lines.map((_, index) => index));
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("length");
  expect(sentRate(lines) / rate).toBeGreaterThan(0.99);
  expect(sentRate(lines) / rate).toBeLessThan(1.01);
});

test("20 scripted streams of 100 events a second each keep their absolute times", async () => {
  const file = logFile();
  const sim = await simProcess({ tier: "h100x2", logFile: file });
  const script = JSON.stringify({ script: { events: 100, intervalMs: 10 } });
  const texts = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const response = await post(sim, chat(`stream ${index}`), {
        "x-twintail-sim": script,
        "x-request-id": `s${index}`,
      });
      return await response.text();
    }),
  );
  for (const text of texts) {
    const { chunks, done } = eventsOf(text);
    expect(done).toBe(true);
    expect(contentOf(chunks)).toContain("#98 #99 ");
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(100);
  }
  const lines = linesOf(file).filter((line) => line.kind === "token");
  expect(lines).toHaveLength(2_000);
  expect(new Set(lines.map((line) => line.requestId)).size).toBe(20);
  const lateMs = lines.map((line) => line.lateNs / 1e6).sort((a, b) => a - b);
  expect(lateMs[0]).toBeGreaterThanOrEqual(0);
  expect(lateMs[1_000]).toBeLessThan(2);
  for (let stream = 0; stream < 20; stream++) {
    const rate = sentRate(lines.filter((line) => line.requestId === `s${stream}`));
    expect(rate).toBeGreaterThan(90);
    expect(rate).toBeLessThan(110);
  }
});

test("the bundled golden set's references are found under a nonce, in both variants", async () => {
  const engine = { decodeTokensPerS: 50_000, prefillTokensPerS: 1e6 };
  const sim = await simProcess({ tier: "h100x2", goldens: BUNDLED_GOLDEN_SET, engine });
  const { set } = loadGoldenSet(BUNDLED_GOLDEN_SET);
  const plain = set.cases.find(
    (one) => one.api === "chat" && typeof one.reference?.content === "string" && one.request.stop === undefined,
  );
  const request = { ...withNonce("chat", plain?.request ?? {}, "00c0ffee"), model: "m" };
  const streamed = eventsOf(await (await post(sim, { ...request, stream: true })).text());
  expect(contentOf(streamed.chunks)).toBe(plain?.reference?.content);
  const body = (await (await post(sim, request)).json()) as { choices: { message: { content: string } }[] };
  expect(body.choices[0]?.message.content).toBe(plain?.reference?.content);
});

test("the label says what it is", async () => {
  const sim = await simProcess({ tier: "h100x2", wakeMs: 3_000, wakeRepresentsMs: 480_000 });
  expect(sim.label).toBe("simulated h100x2: a batching model, not a GPU; wake 8 min shown as 3 s");
  expect(sim.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
});

test("stop ends the process, in the middle of a stream too, and leaves a complete log", async () => {
  const file = logFile();
  const sim = await startSimProcess({ tier: "h100x2", logFile: file });
  const response = await post(sim, chat("x"), { "x-twintail-sim": '{"endless":true}' });
  const reader = response.body?.getReader();
  for (let reads = 0; reads < 5; reads++) await reader?.read();
  await sim.stop();
  await sim.stop(); // a second time does nothing
  expect(isAlive(sim.pid)).toBe(false);
  expect(linesOf(file).length).toBeGreaterThanOrEqual(5);
});

test("it dies with its parent, however the parent dies", async () => {
  const module = new URL("../../dist/sim/process.js", import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(async (sim) => {
    const { pid } = await sim.startSimProcess({ tier: "h100x2" });
    console.log(pid);
    setInterval(() => {}, 1000);
  });`;
  const parent = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = await new Promise<number>((resolve) => parent.stdout.once("data", (line) => resolve(Number(line))));
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test("a process that cannot start says why", async () => {
  const first = await simProcess({ tier: "h100x2" });
  const port = Number(new URL(first.baseUrl).port);
  await expect(startSimProcess({ tier: "h100x2", port })).rejects.toThrow(
    `127.0.0.1:${port}: the port is taken; choose another port; 0 takes a free one`,
  );
  await expect(startSimProcess({ tier: "h100x2", goldens: "no-such.yaml" })).rejects.toThrow(/no-such\.yaml/);
});
