import { afterEach, describe, expect, it } from "vitest";
import { decodeBytes } from "../../src/recording/reads.js";
import type { Attempt, Exchange } from "../../src/recording/recording.js";
import {
  CASE,
  CHAT_BODY,
  captureFrom,
  chunk,
  LAST_CHUNK,
  plainAnswer,
  type RawServer,
  rawServer,
  SSE_HEAD,
} from "./harness.js";

let server: RawServer | null = null;
const serve = async (...args: Parameters<typeof rawServer>): Promise<RawServer> => {
  server = await rawServer(...args);
  return server;
};
afterEach(async () => {
  await server?.close();
  server = null;
});

const lastOf = (exchange: Exchange | undefined): Attempt => exchange?.attempts.at(-1) as Attempt;
const textOf = (attempt: Attempt): string => attempt.reads.map(([, bytes]) => decodeBytes(bytes).toString()).join("");

describe("one exchange", () => {
  it("has its stamps in order, its headers and its bytes", async () => {
    const { baseUrl, requests } = await serve((socket) =>
      socket.write(plainAnswer(CHAT_BODY, "200 OK", "X-Request-Id: r1\r\n")),
    );
    const { exchanges } = await captureFrom({ baseUrl, apiKey: "key-123" });
    expect(exchanges).toHaveLength(2);
    for (const exchange of exchanges) {
      const attempt = lastOf(exchange);
      const stamps = [
        exchange.releasedAtNs,
        attempt.dispatchedAtNs,
        attempt.tcpEndAtNs,
        attempt.sentAtNs,
        attempt.headersAtNs,
        attempt.reads[0]?.[0],
        attempt.endedAtNs,
      ];
      expect(stamps.every((stamp) => Number.isInteger(stamp))).toBe(true);
      expect([...stamps].sort((a, b) => (a as number) - (b as number))).toEqual(stamps);
      expect(attempt).toMatchObject({
        reused: false,
        status: 200,
        outcome: { kind: "complete" },
        remoteAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      });
      expect(attempt.dnsEndAtNs).toBeUndefined();
      expect(attempt.tlsEndAtNs).toBeUndefined();
      expect(attempt.headers).toContainEqual(["x-request-id", "r1"]);
      expect(textOf(attempt)).toBe(CHAT_BODY);
      expect(JSON.stringify(exchange)).not.toContain("key-123");
    }
    expect(requests[0]).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/);
    expect(requests[0]).toMatch(/authorization: Bearer key-123\r\n/);
    expect(requests[0]).toMatch(/accept-encoding: identity\r\n/);
  });

  it("sends the query of the base address, and does not record it", async () => {
    const { baseUrl, requests } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const { exchanges } = await captureFrom({ baseUrl, endpoint: { query: "?api-version=1&sig=secret" } });
    expect(requests[0]).toMatch(/^POST \/v1\/chat\/completions\?api-version=1&sig=secret HTTP/);
    expect(JSON.stringify(exchanges)).not.toContain("secret");
  });

  it("that names its host has a DNS phase", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const { exchanges } = await captureFrom({ baseUrl: baseUrl.replace("127.0.0.1", "localhost") });
    const attempt = lastOf(exchanges[0]);
    expect(attempt.dnsEndAtNs).toBeGreaterThan(attempt.dispatchedAtNs);
    expect(attempt.tcpEndAtNs).toBeGreaterThanOrEqual(attempt.dnsEndAtNs as number);
  });

  it("reuses its lane's connection within a round, and opens a fresh one for the next", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const cases = ["a", "b", "c"].map((id) => ({ ...CASE, id }));
    const { exchanges } = await captureFrom({ baseUrl, cases, settings: { rounds: 2 } });
    for (const endpoint of ["baseline", "candidate"]) {
      const own = exchanges.filter((exchange) => exchange.endpoint === endpoint);
      expect(own.map((exchange) => lastOf(exchange).reused)).toEqual([false, true, true, false, true, true]);
      for (const exchange of own.filter((each) => lastOf(each).reused))
        expect(lastOf(exchange).tcpEndAtNs).toBeUndefined();
    }
  });
});

