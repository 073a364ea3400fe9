/** What a hostile or broken endpoint can put on the wire: bounded, recorded, and never in the way of the other side. */
import { constants, createBrotliCompress, createDeflate, createGzip } from "node:zlib";
import { expect } from "vitest";
import { decodeBytes } from "../../../src/recording/reads.js";
import { CHAT_BODY, chunk, LAST_CHUNK, plainAnswer, SSE_HEAD } from "../../capture/harness.js";
import { complete, lastOf, nothingUnseen, type Place, type Recorded, TIMEOUTS, unharmed } from "../place.js";
import type { Scenario } from "../scenario.js";
import { type Answer, body, DONE, delta, drip, isStream, stream, well } from "../servers.js";

const area = "hostile" as const;
const LIMIT_BYTES = 262_144;
const LIMITS = { maxBytesPerExchange: LIMIT_BYTES };
const SHORT = { timeouts: { connect: "10s", firstByte: "1200ms", idle: "1200ms", total: "5s" } };

/** The baseline is well, the candidate answers so; what must hold of every such run holds. */
async function against(place: Place, answer: Answer, capture: object = {}): Promise<Recorded> {
  const healthy = await place.healthy();
  const hostile = await place.server(answer);
  const recorded = await place.recorded({ baseline: healthy, candidate: hostile.baseUrl, capture });
  unharmed(recorded);
  complete(recorded, "candidate");
  expect(recorded.summary.run.ended).toBe("complete");
  return recorded;
}

const bytesOf = (recorded: Recorded): Buffer[] =>
  lastOf(recorded).map(({ reads }) => Buffer.concat(reads.map(([, bytes]) => decodeBytes(bytes))));

/** Every answer of the candidate failed, so the gate did. */
function failed(recorded: Recorded): void {
  expect(recorded.summary.rates.errors?.candidate).toMatchObject({ count: 12, of: 12 });
  expect([recorded.code, recorded.summary.verdict]).toEqual([1, "fail"]);
}

