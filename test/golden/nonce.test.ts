import { describe, expect, test } from "vitest";
import type { Api } from "../../src/golden/golden-set.js";
import { withNonce, withoutNonce } from "../../src/golden/nonce.js";
import { requestKey } from "../../src/golden/request-key.js";

const BODIES: readonly (readonly [string, Api, Record<string, unknown>])[] = [
  ["a chat", "chat", { messages: [{ role: "user", content: "hello" }], seed: 7 }],
  [
    "content parts",
    "chat",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "x" } },
            { type: "text", text: "what?" },
          ],
        },
      ],
    },
  ],
  ["a picture alone", "chat", { messages: [{ role: "user", content: [{ type: "image_url" }] }] }],
  ["an assistant's call first", "chat", { messages: [{ role: "assistant", content: null, tool_calls: [] }] }],
  ["a prompt", "completions", { prompt: "hello" }],
  ["an input", "responses", { input: "hello" }],
  ["an input of messages", "responses", { input: [{ role: "user", content: "hello" }] }],
  ["instructions", "responses", { instructions: "be brief", input: "hello" }],
  ["embeddings", "embeddings", { input: ["hello"] }],
];

describe("the nonce line", () => {
  test.each(BODIES)("goes in and out of %s without a trace", (_name, api, body) => {
    expect(withoutNonce(api, withNonce(api, body, "0123abcd"))).toEqual(body);
    expect(withoutNonce(api, body)).toEqual(body);
  });

  test("stands before the first text alone", () => {
    const messages = [
      { role: "system", content: "be brief" },
      { role: "user", content: "hello" },
    ];
    expect(withNonce("chat", { messages }, "0123abcd")).toEqual({
      messages: [
        { role: "system", content: "[ref 0123abcd]\nbe brief" },
        { role: "user", content: "hello" },
      ],
    });
  });
});

describe("the request key", () => {
  test.each(BODIES)("of %s is stable under the nonce", (_name, api, body) => {
    expect(requestKey(api, withNonce(api, body, "0123abcd"))).toBe(requestKey(api, body));
  });

  test("looks past the model and the settings, and sees prompt, tools and response format", () => {
    const body = { messages: [{ role: "user", content: "hello" }] };
    const key = requestKey("chat", body);
    expect(requestKey("chat", { ...body, model: "m", max_tokens: 1, stream: true, temperature: 0 })).toBe(key);
    expect(requestKey("chat", { messages: [{ content: "hello", role: "user" }] })).toBe(key);
    expect(requestKey("chat", { messages: [{ role: "user", content: "hello!" }] })).not.toBe(key);
    expect(requestKey("chat", { ...body, tools: [] })).not.toBe(key);
    expect(requestKey("chat", { ...body, response_format: { type: "json_object" } })).not.toBe(key);
  });
});