describe("a read", () => {
  it("of ten events that were written at once is one read, not ten", async () => {
    const events = Array.from({ length: 10 }, (_, index) => chunk(`data: ${index}\n\n`));
    const { baseUrl } = await serve((socket) => {
      socket.write(SSE_HEAD);
      setTimeout(() => socket.write(events.join("")), 50);
      setTimeout(() => socket.write(LAST_CHUNK), 100);
    });
    const { exchanges } = await captureFrom({ baseUrl });
    for (const exchange of exchanges) {
      expect(lastOf(exchange).reads).toHaveLength(1);
      expect(textOf(lastOf(exchange))).toBe(Array.from({ length: 10 }, (_, index) => `data: ${index}\n\n`).join(""));
    }
  });

  it("of separate writes is separate, and bytes that are no UTF-8 survive", async () => {
    const halves = [Buffer.from("data: é").subarray(0, 7), Buffer.from("é\n\n").subarray(1)];
    const { baseUrl } = await serve((socket) => {
      socket.write(SSE_HEAD);
      setTimeout(
        () => socket.write(Buffer.concat([Buffer.from("7\r\n"), halves[0] as Buffer, Buffer.from("\r\n")])),
        30,
      );
      setTimeout(
        () =>
          socket.write(Buffer.concat([Buffer.from("3\r\n"), halves[1] as Buffer, Buffer.from(`\r\n${LAST_CHUNK}`)])),
        90,
      );
    });
    const { exchanges } = await captureFrom({ baseUrl });
    const { reads } = lastOf(exchanges[0]);
    expect(reads.map(([, bytes]) => typeof bytes)).toEqual(["object", "object"]);
    expect(Buffer.concat(reads.map(([, bytes]) => decodeBytes(bytes))).toString()).toBe("data: é\n\n");
    const gapMs = ((reads[1]?.[0] as number) - (reads[0]?.[0] as number)) / 1e6;
    expect(gapMs).toBeGreaterThan(20);
  });
});

describe("deadlines", () => {
  const TIMEOUTS = { connectMs: 2_000, firstByteMs: 2_000, idleMs: 2_000, totalMs: 10_000 };

  it.each([
    ["firstByte", { firstByteMs: 150 }, () => {}],
    ["idle", { idleMs: 150 }, (socket: import("node:net").Socket) => socket.write(SSE_HEAD + chunk("data: 1\n\n"))],
    [
      "total",
      { totalMs: 300 },
      (socket: import("node:net").Socket) => {
        socket.write(SSE_HEAD);
        const timer = setInterval(() => socket.write(chunk("data: 1\n\n")), 20);
        socket.on("close", () => clearInterval(timer));
      },
    ],
  ] as const)("%s ends an exchange with what came", async (phase, timeouts, answer) => {
    const { baseUrl } = await serve((socket) => void answer(socket));
    const { exchanges } = await captureFrom({ baseUrl, settings: { timeouts: { ...TIMEOUTS, ...timeouts } } });
    for (const exchange of exchanges) {
      const attempt = lastOf(exchange);
      expect(attempt.outcome).toEqual({ kind: "timeout", phase, afterMs: Object.values(timeouts)[0] });
      if (phase !== "firstByte") expect(textOf(attempt)).toMatch(/^(data: 1\n\n)+$/);
    }
  });

  it("connect ends an exchange whose handshake is never answered", async () => {
    // A TLS handshake that is never answered: TCP is up, the connection is not.
    const { baseUrl } = await serve(() => {});
    const { exchanges } = await captureFrom({
      baseUrl: baseUrl.replace("http:", "https:"),
      settings: { timeouts: { ...TIMEOUTS, connectMs: 150 } },
    });
    for (const exchange of exchanges) {
      expect(lastOf(exchange).outcome).toEqual({ kind: "timeout", phase: "connect", afterMs: 150 });
      expect(lastOf(exchange).sentAtNs).toBeUndefined();
    }
  });

  it("idle holds without a first-byte deadline", async () => {
    const { baseUrl } = await serve((socket) => socket.write(SSE_HEAD + chunk("data: 1\n\n")));
    const timeouts = { ...TIMEOUTS, firstByteMs: 0, idleMs: 150 };
    const { exchanges } = await captureFrom({ baseUrl, settings: { timeouts } });
    expect(lastOf(exchanges[0]).outcome).toEqual({ kind: "timeout", phase: "idle", afterMs: 150 });
  });

  it("of 0 are off", async () => {
    const { baseUrl } = await serve((socket) => setTimeout(() => socket.write(plainAnswer(CHAT_BODY)), 100));
    const { exchanges } = await captureFrom({
      baseUrl,
      settings: { timeouts: { connectMs: 0, firstByteMs: 0, idleMs: 0, totalMs: 0 } },
    });
    expect(exchanges.map((exchange) => lastOf(exchange).outcome.kind)).toEqual(["complete", "complete"]);
  });
});

