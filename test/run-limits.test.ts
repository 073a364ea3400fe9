/** Limits of the user's own, from the configuration to the end line of the recording. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../dist/cli/program.js";
import { parseSettings, prepareRun, type RunOptions, run } from "../dist/index.js";
import type { PauseLine, RecordingLine } from "../src/recording/recording.js";
import { CHAT_BODY, plainAnswer, type RawServer, rawServer } from "./capture/harness.js";

let folder = "";
const open: RawServer[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twintail-limits-"));
  const cases = Array.from(
    { length: 6 },
    (_, index) =>
      `  - { id: case-${index}, category: chat, detects: nothing, request: { messages: [{ role: user, content: hello }], max_tokens: 50 }, expect: {} }`,
  );
  writeFileSync(join(folder, "set.yaml"), `name: six\ndefaults: { stream: false }\ncases:\n${cases.join("\n")}\n`);
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const serve = async (answer: Parameters<typeof rawServer>[0]): Promise<string> => {
  const server = await rawServer(answer);
  open.push(server);
  return server.baseUrl;
};

interface Parts {
  readonly endpoint?: string;
  readonly capture?: string;
}

const text = (baseUrl: string, { endpoint = "", capture = "" }: Parts): string => `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${baseUrl}", models: { default: m }, streamUsage: false${endpoint} }
  candidate: { baseUrl: "${baseUrl}", models: { default: m }, streamUsage: false${endpoint} }
capture: { rounds: 2, concurrency: 1, warmup: 0, solo: { requests: 0 }, seed: 5, retry: { attempts: 2 }${capture} }
`;

const runWith = async (baseUrl: string, parts: Parts, options: RunOptions = {}) => {
  const prepared = prepareRun(parseSettings(text(baseUrl, parts), folder));
  const finished = await run(prepared, { resultsFolder: join(folder, "results"), ...options });
  const lines = readFileSync(finished.recording, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordingLine);
  return { ...finished, lines, end: lines.at(-1) };
};

describe("maxRequests", () => {
  test("refuses a larger plan, with a remedy", async () => {
    const parts = { capture: ", maxRequests: 23" };
    expect(() => prepareRun(parseSettings(text("http://127.0.0.1:1/v1", parts), folder))).toThrow(
      "capture.maxRequests: the run is 24 requests before any retry, above maxRequests 23; plan fewer rounds, or raise maxRequests (--max-requests)",
    );
  });

  test("ends a run whose retries reach it, and what was recorded is scored", async () => {
    const baseUrl = await serve((socket, _request, count) =>
      socket.write(
        count > 20 ? plainAnswer("{}", "503 Service Unavailable", "retry-after: 0\r\n") : plainAnswer(CHAT_BODY),
      ),
    );
    const { end, report } = await runWith(baseUrl, { capture: ", maxRequests: 24" });
    const message = "capture.maxRequests: 24 requests were sent";
    expect(end).toMatchObject({ type: "end", reason: "limit", message });
    expect(open[0]?.requests).toHaveLength(24);
    expect(report.summary.run).toMatchObject({ ended: "limit", endedMessage: message, recorded: 22, planned: 24 });
    expect(report.summary.rates.errors?.baseline).toMatchObject({ count: 1, of: 11 });
  });

  const commandLine = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    const said = { out: "", err: "" };
    const io = {
      stdout: { write: (part: string) => (said.out += part) },
      stderr: { write: (part: string) => (said.err += part) },
      environment: {},
      onInterrupt: () => () => {},
    };
    return { code: await main(args, io), ...said };
  };

  test("on the command line goes before the configuration's", async () => {
    const file = join(folder, "twintail.yaml");
    writeFileSync(file, text("http://127.0.0.1:1/v1", { capture: ", maxRequests: 24" }));
    expect(await commandLine("run", file, "--dry-run")).toMatchObject({ code: 0 });
    expect(await commandLine("run", file, "--dry-run", "--max-requests", "23")).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^(warning: .*\n)*capture\.maxRequests: the run is 24 requests .* above maxRequests 23;/,
      ),
    });
    expect(await commandLine("run", file, "--dry-run", "--max-requests", "0")).toMatchObject({
      code: 2,
      err: '--max-requests: "0" is no number of requests; give a whole number from 1\n',
    });
  });

  test("a plan says which limit stretches it", async () => {
    const file = join(folder, "twintail.yaml");
    writeFileSync(file, text("http://127.0.0.1:1/v1", { endpoint: ", limits: { rpm: 4 }" }));
    const { out } = await commandLine("run", file, "--dry-run");
    expect(out).toMatch(/^about 2 min, if a stream/m);
    expect(out).toMatch(/^limits\.rpm of the baseline stretches it: without limits about \d+(\.\d)? s$/m);
    writeFileSync(file, text("http://127.0.0.1:1/v1", {}));
    expect((await commandLine("run", file, "--dry-run")).out).not.toMatch(/limits/);
  });
});

describe("maxCost", () => {
  /** A dollar a token of output: each answer was planned as at most 50. */
  const PRICE = ", price: { inputPerMTok: 0, outputPerMTok: 1000000 }";
  const answerOf = (completionTokens: number): string =>
    plainAnswer(
      JSON.stringify({
        id: "c",
        model: "m",
        choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
        usage: { prompt_tokens: 1, completion_tokens: completionTokens, total_tokens: completionTokens + 1 },
      }),
    );

  test("ends a run whose answers cost more than was planned, when it is reached", async () => {
    // 24 requests of 50 tokens with 2 attempts each are 2400 dollars at most; each answer costs 600.
    const baseUrl = await serve((socket) => socket.write(answerOf(600)));
    const { end, report } = await runWith(baseUrl, { endpoint: PRICE, capture: ", maxCost: 2500" });
    expect(end).toMatchObject({ type: "end", reason: "limit" });
    // Those in flight when it was reached are paid for too.
    const spent = `$${600 * report.summary.run.recorded}.00`;
    expect(end).toHaveProperty("message", `capture.maxCost: ${spent} of $2500.00 spent`);
    // Five answers reach it; a pair that was under way is let end.
    expect(open[0]?.requests.length).toBeGreaterThanOrEqual(6);
    expect(open[0]?.requests.length).toBeLessThanOrEqual(12);
    expect(report.summary.run).toMatchObject({ ended: "limit", recorded: open[0]?.requests.length });
  });

  test("that is not reached ends nothing", async () => {
    const baseUrl = await serve((socket) => socket.write(answerOf(100)));
    const { end } = await runWith(baseUrl, { endpoint: PRICE, capture: ", maxCost: 2500" });
    expect(end).toMatchObject({ reason: "complete" });
  });
});

