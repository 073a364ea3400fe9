import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { withNonce } from "../../../src/golden/nonce.js";
import { readRecording } from "../../../src/recording/reader.js";
import { decodeBytes } from "../../../src/recording/reads.js";
import type { Exchange } from "../../../src/recording/recording.js";
import { startReplayProcess } from "../../../src/sim/process.js";
import type { ReplayOptions } from "../../../src/sim/replay/options.js";
import { createReplayServer } from "../../../src/sim/replay.js";
import { attempt, content, DONE, exchange, finish, headerLine, MS, usage } from "../../recording/exchange-builder.js";
import { jsonEvents, type RawAnswer, send } from "../spoken.js";

const STREAM = [
  ["content-type", "text/event-stream"],
  ["transfer-encoding", "chunked"],
  ["x-served-by", "gpu-7"],
] as const;
const chat = (prompt: string, more: object = {}): Record<string, unknown> => ({
  model: "recorded-model",
  stream: true,
  messages: [{ role: "user", content: prompt }],
  ...more,
});

interface Recorded {
  readonly prompt?: string;
  readonly body?: Record<string, unknown>;
  readonly path?: string;
  readonly exchange: Exchange;
}

/** A recording of the given exchanges, each with a request of its own. */
function recording(recorded: readonly Recorded[]): string {
  const folder = mkdtempSync(join(tmpdir(), "twintail-replay-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const requests = Object.fromEntries(
    recorded.map(({ prompt = "Count", body, path = "/v1/chat/completions" }, index) => [
      `r${index}`,
      { method: "POST" as const, path, headers: {}, body: body ?? chat(prompt) },
    ]),
  );
  const exchanges = recorded.map((one, index): Exchange => ({ ...one.exchange, id: index, requestId: `r${index}` }));
  const header = headerLine();
  const endpoints = {
    ...header.endpoints,
    candidate: { ...header.endpoints.candidate, models: { default: "recorded-model", vision: null } },
  };
  const lines = [{ ...header, requests, endpoints }, ...exchanges].map((line) => JSON.stringify(line));
  writeFileSync(join(folder, "recording.jsonl"), `${lines.join("\n")}\n`);
  return folder;
}

const candidate = (attempts: Parameters<typeof exchange>[0], more: Partial<Exchange> = {}): Exchange =>
  exchange(attempts, { endpoint: "candidate", arm: "candidate", ...more });

/** A stream whose reads come at the given ms after it was sent. */
const answer = (...reads: (readonly [number, string])[]) => attempt({ reads, headers: STREAM });
const said = (text: string) => answer([5, content(text)], [10, finish() + DONE]);

async function replay(
  folder: string,
  options: Partial<ReplayOptions> = {},
): Promise<(body: unknown, path?: string) => Promise<RawAnswer>> {
  const server = createReplayServer({ recording: folder, ...options });
  const origin = `http://127.0.0.1:${await server.listen()}${server.basePath}`;
  onTestFinished(() => server.close());
  return (body, path = "/chat/completions") => send(`${origin}${path}`, body);
}

describe("one recorded stream", () => {
  test("the same reads in the same order, at their times", async () => {
    const reads = [
      [60, content("one")],
      [120, content("two") + content("three")],
      [360, 'data: {"cut'],
      [480, `":1}\n\n${DONE}`],
    ] as const;
    const ask = await replay(recording([{ exchange: candidate([answer(...reads)]) }]));
    const got = await ask(chat("Count"));
    expect(got.reads).toEqual(reads.map(([, text]) => text));
    expect(got.broken).toBe(false);
    reads.forEach(([ms], index) => {
      expect(got.readsMs[index]).toBeGreaterThan(ms - 2);
    });
    expect(got.readsMs.at(-1)).toBeLessThan(480 + 400);
    expect(got.headers).toMatchObject({
      "x-served-by": "gpu-7",
      "content-type": "text/event-stream",
      "x-twintail-replay": "case",
    });
  });

  test("at ten times its speed", async () => {
    const ask = await replay(recording([{ exchange: candidate([answer([1_000, content("a")], [3_000, DONE])]) }]), {
      speed: 10,
    });
    const { readsMs } = await ask(chat("Count"));
    expect(readsMs[0]).toBeGreaterThan(98);
    expect(readsMs[1]).toBeGreaterThan(298);
    expect(readsMs[1]).toBeLessThan(700);
  });

  test("headers that came before the first byte come before it", async () => {
    const one = { ...answer([300, DONE]), headersAtNs: 110 * MS + 20 * MS };
    const { headersMs, readsMs } = await (await replay(recording([{ exchange: candidate([one]) }])))(chat("Count"));
    expect(headersMs).toBeLessThan(200);
    expect(readsMs[0]).toBeGreaterThan(298);
  });

  test("bytes that are no UTF-8, and a body with its length", async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    const headers = [
      ["content-type", "application/json"],
      ["content-length", "4"],
      ["connection", "close"],
    ] as const;
    const binary = attempt({ reads: [[5, { b64: bytes.toString("base64") }]], headers });
    const got = await (await replay(recording([{ exchange: candidate([binary]) }])))(chat("Count"));
    expect(got.bytes).toEqual(bytes);
    expect(got.headers).toMatchObject({ "content-length": "4", connection: "close" });
    expect(got.headers["transfer-encoding"]).toBeUndefined();
  });
});