describe("hanging up", () => {
  const endless = (socket: import("node:net").Socket): void => {
    socket.write(SSE_HEAD);
    const timer = setInterval(() => socket.write(chunk("data: x\n\n")), 10);
    socket.on("close", () => clearInterval(timer));
  };

  it("as planned, after reads or after a time", async () => {
    const { baseUrl } = await serve((socket) => endless(socket));
    const cases = [
      { ...CASE, id: "reads", cancel: { afterReads: 3 } },
      { ...CASE, id: "time", cancel: { afterMs: 120 } },
    ];
    const { exchanges } = await captureFrom({ baseUrl, cases });
    for (const exchange of exchanges) {
      const attempt = lastOf(exchange);
      expect(attempt.outcome).toEqual({ kind: "cancelled", by: "plan" });
      if (exchange.caseId === "reads") expect(attempt.reads).toHaveLength(3);
      else expect((attempt.endedAtNs - (attempt.sentAtNs as number)) / 1e6).toBeGreaterThanOrEqual(115);
    }
  });

  it("when an answer outgrows its limit: cut there, and said so", async () => {
    const { baseUrl } = await serve((socket) => endless(socket));
    const { exchanges } = await captureFrom({ baseUrl, settings: { maxBytesPerExchange: 50 } });
    for (const exchange of exchanges) {
      expect(lastOf(exchange).outcome).toEqual({ kind: "truncated", limitBytes: 50 });
      expect(textOf(lastOf(exchange))).toHaveLength(50);
    }
  });

  it("when the user stops: what is in flight is recorded as interrupted, nothing more is sent", async () => {
    const { baseUrl, requests } = await serve((socket) => endless(socket));
    let stopped = false;
    const { exchanges, reason } = await captureFrom({
      baseUrl,
      settings: { rounds: 50 },
      onReleased: (stop) => {
        if (!stopped) setTimeout(stop, 200);
        stopped = true;
      },
    });
    expect(reason).toBe("interrupted");
    expect(exchanges.map((exchange) => lastOf(exchange).outcome)).toEqual([
      { kind: "cancelled", by: "user" },
      { kind: "cancelled", by: "user" },
    ]);
    expect(requests).toHaveLength(2);
  });
});

