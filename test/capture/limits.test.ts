/** Requests and tokens a minute, first on a clock of the test's own, then over a socket. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Limits, type Need, type Pause } from "../../src/capture/limits.js";
import type { RateLimits } from "../../src/config/settings.js";
import { CASE, CHAT_BODY, captureFrom, plainAnswer, type RawServer, rawServer } from "./harness.js";

const MINUTE = 60_000;
const B = (tokens = 0): Need => ({ endpoint: "baseline", tokens });
const C = (tokens = 0): Need => ({ endpoint: "candidate", tokens });

describe("on a clock of its own", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());

  const nowMs = (): number => Date.now() - 1_000_000;
  const setUp = (baseline?: RateLimits, candidate?: RateLimits) => {
    const pauses: Pause[] = [];
    const limits = new Limits(
      { baseline, candidate },
      () => nowMs() * 1e6,
      (pause) => pauses.push(pause),
    );
    /** When each was admitted, ms; -1 when it was turned away. */
    const admitted: number[] = [];
    const enter = (...needs: Need[]): number => {
      const place = admitted.length;
      admitted.push(Number.NaN);
      void limits.enter(needs).then((yes) => {
        admitted[place] = yes ? nowMs() : -1;
      });
      return place;
    };
    return { limits, pauses, admitted, enter };
  };

  test("rpm: so many at once, and the next ones as each leaves the minute", async () => {
    const { admitted, enter, pauses, limits } = setUp({ rpm: 2 });
    enter(B());
    await vi.advanceTimersByTimeAsync(10_000);
    enter(B());
    enter(B());
    enter(B());
    enter(B());
    await vi.advanceTimersByTimeAsync(3 * MINUTE);
    expect(admitted.slice(0, 2)).toEqual([0, 10_000]);
    // A tenth of a second later than the minute, since arrivals are what is counted.
    expect(admitted.slice(2)).toEqual([60_100, 70_100, 120_200]);
    limits.close();
    // One reason and no break: one line a minute at least, and no line overlaps another.
    expect(pauses.every(({ why, endpoint }) => why === "rpm" && endpoint === "baseline")).toBe(true);
    expect(pauses[0]?.fromNs).toBe(10_000 * 1e6);
    expect(pauses.at(-1)?.toNs).toBe(120_200 * 1e6);
    for (const [index, { fromNs }] of pauses.entries()) if (index > 0) expect(fromNs).toBe(pauses[index - 1]?.toNs);
  });

  test("tpm: the sum of a minute, and a row above it alone goes when the minute is empty", async () => {
    const { admitted, enter, pauses } = setUp({ tpm: 1_000 });
    enter(B(600));
    enter(B(400));
    enter(B(1));
    enter(B(5_000));
    enter(B(1_000));
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    expect(admitted).toEqual([0, 0, 60_100, 120_200, 180_300]);
    expect(new Set(pauses.map(({ why }) => why))).toEqual(new Set(["tpm"]));
  });

  test("a pair waits for both endpoints, and takes neither's place before", async () => {
    const { admitted, enter } = setUp({ rpm: 10 }, { rpm: 1 });
    enter(C());
    enter(B(), C());
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(admitted).toEqual([0, 60_100]);
  });

  test("a retry at the other endpoint does not wait behind a pair, one at the same endpoint does", async () => {
    const { admitted, enter } = setUp({ rpm: 10 }, { tpm: 100 });
    enter(C(90));
    enter(B(), C(90));
    const [other, same] = [enter(B()), enter(C(1))];
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(admitted[other]).toBe(0);
    expect(admitted[same]).toBe(60_100);
  });

  test("what remains: nothing goes until the reset that was named", async () => {
    const { limits, admitted, enter, pauses } = setUp({ minRemaining: 0.5 });
    enter(B());
    limits.heed("baseline", [
      ["x-ratelimit-limit-requests", "10"],
      ["x-ratelimit-remaining-requests", "4"],
      ["x-ratelimit-reset-requests", "20s"],
    ]);
    enter(B());
    enter(C());
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(admitted).toEqual([0, 20_000, 0]);
    expect(pauses).toEqual([{ endpoint: "baseline", fromNs: 0, toNs: 20_000 * 1e6, why: "remaining" }]);
  });

  test("an endpoint that was given up holds nobody: its own are turned away, its mates go", async () => {
    const { limits, admitted, enter } = setUp({ rpm: 1 }, { rpm: 5 });
    enter(B());
    const [pair, own] = [enter(B(), C()), enter(B())];
    await vi.advanceTimersByTimeAsync(1_000);
    limits.drop("baseline");
    await vi.advanceTimersByTimeAsync(1_000);
    expect([admitted[pair], admitted[own]]).toEqual([1_000, -1]);
  });

  test("closing turns everyone away, ends the pause, and leaves no timer", async () => {
    const { limits, admitted, enter, pauses } = setUp({ rpm: 1 });
    enter(B());
    enter(B());
    await vi.advanceTimersByTimeAsync(5_000);
    limits.close();
    enter(B());
    await vi.advanceTimersByTimeAsync(0);
    expect(admitted).toEqual([0, -1, -1]);
    expect(pauses).toEqual([{ endpoint: "baseline", fromNs: 0, toNs: 5_000 * 1e6, why: "rpm" }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("in any order of arrivals no minute has more than its limits, everyone goes, and pauses never overlap", async () => {
    const arrivals = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 20_000 }),
        who: fc.constantFrom("baseline", "candidate", "both"),
        tokens: fc.integer({ min: 0, max: 400 }),
      }),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(
        arrivals,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 400, max: 900 }),
        async (all, rpm, tpm) => {
          const { limits, admitted, enter, pauses } = setUp({ rpm, tpm }, { rpm: 3 });
          const sent: Need[][] = [];
          const startMs = nowMs();
          for (const { afterMs, who, tokens } of all) {
            await vi.advanceTimersByTimeAsync(afterMs);
            const needs = who === "both" ? [B(tokens), C(tokens)] : who === "baseline" ? [B(tokens)] : [C(tokens)];
            sent.push(needs);
            enter(...needs);
          }
          await vi.advanceTimersByTimeAsync((all.length + 2) * (MINUTE + 200));
          limits.close();
          expect(admitted.every((atMs) => atMs >= startMs)).toBe(true);
          for (const [role, most] of [
            ["baseline", rpm],
            ["candidate", 3],
          ] as const) {
            const own = sent
              .flatMap((needs, index) =>
                needs
                  .filter(({ endpoint }) => endpoint === role)
                  .map(({ tokens }) => ({ atMs: admitted[index] as number, tokens })),
              )
              .sort((a, b) => a.atMs - b.atMs);
            for (const { atMs } of own) {
              const minute = own.filter((each) => each.atMs >= atMs && each.atMs < atMs + MINUTE);
              expect(minute.length).toBeLessThanOrEqual(most);
              if (role === "baseline") {
                expect(minute.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(tpm);
              }
            }
            const lines = pauses.filter(({ endpoint }) => endpoint === role);
            for (const [index, line] of lines.entries()) {
              expect(line.toNs).toBeGreaterThan(line.fromNs);
              if (index > 0) expect(line.fromNs).toBeGreaterThanOrEqual(lines[index - 1]?.toNs ?? 0);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("over a socket", () => {
  let server: RawServer | null = null;
  afterEach(async () => {
    await server?.close();
    server = null;
  });
  const answering = async (answer = plainAnswer(CHAT_BODY)): Promise<string> => {
    server = await rawServer((socket) => socket.write(answer));
    return server.baseUrl;
  };
  const CASES = Array.from({ length: 6 }, (_, index) => ({ ...CASE, id: `case-${index}` }));

  test("many lanes send no more than rpm together, both halves wait, and the wait is no send lag", async () => {
    const { exchanges, pauses, reason } = await captureFrom({
      baseUrl: await answering(),
      cases: CASES,
      settings: { concurrency: 6, deadlineMs: 900 },
      candidate: { limits: { rpm: 2 } },
    });
    expect(reason).toBe("deadline");
    expect(exchanges.map(({ endpoint }) => endpoint).sort()).toEqual([
      "baseline",
      "baseline",
      "candidate",
      "candidate",
    ]);
    for (const { releasedAtNs, attempts } of exchanges) {
      expect((attempts[0]?.dispatchedAtNs ?? Number.NaN) - releasedAtNs).toBeLessThan(100e6);
    }
    expect(pauses).toHaveLength(1);
    expect(pauses[0]).toMatchObject({ type: "pause", segment: 0, endpoint: "candidate", why: "rpm" });
    expect((pauses[0]?.toNs ?? 0) / 1e6).toBeGreaterThanOrEqual(890);
  });

  test("tokens of the plan count", async () => {
    const { exchanges, pauses } = await captureFrom({
      baseUrl: await answering(),
      cases: CASES,
      tokens: 40,
      settings: { concurrency: 6, deadlineMs: 900 },
      candidate: { limits: { tpm: 130 } },
    });
    expect(exchanges).toHaveLength(6);
    expect(pauses.map(({ why }) => why)).toEqual(["tpm"]);
  });

  test("a retry waits for its place too, and the answer that asked for it is on record", async () => {
    const { exchanges, pauses } = await captureFrom({
      baseUrl: await answering(plainAnswer("{}", "500 Internal Server Error")),
      settings: { retry: { attempts: 3, on: ["5xx"] }, deadlineMs: 2_300 },
      endpoint: { limits: { rpm: 1 } },
    });
    expect(server?.requests).toHaveLength(2);
    for (const { attempts } of exchanges) expect(attempts.map(({ status }) => status)).toEqual([500]);
    expect(pauses.map(({ endpoint, why }) => [endpoint, why]).sort()).toEqual([
      ["baseline", "rpm"],
      ["candidate", "rpm"],
    ]);
    // It waited for its place from the end of its backoff on.
    expect((pauses[0]?.fromNs ?? 0) / 1e6).toBeGreaterThan(1_000);
  });

  test("a waking endpoint is polled no more often than it may be, and its trial ends", async () => {
    const { exchanges, reason } = await captureFrom({
      baseUrl: await answering(plainAnswer("{}", "503 Service Unavailable", "retry-after: 0\r\n")),
      settings: { deadlineMs: 4_000 },
      endpoint: { limits: { rpm: 3 }, wake: { budgetMs: 10_000, capMs: 10_000 } },
    });
    expect(reason).toBe("deadline");
    const cold = exchanges.filter(({ phase }) => phase === "cold");
    expect(cold.map(({ attempts }) => attempts.length)).toEqual([3, 3]);
  });

  test("what remains at the endpoint pauses it until its reset, from the headers of an answer on", async () => {
    const headers =
      "x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: 3\r\nx-ratelimit-reset-requests: 1.2s\r\n";
    const { exchanges, pauses, reason } = await captureFrom({
      baseUrl: await answering(plainAnswer(CHAT_BODY, "200 OK", headers)),
      cases: CASES.slice(0, 2),
      candidate: { limits: { minRemaining: 0.2 } },
    });
    expect(reason).toBe("complete");
    expect(exchanges).toHaveLength(4);
    const released = [...new Set(exchanges.map(({ releasedAtNs }) => releasedAtNs / 1e6))].sort((a, b) => a - b);
    expect((released[1] ?? 0) - (released[0] ?? 0)).toBeGreaterThan(1_150);
    expect(pauses.map(({ endpoint, why }) => [endpoint, why])).toEqual([["candidate", "remaining"]]);
  });
});