test("what a command that puts an endpoint to sleep says is written on one line, without keys", async () => {
  const key = "sk-a-key-that-nobody-may-see-0123456789";
  const baseUrl = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
  process.env.TWINTAIL_TEST_KEY = key;
  try {
    const script = join(folder, "sleep.cjs");
    writeFileSync(
      script,
      "process.stderr.write('\\u001b[31mno\\n' + (process.env.TWINTAIL_TEST_KEY + ' ').repeat(90) + 'denied', () => process.exit(1))",
    );
    const command = JSON.stringify([process.execPath, script]);
    const endpoint = `, apiKeyEnv: TWINTAIL_TEST_KEY, wake: { scaleDown: { command: ${command} } }`;
    const prepared = prepareRun(parseSettings(text(baseUrl, { endpoint }), folder));
    const blocks = prepared.plan.blocks.map((block) =>
      block.phase === "cold" ? { ...block, asleep: ["baseline" as const] } : block,
    );
    const { recording } = await run(
      { ...prepared, plan: { ...prepared.plan, blocks } },
      { resultsFolder: join(folder, "results"), environment: { TWINTAIL_TEST_KEY: key } },
    );
    const written = readFileSync(recording, "utf8");
    const lines = written
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RecordingLine);
    const [pause] = lines.filter((line): line is PauseLine => line.type === "pause");
    expect(pause).toMatchObject({ endpoint: "baseline", why: "scale-down" });
    expect(pause?.failed).toMatch(/^exit code 1: ….*\*{39} denied$/);
    expect(pause?.failed?.length).toBeLessThanOrEqual(300);
    expect(written).not.toContain(key);
    expect(written).not.toContain(key.slice(0, 12));
    expect(written).not.toContain(script);
  } finally {
    delete process.env.TWINTAIL_TEST_KEY;
  }
});
