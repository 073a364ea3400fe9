/** A stall: for its time nothing leaves and nothing is read; then everything that was due, at once and in order. */
import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { BatchingEngine } from "../../src/sim/engine.js";
import { checkInjections, type Injection, injectionLabel } from "../../src/sim/inject.js";
import { startSimProcess } from "../../src/sim/process.js";
import { createReplayServer } from "../../src/sim/replay.js";
import { StallingSchedule } from "../../src/sim/stall.js";
import type { EngineParameters } from "../../src/sim/tiers.js";
import { PacingWheel } from "../../src/sim/wheel.js";
import { chat, contentOf, endpoint, eventsOf } from "./endpoint.js";
import { send } from "./spoken.js";
import { VirtualSchedule } from "./virtual-schedule.js";

const stall = (afterMs: number, forMs: number): Injection => ({ kind: "stall", afterMs, forMs });

describe("in virtual time", () => {
  const ROUND: EngineParameters = {
    decodeTokensPerS: 100,
    batchSlowdown: 0,
    prefillTokensPerS: 1_000,
    prefillChunkTokens: 50,
    maxBatch: 8,
    tokenJitterMs: 0,
    prefillJitter: 0,
  };

  /** When the tokens of one sequence leave. */
  function leaveMs(outputTokens: number, ...injections: Injection[]): number[] {
    const virtual = new VirtualSchedule();
    const left: number[] = [];
    new BatchingEngine(ROUND, new StallingSchedule(virtual, injections), 1).submit({
      promptTokens: 10,
      outputTokens,
      prefilled: () => {},
      token: () => left.push(virtual.now()),
    });
    virtual.run();
    return left;
  }

  test("tokens that were due leave together at its end, and the stream goes on at its own times", () => {
    expect(leaveMs(7)).toEqual([20, 30, 40, 50, 60, 70, 80]);
    expect(leaveMs(7, stall(35, 30))).toEqual([20, 30, 65, 65, 65, 70, 80]);
  });

  test("one that never ends lets nothing out, two take their times, and its end is no part of it", () => {
    expect(leaveMs(5, { kind: "stall", afterMs: 25 })).toEqual([20]);
    expect(leaveMs(5, stall(45, 10), stall(15, 10))).toEqual([25, 30, 40, 55, 60]);
    expect(leaveMs(5, stall(15, 20), stall(30, 15))).toEqual([45, 45, 45, 50, 60]);
    expect(leaveMs(3, stall(20, 10))).toEqual([30, 30, 40]);
  });

  test("other injections hold nothing back", () => {
    expect(leaveMs(3, { kind: "429" })).toEqual([20, 30, 40]);
  });

  test("whatever is due when, nothing runs in a stall or out of order, and all of it runs", () => {
    const times = fc.integer({ min: 0, max: 200 });
    fc.assert(
      fc.property(
        fc.array(times, { maxLength: 40 }),
        fc.array(fc.tuple(times, times), { maxLength: 4 }),
        (dues, spans) => {
          const virtual = new VirtualSchedule();
          const schedule = new StallingSchedule(
            virtual,
            spans.map(([afterMs, forMs]) => stall(afterMs, forMs)),
          );
          const ran: { dueMs: number; atMs: number }[] = [];
          for (const dueMs of dues) schedule.at(dueMs, () => ran.push({ dueMs, atMs: virtual.now() }));
          virtual.run();
          expect(ran.map(({ dueMs }) => dueMs)).toEqual(dues.toSorted((a, b) => a - b));
          for (const { dueMs, atMs } of ran) {
            expect(atMs).toBeGreaterThanOrEqual(dueMs);
            expect(spans.some(([from, length]) => atMs >= from && atMs < from + length)).toBe(false);
            // Late by a stall, and never by anything else.
            if (!spans.some(([from, length]) => dueMs >= from && dueMs < from + length)) expect(atMs).toBe(dueMs);
          }
        },
      ),
    );
  });
});

test("on the wheel what is due just before keeps its place before what is due just after", async () => {
  const schedule = new StallingSchedule(new PacingWheel(), [stall(20, 60)]);
  const startMs = schedule.now();
  const ran: number[] = [];
  await new Promise<void>((resolve) => {
    for (let tick = 0; tick < 400; tick++) schedule.at(startMs + tick * 0.25, () => ran.push(tick));
    schedule.at(startMs + 100, resolve);
  });
  expect(ran).toEqual(Array.from({ length: 400 }, (_, tick) => tick));
});

