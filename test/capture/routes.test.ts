/** How a request gets to its endpoint: certificates, HTTP/2, proxies. Everything is on loopback. */
import { readFileSync } from "node:fs";
import { createServer as createHttp, type Server } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer as createTls } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import type { Exchange } from "../../src/recording/recording.js";
import { CHAT_BODY, captureFrom } from "./harness.js";

const pem = (name: string): string => readFileSync(new URL(`./certificates/${name}.pem`, import.meta.url), "utf8");
const TLS = { key: pem("key"), cert: pem("certificate") };
const ONCE = { warmup: 0, solo: { requests: 0, maxTokens: 1 }, rounds: 1, concurrency: 1 };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Listening {
  readonly port: number;
}

async function listen(server: Pick<Server, "listen" | "address" | "close" | "on">): Promise<Listening> {
  const sockets = new Set<Socket>();
  for (const event of ["connection", "secureConnection"]) {
    server.on(event, (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
    });
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}

/** A proxy for both ways: CONNECT for https, the absolute address for http. */
async function startProxy(refuse?: number): Promise<Listening & { readonly seen: string[] }> {
  const seen: string[] = [];
  const proxy = createHttp((request, response) => {
    seen.push(
      `${request.method} ${request.url} host=${request.headers.host} ${request.headers["proxy-authorization"]}`,
    );
    request.resume();
    request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(CHAT_BODY));
  });
  proxy.on("connect", (request, client: Socket) => {
    seen.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"]}`);
    client.on("error", () => {});
    if (refuse !== undefined) {
      client.end(`HTTP/1.1 ${refuse} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const [, port] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
  });
  return { ...(await listen(proxy)), seen };
}

async function startHttps(): Promise<Listening> {
  return listen(
    createHttps(TLS, (request, response) => {
      request.resume();
      request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(CHAT_BODY));
    }),
  );
}

const bodyOf = ({ attempts }: Exchange): string => attempts[0]?.reads.map(([, bytes]) => bytes).join("") ?? "";

describe("certificates", () => {
  test("one that is trusted by caFile is accepted, and TLS has its stamp", async () => {
    const { port } = await startHttps();
    const baseUrl = `https://localhost:${port}/v1`;
    const { exchanges } = await captureFrom({ baseUrl, settings: ONCE, endpoint: { ca: TLS.cert } });
    expect(exchanges.length).toBe(2);
    for (const { attempts } of exchanges) {
      const attempt = attempts[0];
      expect(attempt?.outcome).toEqual({ kind: "complete" });
      expect(attempt?.tlsEndAtNs).toBeGreaterThan(attempt?.tcpEndAtNs ?? Number.POSITIVE_INFINITY);
    }
  });

  test("a stranger's fails in phase tls, and nothing was sent", async () => {
    const { port } = await startHttps();
    const { exchanges } = await captureFrom({
      baseUrl: `https://localhost:${port}/v1`,
      settings: { ...ONCE, retry: { attempts: 1, on: [] } },
    });
    const attempt = exchanges[0]?.attempts[0];
    expect(attempt?.outcome).toMatchObject({ kind: "network", phase: "tls", code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(attempt?.sentAtNs).toBeUndefined();
  });
});

describe("HTTP/2", () => {
  test("is spoken when both sides want it, with headers, reads and stamps as ever", async () => {
    const versions: string[] = [];
    const server = createSecureServer({ ...TLS, allowHTTP1: true }, (request, response) => {
      versions.push(request.httpVersion);
      request.resume();
      request.on("end", () => {
        response.writeHead(200, { "content-type": "application/json", "x-served": "yes" });
        response.end(CHAT_BODY);
      });
    });
    const { port } = await listen(server as unknown as Server);
    const baseUrl = `https://localhost:${port}/v1`;
    const { exchanges } = await captureFrom({ baseUrl, settings: ONCE, endpoint: { ca: TLS.cert, http2: true } });
    expect(versions).toEqual(["2.0", "2.0"]);
    for (const exchange of exchanges) {
      const attempt = exchange.attempts[0];
      expect(attempt).toMatchObject({ status: 200, outcome: { kind: "complete" } });
      expect(attempt?.headers).toContainEqual(["x-served", "yes"]);
      expect(bodyOf(exchange)).toBe(CHAT_BODY);
      expect(attempt?.headersAtNs).toBeGreaterThan(attempt?.sentAtNs ?? Number.POSITIVE_INFINITY);
    }
  });
});

/** An HTTP/2 server of raw frames: a status, one event, and then a reset. */
async function startResetting(code: number): Promise<Listening> {
  const frame = (type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  };
  const server = createTls({ ...TLS, ALPNProtocols: ["h2"] }, (socket) => {
    socket.on("error", () => {});
    socket.write(frame(4, 0, 0));
    let pending = Buffer.alloc(0);
    let greeted = false;
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (!greeted && pending.length >= 24) {
        pending = pending.subarray(24);
        greeted = true;
      }
      while (greeted && pending.length >= 9) {
        const length = pending.readUIntBE(0, 3);
        if (pending.length < 9 + length) return;
        const [type, flags, stream] = [pending.readUInt8(3), pending.readUInt8(4), pending.readUInt32BE(5)];
        pending = pending.subarray(9 + length);
        if (type === 4 && (flags & 1) === 0) socket.write(frame(4, 1, 0));
        if (type !== 1) continue;
        const reset = Buffer.alloc(4);
        reset.writeUInt32BE(code);
        // HPACK: `:status: 200` is one indexed byte.
        socket.write(frame(1, 4, stream, Buffer.from([0x88])));
        socket.write(frame(0, 0, stream, Buffer.from("data: {}\n\n")), () => socket.write(frame(3, 0, stream, reset)));
      }
    });
  });
  return listen(server as unknown as Server);
}

describe("an HTTP/2 stream that the server resets", () => {
  test.each([
    ["CANCEL", 8],
    ["INTERNAL_ERROR", 2],
    ["ENHANCE_YOUR_CALM", 11],
  ])("with %s was cut, and is asked again", async (_name, code) => {
    const { port } = await startResetting(code);
    const { exchanges } = await captureFrom({
      baseUrl: `https://localhost:${port}/v1`,
      settings: { ...ONCE, retry: { attempts: 2, on: ["network"] } },
      endpoint: { ca: TLS.cert, http2: true },
    });
    for (const { attempts } of exchanges) {
      expect(attempts.map(({ outcome }) => outcome)).toMatchObject([
        { kind: "network", phase: "body" },
        { kind: "network", phase: "body" },
      ]);
      expect(attempts[0]?.reads.map(([, bytes]) => bytes)).toEqual(["data: {}\n\n"]);
    }
  });
});

describe("proxies", () => {
  test("https goes through a tunnel; the key of the proxy is sent to it and recorded nowhere", async () => {
    const { port } = await startHttps();
    const proxy = await startProxy();
    const { exchanges } = await captureFrom({
      baseUrl: `https://localhost:${port}/v1`,
      settings: ONCE,
      endpoint: { ca: TLS.cert },
      proxy: { origin: `http://127.0.0.1:${proxy.port}`, authorization: "Basic c2VjcmV0OnByb3h5" },
    });
    expect(exchanges.map(bodyOf)).toEqual([CHAT_BODY, CHAT_BODY]);
    expect(proxy.seen).toContain(`CONNECT localhost:${port} Basic c2VjcmV0OnByb3h5`);
    const attempt = exchanges[0]?.attempts[0];
    expect(attempt?.remoteAddress).toBe(`127.0.0.1:${proxy.port}`);
    expect(attempt?.tlsEndAtNs).toBeGreaterThan(attempt?.tcpEndAtNs ?? Number.POSITIVE_INFINITY);
    expect(JSON.stringify(exchanges)).not.toContain("c2VjcmV0OnByb3h5");
  });

  test("http is forwarded by its absolute address", async () => {
    const proxy = await startProxy();
    const { exchanges } = await captureFrom({
      baseUrl: "http://inference.invalid:8123/v1",
      settings: ONCE,
      proxy: { origin: `http://127.0.0.1:${proxy.port}` },
    });
    expect(exchanges.map(bodyOf)).toEqual([CHAT_BODY, CHAT_BODY]);
    expect(proxy.seen[0]).toBe(
      "POST http://inference.invalid:8123/v1/chat/completions host=inference.invalid:8123 undefined",
    );
  });

  test("one that refuses is a network failure in its own words, and nothing hangs", async () => {
    const proxy = await startProxy(407);
    const { exchanges } = await captureFrom({
      baseUrl: "https://inference.invalid/v1",
      settings: { ...ONCE, retry: { attempts: 1, on: [] } },
      proxy: { origin: `http://127.0.0.1:${proxy.port}` },
    });
    expect(exchanges[0]?.attempts[0]?.outcome).toMatchObject({
      kind: "network",
      code: "PROXY_REFUSED",
      message: `the proxy http://127.0.0.1:${proxy.port} answered 407 to CONNECT inference.invalid:443`,
    });
  });
});
