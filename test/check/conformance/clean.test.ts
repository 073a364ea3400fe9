/** Endpoints that do as OpenAI does have no finding above a note. */
import { describe, expect, test } from "vitest";
import { type WatchedExchange, watchConformance } from "../../../src/check/conformance/watch.js";
import type { EndpointRole } from "../../../src/config/settings.js";
import { decodeAttempt } from "../../../src/decode/decode.js";
import type { Api, Variant } from "../../../src/golden/golden-set.js";
import type { Attempt } from "../../../src/recording/recording.js";
import { score } from "../../../src/score.js";
import { chat, endpoint as simulated } from "../../sim/endpoint.js";
import { aCase, anAttempt, anExchange } from "../build.js";
import { chunk, delta, findingsOf, OPENAI_HEADERS, openaiEvents } from "./exchanges.js";

const MODEL = "gpt-4o";

interface Sent {
  readonly text: string;
  readonly variant?: Variant;
  readonly api?: Api;
  readonly body?: Record<string, unknown>;
  readonly status?: number;
  readonly headers?: Attempt["headers"];
}

/** An exchange whose completion is what decoding makes of the text, one event a read, 10 ms apart. */
function sent(
  id: number,
  endpoint: EndpointRole,
  { text, variant = "stream", api = "chat", ...more }: Sent,
): WatchedExchange {
  const pieces = variant === "stream" ? text.split(/(?<=\n\n)/) : [text];
  const json = OPENAI_HEADERS.map(
    ([name, value]) => [name, name === "content-type" ? "application/json" : value] as const,
  );
  const attempt = anAttempt({
    status: more.status ?? 200,
    headers: more.headers ?? (variant === "stream" ? OPENAI_HEADERS : json),
    reads: pieces.map((piece, index) => [300_000_000 + index * 10_000_000, piece]),
    endedAtNs: 310_000_000 + pieces.length * 10_000_000,
  });
  return {
    exchange: anExchange({ id, endpoint, arm: endpoint, variant, attempts: [attempt] }),
    completion: decodeAttempt(attempt, api, variant),
    golden: { ...aCase({}), api },
    body: { model: MODEL, ...(variant === "stream" ? { stream_options: { include_usage: true } } : {}), ...more.body },
    path: "/v1/chat/completions",
    baseUrl: "https://api.openai.com/v1",
  };
}

const graver = (exchanges: readonly WatchedExchange[]) =>
  findingsOf(exchanges)
    .filter(({ severity }) => severity !== "note")
    .map(({ rule, evidence }) => [rule, evidence]);

const words = Array.from({ length: 40 }, (_, index) => ` word${index}`);

function calls(id: string): string {
  const call = (value: object) => chunk(id, [delta({ tool_calls: [{ index: 0, ...value }] })]);
  return [
    chunk(id, [
      delta({
        role: "assistant",
        content: null,
        refusal: null,
        tool_calls: [{ index: 0, id: `call_${id}`, type: "function", function: { name: "weather", arguments: "" } }],
      }),
    ]),
    ...['{"ci', 'ty":', '"Oslo', '"}'].map((text) => call({ function: { arguments: text } })),
    chunk(id, [delta({}, "tool_calls")]),
    ...openaiEvents(id, ["x"]).slice(-2),
  ].join("");
}

function wholeBody(id: string): string {
  return JSON.stringify({
    id,
    object: "chat.completion",
    created: 1_795_000_000,
    model: "gpt-4o-2024-08-06",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "Hello.", refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14, prompt_tokens_details: { cached_tokens: 0 } },
    service_tier: "default",
    system_fingerprint: "fp_0123",
  });
}

const ERROR = JSON.stringify({
  error: { message: "Invalid value.", type: "invalid_request_error", param: null, code: null },
});

describe.each(["baseline", "candidate"] as const)("OpenAI as the %s", (endpoint) => {
  test.each<[string, Sent]>([
    ["a stream", { text: openaiEvents("chatcmpl-1", words).join("") }],
    ["a short stream", { text: openaiEvents("chatcmpl-1", ["Yes"]).join("") }],
    ["a streamed call", { text: calls("chatcmpl-1"), body: { tools: [{}] } }],
    ["a body", { text: wholeBody("chatcmpl-1"), variant: "body" }],
    ["an error", { text: ERROR, variant: "body", status: 400 }],
  ])("%s", (_, one) => {
    expect(graver([sent(0, endpoint, one)])).toEqual([]);
  });
});

test("two sides of OpenAI, at length, have nothing graver than a note", () => {
  const exchanges = Array.from({ length: 30 }, (_, id) =>
    sent(id, id % 2 === 0 ? "baseline" : "candidate", {
      text: openaiEvents(`chatcmpl-${id}`, words.slice(0, 1 + id)).join(""),
    }),
  );
  expect(graver(exchanges)).toEqual([]);
});

test("the simulator speaks as OpenAI does", async () => {
  const { post } = await simulated();
  const exchanges: WatchedExchange[] = [];
  for (const stream of [true, false, true, false]) {
    const response = await post(
      "/chat/completions",
      chat("Count to ten.", stream ? {} : { stream: false, stream_options: undefined }),
    );
    const text = await response.text();
    const headers = [...response.headers].map(([name, value]) => [name, value] as const);
    const variant = stream ? "stream" : "body";
    exchanges.push(sent(exchanges.length, "candidate", { text, variant, headers, body: { model: "any-model" } }));
  }
  expect(exchanges.map(({ completion }) => completion.finishReason)).not.toContain(null);
  expect(graver(exchanges)).toEqual([]);
});

test("llama.cpp numbers the codes of its errors, and does nothing else that is graver than a note", () => {
  const recording = new URL("../../recordings/llama-cpp.jsonl", import.meta.url);
  const findings = score(recording.pathname).summary.findings.filter(({ severity }) => severity !== "note");
  expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(["error-code-number"]));
});

test("bytes that are cut into reads elsewhere give the same findings, but for delivery", () => {
  const text = `\uFEFF${openaiEvents("chatcmpl-1", words).slice(0, -1).join("")}data: é`;
  const reads = (size: number): Attempt["reads"] => {
    const bytes = Buffer.from(text);
    return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => {
      const b64 = bytes.subarray(index * size, (index + 1) * size).toString("base64");
      return [1_000_000 + index, { b64 }] as const;
    });
  };
  const seen = (size: number) => {
    const attempt = anAttempt({ headers: OPENAI_HEADERS, reads: reads(size) });
    const watch = watchConformance();
    const whole = sent(0, "candidate", { text: "" });
    const exchange = { ...whole.exchange, attempts: [attempt] };
    watch.see({ ...whole, exchange, completion: decodeAttempt(attempt, "chat", "stream") });
    return watch.findings();
  };
  expect(seen(1e6).map(({ rule }) => rule)).toContain("done-missing");
  for (const size of [1, 7, 64, 1000]) expect(seen(size)).toEqual(seen(1e6));
});
