/** Every way in which a waking endpoint puts a request off, through the real capture against raw bytes. */
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Attempt, Exchange } from "../../src/recording/recording.js";
import { CHAT_BODY, captureFrom, chunk, LAST_CHUNK, plainAnswer, rawServer, SSE_HEAD } from "./harness.js";

/** How long each of them puts requests off, from the first one on; polls are half a second apart where they ask for it. */
const ASLEEP_MS = 900;
const CAP_MS = 8_000;
const SOON = "retry-after: 0.5\r\n";

type Says = (socket: Socket, sinceMs: number) => void;

const put =
  (status: string, headers = SOON): Says =>
  (socket) =>
    socket.write(plainAnswer("", status, headers));

/** What the candidate's and the baseline's cold exchanges were when every request until the wake met `asleep`. */
async function woken(asleep: Says, capMs = CAP_MS): Promise<Exchange[]> {
  let firstMs: number | null = null;
  const server = await rawServer((socket) => {
    firstMs ??= performance.now();
    const sinceMs = performance.now() - firstMs;
    if (sinceMs < ASLEEP_MS) asleep(socket, sinceMs);
    else socket.write(plainAnswer(CHAT_BODY));
  });
  try {
    return await coldOf(server.baseUrl, capMs);
  } finally {
    await server.close();
  }
}

async function coldOf(baseUrl: string, capMs = CAP_MS, onReleased = (): void => {}): Promise<Exchange[]> {
  const { exchanges } = await captureFrom({ baseUrl, onReleased, endpoint: { wake: { budgetMs: capMs, capMs } } });
  return exchanges.filter(({ phase }) => phase === "cold");
}

const last = ({ attempts }: Exchange): Attempt => attempts.at(-1) as Attempt;
const statuses = ({ attempts }: Exchange): unknown[] => attempts.map(({ status, outcome }) => status ?? outcome.kind);
const spanMs = ({ attempts, releasedAtNs }: Exchange): number =>
  ((attempts.at(-1)?.endedAtNs ?? 0) - releasedAtNs) / 1e6;

/** They wait for most of their time, so they wait together. */
const CASES = {
  "202 without a body": () => woken(put("202 Accepted")),
  "503 with Retry-After": () => woken(put("503 Service Unavailable")),
  "503 without": () => woken(put("503 Service Unavailable", "")),
  "a gateway's 504": () => woken(put("504 Gateway Timeout")),
  "a gateway's 502": () => woken(put("502 Bad Gateway")),
  "429 while no instance is there": () => woken(put("429 Too Many Requests")),
  "a 503 that breaks off": () =>
    woken((socket) => socket.end(`HTTP/1.1 503 Service Unavailable\r\n${SOON}content-length: 100\r\n\r\nhalf`)),
  "held, then reset": () => woken((socket) => setTimeout(() => socket.resetAndDestroy(), 100)),
  "refused, then held, then reset": refusedHeldReset,
  "comments alone": () => woken(comments),
  "an error in the stream": () =>
    woken((socket) =>
      socket.write(`${SSE_HEAD}${chunk('data: {"error":{"message":"model is loading"}}\n\n')}${LAST_CHUNK}`),
    ),
  "a key that is refused": () => woken(put("401 Unauthorized")),
  "a redirect": () => woken(put("303 See Other", "location: /elsewhere\r\n")),
  "504 to the cap": () => woken(put("504 Gateway Timeout"), 800),
  "503 to the cap": () => woken(put("503 Service Unavailable"), 800),
} satisfies Readonly<Record<string, () => Promise<Exchange[]>>>;

/** 200 at once, a comment each 50 ms, and the answer when the wake is over. */
function comments(socket: Socket, sinceMs: number): void {
  socket.write(SSE_HEAD);
  const timer = setInterval(() => socket.write(chunk(": waking\n\n")), 50);
  setTimeout(() => {
    clearInterval(timer);
    const choice = { index: 0, delta: { content: "hi" }, finish_reason: "stop" };
    socket.write(`${chunk(`data: ${JSON.stringify({ id: "c", model: "m", choices: [choice] })}\n\n`)}${LAST_CHUNK}`);
  }, ASLEEP_MS - sinceMs);
}

