/** The same bytes through the parsers that people use: well-formed streams mean the same, and differences are named. */
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { decodeAttempt } from "../../src/decode/decode.js";
import { lexSse } from "../../src/decode/sse.js";
import { attempt } from "../recording/exchange-builder.js";
import { chunk, DONE, data, type Json, usageEvent } from "../wire/row.js";
import { WIRE_ROWS } from "../wire/rows.js";
import { APIS, generatedStream } from "../wire/streams.js";

interface PeerEvent {
  readonly data: string;
  readonly event: string | null;
}

function peerEvents(text: string): PeerEvent[] {
  const events: PeerEvent[] = [];
  const parser = createParser({ onEvent: ({ data, event }) => events.push({ data, event: event || null }) });
  // It takes decoded text, and whoever decodes drops the byte order mark.
  parser.feed(new TextDecoder().decode(Buffer.from(text)));
  return events;
}

/**
 * Holds our lexer against eventsource-parser, which follows the standard. Ours departs from both in two places, so that
 * nothing a server sent is lost: the last event counts though its blank line is missing, and what stands in no `data:`
 * field (`error:`, raw JSON) is an event of its own that ends the one before it. Up to the first of those they agree.
 */
function compare(written: string): void {
  // The parser waits for what follows a final CR, and for the end of the last line.
  const text = `${written}\n:\n`;
  const { events, lastUnterminated } = lexSse([Buffer.from(text)]);
  const own = (lastUnterminated ? events.slice(0, -1) : events).map(({ data, event }) => ({
    data,
    event: event || null,
  }));
  const outside = events.findIndex((event) => event.outside !== undefined);
  const peer = peerEvents(text);
  // The event before it may have been ended by it.
  const agreed = outside < 0 ? Number.POSITIVE_INFINITY : Math.max(0, outside - 1);
  expect(own.slice(0, agreed)).toEqual(peer.slice(0, agreed));
  if (outside < 0) expect(own).toHaveLength(peer.length);
}

describe("events against eventsource-parser", () => {
  it("are the same in every row", () => {
    for (const { bytes, status } of WIRE_ROWS) {
      if (typeof bytes === "string" && status === 200) compare(bytes);
    }
  });

  it.each(APIS)("are the same in generated streams of %s", (api) => {
    fc.assert(fc.property(generatedStream(api), compare), { numRuns: 500 });
  });

  it("differ in an unterminated tail, which the standard drops", () => {
    const text = "data: a\n\ndata: b\n";
    expect(peerEvents(text).map((event) => event.data)).toEqual(["a"]);
    expect(lexSse([Buffer.from(text)]).events.map((event) => event.data)).toEqual(["a", "b"]);
  });

  it("differ in JSON and errors outside `data:`, which the standard drops", () => {
    const text = 'data: a\n\n{"error":1}\nerror: {"code":2}\n\n';
    expect(peerEvents(text).map((event) => event.data)).toEqual(["a"]);
    expect(lexSse([Buffer.from(text)]).events.map((event) => event.data)).toEqual(["a", '{"error":1}', '{"code":2}']);
  });
});

/** A client of OpenAI's own library that is answered from memory. */
function clientOf(stream: string): OpenAI {
  const fetch = () =>
    Promise.resolve(new Response(stream, { headers: { "content-type": "text/event-stream", "x-request-id": "r" } }));
  return new OpenAI({ apiKey: "none", baseURL: "http://127.0.0.1:9/v1", maxRetries: 0, fetch });
}

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter(
  // U+FFFD is a fact of its own.
  (text) => !/^\s*</.test(text) && !text.includes("\uFFFD"),
);
const argumentsText = fc
  .dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
  .map((value) => JSON.stringify(value));
const counts = fc.record({
  input: fc.nat(1_000_000),
  output: fc.nat(100_000),
  cached: fc.nat(100),
  reasoning: fc.nat(100),
});
const called = fc.record({
  name: fc.constantFrom("weather", "time", "search"),
  argumentsText,
  cuts: fc.array(fc.nat(), { maxLength: 4 }),
});