describe("failures are data", () => {
  it("a redirect is recorded, never followed", async () => {
    const { baseUrl, requests } = await serve((socket) =>
      socket.write(plainAnswer("", "307 Temporary Redirect", "location: http://127.0.0.1:1/\r\n")),
    );
    const { exchanges } = await captureFrom({ baseUrl, apiKey: "key-123" });
    expect(exchanges.map((exchange) => lastOf(exchange).status)).toEqual([307, 307]);
    expect(requests).toHaveLength(2);
  });

  it("a connection that breaks in the answer keeps what came", async () => {
    const { baseUrl } = await serve((socket) => {
      socket.write(SSE_HEAD + chunk("data: 1\n\n"));
      setTimeout(() => socket.destroy(), 50);
    });
    const { exchanges } = await captureFrom({ baseUrl });
    for (const exchange of exchanges) {
      expect(lastOf(exchange).outcome).toMatchObject({ kind: "network", phase: "body" });
      expect(textOf(lastOf(exchange))).toBe("data: 1\n\n");
    }
  });

  it("a refused connection says so", async () => {
    const { baseUrl } = await serve(() => {});
    await server?.close();
    const { exchanges } = await captureFrom({ baseUrl });
    expect(lastOf(exchanges[0]).outcome).toMatchObject({ kind: "network", phase: "connect", code: "ECONNREFUSED" });
    expect(lastOf(exchanges[0]).reads).toEqual([]);
  });

  it("TLS to a plain server fails in phase tls", async () => {
    const { baseUrl } = await serve(() => {});
    const noTls = await rawServer(() => {});
    await noTls.close();
    const plain = (await import("node:net")).createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const port = (plain.address() as { port: number }).port;
    const { exchanges } = await captureFrom({
      baseUrl: baseUrl.replace(/^http:\/\/127\.0\.0\.1:\d+/, `https://127.0.0.1:${port}`),
    });
    plain.close();
    expect(lastOf(exchanges[0]).outcome).toMatchObject({ kind: "network", phase: "tls" });
  });

  it("a host that does not resolve fails in phase dns", async () => {
    const { exchanges } = await captureFrom({ baseUrl: "http://no-such-host.invalid/v1" });
    expect(lastOf(exchanges[0]).outcome).toMatchObject({ kind: "network", phase: "dns" });
  });

  it("a kept-alive socket that died before any byte is a stale connection, tried again at once", async () => {
    const { baseUrl } = await serve((socket, _request, count) => {
      // The third and fourth requests find their sockets open, and are hung up on.
      if (count === 3 || count === 4) socket.resetAndDestroy();
      else socket.write(plainAnswer(CHAT_BODY));
    });
    const cases = ["a", "b"].map((id) => ({ ...CASE, id }));
    const { exchanges } = await captureFrom({ baseUrl, cases, settings: { retry: { attempts: 1, on: [] } } });
    const outcomes = exchanges.map(({ attempts }) => attempts.map(({ outcome }) => outcome.kind));
    expect(outcomes).toEqual([
      ["complete"],
      ["complete"],
      ["staleConnection", "complete"],
      ["staleConnection", "complete"],
    ]);
  });

  it("a reused socket that dies after the endpoint had the request for a while is the endpoint's failure", async () => {
    const { baseUrl } = await serve((socket, _request, count) => {
      if (count === 3 || count === 4) setTimeout(() => socket.resetAndDestroy(), 1_300);
      else socket.write(plainAnswer(CHAT_BODY));
    });
    const cases = ["a", "b"].map((id) => ({ ...CASE, id }));
    const { exchanges } = await captureFrom({ baseUrl, cases });
    const outcomes = exchanges.map(({ attempts }) => attempts.map(({ outcome }) => outcome.kind));
    expect(outcomes).toEqual([["complete"], ["complete"], ["network"], ["network"]]);
  });

  it("429 and 503 are tried again after Retry-After, every attempt recorded", async () => {
    const { baseUrl } = await serve((socket, _request, count) => {
      if (count <= 2)
        socket.write(plainAnswer('{"error":{"message":"slow"}}', "429 Too Many Requests", "retry-after: 0.2\r\n"));
      else socket.write(plainAnswer(CHAT_BODY));
    });
    const { exchanges } = await captureFrom({ baseUrl, settings: { retry: { attempts: 3, on: [429, "5xx"] } } });
    for (const { attempts } of exchanges) {
      expect(attempts.map(({ status }) => status)).toEqual([429, 200]);
      expect(attempts[0]?.backoff).toEqual({ ms: 200, from: "retry-after" });
      expect(
        ((attempts[1]?.dispatchedAtNs as number) - (attempts[0]?.endedAtNs as number)) / 1e6,
      ).toBeGreaterThanOrEqual(195);
    }
  });

  it("400 is not tried again", async () => {
    const { baseUrl, requests } = await serve((socket) => socket.write(plainAnswer("{}", "400 Bad Request")));
    await captureFrom({ baseUrl, settings: { retry: { attempts: 3, on: [429, "5xx", "network"] } } });
    expect(requests).toHaveLength(2);
  });
});

