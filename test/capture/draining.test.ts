/** A limit of the user's own: nothing more is sent, and what is in flight ends as it would have. */
import { afterEach, describe, expect, test } from "vitest";
import { wasInterrupted } from "../../src/recording/interrupted.js";
import type { Attempt, Exchange } from "../../src/recording/recording.js";
import { CASE, CHAT_BODY, captureFrom, plainAnswer, type RawServer, rawServer } from "./harness.js";

const open: RawServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
const serve = async (answer: Parameters<typeof rawServer>[0]): Promise<RawServer> => {
  const server = await rawServer(answer);
  open.push(server);
  return server;
};
const CASES = Array.from({ length: 8 }, (_, index) => ({ ...CASE, id: `case-${index}` }));
const lastOf = ({ attempts }: Exchange): Attempt => attempts.at(-1) as Attempt;

describe("a drain", () => {
  test("lets what is in flight end whole, and wakes lanes that wait for a later round", async () => {
    const { baseUrl, requests } = await serve((socket) => setTimeout(() => socket.write(plainAnswer(CHAT_BODY)), 300));
    const started = Date.now();
    const { exchanges, end } = await captureFrom({
      baseUrl,
      cases: CASES.slice(0, 2),
      settings: { rounds: 2, spreadMs: 120_000, concurrency: 3 },
      onReleased: (_stop, drain) => drain("capture.maxCost: $5.02 of $5.00 spent"),
    });
    expect(end).toMatchObject({ reason: "limit", message: "capture.maxCost: $5.02 of $5.00 spent" });
    expect(exchanges).toHaveLength(requests.length);
    expect(exchanges.length).toBeGreaterThanOrEqual(2);
    for (const exchange of exchanges) {
      expect(lastOf(exchange)).toMatchObject({ status: 200, outcome: { kind: "complete" } });
    }
    expect(Date.now() - started).toBeLessThan(15_000);
  });

  test("sends no retry that was waiting: what the limit withheld is interrupted, not failed", async () => {
    const { baseUrl, requests } = await serve((socket) =>
      socket.write(plainAnswer("{}", "429 Too Many Requests", "retry-after: 60\r\n")),
    );
    const started = Date.now();
    const { exchanges, reason } = await captureFrom({
      baseUrl,
      cases: CASES,
      settings: { retry: { attempts: 3, on: [429] } },
      onReleased: (_stop, drain) => setTimeout(() => drain("enough"), 400),
    });
    expect([reason, requests.length, exchanges.length]).toEqual(["limit", 2, 2]);
    for (const exchange of exchanges) expect(wasInterrupted(lastOf(exchange))).toBe(true);
    expect(Date.now() - started).toBeLessThan(15_000);
  });

  test("wakes lanes that wait for a rate", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const { exchanges, reason, pauses } = await captureFrom({
      baseUrl,
      cases: CASES,
      endpoint: { limits: { rpm: 1 } },
      onExchange: (_exchange, _stop, drain) => setTimeout(() => drain("enough"), 200),
    });
    expect([reason, exchanges.length]).toEqual(["limit", 2]);
    expect(pauses).toHaveLength(2);
  });

  test("that comes when everything was sent changes nothing", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const { end } = await captureFrom({ baseUrl, onExchange: (_exchange, _stop, drain) => drain("enough") });
    expect(end).toEqual({ atNs: expect.any(Number), reason: "complete" });
  });
});

describe("maxRequests", () => {
  test("counts every attempt at both endpoints, and none passes it", async () => {
    const { baseUrl, requests } = await serve((socket) =>
      socket.write(plainAnswer("{}", "500 Internal Server Error", "retry-after: 0\r\n")),
    );
    const { exchanges, end } = await captureFrom({
      baseUrl,
      cases: CASES,
      settings: { concurrency: 4, maxRequests: 15, retry: { attempts: 10, on: ["5xx"] } },
    });
    expect(requests).toHaveLength(15);
    expect(exchanges.flatMap(({ attempts }) => attempts)).toHaveLength(15);
    expect(end).toMatchObject({ reason: "limit", message: "capture.maxRequests: 15 requests were sent" });
  });

  test("no half of a pair is sent for the last place", async () => {
    const { baseUrl, requests } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const { exchanges, end } = await captureFrom({ baseUrl, cases: CASES, settings: { maxRequests: 5 } });
    expect([requests.length, exchanges.length]).toEqual([4, 4]);
    expect(end).toMatchObject({
      reason: "limit",
      message: "capture.maxRequests: 4 requests were sent, and 2 more would pass 5",
    });
  });

  test("an attempt on a dead socket was sent too", async () => {
    const { baseUrl } = await serve((socket, _request, count) => {
      // The second pair finds its sockets open, and is hung up on.
      if (count === 3 || count === 4) socket.resetAndDestroy();
      else socket.write(plainAnswer(CHAT_BODY));
    });
    const { exchanges, reason } = await captureFrom({ baseUrl, cases: CASES, settings: { maxRequests: 6 } });
    expect(exchanges.map(({ attempts }) => attempts.map(({ outcome }) => outcome.kind))).toEqual([
      ["complete"],
      ["complete"],
      ["staleConnection", "complete"],
      ["staleConnection", "complete"],
    ]);
    expect(reason).toBe("limit");
  });

  test("that is just enough ends nothing", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const { reason } = await captureFrom({ baseUrl, cases: CASES, settings: { maxRequests: 16 } });
    expect(reason).toBe("complete");
  });
});