describe("which exchange answers", () => {
  test("model, nonce and stream options are looked through; the prompt is not", async () => {
    const ask = await replay(recording([{ exchange: candidate([said("yes")]) }]), { loop: true });
    expect(
      (
        await ask({
          ...withNonce("chat", chat("Count"), "0123abcd"),
          model: "other",
          stream_options: { include_usage: true },
        })
      ).status,
    ).toBe(200);
    const unknown = await ask(chat("Something else"));
    expect(unknown.status).toBe(404);
    expect(JSON.parse(unknown.text)).toMatchObject({
      error: {
        type: "invalid_request_error",
        code: "not_recorded",
        message: expect.stringContaining("Recorded cases: case"),
      },
    });
    expect((await ask(chat("Count", { stream: false }))).status).toBe(404);
    expect((await ask(chat("Count"), "/embeddings")).status).toBe(404);
  });

  test("several of one prompt in turn, in the order in which they began; then none, or again", async () => {
    const at = (dispatchedMs: number, text: string): Recorded => ({
      exchange: candidate([attempt({ reads: [[1, content(text)]], headers: STREAM, dispatchedMs })]),
    });
    const folder = recording([at(900, "third"), at(100, "first"), at(500, "second")]);
    const texts = async (options: Partial<ReplayOptions>): Promise<(number | string)[]> => {
      const ask = await replay(folder, options);
      const all = [];
      for (let i = 0; i < 4; i++) {
        const { status, text } = await ask(chat("Count"));
        all.push(status === 200 ? text : `${status} ${(JSON.parse(text) as { error: { code: string } }).error.code}`);
      }
      return all;
    };
    const three = ["first", "second", "third"].map(content);
    expect(await texts({})).toEqual([...three, "404 recording_exhausted"]);
    expect(await texts({ loop: true })).toEqual([...three, content("first")]);
  });

  test("requests that differ in tool_choice or a limit alone keep their own answers", async () => {
    const one = (text: string, more: object): Recorded => ({
      body: chat("Count", more),
      exchange: candidate([said(text)]),
    });
    const folder = recording([one("auto", {}), one("none", { tool_choice: "none" }), one("short", { max_tokens: 5 })]);
    const ask = await replay(folder, { loop: true });
    expect((await ask(chat("Count", { tool_choice: "none", temperature: 1 }))).text).toContain("none");
    expect((await ask(chat("Count", { max_tokens: 5 }))).text).toContain("short");
    expect((await ask(chat("Count"))).text).toContain("auto");
  });

  test("a path for each model: every one of them answers, and any of them for either", async () => {
    const deployed = (model: string): Recorded => ({
      prompt: model,
      path: `/openai/deployments/${model}/chat/completions`,
      exchange: candidate([said(model)], { caseId: model }),
    });
    const folder = recording([deployed("small"), deployed("large%20one")]);
    const server = createReplayServer({ recording: folder, loop: true });
    const origin = `http://127.0.0.1:${await server.listen()}`;
    onTestFinished(() => server.close());
    const ask = async (model: string, under: string): Promise<unknown[]> => {
      const { status, text } = await send(`${origin}/openai/deployments/${under}/chat/completions`, chat(model));
      return [status, text];
    };
    const large = [200, content("large%20one") + finish() + DONE];
    expect(await ask("small", "small")).toEqual([200, content("small") + finish() + DONE]);
    expect(await ask("large%20one", "large%20one")).toEqual(large);
    expect(await ask("large%20one", "small")).toEqual(large);
    expect(await ask("small", "medium")).toEqual([
      404,
      expect.stringContaining("recorded under /openai/deployments/small, /openai/deployments/large%20one"),
    ]);
    for (const model of ["small", "large%20one"]) {
      expect((await send(`${origin}/openai/deployments/${model}/models`, undefined)).status).toBe(200);
    }
  });

  test("where no request is wholly alike, a warm answer before a short one of the solo stretch or a warm-up", async () => {
    const one = (text: string, dispatchedMs: number, more: object, phase: Exchange["phase"]): Recorded => ({
      body: chat("Count", more),
      exchange: candidate([attempt({ reads: [[1, content(text)]], headers: STREAM, dispatchedMs })], { phase }),
    });
    const folder = recording([
      one("warm-up", 100, { max_tokens: 900 }, "warmup"),
      one("solo", 300, { max_tokens: 200 }, "solo"),
      one("warm", 500, { max_tokens: 900 }, "warm"),
    ]);
    const ask = await replay(folder, { loop: true });
    const other = chat("Count", { max_completion_tokens: 900 });
    for (const _ of [1, 2]) expect((await ask(other)).text).toBe(content("warm"));
    // What is wholly alike stays before it, in the order in which it was asked.
    expect((await ask(chat("Count", { max_tokens: 200 }))).text).toBe(content("solo"));
    expect((await ask(chat("Count", { max_tokens: 900 }))).text).toBe(content("warm-up"));
    const short = await replay(recording([one("solo", 300, { max_tokens: 200 }, "solo")]));
    expect((await short(other)).text).toBe(content("solo"));
  });

  test("a retried request: its attempts in order, dead sockets left out", async () => {
    const limited = attempt({
      status: 429,
      headers: [
        ["content-type", "application/json"],
        ["retry-after", "1"],
      ],
      reads: [[3, '{"error":{}}']],
    });
    const dead = attempt({ outcome: { kind: "staleConnection", code: "ECONNRESET", message: "" } });
    const ask = await replay(recording([{ exchange: candidate([limited, dead, said("at last")]) }]));
    const first = await ask(chat("Count"));
    expect([first.status, first.headers["retry-after"], first.text]).toEqual([429, "1", '{"error":{}}']);
    const second = await ask(chat("Count"));
    expect([second.status, second.text]).toEqual([200, content("at last") + finish() + DONE]);
  });

  test("the baseline is another endpoint", async () => {
    const folder = recording([
      { exchange: candidate([said("from the candidate")]) },
      { exchange: exchange([said("from the baseline")]) },
    ]);
    expect((await (await replay(folder, { endpoint: "baseline" }))(chat("Count"))).text).toContain("from the baseline");
    expect((await (await replay(folder))(chat("Count"))).text).toContain("from the candidate");
  });

  test("what was recorded cold is left out, or comes first", async () => {
    const folder = recording([
      { exchange: candidate([attempt({ reads: [[5, content("warm")]], headers: STREAM, dispatchedMs: 900 })]) },
      { exchange: candidate([said("cold")], { phase: "cold" }) },
    ]);
    expect((await (await replay(folder))(chat("Count"))).text).toBe(content("warm"));
    const ask = await replay(folder, { cold: true });
    expect((await ask(chat("Count"))).text).toContain("cold");
    expect((await ask(chat("Count"))).text).toContain("warm");
  });

  test("nearest: an unknown prompt gets the cases in turn, cold, cancelled and solo ones left out", async () => {
    const cancelled = { ...said("cancelled"), outcome: { kind: "cancelled", by: "plan" } as const };
    const folder = recording([
      { prompt: "A", exchange: candidate([said("a")], { caseId: "a" }) },
      { prompt: "B", exchange: candidate([said("b")], { caseId: "b" }) },
      { prompt: "C", exchange: candidate([said("cold")], { phase: "cold" }) },
      { prompt: "D", exchange: candidate([cancelled]) },
      { prompt: "E", exchange: candidate([said("solo")], { caseId: "solo", phase: "solo" }) },
    ]);
    const ask = await replay(folder, { fallback: "nearest" });
    const cases = [];
    for (let i = 0; i < 3; i++) cases.push((await ask(chat(`mine ${i}`))).headers["x-twintail-replay"]);
    expect(cases).toEqual(["a", "b", "a"]);
    expect((await ask(chat("B"))).headers["x-twintail-replay"]).toBe("b");
    expect((await ask(chat("mine", { stream: false }))).status).toBe(404);
  });

  test("models of the recording", async () => {
    const ask = await replay(recording([{ exchange: candidate([said("x")]) }]));
    expect(JSON.parse((await ask(undefined, "/models")).text)).toMatchObject({
      object: "list",
      data: [{ id: "recorded-model" }],
    });
  });
});