/** Nothing listens at first; then a connection is held and reset; then it answers. */
async function refusedHeldReset(): Promise<Exchange[]> {
  const place = createServer();
  await new Promise<void>((resolve) => place.listen(0, "127.0.0.1", resolve));
  const { port } = place.address() as { port: number };
  await new Promise((resolve) => place.close(resolve));
  let server: Server | null = null;
  let held = 0;
  const listen = (): void => {
    server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => {
        if (held++ < 2) setTimeout(() => socket.resetAndDestroy(), 200);
        else socket.write(plainAnswer(CHAT_BODY));
      });
    }).listen(port, "127.0.0.1");
  };
  let listening: NodeJS.Timeout | null = null;
  try {
    return await coldOf(`http://127.0.0.1:${port}/v1`, CAP_MS, () => {
      listening ??= setTimeout(listen, 400);
    });
  } finally {
    if (listening !== null) clearTimeout(listening);
    (server as Server | null)?.close();
  }
}

describe("a cold endpoint that answers at first with", () => {
  const seen = new Map<string, Exchange[]>();
  beforeAll(async () => {
    await Promise.all(
      Object.entries(CASES).map(async ([name, capture]) => {
        seen.set(name, await capture());
      }),
    );
  }, 60_000);
  afterAll(() => seen.clear());

  const of = (name: keyof typeof CASES): Exchange[] => {
    const exchanges = seen.get(name) ?? [];
    expect(exchanges).toHaveLength(2);
    return exchanges;
  };

  it.each<[keyof typeof CASES, unknown]>([
    ["202 without a body", 202],
    ["503 with Retry-After", 503],
    ["503 without", 503],
    ["a gateway's 504", 504],
    ["a gateway's 502", 502],
    ["429 while no instance is there", 429],
    ["a 503 that breaks off", 503],
    ["held, then reset", "network"],
  ])("%s is asked again, each time on a fresh connection, until it answers", (name, how) => {
    for (const exchange of of(name)) {
      expect(statuses(exchange).at(-1)).toBe(200);
      expect(new Set(statuses(exchange).slice(0, -1))).toEqual(new Set([how]));
      expect(exchange.attempts.every(({ reused }) => !reused)).toBe(true);
      expect(spanMs(exchange)).toBeGreaterThanOrEqual(ASLEEP_MS - 100);
    }
  });

  it("connections refused, then held, then reset is asked through all of it", () => {
    for (const { attempts } of of("refused, then held, then reset")) {
      const codes = attempts.map(({ outcome }) => (outcome.kind === "network" ? outcome.code : outcome.kind));
      expect(codes[0]).toBe("ECONNREFUSED");
      expect(codes.at(-1)).toBe("complete");
      expect(codes.slice(1, -1).length).toBeGreaterThan(0);
    }
  });

  it("a stream of comments is one attempt, and ends with the wake", () => {
    for (const exchange of of("comments alone")) {
      expect(statuses(exchange)).toEqual([200]);
      expect(last(exchange).reads.length).toBeGreaterThan(5);
      expect(spanMs(exchange)).toBeGreaterThanOrEqual(ASLEEP_MS - 100);
    }
  });

  it.each<[keyof typeof CASES, number]>([
    ["an error in the stream", 200],
    ["a key that is refused", 401],
    ["a redirect", 303],
  ])("%s is answered, and nothing is asked again", (name, status) => {
    for (const exchange of of(name)) expect(statuses(exchange)).toEqual([status]);
  });

  it.each<[keyof typeof CASES, number]>([
    ["504 to the cap", 504],
    ["503 to the cap", 503],
  ])("%s ends there with what it said last", (name, status) => {
    for (const exchange of of(name)) {
      expect(new Set(statuses(exchange))).toEqual(new Set([status]));
      expect(last(exchange).backoff).toBeUndefined();
      expect(spanMs(exchange)).toBeLessThan(ASLEEP_MS);
    }
  });
});
