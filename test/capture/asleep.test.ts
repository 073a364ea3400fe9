/** What comes before a cold trial: the user's own means to put an endpoint to sleep, or a time without a request. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EndpointSettings, ScaleDown } from "../../src/config/settings.js";
import type { Block, Plan } from "../../src/plan/plan.js";
import type { Exchange } from "../../src/recording/recording.js";
import { type Captured, CHAT_BODY, captureFrom, plainAnswer, type RawServer, rawServer } from "./harness.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twintail-asleep-"));
});
const open: RawServer[] = [];
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all(open.splice(0).map((server) => server.close()));
});
const serve = async (answer: Parameters<typeof rawServer>[0]): Promise<RawServer> => {
  const server = await rawServer(answer);
  open.push(server);
  return server;
};

/** Cold blocks wait for their endpoints; the harness has no setting that plans that. */
const asleep = (plan: Plan): Plan => ({
  ...plan,
  blocks: plan.blocks.map(
    (block): Block => (block.phase === "cold" ? { ...block, asleep: ["baseline", "candidate"] } : block),
  ),
});
const WAKE = { budgetMs: 5_000, capMs: 5_000 };
const node = (script: string, timeoutMs = 20_000): ScaleDown => ({
  kind: "command",
  command: [process.execPath, "-e", script],
  timeoutMs,
});
const trial = async (
  endpoint: Partial<EndpointSettings>,
  more: Partial<Parameters<typeof captureFrom>[0]> = {},
): Promise<Captured> => {
  const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
  return captureFrom({ baseUrl, plan: asleep, endpoint: { wake: WAKE, ...endpoint }, ...more });
};
const coldOf = (exchanges: readonly Exchange[]): Exchange[] => exchanges.filter(({ phase }) => phase === "cold");

