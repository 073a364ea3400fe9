/** Servers that misbehave below the level of any API: nothing they do hangs a run or fills a memory. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Attempt, Exchange } from "../../src/recording/recording.js";
import { CASE, CHAT_BODY, captureFrom, chunk, plainAnswer, type RawServer, rawServer, SSE_HEAD } from "./harness.js";

const open: RawServer[] = [];
const closing: (() => void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await Promise.all(open.splice(0).map((server) => server.close()));
});
const serve = async (answer: Parameters<typeof rawServer>[0]): Promise<string> => {
  const server = await rawServer(answer);
  open.push(server);
  return server.baseUrl;
};
const lastOf = ({ attempts }: Exchange): Attempt => attempts.at(-1) as Attempt;
const TIMEOUTS = { connectMs: 5_000, firstByteMs: 5_000, idleMs: 5_000, totalMs: 20_000 };

/** Writes a piece again and again, as fast as it is taken. */
function flood(socket: Socket, piece: string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}

describe("headers", () => {
  test("of ten thousand lines are taken", async () => {
    const lines = Array.from({ length: 10_000 }, () => "a:b\r\n").join("");
    const baseUrl = await serve((socket) => socket.write(plainAnswer(CHAT_BODY, "200 OK", lines)));
    const { exchanges } = await captureFrom({ baseUrl });
    for (const exchange of exchanges) {
      const { outcome, headers } = lastOf(exchange);
      expect(outcome).toEqual({ kind: "complete" });
      expect(headers?.filter(([name]) => name === "a")).toHaveLength(10_000);
    }
  });

  test.each([
    ["one line of", `x: ${"y".repeat(100_000)}\r\n`],
    ["lines that add up to", Array.from({ length: 2_000 }, (_, index) => `x-${index}: ${"y".repeat(50)}\r\n`).join("")],
  ])("with %s more than 64 KiB end the answer as a network failure", async (_name, lines) => {
    const baseUrl = await serve((socket) => socket.write(plainAnswer(CHAT_BODY, "200 OK", lines)));
    const { exchanges, reason } = await captureFrom({ baseUrl });
    expect(reason).toBe("complete");
    for (const exchange of exchanges) {
      expect(lastOf(exchange).outcome).toMatchObject({
        kind: "network",
        phase: "headers",
        code: "UND_ERR_HEADERS_OVERFLOW",
      });
      expect(lastOf(exchange).reads).toEqual([]);
    }
  });

  test("without end are cut there too", async () => {
    const baseUrl = await serve((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      flood(socket, "x: y\r\n".repeat(1_000));
    });
    const { exchanges } = await captureFrom({ baseUrl });
    for (const exchange of exchanges) {
      expect(lastOf(exchange).outcome).toMatchObject({ kind: "network", code: "UND_ERR_HEADERS_OVERFLOW" });
    }
  });

  test("of which a byte comes now and then end at the first-byte deadline", async () => {
    const baseUrl = await serve((socket) => {
      const timer = setInterval(() => socket.write("x"), 50);
      socket.write("HTTP/1.1 200 OK\r\nx-slow: ");
      socket.on("close", () => clearInterval(timer));
    });
    const { exchanges } = await captureFrom({ baseUrl, settings: { timeouts: { ...TIMEOUTS, firstByteMs: 400 } } });
    for (const exchange of exchanges) {
      expect(lastOf(exchange)).toMatchObject({
        outcome: { kind: "timeout", phase: "firstByte", afterMs: 400 },
        reads: [],
      });
      expect(lastOf(exchange).headersAtNs).toBeUndefined();
    }
  });
});

