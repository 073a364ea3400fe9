/** Every verdict that every feature can get, from hand-built bytes. */
import { describe, expect, it } from "vitest";
import { FEATURES } from "../../src/probe/catalogue.js";
import { event } from "../recording/exchange-builder.js";
import {
  body,
  called,
  candidateGot,
  END,
  fails,
  judged,
  OSLO,
  type Replies,
  type Reply,
  said,
  slow,
  sound,
  streamed,
  thought,
  words,
} from "./replies.js";

const LIMA = { name: "get_weather", arguments: { city: "Lima", unit: "celsius" } };
const CANCELLED = { outcome: { kind: "cancelled", by: "plan" } } as const;
const LOST = { outcome: { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" } } as const;
const embedded = (embedding: unknown): Reply => body({ data: [{ index: 0, embedding }] });
const response = (value: object): Reply => body({ object: "response", ...value });
const withLogprobs = (logprobs: unknown): Reply => said("ready", { logprobs });
const token = (top: number) => ({
  token: "ready",
  logprob: -0.1,
  top_logprobs: Array(top).fill({ token: "a", logprob: -1 }),
});
/** Two answers of one seed. */
const twice =
  (first: string, second: string): Replies[string] =>
  (_request, copy) =>
    said(copy === 0 ? first : second);

/** A model that thought until the limit, where nobody sees it. */
const SPENT = said(null, {}, "length");
const twiceOver = (reply: Reply): Reply => ({ ...reply, before: [reply] });
const network = (phase: "dns" | "connect" | "tls" | "send" | "headers"): Reply => ({
  reads: [],
  outcome: { kind: "network", phase, code: "ECONNRESET", message: "gone" },
});
const HANG: Reply = { reads: [], outcome: { kind: "timeout", phase: "firstByte", afterMs: 1_000 } };

describe("an endpoint that supports everything", () => {
  it("is seen to support everything", () => {
    const summary = judged();
    const verdicts = Object.fromEntries(summary.features.map(({ id, candidate }) => [id, candidate.verdict]));
    const expected = Object.fromEntries(FEATURES.map(({ id }) => [id, "supported"]));
    // A field that nobody knows is best left alone.
    expect(verdicts).toEqual({ ...expected, "json-schema": "enforced", "unknown-field": "ignored" });
    expect(summary.lost).toEqual([]);
    expect(summary.features.every(({ differs }) => differs === false)).toBe(true);
  });
});

/** Feature, what came, the verdict, and words of what was seen. */
const CASES: readonly (readonly [feature: string, what: string, replies: Replies, verdict: string, seen: RegExp])[] = [
  ["chat", "an empty answer", { "chat.plain": said("") }, "broken", /empty/],
  ["chat", "nothing but thinking", { "chat.plain": said("", {}, "length") }, "unclear", /512 tokens went/],

  ["stream", "one JSON body", { "stream.stream": said("one, two") }, "ignored", /one JSON body/],
  [
    "stream",
    "events without text",
    { "stream.stream": streamed([event({ role: "assistant" }), ...END]) },
    "broken",
    /none with text/,
  ],
  [
    "stream",
    "a stream that loses its connection",
    { "stream.stream": streamed(words("one"), LOST) },
    "broken",
    /connection lost/,
  ],
  [
    "stream",
    "a stream that just ends",
    { "stream.stream": streamed(words("one")) },
    "broken",
    /without a finish reason/,
  ],
  [
    "stream",
    "all events in one read",
    { "stream.stream": streamed([[...words(..."abcdefghij"), ...END].join("")]) },
    "supported",
    /10 events in 1 reads.*held back/,
  ],
  [
    "stream",
    "no [DONE]",
    { "stream.stream": streamed([...words("one"), event({}, {}, "stop")]) },
    "supported",
    /no \[DONE\]/,
  ],

  [
    "stream-usage",
    "no usage",
    { "stream-usage.usage": streamed([...words("ready"), ...END]) },
    "ignored",
    /no usage in 3 events/,
  ],
  [
    "stream-usage",
    "a refusal of the field",
    { "stream-usage.usage": fails(422, "Extra inputs are not permitted") },
    "rejected",
    /HTTP 422: Extra inputs/,
  ],

  [
    "max-tokens",
    "a long answer",
    { "max-tokens.few": said("one two three ".repeat(40)) },
    "ignored",
    /where 16 tokens were allowed/,
  ],
  [
    "max-tokens",
    "a cut with another finish reason",
    { "max-tokens.few": said("one two three four five six seven eight", {}, "stop") },
    "broken",
    /finish reason is "stop"/,
  ],
  ["max-tokens", "an answer that is short by itself", { "max-tokens.few": said("No.") }, "unclear", /ended by itself/],
  [
    "max-tokens",
    "a refusal",
    { "max-tokens.few": fails(400, "Unsupported parameter: 'max_tokens'") },
    "rejected",
    /HTTP 400: Unsupported/,
  ],
  [
    "max-completion-tokens",
    "a long answer",
    { "max-completion-tokens.few": said("one two three ".repeat(40)) },
    "ignored",
    /allowed/,
  ],

  [
    "tools",
    "a text, and a prompt no longer than without tools",
    { "tools.call": said("It rains."), "tools.without": said("It rains.") },
    "ignored",
    /20 prompt tokens with the tool, 20 without/,
  ],
  [
    "tools",
    "a text, though the model was shown the tool",
    {
      "tools.call": body({
        choices: [{ message: { content: "It rains." }, finish_reason: "stop" }],
        usage: { prompt_tokens: 130, completion_tokens: 3 },
      }),
    },
    "unclear",
    /was shown the tool \(130 prompt tokens, 20 without/,
  ],
  [
    "tools",
    "a call as text",
    { "tools.call": said('<tool_call>{"name": "get_weather"}</tool_call>') },
    "broken",
    /came as text/,
  ],
  [
    "tools",
    "a call outside the schema",
    { "tools.call": called([{ name: "get_weather", arguments: { city: "Oslo", unit: "kelvin" } }]) },
    "broken",
    /outside the schema \(\/unit/,
  ],
  [
    "tools",
    "arguments that are no JSON",
    { "tools.call": called([{ name: "get_weather", arguments: '{"city": ' }]) },
    "broken",
    /not JSON/,
  ],
  [
    "tools",
    "a call of nobody",
    { "tools.call": called([{ name: "get_wether", arguments: {} }]) },
    "broken",
    /no tool has as its name/,
  ],
  [
    "tools",
    "an answer cut before its call",
    { "tools.call": said("Let me", {}, "length") },
    "unclear",
    /limit on tokens/,
  ],
  [
    "tools",
    "an error that repeats",
    { "tools.call": { ...fails(502, "upstream_error"), before: [fails(502, "upstream_error")] } },
    "rejected",
    /HTTP 502: upstream_error \(2 attempts, while other/,
  ],
  [
    "tools-streamed",
    "text where the body has a call",
    { "tools-streamed.call": streamed([...words("It rains."), ...END]) },
    "ignored",
    /no call/,
  ],
  [
    "tools-streamed",
    "arguments that lose a piece",
    {
      "tools-streamed.call": streamed([
        event({ tool_calls: [{ index: 0, id: "a", function: { name: "get_weather", arguments: '{"city":' } }] }),
        event({}, {}, "tool_calls"),
      ]),
    },
    "broken",
    /not JSON/,
  ],
  [
    "tool-choice-auto",
    "a refusal",
    { "tool-choice-auto.call": fails(400, '"auto" tool choice requires --enable-auto-tool-choice') },
    "rejected",
    /HTTP 400/,
  ],
  [
    "tool-choice-auto",
    "a text as for plain tools",
    {
      "tools.call": said("It rains."),
      "tools.without": said("It rains."),
      "tool-choice-auto.call": said("It", {}, "length"),
    },
    "ignored",
    /as for tools without it/,
  ],
  [
    "tool-choice-none",
    "a call all the same",
    { "tool-choice-none.call": called([OSLO]) },
    "ignored",
    /called "get_weather" all the same/,
  ],
  ["tool-choice-none", "a call as text", { "tool-choice-none.call": said("<tool_call>x") }, "broken", /came as text/],
  [
    "tool-choice-none",
    "no call where none ever comes",
    { "tools.call": said("It rains."), "tools.without": said("It rains.") },
    "unclear",
    /none came without tool_choice either/,
  ],
  [
    "tool-choice-required",
    "a text",
    { "tool-choice-required.call": said("Hello") },
    "ignored",
    /no call, but the text "Hello"/,
  ],
  [
    "tool-choice-required",
    "an empty call",
    { "tool-choice-required.call": called([{ name: "get_weather", arguments: {} }]) },
    "broken",
    /outside the schema/,
  ],
  [
    "tool-choice-named",
    "the other tool",
    { "tool-choice-named.call": called([OSLO]) },
    "ignored",
    /called "get_weather" where "get_local_time" was named/,
  ],
  ["tool-choice-named", "a text", { "tool-choice-named.call": said("It rains.") }, "ignored", /no call/],
  [
    "tool-choice-named",
    "arguments outside the schema",
    { "tool-choice-named.call": called([{ name: "get_local_time", arguments: { town: "Oslo" } }]) },
    "broken",
    /outside the schema/,
  ],
  [
    "parallel-tools",
    "one call",
    { "parallel-tools.call": called([OSLO]) },
    "ignored",
    /one call where two were asked for/,
  ],
  [
    "parallel-tools",
    "the same call twice",
    { "parallel-tools.call": called([OSLO, OSLO]) },
    "broken",
    /same arguments/,
  ],
  [
    "parallel-tools",
    "two calls of one id",
    {
      "parallel-tools.call": called([
        { ...OSLO, id: "x" },
        { ...LIMA, id: "x" },
      ]),
    },
    "broken",
    /share their ids/,
  ],
  [
    "parallel-tools-off",
    "two calls",
    { "parallel-tools-off.call": called([OSLO, LIMA]) },
    "ignored",
    /2 calls in one answer/,
  ],
  [
    "parallel-tools-off",
    "one call where never more come",
    { "parallel-tools.call": called([OSLO]) },
    "unclear",
    /no more came without it/,
  ],

  [
    "json-object",
    "prose",
    { "json-object.against": said("Oslo lies in Norway.") },
    "ignored",
    /prose in place of JSON/,
  ],
  ["json-object", "a fence", { "json-object.against": said('```json\n{"a": 1}\n```') }, "ignored", /a fence in place/],
  ["json-object", "a list", { "json-object.against": said("[1]") }, "broken", /no object/],
  ["json-object", "half an object", { "json-object.against": said('{"a": ') }, "broken", /does not parse/],
  [
    "json-object",
    "an object cut by the limit",
    { "json-object.against": said('{"a": ', {}, "length") },
    "unclear",
    /cut at 512/,
  ],
  [
    "json-object",
    "a refusal",
    { "json-object.against": fails(400, "response_format is not supported") },
    "rejected",
    /not supported/,
  ],
  [
    "json-schema",
    "the prompt wins",
    { "json-schema.against": said('{"color": "blue", "edges": "three"}') },
    "encouraged",
    /a prompt for other keys wins/,
  ],
  [
    "json-schema",
    "other keys in both",
    { "json-schema.against": said('{"color": "blue"}'), "json-schema.plain": said('{"answer": "red"}') },
    "ignored",
    /colour/,
  ],
  [
    "json-schema",
    "prose in both",
    { "json-schema.against": said("No."), "json-schema.plain": said("Red, three.") },
    "ignored",
    /not JSON/,
  ],
  [
    "json-schema",
    "met once, not twice",
    { "json-schema.plain": said('{"colour": "red"}') },
    "broken",
    /met in one answer and not in another/,
  ],
  [
    "json-schema",
    "a value outside the enum",
    { "json-schema.against": said('{"colour": "blue", "sides": 3}') },
    "encouraged",
    /\/colour/,
  ],
  ["json-schema", "cut by the limit", { "json-schema.against": said('{"colour"', {}, "length") }, "unclear", /cut at/],
  [
    "json-schema",
    "a refusal",
    { "json-schema.against": fails(400, "json_schema is not supported") },
    "rejected",
    /HTTP 400/,
  ],

  ["logprobs", "none", { "logprobs.logprobs": said("ready") }, "ignored", /no logprobs/],
  ["logprobs", "null", { "logprobs.logprobs": withLogprobs(null) }, "ignored", /no logprobs/],
  [
    "logprobs",
    "an empty list",
    { "logprobs.logprobs": withLogprobs({ content: [] }) },
    "ignored",
    /empty list|no logprobs/,
  ],
  [
    "logprobs",
    "text for numbers",
    { "logprobs.logprobs": withLogprobs({ content: [token(0), { token: "a", logprob: "-1" }] }) },
    "broken",
    /finite number/,
  ],
  [
    "top-logprobs",
    "no alternatives",
    { "top-logprobs.top": withLogprobs({ content: [token(0)] }) },
    "ignored",
    /no top_logprobs/,
  ],
  [
    "top-logprobs",
    "fewer than asked for",
    { "top-logprobs.top": withLogprobs({ content: [token(1)] }) },
    "broken",
    /1 alternatives a token where 3/,
  ],
  [
    "top-logprobs",
    "one more than asked for",
    { "top-logprobs.top": withLogprobs({ content: [token(4)] }) },
    "supported",
    /4 alternatives/,
  ],

  [
    "seed",
    "two answers of one seed",
    { "seed.same": twice("otter vine copper", "moss lamp river") },
    "ignored",
    /one seed, two answers/,
  ],
  [
    "seed",
    "the same whatever the seed",
    { "seed.same": said("otter"), "seed.other": said("otter") },
    "unclear",
    /another seed gives the same answer too/,
  ],
  [
    "seed",
    "alike for long, then apart",
    { "seed.same": twice(`${"otter vine ".repeat(9)}moss`, `${"otter vine ".repeat(9)}lamp`) },
    "unclear",
    /agree for \d+ characters/,
  ],
  ["seed", "nothing", { "seed.same": said("") }, "unclear", /empty/],
  ["seed", "a refusal", { "seed.same": fails(400, "seed is not supported") }, "rejected", /seed is not/],

  ["n", "one choice", { "n.two": said("ready") }, "ignored", /1 choice where 2/],
  [
    "n",
    "three choices",
    { "n.two": body({ choices: [0, 1, 2].map((index) => ({ index, message: {}, finish_reason: "stop" })) }) },
    "broken",
    /3 choices where 2/,
  ],
  [
    "n",
    "two with one index",
    { "n.two": body({ choices: [0, 0].map((index) => ({ index, message: {}, finish_reason: "stop" })) }) },
    "broken",
    /two choices with index 0/,
  ],
  ["n", "a refusal", { "n.two": fails(400, "n must be 1") }, "rejected", /n must be 1/],

  ["stop", "an answer that goes on", { "stop.stop": said("1,2,3,4,5,6,7,8,9") }, "ignored", /went on past/],
  ["stop", "the stop text in the answer", { "stop.stop": said("1,2,3,4,5,6") }, "broken", /stands in the answer/],
  ["stop", "an answer that never came there", { "stop.stop": said("I cannot.") }, "unclear", /never came/],

  [
    "reasoning-effort",
    "no thinking at all",
    { "reasoning-effort.low": said("0.05"), "reasoning-effort.high": said("0.05") },
    "ignored",
    /no reasoning in either/,
  ],
  [
    "reasoning-effort",
    "as much at low as at high",
    { "reasoning-effort.low": thought(300), "reasoning-effort.high": thought(310) },
    "unclear",
    /300 tokens at low, 310 tokens at high/,
  ],
  [
    "reasoning-effort",
    "a refusal",
    { "reasoning-effort.high": fails(400, "unknown effort") },
    "rejected",
    /unknown effort/,
  ],

  ["vision", "another colour", { "vision.colour": said("It is blue.") }, "broken", /another colour than orange/],
  ["vision", "no colour", { "vision.colour": said("I see no picture.") }, "ignored", /named no colour/],
  [
    "vision",
    "a refusal",
    { "vision.colour": twiceOver(fails(500, "image input is not supported")) },
    "rejected",
    /not supported/,
  ],

  ["models", "a page", { "models.list": body("<html><title>hi</title></html>") }, "broken", /no JSON but/],
  ["models", "no list", { "models.list": body({ models: [] }) }, "broken", /no list under "data"/],
  ["models", "no id", { "models.list": body({ data: [{ name: "m" }] }) }, "broken", /without an id/],
  ["models", "no such path", { "models.list": fails(404, "Not Found") }, "rejected", /HTTP 404/],

  ["embeddings", "an empty vector", { "embeddings.embed": embedded([]) }, "broken", /empty vector/],
  ["embeddings", "no vector", { "embeddings.embed": body({ data: [] }) }, "broken", /no embedding/],
  [
    "embeddings-dimensions",
    "all dimensions",
    { "embeddings-dimensions.embed": embedded([1, 2, 3]) },
    "ignored",
    /3 dimensions where 64/,
  ],
  ["embeddings-base64", "numbers", { "embeddings-base64.embed": embedded([1, 2, 3]) }, "ignored", /list of numbers/],
  [
    "embeddings-base64",
    "no floats",
    { "embeddings-base64.embed": embedded(Buffer.alloc(5).toString("base64")) },
    "broken",
    /5 bytes/,
  ],

  [
    "completions",
    "no text",
    { "completions.text": body({ choices: [{ index: 0, message: {}, finish_reason: "stop" }] }) },
    "broken",
    /no text/,
  ],
  ["completions", "no such path", { "completions.text": fails(404, "Not Found") }, "rejected", /HTTP 404/],
  [
    "responses",
    "refused without store: false",
    { "responses.text": fails(400, "store must be false") },
    "rejected",
    /store must be false/,
  ],
  [
    "responses",
    "no output",
    { "responses.text": response({ status: "completed", output: [] }) },
    "broken",
    /no text in the output/,
  ],
  [
    "responses-stateless",
    "cut while thinking",
    { "responses-stateless.text": response({ status: "incomplete", output: [] }) },
    "unclear",
    /incomplete/,
  ],

  ["images", "no picture", { "images.picture": body({ created: 1 }) }, "broken", /no picture/],
  [
    "images",
    "base64 of something else",
    { "images.picture": body({ data: [{ b64_json: "aGVsbG8=" }] }) },
    "broken",
    /base64 of no picture/,
  ],
  [
    "images",
    "an address",
    { "images.picture": body({ data: [{ url: "https://x.test/a.png" }] }) },
    "supported",
    /as an address/,
  ],
  ["transcription", "no text", { "transcription.tone": body({ ok: true }) }, "broken", /no "text"/],
  [
    "transcription",
    "a refusal of forms",
    { "transcription.tone": fails(415, "unsupported media type") },
    "rejected",
    /HTTP 415/,
  ],
  ["speech", "JSON in place of sound", { "speech.speech": body({ ok: true }) }, "broken", /no sound/],
  [
    "speech",
    "raw samples",
    { "speech.speech": sound(Buffer.alloc(20), "audio/pcm") },
    "supported",
    /20 bytes of audio\/pcm/,
  ],
  ["speech", "no such path", { "speech.speech": fails(404, "Not Found") }, "rejected", /HTTP 404/],
  ["riva-speech", "no such path", { "riva-speech.speech": fails(404, "Not Found") }, "rejected", /HTTP 404/],

  [
    "unknown-field",
    "a refusal",
    { "unknown-field.field": fails(400, "Unrecognized request argument") },
    "rejected",
    /Unrecognized.*type invalid_request_error/,
  ],
  [
    "unknown-field",
    "an upstream error",
    { "unknown-field.field": { ...fails(502, "upstream_error"), before: [fails(502, "upstream_error")] } },
    "rejected",
    /HTTP 502/,
  ],
  ["bad-key", "an answer", { "bad-key.key": said("ready") }, "ignored", /answered like the right one/],
  ["bad-key", "another status", { "bad-key.key": fails(403, "forbidden") }, "broken", /HTTP 403.*clients expect 401/],
  [
    "bad-key",
    "a page",
    { "bad-key.key": body("<html><title>Sign in</title></html>", 302) },
    "broken",
    /HTTP 302.*not OpenAI's envelope but html/,
  ],
  [
    "wrong-model",
    "an answer of another model",
    { "wrong-model.model": said("ready") },
    "ignored",
    /answered, by model "m"/,
  ],
  ["wrong-model", "400", { "wrong-model.model": fails(400, "no such model") }, "supported", /HTTP 400/],
  ["wrong-model", "500", { "wrong-model.model": twiceOver(fails(500, "KeyError")) }, "broken", /clients expect 404/],
  [
    "over-long-context",
    "an answer from the whole prompt",
    { "over-long-context.prompt": said("KX-4471") },
    "unclear",
    /longer than this prompt/,
  ],
  [
    "over-long-context",
    "an answer that lost the start",
    { "over-long-context.prompt": said("I do not know.") },
    "broken",
    /start of the prompt was lost/,
  ],
  [
    "over-long-context",
    "500",
    { "over-long-context.prompt": twiceOver(fails(500, "out of memory")) },
    "broken",
    /clients expect 400 or 413/,
  ],
  ["over-long-context", "a hang", { "over-long-context.prompt": HANG }, "unclear", /timeout/],
  [
    "over-long-context",
    "a hang each time",
    { "over-long-context.prompt": twiceOver(HANG) },
    "broken",
    /timeout.*2 attempts, while later requests succeed/,
  ],
  [
    "over-long-context",
    "an answer cut before its first word",
    { "over-long-context.prompt": SPENT },
    "unclear",
    /cut at 512/,
  ],

  [
    "cancel-frees",
    "the next request waits",
    { "cancel-frees.next": slow(9_000) },
    "broken",
    /queued behind cancelled streams: first token after 9\.0 s behind k = 4/,
  ],
  [
    "cancel-frees",
    "the next request is refused",
    { "cancel-frees.next": fails(503, "no slot") },
    "unclear",
    /not served: HTTP 503: no slot/,
  ],
  ["cancel-frees", "room for all of them", { "cancel-frees.beside": slow(30) }, "unclear", /k is too small to tell/],
  [
    "cancel-frees",
    "streams that had ended",
    { "cancel-frees.cancelled": streamed([...words("No."), ...END]) },
    "unclear",
    /0 of 12 streams were still running/,
  ],
  [
    "cancel-frees",
    "no streams at all",
    { "cancel-frees.reference": fails(400, "no streaming here") },
    "rejected",
    /no streaming here/,
  ],
  [
    "long-stream",
    "cut by a proxy, twice",
    {
      "long-stream.long": {
        ...streamed(words("Once"), { ...LOST, endedMs: 60_000 }),
        before: [streamed(words("Once"), { ...LOST, endedMs: 60_200 })],
      },
    },
    "broken",
    /cut 2 times, after 1 min and 1 min, without a finish reason/,
  ],
  [
    "long-stream",
    "ended without a finish reason",
    { "long-stream.long": streamed(words("Once"), { endedMs: 30_000 }) },
    "broken",
    /cut after 30 s/,
  ],
  [
    "long-stream",
    "an answer that was short",
    { "long-stream.long": streamed([...words("Once"), ...END], { endedMs: 12_000 }) },
    "unclear",
    /ended by itself after 12 s with stop/,
  ],
  [
    "long-stream",
    "cut once, alive once",
    {
      "long-stream.long": {
        ...streamed(words("Once"), { ...CANCELLED, endedMs: 150_000 }),
        before: [streamed(words("Once"), { ...LOST, endedMs: 60_000 })],
      },
    },
    "unclear",
    /cut after 1 min once, alive at 2 min 30 s once/,
  ],
  [
    "long-stream",
    "not a byte",
    { "long-stream.long": { reads: [], ...CANCELLED, endedMs: 150_000 } },
    "broken",
    /not a byte in 2 min 30 s/,
  ],
  ["long-stream", "a refusal", { "long-stream.long": fails(400, "no") }, "rejected", /HTTP 400/],
];

describe("a limit that thinking used up", () => {
  const spentStream = streamed([event({ role: "assistant" }), event({}, {}, "length"), "data: [DONE]\n\n"]);
  it.each([
    ["chat", "chat.plain"],
    ["stream", "stream.stream"],
    ["tools", "tools.call"],
    ["tools-streamed", "tools-streamed.call"],
    ["tool-choice-auto", "tool-choice-auto.call"],
    ["tool-choice-none", "tool-choice-none.call"],
    ["tool-choice-required", "tool-choice-required.call"],
    ["tool-choice-named", "tool-choice-named.call"],
    ["parallel-tools", "parallel-tools.call"],
    ["parallel-tools-off", "parallel-tools-off.call"],
    ["json-object", "json-object.against"],
    ["json-schema", "json-schema.against"],
    ["json-schema", "json-schema.plain"],
    ["logprobs", "logprobs.logprobs"],
    ["top-logprobs", "top-logprobs.top"],
    ["seed", "seed.same"],
    ["stop", "stop.stop"],
    ["vision", "vision.colour"],
    ["over-long-context", "over-long-context.prompt"],
  ])("tells nothing of %s (%s)", (feature, part) => {
    const reply = part.includes("stream") ? spentStream : SPENT;
    expect(candidateGot(feature, { [part]: reply }).verdict).toBe("unclear");
  });

  it("is no answer of /responses either, though its reasoning has text", () => {
    const output = [{ type: "reasoning", content: [{ type: "reasoning_text", text: "Hm" }] }];
    const reply = response({ status: "incomplete", output });
    expect(candidateGot("responses", { "responses.text": reply }).verdict).toBe("unclear");
  });
});

describe("tokens of reasoning", () => {
  const counted = (content: string, usage: object, finish = "length", more: object = {}): Reply =>
    body({ choices: [{ index: 0, message: { content, ...more }, finish_reason: finish }], usage });
  const COUNTED = "one two three four five six seven eight";
  it.each([
    [
      "beside",
      {
        prompt_tokens: 20,
        completion_tokens: 16,
        total_tokens: 116,
        completion_tokens_details: { reasoning_tokens: 80 },
      },
      "supported",
    ],
    [
      "within",
      {
        prompt_tokens: 20,
        completion_tokens: 96,
        total_tokens: 116,
        completion_tokens_details: { reasoning_tokens: 80 },
      },
      "supported",
    ],
    ["and one more", { prompt_tokens: 20, completion_tokens: 17, total_tokens: 37 }, "supported"],
    ["that nobody names", { prompt_tokens: 20, completion_tokens: 96, total_tokens: 116 }, "unclear"],
  ])("counted %s do not exceed a limit on the answer", (_what, usage, verdict) => {
    expect(candidateGot("max-tokens", { "max-tokens.few": counted(COUNTED, usage) }).verdict).toBe(verdict);
  });

  it("without an answer are over a limit that nothing kept", () => {
    const reply = counted("", {
      prompt_tokens: 20,
      completion_tokens: 512,
      completion_tokens_details: { reasoning_tokens: 512 },
    });
    expect(candidateGot("max-tokens", { "max-tokens.few": reply }).verdict).toBe("ignored");
  });

  it("that show in total_tokens alone, or in nothing, are not ignored", () => {
    const total = (total_tokens: number) =>
      counted("0.05", { prompt_tokens: 30, completion_tokens: 4, total_tokens }, "stop");
    const got = (low: Reply, high: Reply) =>
      candidateGot("reasoning-effort", { "reasoning-effort.low": low, "reasoning-effort.high": high }).verdict;
    expect(got(total(60), total(900))).toBe("supported");
    expect(got(total(34), total(34))).toBe("ignored");
    const silent = body({ choices: [{ index: 0, message: { content: "0.05" }, finish_reason: "stop" }] });
    expect(got(silent, silent)).toBe("unclear");
  });
});

describe("a slot", () => {
  it.each([
    ["next", 429],
    ["next", 402],
    ["beside", 429],
    ["beside", 502],
  ])("is not held for all that is known when %s gets %i", (part, status) => {
    const reply = fails(status, "no");
    expect(candidateGot("cancel-frees", { [`cancel-frees.${part}`]: reply }).verdict).toBe("unclear");
    const later: Reply = { ...streamed([...words("ready"), ...END]), before: [reply] };
    expect(candidateGot("cancel-frees", { [`cancel-frees.${part}`]: later }).verdict).toBe("unclear");
  });
});

describe("waits of a busy endpoint", () => {
  it("are taken from the attempt that was answered", () => {
    const lost: Reply = { reads: [], outcome: { kind: "network", phase: "connect", code: "E", message: "x" } };
    const next: Reply = { ...streamed([...words("ready"), ...END]), dispatchedMs: 9_000_000_000, before: [lost] };
    expect(candidateGot("cancel-frees", { "cancel-frees.next": next }).verdict).toBe("supported");
  });

  it("prove nothing where the streams that should have caused them failed", () => {
    expect(candidateGot("cancel-frees", { "cancel-frees.running": fails(429, "no") }).verdict).toBe("unclear");
  });
});

describe("a feature", () => {
  it.each(CASES)("%s: %s", (feature, _what, replies, verdict, seen) => {
    const got = candidateGot(feature, replies);
    expect([got.verdict, got.seen]).toEqual([verdict, expect.stringMatching(seen)]);
  });

  it("has every verdict that a client can meet tested", () => {
    const tested = new Set(CASES.map(([feature]) => feature));
    expect(FEATURES.map(({ id }) => id).filter((id) => !tested.has(id))).toEqual([]);
  });

  it("that could be refused is rejected, with the endpoint's own error beside it", () => {
    const got = candidateGot("logprobs", { "logprobs.logprobs": fails(400, "logprobs is not available") });
    expect(got).toMatchObject({
      verdict: "rejected",
      status: 400,
      error: { message: "logprobs is not available", type: "invalid_request_error", code: "bad" },
      attempts: 1,
    });
  });

  it.each([401, 402, 403, 404, 422, 302, 501])(
    "that is answered by %i is rejected, or unclear for want of money",
    (status) => {
      const got = candidateGot("n", { "n.two": fails(status, "no") });
      expect([got.verdict, got.status]).toEqual([status === 402 ? "unclear" : "rejected", status]);
    },
  );

  it.each([
    ["503 twice", 503, 503, "unclear"],
    ["503, then 502", 503, 502, "unclear"],
    ["502 twice", 502, 502, "rejected"],
    ["500 twice", 500, 500, "rejected"],
    ["529 twice", 529, 529, "unclear"],
  ])("that is answered by %s: an overload is no refusal", (_what, first, last, verdict) => {
    const reply = { ...fails(last, "no"), before: [fails(first, "no")] };
    expect(candidateGot("n", { "n.two": reply }).verdict).toBe(verdict);
    expect(candidateGot("wrong-model", { "wrong-model.model": reply }).verdict).toBe(
      verdict === "unclear" ? "unclear" : "broken",
    );
  });

  it.each([500, 502])("that got %i once may have met chance; 501 says that it is not there", (status) => {
    const got = candidateGot("n", { "n.two": fails(status, "boom") });
    expect([got.verdict, got.seen]).toEqual(["unclear", expect.stringMatching(/one attempt/)]);
    expect(candidateGot("wrong-model", { "wrong-model.model": fails(status, "boom") }).verdict).toBe("unclear");
    expect(candidateGot("n", { "n.two": fails(501, "no") }).verdict).toBe("rejected");
  });

  it.each(["dns", "connect", "tls", "send", "headers"] as const)(
    "whose request was lost in phase %s is unclear; broken where it was sent and is lost again",
    (phase) => {
      expect(candidateGot("n", { "n.two": network(phase) }).verdict).toBe("unclear");
      const again = candidateGot("n", { "n.two": twiceOver(network(phase)) });
      expect(again.verdict).toBe(phase === "send" || phase === "headers" ? "broken" : "unclear");
    },
  );

  it("that waited in vain is unclear, that fell silent in its answer is broken", () => {
    expect(candidateGot("n", { "n.two": HANG }).verdict).toBe("unclear");
    expect(candidateGot("n", { "n.two": twiceOver(HANG) }).verdict).toBe("broken");
    const silent = (phase: "idle" | "total"): Reply =>
      streamed(words("a"), { outcome: { kind: "timeout", phase, afterMs: 9 } });
    expect(candidateGot("stream", { "stream.stream": silent("idle") }).verdict).toBe("broken");
    expect(candidateGot("stream", { "stream.stream": silent("total") }).verdict).toBe("unclear");
  });

  it.each([
    { kind: "staleConnection", code: "EPIPE", message: "x" },
    { kind: "truncated", limitBytes: 9 },
  ] as const)("is unclear after $kind", (outcome) => {
    expect(candidateGot("stream", { "stream.stream": streamed(words("a"), { outcome }) }).verdict).toBe("unclear");
  });

  it("that OpenAI refuses because the limit was used up, or that met an overload in a 200, is unclear", () => {
    const message = "Could not finish the message because max_tokens or model output limit was reached.";
    expect(candidateGot("max-tokens", { "max-tokens.few": fails(400, message) }).verdict).toBe("unclear");
    for (const code of [429, 502, "rate_limit_exceeded", "server_error"]) {
      expect(candidateGot("n", { "n.two": body({ error: { message: "x", code } }) }).verdict).toBe("unclear");
    }
  });

  it("of two requests, one lost and one refused, is rejected", () => {
    const replies = { "json-schema.against": fails(429, "slow down"), "json-schema.plain": fails(400, "no schema") };
    expect(candidateGot("json-schema", replies).verdict).toBe("rejected");
  });

  it("whose error passes on a retry is judged by the last answer", () => {
    const reply = { ...said("1,2,3,4,5,"), before: [fails(503, "busy")] };
    expect(candidateGot("stop", { "stop.stop": reply })).toMatchObject({
      verdict: "supported",
      attempts: 2,
      error: null,
    });
  });

  it("that is only ever rate-limited is unclear", () => {
    const reply = { ...fails(429, "slow down"), before: [fails(429, "slow down")] };
    expect(candidateGot("stop", { "stop.stop": reply })).toMatchObject({ verdict: "unclear", status: 429 });
  });

  it("that is answered by an error in a 200 is rejected; in the middle of an answer it is broken", () => {
    const error = { error: { message: "no logprobs here", code: 400 } };
    expect(candidateGot("logprobs", { "logprobs.logprobs": body(error) }).verdict).toBe("rejected");
    const midway = streamed([...words("one"), `data: ${JSON.stringify(error)}\n\n`, ...END]);
    expect(candidateGot("stream", { "stream.stream": midway }).verdict).toBe("broken");
  });
});
