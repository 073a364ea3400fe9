/** What `pure.mjs` measures: groups of tasks on the same bytes, ours first. Each checks once that it does its work. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createParser } from "eventsource-parser";
import OpenAI from "openai";
import { decodeAttempt } from "../dist/decode/decode.js";
import { lexSse } from "../dist/decode/sse.js";
import { encodeBytes } from "../dist/recording/reads.js";
import { score } from "../dist/score.js";
import { answerTokens, chatEvents, EXTRA_EVENTS } from "./chat-stream.mjs";
import { writeRecording } from "./synthetic-recording.mjs";

const EVENTS = 1_000;
const TOKENS = EVENTS - EXTRA_EVENTS;
const texts = chatEvents("bench", answerTokens(1, TOKENS));
const chunks = texts.map((text) => Buffer.from(text));
const content = answerTokens(1, TOKENS).join("");

/** As a live stream comes, and as one comes that a proxy held back: a read is then full, at 64 KiB. */
export function lexing() {
  return [
    lexingOf(chunks, "lex SSE, a read an event"),
    lexingOf(recut(Buffer.concat(chunks), 65_536), "lex SSE, reads of 64 KiB"),
  ];
}

function lexingOf(reads, what) {
  const ours = () => lexSse(reads).events.length;
  const peer = () => {
    let events = 0;
    const parser = createParser({ onEvent: () => events++ });
    const decoder = new TextDecoder();
    for (const read of reads) parser.feed(decoder.decode(read, { stream: true }));
    return events;
  };
  assert.equal(ours(), EVENTS);
  assert.equal(peer(), EVENTS);
  return [
    { what, events: EVENTS, run: ours },
    { what: "peer: eventsource-parser", events: EVENTS, run: peer },
  ];
}

function recut(bytes, size) {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

export function decoding() {
  const attempt = { ...ATTEMPT, reads: texts.map((text, index) => [index * 10_000_000, text]) };
  const ours = () => decodeAttempt(attempt, "chat", "stream");
  assert.equal(ours().content, content);
  const client = new OpenAI({ apiKey: "bench", baseURL: "http://127.0.0.1:9", maxRetries: 0, fetch: answerFromMemory });
  const iterate = async () => {
    let text = "";
    for await (const chunk of await client.chat.completions.create({ ...REQUEST, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? "";
    }
    assert.equal(text, content);
  };
  const accumulate = async () => {
    const completion = await client.chat.completions.stream(REQUEST).finalChatCompletion();
    assert.equal(completion.choices[0].message.content, content);
  };
  return [
    { what: "decode a completion of 1,000 events", events: EVENTS, run: ours },
    { what: "peer: openai SDK, create and iterate", events: EVENTS, run: iterate },
    { what: "peer: openai SDK, stream() to the completion", events: EVENTS, run: accumulate },
  ];
}

const REQUEST = { model: "bench", messages: [{ role: "user", content: "Tell." }] };

/** The network, as far as the SDK can tell. */
async function answerFromMemory() {
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new Uint8Array(chunk));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

const ATTEMPT = {
  dispatchedAtNs: 0,
  reused: false,
  sentAtNs: 0,
  headersAtNs: 0,
  status: 200,
  headers: [["content-type", "text/event-stream"]],
  endedAtNs: 10_000_000_000,
  outcome: { kind: "complete" },
};

export function recording() {
  const run = () => {
    const reads = chunks.map((chunk, index) => [index * 10_000_000, encodeBytes(chunk)]);
    const line = { type: "exchange", id: 0, attempts: [{ ...ATTEMPT, reads }] };
    return Buffer.from(`${JSON.stringify(line)}\n`, "utf8").length;
  };
  assert.ok(run() > texts.join("").length);
  return [{ what: "record: reads to a line", events: EVENTS, run }];
}

const SCORED = { exchanges: 200, eventsEach: 200 };

export function scoring(folder) {
  const path = join(folder, "score.jsonl");
  writeRecording(path, SCORED.exchanges, SCORED.eventsEach);
  const run = () => score(path).summary.run.recorded;
  assert.equal(run(), SCORED.exchanges);
  return [{ what: "score 200 exchanges of 200 events", events: SCORED.exchanges * SCORED.eventsEach, run }];
}
