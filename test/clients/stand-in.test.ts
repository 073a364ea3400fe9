import { expect, test } from "vitest";
import { standInRequest } from "../../src/clients/stand-in.js";
import { storedRequests } from "../../src/redact/stored-header.js";
import { attempt, content, DONE, event, finish } from "../recording/exchange-builder.js";

const stored = (body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  storedRequests({ one: { method: "POST", path: "/v1", headers: {}, body } }, "redacted").one?.body ?? {};

test("a request without its texts becomes one that a client takes, with the tools that were called", () => {
  const call = { index: 0, id: "c", type: "function", function: { name: "weather", arguments: "{}" } };
  const made = attempt({ reads: [[1, event({ tool_calls: [call] }) + finish("tool_calls") + DONE]] });
  const body = stored({
    model: "m",
    stream: true,
    temperature: 0,
    stream_options: { include_usage: true },
    messages: [{ role: "user", content: "secret" }],
    tools: [{ type: "function", function: { name: "weather" } }],
    user: "alice",
  });
  expect(JSON.stringify(body)).not.toMatch(/secret|alice|weather/);
  expect(standInRequest(body, made, "chat", "stream")).toEqual({
    model: "m",
    stream: true,
    temperature: 0,
    stream_options: { include_usage: true },
    messages: [{ role: "user", content: "recorded" }],
    tools: [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }],
  });
  const plain = attempt({ reads: [[1, content("Hi") + DONE]] });
  expect(standInRequest(stored({ model: "m", input: ["a", "b"] }), plain, "embeddings", "body")).toEqual({
    model: "m",
    input: ["recorded", "recorded"],
  });
});