describe("serial order", () => {
  it("waits for a round once, however many blocks it has", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const cases = ["a", "b", "c", "d"].map((id) => ({ ...CASE, id }));
    const { exchanges } = await captureFrom({
      baseUrl,
      cases,
      settings: { order: "serial", rounds: 2, spreadMs: 1_000 },
    });
    const released = (round: number): number[] =>
      exchanges.filter((exchange) => exchange.round === round).map(({ releasedAtNs }) => releasedAtNs / 1e6);
    const start = Math.min(...released(0));
    expect(Math.min(...released(1)) - start).toBeGreaterThan(480);
    expect(Math.max(...released(1)) - Math.min(...released(1))).toBeLessThan(400);
  });
});

describe("a cold endpoint", () => {
  it("that asks to be tried at once is not hammered, and its bodies are not all kept", async () => {
    const body = "x".repeat(200_000);
    const { baseUrl, requests } = await serve((socket) =>
      socket.write(plainAnswer(body, "503 Service Unavailable", "retry-after: 0\r\n")),
    );
    const { exchanges } = await captureFrom({
      baseUrl,
      endpoint: { wake: { budgetMs: 1_600, capMs: 1_600 } },
      settings: { rounds: 1 },
    });
    const cold = exchanges.filter(({ phase }) => phase === "cold");
    // One at once and one each half second until the cap, fewer on a busy machine; unfloored it was hundreds.
    for (const { attempts } of cold) expect([2, 3, 4]).toContain(attempts.length);
    for (const { attempts } of cold) {
      for (const attempt of attempts.slice(0, -1)) {
        expect(textOf(attempt).length).toBeLessThanOrEqual(64 * 1024);
        expect(textOf(attempt).length + (attempt.cutBytes ?? 0)).toBe(200_000);
      }
    }
    expect(requests.length).toBeLessThan(20);
  });

  it("is tried again on a fresh connection while it answers 503, and its deadlines are the wake's alone", async () => {
    const { baseUrl } = await serve((socket, _request, count) => {
      if (count <= 2)
        socket.write(
          plainAnswer('{"error":{"message":"Loading model"}}', "503 Service Unavailable", "retry-after: 0.1\r\n"),
        );
      else setTimeout(() => socket.write(plainAnswer(CHAT_BODY)), count <= 4 ? 400 : 0);
    });
    const { exchanges } = await captureFrom({
      baseUrl,
      endpoint: { wake: { budgetMs: 5_000, capMs: 5_000 } },
      settings: { timeouts: { connectMs: 1_000, firstByteMs: 200, idleMs: 200, totalMs: 300 } },
    });
    const cold = exchanges.filter(({ phase }) => phase === "cold");
    expect(cold).toHaveLength(2);
    for (const { attempts } of cold) {
      expect(attempts.map(({ status, reused }) => [status, reused])).toEqual([
        [503, false],
        [200, false],
      ]);
    }
    expect(exchanges.filter(({ phase }) => phase === "warm").every(({ attempts }) => attempts.length === 1)).toBe(true);
  });
});