describe("over HTTP", () => {
  const SCRIPT = { script: { events: 100, intervalMs: 10 } };

  test("a stream falls silent for as long, then has all that was due in one go", async () => {
    const { baseUrl } = await endpoint({ inject: [stall(300, 600)] });
    const { readsMs, reads, text } = await send(`${baseUrl}/chat/completions`, chat("x"), {
      "x-twintail-sim": JSON.stringify(SCRIPT),
    });
    const { chunks, done } = eventsOf(text);
    expect([contentOf(chunks).endsWith("#98 #99 "), done]).toEqual([true, true]);
    const gaps = readsMs.slice(1).map((ms, index) => ms - (readsMs[index] ?? 0));
    const silence = Math.max(...gaps);
    expect(silence).toBeGreaterThan(550);
    expect(silence).toBeLessThan(900);
    const resumedMs = readsMs[gaps.indexOf(silence) + 1] ?? 0;
    const atOnce = reads.filter((_, index) => {
      const ms = readsMs[index] ?? 0;
      return ms >= resumedMs && ms < resumedMs + 60;
    });
    expect([...atOnce.join("").matchAll(/#\d+ /g)].length).toBeGreaterThanOrEqual(50);
  });

  test("connections are made but no request is read until it ends: neither models nor work, nor the other port", async () => {
    const { baseUrl, redirectPort, post } = await endpoint({ inject: [stall(0, 700)], redirect: "loopback" });
    const startMs = performance.now();
    const { port } = new URL(baseUrl);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), "127.0.0.1", resolve).once("error", reject);
      onTestFinished(() => void socket.destroy());
    });
    expect(performance.now() - startMs).toBeLessThan(400);
    const answeredMs = await Promise.all(
      [
        () => fetch(`${baseUrl}/models`),
        () => post("/embeddings", { model: "m", input: "x" }),
        () => fetch(`http://127.0.0.1:${redirectPort}/v1/models`, { redirect: "manual" }),
      ].map(async (ask) => {
        expect((await ask()).status).toBeLessThan(400);
        return performance.now() - startMs;
      }),
    );
    for (const ms of answeredMs) {
      expect(ms).toBeGreaterThan(600);
      expect(ms).toBeLessThan(1_500);
    }
  });

  test("a request whose body was on its way when it began is refused after it", async () => {
    const { baseUrl } = await endpoint({ inject: [stall(200, 500)] });
    const startMs = performance.now();
    const { port } = new URL(baseUrl);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), "127.0.0.1").once("error", reject);
      socket.write(`POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n`);
      setTimeout(() => socket.write("{"), 350);
      socket.once("data", (chunk) => {
        resolve(chunk.toString());
        socket.destroy();
      });
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(performance.now() - startMs).toBeGreaterThan(600);
  });

  test("a request whose client has gone meanwhile is never read", async () => {
    const { post, baseUrl } = await endpoint({ inject: [stall(0, 500)], credit: 1 });
    const gone = fetch(`${baseUrl}/embeddings`, { method: "POST", body: "{}", signal: AbortSignal.timeout(200) });
    await expect(gone).rejects.toThrow(/timeout/);
    expect((await post("/embeddings", { model: "m", input: "x" })).status).toBe(200);
  });

  test("a replayed endpoint stalls alike", async () => {
    const recording = new URL("../recordings/llama-cpp.jsonl", import.meta.url).pathname;
    const server = createReplayServer({ recording, inject: [stall(0, 500)] });
    const port = await server.listen();
    onTestFinished(() => server.close());
    const startMs = performance.now();
    expect((await fetch(`http://127.0.0.1:${port}${server.basePath}/models`)).status).toBe(200);
    expect(performance.now() - startMs).toBeGreaterThan(400);
  });
});

test("a process that stalls for ever still ends when it is stopped", async () => {
  const sim = await startSimProcess({ tier: "h100x2", inject: [{ kind: "stall" }] });
  expect(sim.label).toMatch(/; injected: stall$/);
  await expect(fetch(`${sim.baseUrl}/models`, { signal: AbortSignal.timeout(300) })).rejects.toThrow(/timeout/);
  const startMs = performance.now();
  await sim.stop();
  expect(performance.now() - startMs).toBeLessThan(2_500);
});

test("a share does not apply, and the label says its times", () => {
  expect(() => checkInjections([{ kind: "stall", share: 0.5 }], "sim options, inject")).toThrow(
    /inject\[0\]: a stall is of the whole endpoint: .*; leave share out/,
  );
  expect(injectionLabel(stall(10_000, 2_000))).toBe("stall for 2 s after 10 s");
});