describe("how it ends", () => {
  const ended = (
    outcome: Exchange["attempts"][number]["outcome"],
    endedMs: number,
    reads: readonly (readonly [number, string])[] = [[20, content("half")]],
  ) => recording([{ exchange: candidate([attempt({ reads, headers: STREAM, outcome, endedMs })]) }]);

  test("a connection that broke breaks, at its time", async () => {
    const ask = await replay(ended({ kind: "network", phase: "body", code: "ECONNRESET", message: "reset" }, 150));
    const startMs = performance.now();
    const { broken, reset, text } = await ask(chat("Count"));
    expect([broken, reset, text]).toEqual([true, true, content("half")]);
    expect(performance.now() - startMs).toBeGreaterThan(148);
    const closed = await replay(
      ended({ kind: "network", phase: "body", code: "UND_ERR_SOCKET", message: "closed" }, 60),
    );
    expect(await closed(chat("Count"))).toMatchObject({ broken: true, reset: false });
  });

  test("one that broke before any byte has no answer", async () => {
    const {
      status: _,
      headersAtNs: __,
      headers: ___,
      ...silent
    } = attempt({
      outcome: { kind: "network", phase: "headers", code: "UND_ERR_SOCKET", message: "closed" },
      endedMs: 30,
    });
    const ask = await replay(recording([{ exchange: candidate([silent]) }]));
    await expect(ask(chat("Count"))).rejects.toThrow(/hang up|ECONNRESET/);
  });

  test("a timeout is silence, until the client gives up", async () => {
    const server = createReplayServer({ recording: ended({ kind: "timeout", phase: "idle", afterMs: 100 }, 150) });
    const port = await server.listen();
    onTestFinished(() => server.close());
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify(chat("Count")),
      signal: AbortSignal.timeout(500),
    });
    await expect(response.text()).rejects.toThrow(/timeout/i);
  });
});