describe("a command", () => {
  test("runs to its end before the trial, one for each endpoint, with the environment of the run", async () => {
    const marker = join(folder, "asleep");
    process.env.TWINTAIL_TEST_MARKER = marker;
    try {
      const script =
        "setTimeout(() => require('fs').appendFileSync(process.env.TWINTAIL_TEST_MARKER, String(Date.now()) + '\\n'), 200)";
      const { exchanges, pauses, reason } = await trial({ scaleDown: node(script) });
      expect(readFileSync(marker, "utf8").trim().split("\n")).toHaveLength(2);
      expect(reason).toBe("complete");
      expect(pauses.map(({ endpoint, why, failed }) => [endpoint, why, failed]).sort()).toEqual([
        ["baseline", "scale-down", undefined],
        ["candidate", "scale-down", undefined],
      ]);
      const cold = coldOf(exchanges);
      expect(cold).toHaveLength(2);
      for (const { toNs, fromNs } of pauses) {
        expect(toNs - fromNs).toBeGreaterThan(190e6);
        for (const { releasedAtNs } of cold) expect(releasedAtNs).toBeGreaterThanOrEqual(toNs);
      }
    } finally {
      delete process.env.TWINTAIL_TEST_MARKER;
    }
  });

  test("with idleAfter beside it: the command alone, no wait", async () => {
    const { pauses } = await trial({ wake: { ...WAKE, idleAfterMs: 600_000 }, scaleDown: node("") });
    expect(pauses.map(({ why }) => why)).toEqual(["scale-down", "scale-down"]);
  });

  test.each([
    ["fails", node("console.error('no such deployment'); process.exit(3)"), /^exit code 3: no such deployment\n$/],
    ["says nothing", node("process.exit(1)"), /^exit code 1$/],
    [
      "is not there",
      { ...node(""), command: [join("no-such-folder", "no-such-program")] },
      /could not be run: ENOENT$/,
    ],
    ["does not end", node("setInterval(() => {}, 1000)", 300), /^not done after 0.3 s$/],
  ] as const)(
    "that %s is said so, in its own words and never in its text, and the trial goes on",
    async (_name, scaleDown, words) => {
      const { exchanges, pauses, reason } = await trial({ scaleDown: scaleDown as ScaleDown });
      expect(pauses).toHaveLength(2);
      for (const { why, failed } of pauses) {
        expect(why).toBe("scale-down");
        expect(failed).toMatch(words);
        expect(failed).not.toMatch(/no-such-folder|process\.exit|setInterval/);
      }
      expect([coldOf(exchanges).length, reason]).toEqual([2, "complete"]);
    },
  );

  test("that floods standard error is kept to its last words, and does not block", async () => {
    const script = "process.stderr.write('x'.repeat(3_000_000) + 'the end', () => process.exit(9))";
    const { pauses } = await trial({ scaleDown: node(script) });
    for (const { failed } of pauses) {
      expect(failed).toMatch(/^exit code 9: x+the end$/);
      expect(failed?.length).toBeLessThan(5_000);
    }
  });

  test.each([
    ["ignores being asked to end", "process.on('SIGTERM', () => {});"],
    ["ends when it is asked, and leaves behind what does not", ""],
  ])("that %s is ended with all that it started, when the run is stopped", async (_name, leader) => {
    const pids = join(folder, "pids");
    const inner = `process.on('SIGTERM', () => {}); require('fs').appendFileSync(${JSON.stringify(pids)}, process.pid + '\\n'); setInterval(() => {}, 1000)`;
    const script = `${leader} require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}]); setInterval(() => {}, 1000)`;
    const started = (): number[] =>
      existsSync(pids) ? readFileSync(pids, "utf8").split("\n").slice(0, -1).map(Number) : [];
    const stop = new AbortController();
    const going = trial({ scaleDown: node(script, 600_000) }, { stop: stop.signal });
    // One for each endpoint.
    await expect.poll(() => started().length).toBe(2);
    stop.abort();
    const { exchanges, reason } = await going;
    expect([reason, exchanges.length]).toEqual(["interrupted", 0]);
    for (const pid of started()) await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

/** A process that has ended and that nobody has asked about yet is not running. */
function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/stat`;
  if (existsSync("/proc/self/stat")) return existsSync(status) && !/\) Z /.test(readFileSync(status, "utf8"));
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("an address", () => {
  const url = (address: string, withKey: boolean, timeoutMs = 5_000): ScaleDown => ({
    kind: "url",
    url: address,
    method: "POST",
    withKey,
    timeoutMs,
  });

  test("is asked once an endpoint before its trial, with the key only where that was said", async () => {
    const control = await serve((socket) => socket.write("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"));
    const address = `${control.baseUrl}/sleep?deep=1`;
    const { pauses, exchanges } = await trial(
      { scaleDown: url(address, true) },
      { apiKey: "key-123", candidate: { scaleDown: url(address, false) } },
    );
    expect(pauses.map(({ failed }) => failed)).toEqual([undefined, undefined]);
    expect(coldOf(exchanges)).toHaveLength(2);
    expect(control.requests).toHaveLength(2);
    for (const request of control.requests) expect(request).toMatch(/^POST \/v1\/sleep\?deep=1 HTTP\/1\.1\r\n/);
    expect(control.requests.filter((request) => /authorization: Bearer key-123\r\n/.test(request))).toHaveLength(1);
    expect(JSON.stringify([pauses, exchanges])).not.toContain("key-123");
  });

  test("of the endpoint's own host is asked there", async () => {
    const server = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const { pauses } = await captureFrom({
      baseUrl: server.baseUrl,
      plan: asleep,
      endpoint: { wake: WAKE, scaleDown: url(server.baseUrl.replace("/v1", "/admin/sleep"), false) },
    });
    expect(pauses.map(({ failed }) => failed)).toEqual([undefined, undefined]);
    expect(server.requests.slice(0, 2).every((request) => request.startsWith("POST /admin/sleep "))).toBe(true);
  });

  test.each<[string, Parameters<typeof rawServer>[0], number, string]>([
    ["an error", (socket) => socket.write(plainAnswer("secret words", "403 Forbidden")), 5_000, "HTTP 403"],
    [
      "a redirect, which is not followed",
      (socket) => socket.write("HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"),
      5_000,
      "HTTP 307",
    ],
    ["nothing", () => {}, 300, "not done after 0.3 s"],
    ["a closed connection", (socket) => socket.destroy(), 5_000, "the request failed: UND_ERR_SOCKET"],
  ])("that answers with %s has failed, and the trial goes on", async (_name, answer, timeoutMs, words) => {
    const control = await serve(answer);
    const address = `${control.baseUrl}/sleep`;
    const { pauses, exchanges } = await trial({ scaleDown: url(address, false, timeoutMs) });
    expect(pauses.map(({ failed }) => failed)).toEqual([words, words]);
    expect(control.requests).toHaveLength(2);
    expect(coldOf(exchanges)).toHaveLength(2);
  });
});

describe("without any means", () => {
  test("an endpoint is left alone for idleAfter since the run began", async () => {
    const { exchanges, pauses } = await trial(
      { wake: { ...WAKE, idleAfterMs: 700 } },
      { candidate: { wake: { ...WAKE, idleAfterMs: 200 } } },
    );
    const span = (role: string) => pauses.filter(({ endpoint }) => endpoint === role).map(({ toNs }) => toNs / 1e6);
    expect(pauses.map(({ why }) => why)).toEqual(["idle", "idle"]);
    expect((span("baseline")[0] ?? 0) - (span("candidate")[0] ?? 0)).toBeGreaterThan(400);
    // Both halves of the trial go together, when the slower one is known to sleep.
    const cold = coldOf(exchanges);
    expect(new Set(cold.map(({ releasedAtNs }) => releasedAtNs)).size).toBe(1);
    expect((cold[0]?.releasedAtNs ?? 0) / 1e6).toBeGreaterThanOrEqual(span("baseline")[0] ?? 0);
  });

  test("and since its last answer, in a second trial", async () => {
    const twice = (plan: Plan): Plan => {
      const slept = asleep(plan);
      const cold = slept.blocks.filter(({ phase }) => phase === "cold");
      const warm = slept.blocks.filter(({ phase }) => phase === "warm");
      const again = warm.map((block): Block => ({ ...block, asleep: ["candidate"] }));
      return { ...slept, blocks: [...cold, ...again] };
    };
    const { exchanges } = await trial({}, { plan: twice, candidate: { wake: { ...WAKE, idleAfterMs: 500 } } });
    const first = coldOf(exchanges).find(({ endpoint }) => endpoint === "candidate");
    const second = exchanges.find(({ endpoint, phase }) => endpoint === "candidate" && phase === "warm");
    const idleMs = ((second?.releasedAtNs ?? 0) - (first?.attempts.at(-1)?.endedAtNs ?? 0)) / 1e6;
    expect(idleMs).toBeGreaterThanOrEqual(500);
    expect(idleMs).toBeLessThan(5_000);
  });

  test("an endpoint with neither is taken to sleep", async () => {
    const { pauses, exchanges } = await trial({});
    expect([pauses.length, coldOf(exchanges).length]).toEqual([0, 2]);
  });

  test("a stop ends the wait", async () => {
    const { exchanges, reason, pauses } = await trial(
      { wake: { ...WAKE, idleAfterMs: 600_000 } },
      { settings: { deadlineMs: 600 } },
    );
    expect([reason, exchanges.length, pauses.length]).toEqual(["deadline", 0, 2]);
  });
});
