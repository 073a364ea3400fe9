import * as zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeAttempt } from "../../src/decode/decode.js";
import { failureOf } from "../../src/decode/failure.js";
import type { Outcome } from "../../src/recording/recording.js";
import { attempt } from "../recording/exchange-builder.js";
import { DONE, finish, ROLE, text, usageEvent } from "../wire/row.js";

const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);
const EVENTS = [ROLE, ...WORDS.map(text), finish(), usageEvent(), DONE];
const ANSWER = WORDS.join("");

function decode(coding: string, reads: readonly Buffer[], outcome: Outcome = { kind: "complete" }) {
  const made = attempt({
    headers: [
      ["content-type", "text/event-stream"],
      ["content-encoding", coding],
    ],
    reads: reads.map((bytes, index) => [index + 1, { b64: bytes.toString("base64") }]),
    outcome,
  });
  const completion = decodeAttempt(made, "chat", "stream");
  return { completion, failure: failureOf(made, completion, "chat") };
}

/** The stream as a server sends it that flushes after every event: one read each. */
async function flushed(stream: zlib.Gzip | zlib.Deflate | zlib.BrotliCompress, flush: number): Promise<Buffer[]> {
  const reads: Buffer[] = [];
  let pending: Buffer[] = [];
  stream.on("data", (bytes: Buffer) => pending.push(bytes));
  const take = (): void => {
    reads.push(Buffer.concat(pending));
    pending = [];
  };
  for (const event of EVENTS) {
    stream.write(event);
    await new Promise<void>((resolve) => stream.flush(flush, () => setImmediate(resolve)));
    take();
  }
  await new Promise((resolve) => stream.on("end", resolve).end());
  take();
  return reads;
}

describe("a compressed stream", () => {
  it.each([
    ["gzip", () => flushed(zlib.createGzip(), zlib.constants.Z_SYNC_FLUSH)],
    ["deflate", () => flushed(zlib.createDeflate(), zlib.constants.Z_SYNC_FLUSH)],
    ["deflate", () => flushed(zlib.createDeflateRaw(), zlib.constants.Z_SYNC_FLUSH)],
    ["br", () => flushed(zlib.createBrotliCompress(), zlib.constants.BROTLI_OPERATION_FLUSH)],
  ])("of %s keeps the moment of every event that a read completed", async (coding, make) => {
    const { completion } = decode(coding, await make());
    expect(completion.content).toBe(ANSWER);
    expect(completion.tokenEvents.map(({ read }) => read)).toEqual(WORDS.map((_, index) => index + 1));
  });

  it("that came in one block has its events where the block ended", () => {
    const bytes = zlib.gzipSync(EVENTS.join(""));
    const cut = bytes.length - 12;
    const { completion } = decode("gzip", [bytes.subarray(0, 15), bytes.subarray(15, cut), bytes.subarray(cut)]);
    expect(completion.content).toBe(ANSWER);
    expect(completion.tokenEvents.every(({ read }) => read >= 1)).toBe(true);
  });

  it("gives its start where it was cut or damaged", async () => {
    const reads = await flushed(zlib.createGzip(), zlib.constants.Z_SYNC_FLUSH);
    const lost: Outcome = { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" };
    const cut = decode("gzip", reads.slice(0, 11), lost);
    expect(cut.completion.content).toBe(WORDS.slice(0, 10).join(""));
    expect(cut.failure?.kind).toBe("broken_stream");
    const damaged = decode("gzip", [...reads.slice(0, 11), Buffer.alloc(30, 0xff), ...reads.slice(11)]);
    expect(damaged.completion.content).toBe(WORDS.slice(0, 10).join(""));
    expect(damaged.failure?.kind).toBe("broken_stream");
  });

  it("is opened when it was compressed twice, and not three times", () => {
    const twice = zlib.brotliCompressSync(zlib.gzipSync(EVENTS.join("")));
    expect(decode("gzip, br", [twice]).completion.content).toBe(ANSWER);
    const thrice = decode("gzip, br, gzip", [zlib.gzipSync(twice)]);
    expect(thrice.failure?.kind).toBe("parse_error");
  });

  it("costs bounded work in very many reads, and loses nothing", () => {
    const bytes = zlib.gzipSync(Buffer.from(EVENTS.join("").repeat(200)), { level: 0 });
    const reads = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, index) =>
      bytes.subarray(index * 100, (index + 1) * 100),
    );
    const { completion } = decode("gzip", reads);
    expect(completion.content).toBe(ANSWER.repeat(200));
    const ordinals = completion.tokenEvents.map(({ read }) => read);
    expect(ordinals).toEqual([...ordinals].sort((a, b) => a - b));
    // Coarser than the reads, and still far from all at the end.
    expect(new Set(ordinals).size).toBeGreaterThan(10);
  });

  it("that is a bomb is a parse error, also inside another one", () => {
    const bomb = zlib.gzipSync(Buffer.alloc(40 << 20));
    for (const [coding, bytes] of [
      ["gzip", bomb],
      ["gzip, gzip", zlib.gzipSync(bomb)],
      ["br", zlib.brotliCompressSync(Buffer.alloc(40 << 20), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ] as const) {
      const { failure } = decode(coding, [bytes]);
      expect(failure).toMatchObject({ kind: "parse_error", message: expect.stringContaining("over 32 MiB") });
    }
  });

  it("keeps the words of an error", () => {
    const made = attempt({
      status: 429,
      headers: [["content-encoding", "gzip"]],
      reads: [[1, { b64: zlib.gzipSync(JSON.stringify({ error: { message: "slow down" } })).toString("base64") }]],
    });
    expect(decodeAttempt(made, "chat", "stream").error).toMatchObject({ message: "slow down", inBand: false });
  });

  it.skipIf(!("zstdCompressSync" in zlib))("of zstd is opened where Node can (from 22.15 on)", () => {
    const { zstdCompressSync } = zlib as unknown as { zstdCompressSync(text: string): Buffer };
    expect(decode("zstd", [zstdCompressSync(EVENTS.join(""))]).completion.content).toBe(ANSWER);
  });
});