describe("failures injected into a recording", () => {
  const whole = content("one two") + finish() + usage(3, 2) + DONE;
  const bytes = Buffer.from(whole.replace("two", "zwö"));
  const cutAt = [20, bytes.indexOf(0xc3) + 1, bytes.indexOf('"usage"') + 3, bytes.length];
  const reads = cutAt.map(
    (to, index) => [40 * (index + 1), { b64: bytes.subarray(cutAt[index - 1] ?? 0, to).toString("base64") }] as const,
  );
  const folder = () => recording([{ exchange: candidate([attempt({ reads, headers: STREAM })]) }]);

  test("untouched where nothing is injected", async () => {
    expect((await (await replay(folder()))(chat("Count"))).bytes).toEqual(bytes);
  });

  test("usage dropped, content null, another finish reason: whole events, at their times", async () => {
    const ask = await replay(folder(), { inject: [{ kind: "drop-usage" }, { kind: "finish=eos" }] });
    const { text, readsMs } = await ask(chat("Count"));
    expect(text).not.toContain("usage");
    expect(jsonEvents(text)).toHaveLength(2);
    expect(text).toContain("one zwö");
    expect(text).toContain('"finish_reason":"eos"');
    expect(text.endsWith(DONE)).toBe(true);
    expect(readsMs.at(-1)).toBeGreaterThan(155);
    const empty = await (await replay(folder(), { inject: [{ kind: "null-content" }] }))(chat("Count"));
    expect(empty.text).toContain('"content":null');
    expect(empty.text).toContain('"usage"');
  });

  test("cut in the middle", async () => {
    const { broken, bytes: got } = await (await replay(folder(), { inject: [{ kind: "cut" }] }))(chat("Count"));
    expect(broken).toBe(true);
    expect(got.length).toBeGreaterThan(10);
    expect(got.length).toBeLessThan(bytes.length);
    expect(bytes.subarray(0, got.length)).toEqual(got);
  });

  test("a refusal takes nothing from the recording", async () => {
    const ask = await replay(folder(), { inject: [{ kind: "429", forMs: 300 }] });
    expect((await ask(chat("Count"))).headers["retry-after"]).toBe("1");
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect((await ask(chat("Count"))).status).toBe(200);
  });
});