/** 64 MiB of one byte, compressed: a few KiB. */
async function bomb(stream: ReturnType<typeof createGzip | typeof createDeflate | typeof createBrotliCompress>) {
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  const ended = new Promise((resolve) => stream.on("end", resolve));
  const block = Buffer.alloc(1024 * 1024, 0x20);
  for (let index = 0; index < 64; index++) {
    if (!stream.write(block)) await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end();
  await ended;
  return Buffer.concat(parts);
}

function compressed(coding: "gzip" | "deflate" | "br", make: () => Parameters<typeof bomb>[0]): Scenario {
  return {
    area,
    fault: `a ${coding} bomb: a few KiB that open to 64 MiB`,
    outcome: "recorded as it came and opened in bounds: judging neither fails nor fills the memory",
    run: async (place) => {
      const bytes = await bomb(make());
      expect(bytes.length).toBeLessThan(200_000);
      const before = process.memoryUsage().rss;
      const recorded = await against(
        place,
        body(bytes, `content-type: application/json\r\ncontent-encoding: ${coding}\r\n`),
        { rounds: 1 },
      );
      for (const seen of bytesOf(recorded)) expect(seen.equals(bytes)).toBe(true);
      expect(recorded.summary.rates.errors?.candidate).toMatchObject({ count: 3, of: 3 });
      expect(process.memoryUsage().rss - before).toBeLessThan(600 * 1024 * 1024);
    },
  };
}

export const HOSTILE: readonly Scenario[] = [
  {
    area,
    fault: "a stream without end",
    outcome: "cut at `capture.maxBytesPerExchange`, recorded as truncated with what came",
    run: async (place) => {
      const words = chunk(delta("word ".repeat(200)).repeat(20));
      const recorded = await against(
        place,
        (socket) => {
          socket.write(SSE_HEAD);
          drip(socket, 1, () => words);
        },
        LIMITS,
      );
      for (const { outcome } of lastOf(recorded))
        expect(outcome).toEqual({ kind: "truncated", limitBytes: LIMIT_BYTES });
      for (const seen of bytesOf(recorded)) expect(seen.length).toBeLessThanOrEqual(LIMIT_BYTES);
      failed(recorded);
    },
  },
  {
    area,
    fault: "a stream in reads of one byte",
    outcome: "recorded byte for byte, and understood as if it had come at once",
    run: async (place) => {
      const whole = [delta("Oslo"), delta("", "stop"), DONE].join("");
      const recorded = await against(
        place,
        (socket, request, count) => {
          if (!isStream(request)) return well(socket, request, count);
          const pieces = [...Buffer.from(whole)].map((byte) => chunk(String.fromCharCode(byte)));
          socket.write(SSE_HEAD);
          drip(socket, 1, (index) => pieces[index] ?? (index === pieces.length ? LAST_CHUNK : null));
        },
        // Hundreds of timers, each late on a busy machine.
        { rounds: 2, timeouts: { ...TIMEOUTS, total: "100s" } },
      );
      const streams = lastOf(recorded).filter(({ headers }) =>
        headers?.some(([, value]) => value.includes("event-stream")),
      );
      expect(streams).toHaveLength(4);
      for (const { reads } of streams) {
        expect(Buffer.concat(reads.map(([, bytes]) => decodeBytes(bytes))).toString()).toBe(whole);
        expect(reads.length).toBeGreaterThan(10);
      }
      expect(recorded.summary.rates.errors?.candidate).toMatchObject({ count: 0, of: 6 });
    },
  },
  {
    area,
    fault: "one line of 4 MiB in a stream",
    outcome: "kept within the limit of an exchange and judged in linear time",
    run: async (place) => {
      const line = delta("x".repeat(4 * 1024 * 1024));
      const recorded = await against(place, stream(line, delta("", "stop"), DONE), {
        rounds: 1,
        maxBytesPerExchange: 8 * 1024 * 1024,
      });
      for (const seen of bytesOf(recorded)) expect(seen.length).toBeGreaterThan(4 * 1024 * 1024);
      expect(recorded.summary.run.recorded).toBe(6);
    },
  },
  {
    area,
    fault: "JSON 100,000 levels deep, as a body and as an event",
    outcome: "a parse error of that exchange; nothing overflows",
    run: async (place) => {
      const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
      const objects = `${'{"choices":'.repeat(100_000)}1${"}".repeat(100_000)}`;
      const recorded = await against(place, (socket, request, count) =>
        isStream(request)
          ? stream(`data: ${count % 2 === 0 ? deep : objects}\n\n`, DONE)(socket, request, count)
          : body(count % 2 === 0 ? deep : objects)(socket, request, count),
      );
      failed(recorded);
      expect(recorded.err).not.toContain("internal error");
    },
  },
  {
    area,
    fault: "an object of 100,000 keys, `__proto__` and `constructor` among them",
    outcome: "read as data, changes nothing else",
    run: async (place) => {
      const keys = Array.from({ length: 100_000 }, (_, index) => `"k${index}":${index}`).join(",");
      const wide = `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${keys},"choices":[{"index":0,"delta":{"content":"Oslo"}}]}`;
      const recorded = await against(place, stream(`data: ${wide}\n\n`, delta("", "stop"), DONE), {
        rounds: 1,
        maxBytesPerExchange: 8 * 1024 * 1024,
      });
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect(recorded.summary.run.recorded).toBe(6);
    },
  },
  compressed("gzip", () => createGzip({ level: 9 })),
  compressed("deflate", () => createDeflate({ level: 9 })),
  compressed("br", () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })),
  {
    area,
    fault: "headers of 1 MiB",
    outcome: "refused by the parser past 64 KiB; a network failure of that exchange",
    run: async (place) => {
      const flood = Array.from({ length: 1_000 }, (_, index) => `x-flood-${index}: ${"y".repeat(1_000)}\r\n`).join("");
      const recorded = await against(place, (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${flood}content-length: 2\r\n\r\n{}`);
      });
      for (const { outcome } of lastOf(recorded)) expect(outcome).toMatchObject({ kind: "network", phase: "headers" });
      failed(recorded);
    },
  },
  {
    area,
    fault: "headers that drip and never end",
    outcome: "`timeouts.firstByte` ends them: a header is no byte of an answer",
    run: async (place) => {
      const recorded = await against(
        place,
        (socket) => {
          socket.write("HTTP/1.1 200 OK\r\n");
          drip(socket, 30, (index) => `x-${index}: y\r\n`);
        },
        SHORT,
      );
      for (const { outcome } of lastOf(recorded))
        expect(outcome).toMatchObject({ kind: "timeout", phase: "firstByte" });
      failed(recorded);
    },
  },
  {
    area,
    fault: "informational responses (103) without end",
    outcome: "`timeouts.firstByte` ends them",
    run: async (place) => {
      const recorded = await against(
        place,
        (socket) => drip(socket, 20, () => "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
        SHORT,
      );
      for (const { outcome } of lastOf(recorded))
        expect(outcome).toMatchObject({ kind: "timeout", phase: "firstByte" });
      failed(recorded);
    },
  },
  {
    area,
    fault: "a body that drips below any pace, each byte within the idle limit",
    outcome: "`timeouts.total` ends it, and the bytes that came are recorded",
    alone: true,
    run: async (place) => {
      const recorded = await against(
        place,
        (socket) => {
          socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n");
          drip(socket, 50, () => " ");
        },
        { timeouts: { connect: "10s", firstByte: "10s", idle: "10s", total: "1500ms" } },
      );
      for (const { outcome } of lastOf(recorded)) expect(outcome).toMatchObject({ kind: "timeout", phase: "total" });
      expect(bytesOf(recorded).filter(({ length }) => length > 0).length).toBeGreaterThan(6);
    },
  },
  {
    area,
    fault: "two lengths in one answer, a negative one, and a chunk size that overflows",
    outcome: "network failures of those exchanges, each with the parser's code",
    run: async (place) => {
      const heads = [
        "content-length: 2\r\ncontent-length: 5\r\n\r\n{}",
        "content-length: -1\r\n\r\n{}",
        "transfer-encoding: chunked\r\n\r\nffffffffffffffffffff\r\n{}",
        "transfer-encoding: chunked\r\n\r\n-5\r\n{}",
      ];
      const recorded = await against(place, (socket, _request, count) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${heads[count % heads.length]}`);
      });
      for (const { outcome } of lastOf(recorded)) expect(outcome.kind).toBe("network");
      failed(recorded);
    },
  },
  {
    area,
    fault: "a second answer behind the first, for a request that nobody sent",
    outcome: "it is taken for no other request's answer",
    run: async (place) => {
      const forged = CHAT_BODY.replace('"hi"', '"forged"');
      const recorded = await against(place, (socket, request, count) => {
        well(socket, request, count);
        socket.write(plainAnswer(forged));
      });
      for (const seen of bytesOf(recorded)) expect(seen.toString()).not.toContain("forged");
    },
  },
  {
    area,
    fault: "NUL bytes, invalid UTF-8, lone surrogates and a BOM in the middle of an answer",
    outcome: "recorded byte for byte and judged; the recording stays valid JSON",
    run: async (place) => {
      const bytes = Buffer.concat([
        Buffer.from('\ufeffdata: {"choices":[{"index":0,"delta":{"content":"a'),
        Buffer.from([0x00, 0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80]),
        Buffer.from('\ufeff"}}]}\n\ndata: {"choices":[{"index":0,"delta":{"content":"\\ud800\\u0000"}}]}\n\n'),
        Buffer.from([0xf0, 0x9f]),
      ]);
      const recorded = await against(place, body(bytes, "content-type: text/event-stream\r\n"));
      for (const seen of bytesOf(recorded)) expect(seen.equals(bytes)).toBe(true);
    },
  },
  {
    area,
    fault: "a connection that closes early, at every byte of an answer in turn",
    outcome:
      "every exchange is recorded with exactly the bytes that came, and none counts as an answer whose finish reason did not come",
    run: async (place) => {
      const events = [delta("Oslo"), delta("", "stop"), DONE];
      const whole = Buffer.from(`${SSE_HEAD}${events.map(chunk).join("")}${LAST_CHUNK}`);
      const healthy = await place.healthy();
      const closing = await place.server((socket, _request, count) => socket.end(whole.subarray(0, count)));
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: closing.baseUrl,
        capture: { rounds: Math.ceil(whole.length / 3), concurrency: 8 },
      });
      complete(recorded, "candidate");
      unharmed(recorded);
      nothingUnseen(recorded, "candidate", closing);
      const all = events.join("");
      const cut = lastOf(recorded).filter(({ outcome }) => outcome.kind !== "complete");
      expect(closing.requests.length).toBeGreaterThanOrEqual(whole.length);
      // Only a length that covers the last chunk can have ended as HTTP says.
      expect(cut.length).toBeGreaterThanOrEqual(whole.length - 1);
      for (const { reads, outcome } of lastOf(recorded)) {
        const seen = Buffer.concat(reads.map(([, bytes]) => decodeBytes(bytes))).toString();
        expect(all.startsWith(seen)).toBe(true);
        if (outcome.kind === "complete") expect(seen).toBe(all);
      }
      const unfinished = lastOf(recorded).filter(
        ({ reads }) =>
          !reads
            .map(([, bytes]) => decodeBytes(bytes).toString())
            .join("")
            .includes(delta("", "stop").trim()),
      );
      expect(recorded.summary.rates.errors?.candidate.count).toBe(unfinished.length);
      expect(recorded.code).toBe(1);
    },
  },
];