describe("informational answers", () => {
  test.each([
    [
      "now and then",
      (socket: Socket) => {
        const timer = setInterval(() => socket.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"), 20);
        socket.on("close", () => clearInterval(timer));
      },
    ],
    [
      "as fast as they are taken",
      (socket: Socket) => flood(socket, "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(100)),
    ],
  ])("without end, %s, end at the first-byte deadline", async (_name, answer) => {
    const baseUrl = await serve((socket) => answer(socket));
    const { exchanges } = await captureFrom({ baseUrl, settings: { timeouts: { ...TIMEOUTS, firstByteMs: 400 } } });
    for (const exchange of exchanges) {
      const { outcome, sentAtNs = 0, endedAtNs } = lastOf(exchange);
      expect(outcome).toEqual({ kind: "timeout", phase: "firstByte", afterMs: 400 });
      expect((endedAtNs - sentAtNs) / 1e6).toBeLessThan(4_000);
    }
  });

  test("before the real one leave no trace in its status", async () => {
    const baseUrl = await serve((socket) =>
      socket.write(
        `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nx-hint: 1\r\n\r\n${plainAnswer(CHAT_BODY)}`,
      ),
    );
    const { exchanges } = await captureFrom({ baseUrl });
    for (const exchange of exchanges) {
      expect(lastOf(exchange)).toMatchObject({ status: 200, outcome: { kind: "complete" } });
      expect(lastOf(exchange).headers?.some(([name]) => name === "x-hint")).toBe(false);
    }
  });
});

describe("a server that takes no bytes", () => {
  test("of a large request ends at the first-byte deadline", async () => {
    const server = createServer((socket) => {
      socket.pause();
      socket.on("error", () => {});
      closing.push(() => socket.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => server.close());
    const { port } = server.address() as { port: number };
    const large = { ...CASE, request: { messages: [{ role: "user", content: "x".repeat(12_000_000) }] } };
    const { exchanges } = await captureFrom({
      baseUrl: `http://127.0.0.1:${port}/v1`,
      cases: [large],
      settings: { timeouts: { ...TIMEOUTS, firstByteMs: 500 } },
    });
    for (const exchange of exchanges) {
      expect(lastOf(exchange).outcome).toEqual({ kind: "timeout", phase: "firstByte", afterMs: 500 });
    }
  });
});

describe("without any deadline of an attempt", () => {
  test.each([
    ["says nothing", (_socket: Socket) => {}],
    ["stops in the middle", (socket: Socket) => socket.write(SSE_HEAD + chunk("data: 1\n\n"))],
  ])("a server that %s is ended by the run's own", async (_name, answer) => {
    const baseUrl = await serve((socket) => void answer(socket));
    const { exchanges, reason } = await captureFrom({
      baseUrl,
      settings: { timeouts: { connectMs: 0, firstByteMs: 0, idleMs: 0, totalMs: 0 }, deadlineMs: 700 },
    });
    expect(reason).toBe("deadline");
    expect(exchanges.map((exchange) => lastOf(exchange).outcome)).toEqual([
      { kind: "cancelled", by: "deadline" },
      { kind: "cancelled", by: "deadline" },
    ]);
  });
});

describe("a server process that stands still", () => {
  const STREAMING = `
    const server = require("node:http").createServer((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => response.write("data: 1\\n\\n"), 20);
      response.on("close", () => clearInterval(timer));
    });
    server.listen(0, "127.0.0.1", () => console.log(server.address().port));
  `;
  const start = async (): Promise<{ child: ChildProcess; port: number }> => {
    const child = spawn(process.execPath, ["-e", STREAMING], { stdio: ["ignore", "pipe", "inherit"] });
    closing.push(() => child.kill("SIGKILL"));
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    return { child, port: Number(line.toString()) };
  };

  test.skipIf(process.platform === "win32")(
    "in the middle of a stream: the connection is half open, and idle ends it",
    async () => {
      const { child, port } = await start();
      const timer = setTimeout(() => child.kill("SIGSTOP"), 700);
      closing.push(() => clearTimeout(timer));
      const { exchanges, reason } = await captureFrom({
        baseUrl: `http://127.0.0.1:${port}/v1`,
        settings: { timeouts: { ...TIMEOUTS, idleMs: 600 } },
      });
      expect(reason).toBe("complete");
      for (const exchange of exchanges) {
        expect(lastOf(exchange).outcome).toEqual({ kind: "timeout", phase: "idle", afterMs: 600 });
        expect(lastOf(exchange).reads.length).toBeGreaterThan(1);
      }
    },
  );

  test.skipIf(process.platform === "win32").each([
    ["the first byte of an answer", "http", "firstByte"],
    ["a TLS handshake", "https", "connect"],
  ] as const)(
    "before it was asked: the kernel accepts, and the deadline for %s holds",
    async (_name, scheme, phase) => {
      const { child, port } = await start();
      child.kill("SIGSTOP");
      const { exchanges } = await captureFrom({
        baseUrl: `${scheme}://127.0.0.1:${port}/v1`,
        settings: { timeouts: { ...TIMEOUTS, connectMs: 500, firstByteMs: 500 } },
      });
      for (const exchange of exchanges) {
        expect(lastOf(exchange).outcome).toEqual({ kind: "timeout", phase, afterMs: 500 });
      }
    },
  );
});