/** A text in pieces, of which none is empty unless the text is. */
function pieces(text: string, cuts: readonly number[]): string[] {
  const ends = [...new Set([...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort((a, b) => a - b);
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

const chatAnswer = fc.record({
  words: fc.array(words, { maxLength: 12 }),
  calls: fc.array(called, { maxLength: 3 }),
  interleaved: fc.boolean(),
  reason: fc.constantFrom("stop", "length", "content_filter"),
  counts,
});

type ChatAnswer = typeof chatAnswer extends fc.Arbitrary<infer T> ? T : never;

function chatStream({ words: content, calls, interleaved, reason, counts: used }: ChatAnswer): string {
  const deltas = calls.map(({ name, argumentsText: text, cuts }, index) => [
    { index, id: `call_${index}`, type: "function", function: { name, arguments: "" } },
    ...pieces(text, cuts).map((fragment) => ({ index, function: { arguments: fragment } })),
  ]);
  const longest = Math.max(0, ...deltas.map((list) => list.length));
  const ordered = interleaved
    ? Array.from({ length: longest }, (_, round) => deltas.flatMap((list) => list[round] ?? [])).flat()
    : deltas.flat();
  return [
    chunk({ role: "assistant", content: "", refusal: null }),
    ...content.map((text) => chunk({ content: text })),
    ...ordered.map((call: Json) => chunk({ tool_calls: [call] })),
    chunk({}, { finish_reason: calls.length > 0 ? "tool_calls" : reason }),
    usageEvent({
      prompt_tokens: used.input,
      completion_tokens: used.output,
      total_tokens: used.input + used.output,
      prompt_tokens_details: { cached_tokens: used.cached },
      completion_tokens_details: { reasoning_tokens: 0 },
    }),
    DONE,
  ].join("");
}

describe("completions against OpenAI's own library", () => {
  it("are the same for well-formed chat streams", async () => {
    await fc.assert(
      fc.asyncProperty(chatAnswer, async (answer) => {
        const stream = chatStream(answer);
        const theirs = await clientOf(stream)
          .chat.completions.stream({ model: "m", messages: [], stream_options: { include_usage: true } })
          .finalChatCompletion();
        const ours = decodeAttempt(attempt({ reads: [[1, stream]] }), "chat", "stream");
        const [choice] = theirs.choices;
        expect(ours.content).toBe(choice?.message.content ?? "");
        expect(ours.finishReason).toBe(choice?.finish_reason);
        expect(ours.toolCalls.map(({ id, name, argumentsText: text }) => [id, name, text])).toEqual(
          (choice?.message.tool_calls ?? []).map((call) => [
            call.id,
            call.type === "function" && call.function.name,
            call.type === "function" && call.function.arguments,
          ]),
        );
        expect([ours.usage?.inputTokens, ours.usage?.outputTokens, ours.usage?.cachedTokens]).toEqual([
          theirs.usage?.prompt_tokens,
          theirs.usage?.completion_tokens,
          theirs.usage?.prompt_tokens_details?.cached_tokens,
        ]);
        expect([ours.id, ours.model]).toEqual([theirs.id, theirs.model]);
        expect(ours.error).toBeNull();
      }),
      { numRuns: 150 },
    );
  });

  const responsesAnswer = fc.record({
    texts: fc.array(fc.array(words, { minLength: 1, maxLength: 6 }), { maxLength: 2 }),
    calls: fc.array(called, { maxLength: 3 }),
    incomplete: fc.boolean(),
    counts,
  });

  it("are the same for well-formed streams of /responses", async () => {
    await fc.assert(
      fc.asyncProperty(responsesAnswer, async (answer) => {
        const stream = responsesStream(answer);
        const theirs = await clientOf(stream).responses.stream({ model: "m", input: "x" }).finalResponse();
        const ours = decodeAttempt(attempt({ reads: [[1, stream]] }), "responses", "stream");
        expect(ours.anomalies).toEqual([]);
        expect(ours.content ?? "").toBe(theirs.output_text);
        const calls = theirs.output.flatMap((item) => (item.type === "function_call" ? [item] : []));
        expect(ours.toolCalls.map(({ id, name, argumentsText: text }) => [id, name, text])).toEqual(
          calls.map((call) => [call.call_id, call.name, call.arguments]),
        );
        const status = answer.incomplete ? "length" : calls.length > 0 ? "tool_calls" : "stop";
        expect([theirs.status, ours.finishReason]).toEqual([answer.incomplete ? "incomplete" : "completed", status]);
        const { usage } = theirs;
        expect(ours.usage).toMatchObject({
          inputTokens: usage?.input_tokens,
          outputTokens: usage?.output_tokens,
          cachedTokens: usage?.input_tokens_details.cached_tokens,
          reasoningTokens: usage?.output_tokens_details.reasoning_tokens,
        });
      }),
      { numRuns: 150 },
    );
  });

  function responsesStream({
    texts,
    calls,
    incomplete,
    counts: used,
  }: typeof responsesAnswer extends fc.Arbitrary<infer T> ? T : never): string {
    const events: Json[] = [];
    const output: Json[] = [];
    const part = (text: string): Json => ({ type: "output_text", text, annotations: [] });
    for (const said of texts) {
      const place = { output_index: output.length, item_id: `msg_${output.length}`, content_index: 0 };
      const item = (status: string, content: readonly Json[]): Json => ({
        id: place.item_id,
        type: "message",
        role: "assistant",
        status,
        content,
      });
      const whole = said.join("");
      events.push(
        { type: "response.output_item.added", output_index: place.output_index, item: item("in_progress", []) },
        { type: "response.content_part.added", ...place, part: part("") },
        ...said.map((delta) => ({ type: "response.output_text.delta", ...place, delta, logprobs: [] })),
        { type: "response.output_text.done", ...place, text: whole },
        { type: "response.content_part.done", ...place, part: part(whole) },
        { type: "response.output_item.done", output_index: place.output_index, item: item("completed", [part(whole)]) },
      );
      output.push(item("completed", [part(whole)]));
    }
    for (const { name, argumentsText: text, cuts } of calls) {
      const place = { output_index: output.length, item_id: `fc_${output.length}` };
      const item = (status: string, args: string): Json => ({
        id: place.item_id,
        type: "function_call",
        call_id: `call_${place.output_index}`,
        name,
        status,
        arguments: args,
      });
      events.push(
        { type: "response.output_item.added", output_index: place.output_index, item: item("in_progress", "") },
        ...pieces(text, cuts).map((delta) => ({ type: "response.function_call_arguments.delta", ...place, delta })),
        { type: "response.function_call_arguments.done", ...place, arguments: text },
        { type: "response.output_item.done", output_index: place.output_index, item: item("completed", text) },
      );
      output.push(item("completed", text));
    }
    const response = (status: string, more: Json): Json => ({
      id: "resp_1",
      object: "response",
      created_at: 1,
      model: "m",
      status,
      error: null,
      incomplete_details: null,
      output: [],
      usage: null,
      ...more,
    });
    const reasoning = Math.min(used.reasoning, used.output);
    const usage = {
      input_tokens: used.input,
      input_tokens_details: { cached_tokens: used.cached },
      output_tokens: used.output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: used.input + used.output,
    };
    const end = incomplete
      ? response("incomplete", { incomplete_details: { reason: "max_output_tokens" }, output, usage })
      : response("completed", { output, usage });
    return [
      { type: "response.created", response: response("in_progress", {}) },
      ...events,
      { type: `response.${incomplete ? "incomplete" : "completed"}`, response: end },
    ]
      .map((event, index) => `event: ${event.type}\n${data({ ...event, sequence_number: index })}`)
      .join("");
  }
});
