import { describe, expect, test } from "vitest";
import { withNonce } from "../../src/golden/nonce.js";
import { AnswerBook } from "../../src/sim/answers.js";
import { cutAnswer } from "../../src/sim/pieces.js";
import { goldenCase, goldenSet, user } from "./golden-cases.js";

const tools = [{ type: "function", function: { name: "get_weather" } }];

describe("where the golden set knows the prompt", () => {
  const book = new AnswerBook(
    goldenSet(
      goldenCase("plain", user("What is six times seven?"), { content: "42" }),
      goldenCase(
        "tool",
        { ...user("Weather in Oslo?"), tools },
        { tool_calls: [{ name: "get_weather", arguments: { city: "Oslo" } }] },
      ),
      goldenCase("none", { ...user("Weather in Oslo?"), tools, tool_choice: "none" }, { content: "I cannot look." }),
      goldenCase("cut", user("Long?"), { content: "Long.", finish_reason: "content_filter" }),
    ),
  );

  test("the reference answers, whatever model, sampling and nonce were sent", () => {
    const body = { model: "x", temperature: 0.3, max_completion_tokens: 9, ...user("What is six times seven?") };
    expect(book.answer("chat", body).content).toBe("42");
    expect(book.answer("chat", withNonce("chat", body, "0123abcd")).content).toBe("42");
  });

  test("the prompt alone is enough where an endpoint's settings changed the tools", () => {
    const answer = book.answer("chat", user("Weather in Oslo?"));
    expect(answer.toolCalls).toEqual([{ name: "get_weather", arguments: '{"city":"Oslo"}' }]);
    expect(answer.finishReason).toBe("tool_calls");
  });

  test("cases that differ in tool_choice alone keep their own answers", () => {
    expect(book.answer("chat", { ...user("Weather in Oslo?"), tools, tool_choice: "none" }).content).toBe(
      "I cannot look.",
    );
    expect(book.answer("chat", { ...user("Weather in Oslo?"), tools }).toolCalls).toHaveLength(1);
  });

  test("a finish reason of its own is kept", () => {
    expect(book.answer("chat", user("Long?")).finishReason).toBe("content_filter");
  });
});

describe("where it does not", () => {
  const book = new AnswerBook();

  test("the same prompt gives the same words, another prompt others", () => {
    const words = book.answer("chat", user("Unknown")).content;
    expect(words.length).toBeGreaterThan(20);
    expect(book.answer("chat", withNonce("chat", user("Unknown"), "deadbeef")).content).toBe(words);
    expect(book.answer("chat", user("Other")).content).not.toBe(words);
  });

  test("JSON is JSON, and a demanded tool is called", () => {
    const asJson = book.answer("chat", { ...user("x"), response_format: { type: "json_object" } });
    expect(JSON.parse(asJson.content)).toEqual({ answer: expect.any(String) });
    const named = { type: "function", function: { name: "get_weather" } };
    expect(book.answer("chat", { ...user("x"), tools, tool_choice: "required" }).toolCalls[0]?.name).toBe(
      "get_weather",
    );
    expect(book.answer("chat", { ...user("x"), tools, tool_choice: named }).toolCalls[0]?.name).toBe("get_weather");
  });
});

describe("cutting", () => {
  const answer = {
    reasoning: "hm hm",
    content: "one two three END four",
    refusal: "",
    toolCalls: [],
    finishReason: "stop",
  };
  const textOf = (kind: string, cut: ReturnType<typeof cutAnswer>): string =>
    cut.pieces.map((piece) => (piece.kind === kind && "text" in piece ? piece.text : "")).join("");

  test("at the first stop sequence, which is not echoed", () => {
    const cut = cutAnswer(answer, { stop: ["four", "END", ""] });
    expect(textOf("content", cut)).toBe("one two three ");
    expect(cut.finishReason).toBe("stop");
  });

  test("at max tokens, reasoning first", () => {
    const cut = cutAnswer(answer, { stop: [], maxTokens: 3 });
    expect(textOf("reasoning", cut)).toBe("hm hm");
    expect(textOf("content", cut)).toBe("one");
    expect(cut.finishReason).toBe("length");
    expect(cutAnswer(answer, { stop: [], maxTokens: 100 }).finishReason).toBe("stop");
  });
});
