/** A wake is silent for minutes: what keeps its connection, and that nothing of the HTTP client cuts it. */
import { existsSync, readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { Client } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type RawAttempt, sendAttempt } from "../../src/capture/attempt.js";
import { timedClient } from "../../src/capture/connection.js";
import { captureFrom, chunk, LAST_CHUNK, plainAnswer, rawServer, SSE_HEAD } from "./harness.js";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe.skipIf(!existsSync("/proc/net/tcp"))("TCP keep-alive of a connection that waits for an answer", () => {
  const pem = (name: string): string => readFileSync(new URL(`./certificates/${name}.pem`, import.meta.url), "utf8");
  const TLS = { key: pem("key"), cert: pem("certificate") };

  const listen = async (server: Server): Promise<number> => {
    const sockets = new Set<Socket>();
    for (const event of ["connection", "secureConnection"]) {
      server.on(event, (socket: Socket) => {
        sockets.add(socket);
        socket.on("error", () => {});
      });
    }
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };
  /** Timers of established connections to a port, as the kernel has them: 2 is keep-alive, in hundredths of a second. */
  const timersTo = (port: number): { readonly kind: number; readonly seconds: number }[] => {
    const to = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    return readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , remote, state]) => remote === to && state === "01")
      .map(([, , , , , timer = ""]) => {
        const [kind, when] = timer.split(":").map((part) => Number.parseInt(part, 16));
        return { kind: kind ?? 0, seconds: (when ?? 0) / 100 };
      });
  };
  const CONNECTIONS = 2;
  const silentOn = async (port: number, options: Parameters<typeof captureFrom>[0]): Promise<void> => {
    let captured: Promise<unknown> = Promise.resolve();
    const released = new Promise<() => void>((resolve) => {
      captured = captureFrom({
        ...options,
        settings: { timeouts: { connectMs: 5_000, firstByteMs: 0, idleMs: 0, totalMs: 20_000 } },
        onReleased: resolve,
      });
    });
    try {
      // Until what was sent is acknowledged the kernel's timer is the one of retransmission.
      const kept = (): number =>
        timersTo(port).filter(({ kind, seconds }) => kind === 2 && seconds > 10 && seconds <= 31).length;
      await expect.poll(kept, { interval: 20 }).toBe(CONNECTIONS);
    } finally {
      (await released)();
      await captured;
    }
  };

  test("is on for plain http", async () => {
    const server = await rawServer(() => {});
    closing.push(server.close);
    await silentOn(Number(new URL(server.baseUrl).port), { baseUrl: server.baseUrl });
  });

  test("is on for TLS", async () => {
    const port = await listen(createHttps(TLS, () => {}));
    await silentOn(port, { baseUrl: `https://localhost:${port}/v1`, endpoint: { ca: TLS.cert } });
  });

  test("is on for HTTP/2", async () => {
    const port = await listen(createSecureServer(TLS, () => {}) as unknown as Server);
    await silentOn(port, { baseUrl: `https://localhost:${port}/v1`, endpoint: { ca: TLS.cert, http2: true } });
  });

  test("is on towards a proxy, through which TLS is tunnelled", async () => {
    const port = await listen(createHttps(TLS, () => {}));
    const proxy = createHttp();
    proxy.on("connect", (_request, client: Socket) => {
      client.on("error", () => {});
      const upstream = connect(port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on("error", () => client.destroy());
      client.on("close", () => upstream.destroy());
    });
    const proxyPort = await listen(proxy);
    await silentOn(proxyPort, {
      baseUrl: `https://localhost:${port}/v1`,
      endpoint: { ca: TLS.cert },
      proxy: { origin: `http://127.0.0.1:${proxyPort}` },
    });
  });
});

/** Twenty minutes pass for the client's timers; sockets are real. */
describe("twenty minutes without a byte", () => {
  const realTimeout = globalThis.setTimeout;
  // Once for all: the client keeps the timer that it ticks by.
  beforeAll(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] }));
  afterAll(() => void vi.useRealTimers());

  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => realTimeout(resolve, 5));
  };

  const sendTo = (origin: string, onRead: () => void): Promise<RawAttempt> => {
    const now = (): number => Number(process.hrtime.bigint());
    const timed = timedClient({ origin }, now);
    closing.push(() => timed.abandon());
    return sendAttempt(timed, {
      request: { method: "POST", path: "/v1/chat/completions", headers: {}, body: {} },
      query: "",
      body: "{}",
      secretHeaders: {},
      deadlines: { connectMs: 10_000, firstByteMs: 0, idleMs: 0, totalMs: 0 },
      maxBytes: 1_000_000,
      now,
      onRead,
      stop: new AbortController().signal,
    });
  };

  /** The same client as it comes: what it does shows that these clocks move it. Gives the code of its failure. */
  const sendByDefaults = (origin: string, onRead: () => void): Promise<unknown> => {
    const client = new Client(origin);
    closing.push(() => client.destroy());
    return new Promise((resolve) =>
      client.dispatch(
        { method: "GET", path: "/" },
        {
          onRequestStart: () => {},
          onResponseStart: () => {},
          onResponseData: onRead,
          onResponseEnd: () => resolve("no failure"),
          onResponseError: (_controller, error) => resolve((error as { code?: string }).code),
        },
      ),
    );
  };

  test.each([
    ["before the headers", "", plainAnswer("data: 2\n\n"), "data: 2\n\n", "UND_ERR_HEADERS_TIMEOUT"],
    [
      "in the middle of a stream",
      SSE_HEAD + chunk("data: 1\n\n"),
      chunk("data: 2\n\n") + LAST_CHUNK,
      "data: 1\n\ndata: 2\n\n",
      "UND_ERR_BODY_TIMEOUT",
    ],
  ])("%s: the answer is taken, where the client's defaults cut it", async (_name, before, rest, whole, code) => {
    const waiting: Socket[] = [];
    const server = await rawServer((socket) => {
      if (before !== "") socket.write(before);
      waiting.push(socket);
    });
    closing.push(server.close);
    const { origin } = new URL(server.baseUrl);
    let reads = 0;
    const onRead = (): void => {
      reads++;
    };
    const ours = sendTo(origin, onRead);
    const theirs = sendByDefaults(origin, onRead);
    await until(() => waiting.length === 2 && (before === "" || reads === 2));
    await vi.advanceTimersByTimeAsync(20 * 60_000);
    expect(await theirs).toBe(code);
    for (const socket of waiting) socket.write(rest);
    const { status, outcome, log } = await ours;
    expect([status, outcome]).toEqual([200, { kind: "complete" }]);
    expect(Buffer.from(log.bytes).toString()).toBe(whole);
  });
});