describe("a recording of a real server, served by a process of its own", () => {
  test.each([
    ["llama-cpp", "2026-11-21T08-24-32Z-short-real-ac4f", "candidate", "greeting"],
    ["llama-cpp-apis", "2026-11-21T11-00-06Z-apis-1f73", "candidate", "response-tools"],
    ["llama-cpp-apis", "2026-11-21T11-00-06Z-apis-1f73", "baseline", "completion"],
  ] as const)("%s, %s, %s: every answer byte for byte, read for read", async (name, runId, role, caseId) => {
    const file = fileURLToPath(new URL(`../../recordings/${name}.jsonl`, import.meta.url));
    const exchanges: { exchange: Exchange; body: object; path: string }[] = [];
    readRecording(file, (one, header) => {
      const template = header.requests[one.requestId];
      if (one.endpoint === role)
        exchanges.push({ exchange: one, body: template?.body ?? {}, path: template?.path.replace("/v1", "") ?? "" });
    });
    const startOf = ({ exchange: one }: (typeof exchanges)[number]): number => answersOf(one)[0]?.dispatchedAtNs ?? 0;
    exchanges.sort((a, b) => startOf(a) - startOf(b));
    const replayed = await startReplayProcess({ recording: file, endpoint: role, speed: 10 });
    onTestFinished(() => replayed.stop());
    expect(replayed.label).toMatch(
      new RegExp(`^replay of ${runId}, ${role}: \\d+ exchanges of \\d+ cases; at 10 times`),
    );
    expect(replayed.cases).toContain(caseId);
    expect(exchanges.length).toBeGreaterThan(10);
    for (const { exchange: one, body, path } of exchanges) {
      const [due] = answersOf(one);
      const reads = (due?.reads ?? []).map(([, bytes]) => decodeBytes(bytes));
      const got = await send(`${replayed.baseUrl}${path}`, body);
      expect([got.status, got.headers["x-twintail-replay"]]).toEqual([due?.status, one.caseId]);
      expect(got.headers["content-type"]).toBe(due?.headers?.find(([key]) => key === "content-type")?.[1]);
      expect(got.bytes).toEqual(Buffer.concat(reads));
      // Two reads may come as one here; none is cut, and a stream is no single piece.
      expect(boundariesOf(reads.map(({ length }) => length))).toEqual(
        expect.arrayContaining(boundariesOf(got.reads.map((read) => Buffer.byteLength(read)))),
      );
      if (reads.length > 5) expect(got.reads.length).toBeGreaterThan(2);
    }
  });

  function boundariesOf(lengths: readonly number[]): number[] {
    let at = 0;
    return lengths.map((length) => {
      at += length;
      return at;
    });
  }

  function answersOf({ attempts }: Exchange): Exchange["attempts"] {
    return attempts.filter(({ outcome }) => outcome.kind !== "staleConnection");
  }
});

test("what cannot be replayed says why", async () => {
  expect(() => createReplayServer({ recording: "no-such-run" })).toThrow(/no-such-run: no such recording/);
  expect(() => createReplayServer({ recording: "x", host: "0.0.0.0" })).toThrow(/not a loopback address/);
  await expect(startReplayProcess({ recording: "no-such-run" })).rejects.toThrow(/no such recording/);
});
