/** What stands beside an answer or repeats it: none of it fails the answer, doubles it or takes its counts away. */
import { describe, expect, it } from "vitest";
import { decodeAttempt } from "../../src/decode/decode.js";
import { failureOf } from "../../src/decode/failure.js";
import type { Api, Variant } from "../../src/golden/golden-set.js";
import { attempt, content, DONE, event, finish, usage } from "../recording/exchange-builder.js";

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

function decoded(text: string, api: Api = "chat", variant: Variant = "stream", status = 200) {
  const made = attempt({ status, reads: [[10, text]] });
  const completion = decodeAttempt(made, api, variant);
  return {
    completion,
    kinds: completion.anomalies.map(({ kind }) => kind),
    failure: failureOf(made, completion, api),
  };
}

describe("an event of a stream that is no error", () => {
  it.each([
    [{ type: "ping", message: "keep-alive" }],
    [{ type: "metadata", message: "done", latency: 3 }],
    [{ detail: "queue position 3" }],
    [{ error: null, message: "still here" }],
    [{ error: { code: 0, message: "" } }],
    [{ error: {} }],
    [{ error: "" }],
  ])("fails no whole answer: %j", (side) => {
    const before = decoded(data(side) + content("Hello") + finish() + DONE);
    const after = decoded(content("Hello") + finish() + data(side) + DONE);
    for (const { completion, kinds, failure } of [before, after]) {
      expect([completion.content, completion.error, failure]).toEqual(["Hello", null, null]);
      expect(kinds).not.toContain("error-in-stream");
    }
  });

  it("fails no whole answer of /responses", () => {
    const output = [{ id: "msg_1", type: "message", content: [{ type: "output_text", text: "Hello" }] }];
    for (const error of [null, {}, { code: null, message: null }]) {
      const response = { id: "r", object: "response", created_at: 1, model: "m", status: "completed", output, error };
      const streamed = data({ type: "keepalive", message: "wait" }) + data({ type: "response.completed", response });
      expect(decoded(streamed, "responses").failure).toBeNull();
      expect(decoded(JSON.stringify(response), "responses", "body").failure).toBeNull();
    }
  });

  it.each([
    [{ error: { message: "overloaded" } }],
    [{ error: "overloaded" }],
    [{ object: "error", message: "overloaded" }],
    [{ type: "error", message: "overloaded" }],
    // The last word of a stream that did not end.
    [{ message: "overloaded", code: 500 }],
    [{ detail: "overloaded" }],
  ])("and one that is: %j", (said) => {
    expect(decoded(content("Hel") + data(said) + DONE).failure).toMatchObject({
      kind: "in_band_error",
      message: "HTTP 200, but overloaded",
    });
  });

  it("is an error where its event is named so", () => {
    const named = `event: error\n${data({ message: "overloaded" })}`;
    expect(decoded(content("Hello") + finish() + named).failure?.message).toBe("HTTP 200, but overloaded");
  });

  it("leaves bodies with other statuses their words", () => {
    for (const said of [{ message: "no" }, { detail: "no" }, { error: { message: "no" } }]) {
      expect(decoded(JSON.stringify(said), "chat", "body", 500).failure?.message).toBe("HTTP 500: no");
    }
  });
});

describe("a whole message after deltas", () => {
  const last = (message: object, reason: string | null = "stop") =>
    data({ object: "chat.completion.done", choices: [{ index: 0, message, finish_reason: reason }] });

  it("is not told twice", () => {
    const said = { role: "assistant", content: "Hello world", reasoning_content: "Hm.", refusal: null };
    const made = decoded(
      event({ reasoning_content: "Hm." }) + content("Hello ") + content("world") + last(said) + DONE,
    );
    expect(made.completion).toMatchObject({ content: "Hello world", reasoning: "Hm.", finishReason: "stop" });
    expect(made.completion.tokenEvents).toHaveLength(3);
  });

  it("extends what was told", () => {
    const made = decoded(content("Hello ") + last({ role: "assistant", content: "Hello world" }) + DONE);
    expect(made.completion.content).toBe("Hello world");
  });

  it("that says something else changes nothing", () => {
    const made = decoded(content("Hello") + last({ role: "assistant", content: "Good day" }) + DONE);
    expect(made.completion.content).toBe("Hello");
  });

  it("is not told twice where its parts have other names and ids there", () => {
    const f = { type: "function", function: { name: "f", arguments: '{"x":1}' } };
    const streamed = content("<think>Hm.</think>Hello") + event({ tool_calls: [{ index: 0, id: "a", ...f }] });
    const message = { role: "assistant", content: "Hello", reasoning: "Hm.", tool_calls: [{ id: "z", ...f }] };
    const { completion } = decoded(streamed + last(message, "tool_calls") + DONE);
    expect([completion.content, completion.reasoning, completion.toolCalls.length]).toEqual(["Hello", "Hm.", 1]);
  });

  it("gives the calls that were not known alone", () => {
    const call = (id: string, args: string) => ({ id, type: "function", function: { name: "f", arguments: args } });
    const streamed = event({ tool_calls: [{ index: 0, ...call("a", '{"x":1}') }] });
    const message = { role: "assistant", content: null, tool_calls: [call("a", '{"x":1}'), call("b", '{"x":2}')] };
    const made = decoded(streamed + last(message, "tool_calls") + DONE);
    expect(made.completion.toolCalls.map(({ id, argumentsText }) => [id, argumentsText])).toEqual([
      ["a", '{"x":1}'],
      ["b", '{"x":2}'],
    ]);
  });
});

describe("usage of zeros", () => {
  it("after real counts does not take them away", () => {
    const made = decoded(content("a") + finish() + usage(10, 5) + usage(0, 0) + DONE);
    expect(made.completion.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
  });

  it("counts where there is no other, and gives way to real counts", () => {
    expect(decoded(content("a") + finish() + usage(0, 0)).completion.usage).toMatchObject({ inputTokens: 0 });
    const made = decoded(usage(0, 0) + content("a") + finish() + usage(10, 5));
    expect(made.completion.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
  });
});

describe("reasoning under two names in two events", () => {
  const details = (text: string) => event({ reasoning_details: [{ type: "reasoning.text", text }] });

  it("counts once", () => {
    const made = decoded(event({ reasoning: "I " }) + details("I ") + event({ reasoning: "think" }) + details("think"));
    expect(made.completion.reasoning).toBe("I think");
    expect(made.kinds).toContain("reasoning-twice");
  });

  it("counts once where the second tells the whole", () => {
    const made = decoded(event({ reasoning: "I " }) + event({ reasoning: "think" }) + details("I think"));
    expect(made.completion.reasoning).toBe("I think");
  });

  it("counts twice under one name, and with other words", () => {
    expect(decoded(event({ reasoning: "ha" }) + event({ reasoning: "ha" })).completion.reasoning).toBe("haha");
    expect(decoded(event({ reasoning: "ha" }) + details("ho")).completion.reasoning).toBe("haho");
  });
});

describe("a stream whose choices do not begin with index 0", () => {
  const at = (index: number, delta: object, reason: string | null = null) =>
    data({ id: "c", object: "chat.completion.chunk", model: "m", choices: [{ index, delta, finish_reason: reason }] });

  it("gives the first that it has", () => {
    const made = decoded(at(1, { role: "assistant", content: "hi" }) + at(2, { content: "x" }) + at(1, {}, "stop"));
    expect(made.completion).toMatchObject({ content: "hi", finishReason: "stop", choices: 2 });
    expect(made.failure).toBeNull();
  });

  it("gives index 0 if it comes before any text", () => {
    const made = decoded(
      at(1, { role: "assistant" }) + at(0, { content: "a" }) + at(1, { content: "b" }, "length") + at(0, {}, "stop"),
    );
    expect(made.completion).toMatchObject({ content: "a", finishReason: "stop" });
  });
});
